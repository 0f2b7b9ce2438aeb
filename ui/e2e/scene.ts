/** What the tests find on the machine beside the demo's evening, and how they look at it. */

/** A name that would do something where it were taken for markup. */
export const HOSTILE = '<img src=x onerror=hurt()>';
/** One that is written from right to left. */
export const ARABIC = 'حصان';
/** One that would turn round what follows it. */
export const TURNING = '\u202egnp.exe';

/** Each is a process that uses the GPU all the time. */
export const ALL_NAMES = [HOSTILE, ARABIC, TURNING];

/** A rule that fires at once, and goes on. */
export const RULE = 'memory-held';
export const CONFIG = `
[[rule]]
id = "${RULE}"
metric = "gpu.memory.used"
fire = "> 1 GiB"
for = "0s"
severity = "warning"
text = "{source} holds {value}: {who}"
`;

/** How a browser is started: there is no GPU to draw with, and looking for one takes its time. */
export const ARGUMENTS = ['--disable-gpu'];

/** What sources and metrics are called on the page. Names from outside stay text; nothing here makes markup. */

import { say, spoken } from './language';
import type { MetricInfo } from './types/generated/MetricInfo';
import type { SourceStatus } from './types/generated/SourceStatus';

/** C0 and C1 controls, line separators, and the characters that turn the reading direction or cannot be seen. */
// eslint-disable-next-line no-control-regex -- control characters are what it removes
const DANGEROUS = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Letters of the scripts that are written from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/**
 * Text that a stranger chose, safe to show on one line: the twin of `Untrusted::terminal`. One that is written from right
 * to left stands by itself: otherwise the number after it would stand before it.
 */
export function visible(text: string): string {
  const safe = text.replace(DANGEROUS, '\ufffd');
  return RIGHT_TO_LEFT.test(safe) ? `\u2068${safe}\u2069` : safe;
}

/** What a person calls a process. What Hoofbeat called it itself is said in the language of the page. */
export function processName(identity: string): string {
  if (identity === 'a process that cannot be seen') return say('a process that cannot be seen');
  if (identity === "Hoofbeat's window") return say("Hoofbeat's window");
  return visible(identity);
}

/** A name that must not fill a whole sentence, or words that must not fill the page. */
export function brief(name: string, most = MOST_CHARACTERS): string {
  const characters = [...name];
  if (characters.length <= most) return name;
  const beginning = `${characters.slice(0, most - 1).join('')}…`;
  // What stands by itself ends with the name.
  return beginning.startsWith('\u2068') ? `${beginning}\u2069` : beginning;
}

/** A source's own name. What Hoofbeat called it itself is said in the language of the page. */
export function labelOf({ id, kind, label }: Pick<SourceStatus, 'id' | 'kind' | 'label'>): string {
  if (kind === 'memory' && label === 'Memory') return say('Memory');
  const core = kind === 'core' ? /^Core (\d+)$/.exec(label)?.[1] : undefined;
  return core === undefined ? visible(label) || id : say('Core {number}', { number: core });
}

/** A source's name where its card is not around it: parts name their whole, and twins their id. */
export function sourceName(source: SourceStatus, all: readonly SourceStatus[]): string {
  const own = labelOf(source);
  const whole = source.part_of === null ? undefined : all.find((other) => other.id === source.part_of);
  const twins = all.some((other) => other !== source && other.kind === source.kind && other.label === source.label);
  if (whole && source.kind !== 'core') return `${labelOf(whole)} · ${own}`;
  return twins && !whole ? `${own} (${source.id})` : own;
}

/** A metric's name where no card is around it: "Read" alone does not say of what. */
export function titleOf(metric: MetricInfo, panel: string): string {
  const says = !BARE_PANELS.has(metric.panel) || SAYS_ITSELF.has(metric.label);
  return says ? metric.label : `${panel} · ${metric.label}`;
}

/** Panels whose metrics leave their subject to the heading. */
const BARE_PANELS = new Set(['disk', 'network', 'sensors']);
/** Those among them that do not. */
const SAYS_ITSELF = new Set([
  say('Disk busy'),
  say('Disk temperature'),
  say('Battery charge'),
  say('Battery power (negative: charging)'),
]);

/** A source with a metric, as short as is clear: a temperature needs no word, "CPU busy" says CPU already. */
export function subjectOf(id: string | null, metric: MetricInfo, all: readonly SourceStatus[]): string {
  // An explanation in brackets is for tables, not for sentences.
  const label = metric.label.replace(/ \(.*/, '');
  if (id === null) return label;
  const source = all.find((source) => source.id === id);
  const subject = source ? nameIn(source, all) : visible(id);
  if (metric.unit === '°C') return subject;
  if (label.toLowerCase().startsWith(subject.toLowerCase())) return label;
  // German writes its nouns large wherever they stand.
  const isWord = spoken() === 'en' && /^.\p{Lowercase}/u.test(label);
  return `${subject}: ${isWord ? label.charAt(0).toLowerCase() + label.slice(1) : label}`;
}

/** What a source is called in a sentence: of some there is only one, and a folder says where it is. */
function nameIn(source: SourceStatus, all: readonly SourceStatus[]): string {
  switch (source.kind) {
    case 'cpu':
      return 'CPU';
    case 'memory':
      return say('Memory');
    case 'recorder':
      return 'Hoofbeat';
    case 'filesystem':
      return brief(visible(source.label) || source.id);
    default:
      return brief(sourceName(source, all));
  }
}

/** The longest name in a sentence; marketing names of GPUs stay below it. */
const MOST_CHARACTERS = 40;

/**
 * What metrics are called on the card of their panel, which says the rest, or has no room for it: "CPU temperature" is
 * "Temperature" on the CPU's. Both stand in one text, because what is short there may mean something else elsewhere.
 */
const SHORT = new Map(
  [
    say('GPU busy → Busy'),
    say('GPU memory bus busy → Memory bus'),
    say('Video encoder busy → Encoder'),
    say('Video decoder busy → Decoder'),
    say('GPU memory used → Memory used'),
    say('GPU memory → Memory'),
    say('Shared memory used → Shared'),
    say('GPU temperature → Temperature'),
    say('Hotspot temperature → Hotspot'),
    say('GPU memory temperature → Memory temp.'),
    say('Margin to slowdown → Margin'),
    say('GPU power → Power'),
    say('GPU power limit → Power limit'),
    say('GPU energy → Energy'),
    say('GPU fan → Fan'),
    say('GPU fan, intended (may exceed 100) → Fan, set'),
    say('GPU clock → Clock'),
    say('GPU memory clock → Memory clock'),
    say('Throttle reasons → Held back by'),
    say('Performance state → State'),
    say('PCIe generation → PCIe gen.'),
    say('GPU power, this instant → Power, this instant'),
    say('GPU memory power → Memory power'),
    say('JPEG engine busy → JPEG'),
    say('Optical-flow engine busy → Optical flow'),
    say('PCIe packets sent again → PCIe resent'),
    say('Time held down by the power limit → Slowed by power'),
    say('Time held down by heat → Slowed by heat'),
    say('Time that the hardware itself slowed down for heat → Slowed by itself'),
    say('Memory errors, corrected → Errors, corrected'),
    say('Memory errors, not corrected → Errors, not corrected'),
    say('Memory rows replaced → Rows replaced'),
    say('Memory rows wait for a reset → Rows wait for a reset'),
    say('Memory pages out of use → Pages out of use'),
    say('CPU busy → Busy'),
    say('CPU frequency → Frequency'),
    say('CPU temperature → Temperature'),
    say('Load, 1 minute → Load, 1 min'),
    say('Load, 5 minutes → Load, 5 min'),
    say('Load, 15 minutes → Load, 15 min'),
    say('Time tasks waited for a CPU → Pressure'),
    say('Memory used → Used'),
    say('Memory available → Available'),
    say('Memory for caches → For caches'),
    say('Time tasks waited for memory → Pressure'),
    say('Disk busy → Busy'),
    say('Disk temperature → Temperature'),
    say('Packets received → Packets in'),
    say('Packets sent → Packets out'),
    say('Receive errors → Errors in'),
    say('Send errors → Errors out'),
    say('Battery power (negative: charging) → Battery power'),
    say("Hoofbeat's CPU, of one core → CPU, of one core"),
    say("Hoofbeat's memory (PSS) → Memory"),
  ].map((both) => both.split(' → ', 2) as [string, string]),
);

/** A metric's name inside a card of its panel. What the table does not know is only without its explanation in brackets. */
export function shortLabel(label: string): string {
  return SHORT.get(label) ?? label.replace(/ \(.*\)$/, '');
}

/** What sources and metrics are called on the page. Names from outside stay text; nothing here makes markup. */

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

/** A name that must not fill a whole sentence, or words that must not fill the page. */
export function brief(name: string, most = MOST_CHARACTERS): string {
  const characters = [...name];
  if (characters.length <= most) return name;
  const beginning = `${characters.slice(0, most - 1).join('')}…`;
  // What stands by itself ends with the name.
  return beginning.startsWith('\u2068') ? `${beginning}\u2069` : beginning;
}

/** A source's name where its card is not around it: parts name their whole, and twins their id. */
export function sourceName(source: SourceStatus, all: readonly SourceStatus[]): string {
  const own = visible(source.label) || source.id;
  const whole = source.part_of === null ? undefined : all.find((other) => other.id === source.part_of);
  const twins = all.some((other) => other !== source && other.kind === source.kind && other.label === source.label);
  if (whole && source.kind !== 'core') return `${visible(whole.label)} · ${own}`;
  return twins && !whole ? `${own} (${source.id})` : own;
}

/** A metric's name where no card is around it: "Read" alone does not say of what. */
export function titleOf(metric: MetricInfo, panel: string): string {
  const says = !BARE_PANELS.has(metric.panel) || /^(Disk|Battery)/.test(metric.label);
  return says ? metric.label : `${panel} · ${metric.label}`;
}

/** Panels whose metrics leave their subject to the heading. */
const BARE_PANELS = new Set(['disk', 'network', 'sensors']);

/** A source with a metric, as short as is clear: a temperature needs no word, "CPU busy" says CPU already. */
export function subjectOf(id: string | null, metric: MetricInfo, all: readonly SourceStatus[]): string {
  // An explanation in brackets is for tables, not for sentences.
  const label = metric.label.replace(/ \(.*/, '');
  if (id === null) return label;
  const source = all.find((source) => source.id === id);
  const subject = source ? spoken(source, all) : visible(id);
  if (metric.unit === '°C') return subject;
  if (label.toLowerCase().startsWith(subject.toLowerCase())) return label;
  return `${subject}: ${/^.\p{Lowercase}/u.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label}`;
}

/** What a source is called in a sentence: of some there is only one, and a folder says where it is. */
function spoken(source: SourceStatus, all: readonly SourceStatus[]): string {
  switch (source.kind) {
    case 'cpu':
      return 'CPU';
    case 'memory':
      return 'Memory';
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

/** Words that a card's heading already says. */
const PANEL_WORDS = /^(CPU|GPU|Memory|Disk|Hoofbeat's) /;

/** Names that have no room on a card with many values, and what they are there. */
const SHORT: Record<string, string> = {
  'GPU memory bus busy': 'Memory bus',
  'Video encoder busy': 'Encoder',
  'Video decoder busy': 'Decoder',
  'Shared memory used': 'Shared',
  'Hotspot temperature': 'Hotspot',
  'GPU memory temperature': 'Memory temp.',
  'Margin to slowdown': 'Margin',
  'GPU fan, intended (may exceed 100)': 'Fan, set',
  'Throttle reasons': 'Held back by',
  'Performance state': 'State',
  'PCIe generation': 'PCIe gen.',
  'Optical-flow engine busy': 'Optical flow',
  'PCIe packets sent again': 'PCIe resent',
  'Time held down by the power limit': 'Slowed by power',
  'Time held down by heat': 'Slowed by heat',
  'Time that the hardware itself slowed down for heat': 'Slowed by itself',
};

/** A metric's name inside a card of its panel: "CPU temperature" is "Temperature" on the CPU's card. */
export function shortLabel(label: string): string {
  if (SHORT[label]) return SHORT[label];
  const short = label
    .replace(PANEL_WORDS, '')
    .replace(/ \(.*\)$/, '')
    .replace(/^Time tasks waited for .*/, 'Pressure')
    .replace(/^(Load, \d+) minutes?$/, '$1 min')
    .replace(/^(Packets) received$|^Receive (errors)$/, '$1$2 in')
    .replace(/^(Packets) sent$|^Send (errors)$/, '$1$2 out');
  return short.charAt(0).toUpperCase() + short.slice(1);
}

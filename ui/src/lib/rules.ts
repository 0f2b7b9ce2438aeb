/** Rules in words: the fields of a form, and what a rule would have said of the last days. */

import { isLive } from './condition';
import { duration, isDrawable, moment, text } from './format';
import { say } from './language';
import { visible } from './names';
import type { Rehearsed } from './types/generated/Rehearsed';
import type { RuleDraft } from './types/generated/RuleDraft';
import type { RuleInfo } from './types/generated/RuleInfo';
import type { SourceStatus } from './types/generated/SourceStatus';
import type { Told } from './types/generated/Told';

/** The days that a draft is tried on. */
const DAYS = 30;
const DAY = 86400;

/** A field of the form. What may stand in it, the reader of the config file knows alone. */
export interface Field {
  /** The key in the file. */
  key: string;
  label: string;
  /** What it means, or how it is written. */
  hint: string;
  /** What holds where it is empty and nothing is built in. */
  empty?: string;
}

/** The fields that only a new rule has: its name, and what it watches. */
export const NEW: readonly [Field, Field] = [
  { key: 'id', label: say('Name'), hint: say('letters, digits and - _ . without spaces') },
  { key: 'metric', label: say('Watches'), hint: say('on every source that has it') },
];

/** The fields that a form offers, in the order in which a person thinks of them. */
export const FIELDS: readonly Field[] = [
  { key: 'fire', label: say('Fires at'), hint: say('for example > 87 or < 500 MiB') },
  { key: 'clear', label: say('Is over at'), hint: say('for example < 80'), empty: say('5 % back from there') },
  { key: 'for', label: say('Must last'), hint: say('before you are told, like 2m'), empty: say('at once') },
  { key: 'keep', label: say('Must be calm for'), hint: say('before it is over, like 5m'), empty: say('at once') },
  { key: 'severity', label: say('Severity'), hint: say('info is only listed once a day') },
  { key: 'repeat', label: say('Tell again every'), hint: say('while it goes on, like 4h'), empty: say('never') },
  { key: 'source', label: say('Only on'), hint: say('the id of a source; * is any text, like disk:*') },
  { key: 'hours', label: say('Only at'), hint: say('local time, like 22:00-07:00') },
  // These names stand in braces in the file, too, whatever the language: nothing is put in their places.
  { key: 'text', label: say('Your own words'), hint: say('may name {source}, {value}, {limit}, {for}, {who}') },
];

/** Where a rule comes from, in words. */
export const ORIGINS: Record<RuleInfo['origin'], string> = {
  'built-in': say('built in'),
  changed: say('built in, changed'),
  own: say('your own'),
};

/** What a form for this rule begins with; without one, for a new rule. */
export function draftOf(rule: RuleInfo | null): RuleDraft {
  if (rule === null) return { id: '', is_new: true, enabled: true, values: { metric: '', severity: 'warning' } };
  return { id: rule.id, is_new: false, enabled: rule.enabled, values: { ...rule.values } };
}

/**
 * What a rule watches as it is now: of the sources that it is about, the value that is the nearest to its limit or the
 * furthest beyond it. `null` where it compares no reading, or there is none now.
 */
export function nearest(
  { compared }: Pick<RuleInfo, 'compared'>,
  sources: readonly SourceStatus[],
): { words: string; source: SourceStatus } | null {
  if (compared === null || !isDrawable(compared.metric)) return null;
  const { metric, of, above, source: pattern, without } = compared;
  const matches = pattern === null ? null : matcher(pattern);
  const known = sources.flatMap((source) => {
    const { metrics, id } = source;
    // Of many sources few have it: the others are no work, each second.
    const value = metrics[metric];
    if (value === undefined || !isLive(source) || (without !== null && without in metrics)) return [];
    if (matches !== null && !matches.test(id)) return [];
    const whole = of === null ? undefined : metrics[of];
    if (of === null) return [{ source, ...value }];
    return whole === undefined || whole.value === 0
      ? []
      : [{ source, value: (value.value / whole.value) * 100, unit: '%' }];
  });
  const [first] = known.sort((a, b) => (above ? b.value - a.value : a.value - b.value));
  return first === undefined ? null : { words: text(first.value, first.unit), source: first.source };
}

/** What the ids of the sources match that a rule is about; * is any text. */
function matcher(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}

/** What stands in a field while it is empty: what is built in holds then. */
export function placeholder(rule: RuleInfo | null, key: string): string {
  const builtIn = rule?.built_in[key];
  return builtIn === undefined ? '' : say('built in: {value}', { value: visible(builtIn) });
}

/** What a field means, and what it means to leave it empty. */
export function note(rule: RuleInfo | null, { key, hint, empty }: Field): string {
  if (rule?.built_in[key] !== undefined && key !== 'severity') return say('{hint}; empty: as built in', { hint });
  return empty === undefined ? hint : say('{hint}; empty: {meaning}', { hint, meaning: empty });
}

/** How often, in words. */
export function times(count: number): string {
  return count === 1 ? say('once') : count === 2 ? say('twice') : say('{count} times', { count });
}

/** What a draft would have said: "Would have fired 4 times in the last 30 days, last on 20 Nov, 21:14 for 7 min." */
export function wouldHave({ draft: told }: Rehearsed, now: number): string {
  if (!told.is_replayed) {
    const why = say('It cannot be tried on the past: how sources are and what GPUs do is not kept second by second.');
    return `${why} ${did(told, now)}`;
  }
  if (now - told.since < 1) return say('Nothing is on record yet that it could be tried on.');
  const span = spanOf(told, now);
  if (told.times === 0) return say('Would not have fired {span}.', { span });
  const [often, last] = [times(told.times), lastly(told, now)];
  return last === null
    ? say('Would have fired {times} {span}.', { times: often, span })
    : say('Would have fired {times} {span}, {last}.', { times: often, span, last });
}

/** How often a rule fired that cannot be tried. */
function did(told: Told, now: number): string {
  const [span, often, last] = [spanOf(told, now), times(told.times), lastly(told, now)];
  if (told.times === 0) return say('It did not fire {span}.', { span });
  return last === null
    ? say('It did fire {times} {span}.', { times: often, span })
    : say('It did fire {times}, {last} {span}.', { times: often, span, last });
}

/** The same of the rule that the draft changes; empty where there is none, or nothing to compare. */
export function beside({ draft, in_force: told }: Rehearsed, now: number): string {
  if (told === null || !told.is_replayed || !draft.is_replayed || now - told.since < 1) return '';
  if (told.times === draft.times && told.last === draft.last && told.lasted === draft.lasted) {
    return say('The same as the rule in force.');
  }
  const [often, last] = [times(told.times), lastly(told, now)];
  if (told.times === 0) return say('The rule in force would not have fired.');
  return last === null
    ? say('The rule in force would have fired {times}.', { times: often })
    : say('The rule in force would have fired {times}, {last}.', { times: often, last });
}

/** What makes the numbers less certain than they look. */
export function caveat({ draft, is_about_nothing: nothing }: Rehearsed, now: number): string {
  if (nothing) return say('No source that is known here has such an id now.');
  if (draft.minutes_until === null || !draft.is_replayed) return '';
  const when = moment(draft.minutes_until, now);
  return say('Before {when} only minutes are kept, so short peaks may count differently.', { when });
}

/** The time that a rule was tried on: all of it, or what there is. */
function spanOf({ since }: Told, now: number): string {
  const seconds = now - since;
  return seconds > (DAYS - 1) * DAY
    ? say('in the last {days} days', { days: DAYS })
    : say('in the {duration} on record', { duration: duration(seconds) });
}

/** When it fired last, and for how long; `null` where it never did. */
function lastly({ last, lasted }: Told, now: number): string | null {
  if (last === null) return null;
  const when = day(last, now);
  return lasted === null
    ? say('last {when}, and it goes on', { when })
    : say('last {when} for {duration}', { when, duration: duration(lasted) });
}

/** A moment as people say it. */
function day(ts: number, now: number): string {
  const yesterday = new Date(now * 1000);
  yesterday.setDate(yesterday.getDate() - 1);
  const said = moment(ts, now);
  if (new Date(ts * 1000).toDateString() === yesterday.toDateString()) {
    return say('yesterday {time}', { time: moment(ts, ts) });
  }
  return said === moment(ts, ts) ? say('at {time}', { time: said }) : say('on {day}', { day: said });
}

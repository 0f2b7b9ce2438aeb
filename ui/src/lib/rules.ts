/** Rules in words: the fields of a form, and what a rule would have said of the last days. */

import { duration, moment } from './format';
import { visible } from './names';
import type { Rehearsed } from './types/generated/Rehearsed';
import type { RuleDraft } from './types/generated/RuleDraft';
import type { RuleInfo } from './types/generated/RuleInfo';
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
  { key: 'id', label: 'Name', hint: 'letters, digits and - _ . without spaces' },
  { key: 'metric', label: 'Watches', hint: 'on every source that has it' },
];

/** The fields that a form offers, in the order in which a person thinks of them. */
export const FIELDS: readonly Field[] = [
  { key: 'fire', label: 'Fires at', hint: 'for example > 87 or < 500 MiB' },
  { key: 'clear', label: 'Is over at', hint: 'for example < 80', empty: '5 % back from there' },
  { key: 'for', label: 'Must last', hint: 'before you are told, like 2m', empty: 'at once' },
  { key: 'keep', label: 'Must be calm for', hint: 'before it is over, like 5m', empty: 'at once' },
  { key: 'severity', label: 'Severity', hint: 'info is only listed once a day' },
  { key: 'repeat', label: 'Tell again every', hint: 'while it goes on, like 4h', empty: 'never' },
  { key: 'source', label: 'Only on', hint: 'the id of a source; * is any text, like disk:*' },
  { key: 'hours', label: 'Only at', hint: 'local time, like 22:00-07:00' },
  { key: 'text', label: 'Your own words', hint: 'may name {source}, {value}, {limit}, {for}, {who}' },
];

export const SEVERITIES = ['info', 'warning', 'critical'] as const;

/** Where a rule comes from, in words. */
export const ORIGINS: Record<RuleInfo['origin'], string> = {
  'built-in': 'built in',
  changed: 'built in, changed',
  own: 'your own',
};

/** What a form for this rule begins with; without one, for a new rule. */
export function draftOf(rule: RuleInfo | null): RuleDraft {
  if (rule === null) return { id: '', is_new: true, enabled: true, values: { metric: '', severity: 'warning' } };
  return { id: rule.id, is_new: false, enabled: rule.enabled, values: { ...rule.values } };
}

/** What stands in a field while it is empty: what is built in holds then. */
export function placeholder(rule: RuleInfo | null, key: string): string {
  const builtIn = rule?.built_in[key];
  return builtIn === undefined ? '' : `built in: ${visible(builtIn)}`;
}

/** What a field means, and what it means to leave it empty. */
export function note(rule: RuleInfo | null, { key, hint, empty }: Field): string {
  if (rule?.built_in[key] !== undefined && key !== 'severity') return `${hint}; empty: as built in`;
  return empty === undefined ? hint : `${hint}; empty: ${empty}`;
}

/** How often, in words. */
export function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`;
}

/** What a draft would have said: "Would have fired 4 times in the last 30 days, last on 20 Nov, 21:14 for 7 min." */
export function wouldHave({ draft: told }: Rehearsed, now: number): string {
  if (!told.is_replayed) {
    const did = told.times === 0 ? 'did not fire' : `did fire ${times(told.times)}${lastly(told, now)}`;
    return `It cannot be tried on the past: how sources are and what GPUs do is not kept second by second. It ${did} ${span(told, now)}.`;
  }
  if (now - told.since < 1) return 'Nothing is on record yet that it could be tried on.';
  if (told.times === 0) return `Would not have fired ${span(told, now)}.`;
  return `Would have fired ${times(told.times)} ${span(told, now)}${lastly(told, now)}.`;
}

/** The same of the rule that the draft changes; empty where there is none, or nothing to compare. */
export function beside({ draft, in_force: told }: Rehearsed, now: number): string {
  if (told === null || !told.is_replayed || !draft.is_replayed || now - told.since < 1) return '';
  if (told.times === draft.times && told.last === draft.last && told.lasted === draft.lasted) {
    return 'The same as the rule in force.';
  }
  const would = told.times === 0 ? 'would not have fired' : `would have fired ${times(told.times)}${lastly(told, now)}`;
  return `The rule in force ${would}.`;
}

/** What makes the numbers less certain than they look. */
export function caveat({ draft, is_about_nothing: nothing }: Rehearsed, now: number): string {
  if (nothing) return 'No source that is known here has such an id now.';
  if (draft.minutes_until === null || !draft.is_replayed) return '';
  return `Before ${moment(draft.minutes_until, now)} only minutes are kept, so short peaks may count differently.`;
}

/** The time that a rule was tried on: all of it, or what there is. */
function span({ since }: Told, now: number): string {
  const seconds = now - since;
  return seconds > (DAYS - 1) * DAY ? `in the last ${DAYS} days` : `in the ${duration(seconds)} on record`;
}

function lastly({ last, lasted }: Told, now: number): string {
  if (last === null) return '';
  const when = `, last ${day(last, now)}`;
  return lasted === null ? `${when}, and it goes on` : `${when} for ${duration(lasted)}`;
}

/** A moment as people say it. */
function day(ts: number, now: number): string {
  const yesterday = new Date(now * 1000);
  yesterday.setDate(yesterday.getDate() - 1);
  const said = moment(ts, now);
  if (new Date(ts * 1000).toDateString() === yesterday.toDateString()) return `yesterday ${moment(ts, ts)}`;
  return said === moment(ts, ts) ? `at ${said}` : `on ${said}`;
}

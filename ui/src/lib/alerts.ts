/** Alerts in words: the recorder says what is wrong, and this what silences it, how long it lasted, and how often. */

import { duration, moment, text, recorded, unitOf } from './format';
import type { Piece } from './headline';
import { say } from './language';
import { processName, sourceName, visible } from './names';
import type { AlertInfo } from './types/generated/AlertInfo';
import type { AlertNow } from './types/generated/AlertNow';
import type { EventInfo } from './types/generated/EventInfo';
import type { SnoozeInfo } from './types/generated/SnoozeInfo';
import type { SourceStatus } from './types/generated/SourceStatus';
import { ruleOf, sentence, type Surroundings, type Tone } from './words';

/** For so many seconds a click snoozes. */
export const SNOOZE_SECONDS = 3600;

/** How much an alert matters, as a shape: not everybody tells the colours apart. */
export const SHAPES = { critical: '◆', warning: '▲', info: '●' };

/** The same in words. */
export const SEVERITIES: Record<AlertInfo['severity'], string> = {
  info: say('info'),
  warning: say('warning'),
  critical: say('critical'),
};

/** Whether a person was told of it: what is past its limit, but not for long enough yet, is no news. */
export function isTold({ alert }: AlertNow): boolean {
  return alert.phase !== 'pending';
}

/** Those that a person was told of; what recovers after what fires, and what is snoozed last. The order is the recorder's otherwise. */
export function told(alerts: readonly AlertNow[]): AlertNow[] {
  const late = ({ alert, snoozes }: AlertNow) => (snoozes.length > 0 ? 2 : Number(alert.is_back));
  return alerts.filter(isTold).sort((a, b) => late(a) - late(b));
}

/** What tells one alert from all others. */
export function alertKey({ rule, source, key }: AlertInfo): string {
  return JSON.stringify([rule, source, key ?? null]);
}

/** How much an alert matters, as a colour. What is snoozed alarms nobody. */
export function alertTone({ alert, snoozes }: AlertNow): Tone {
  if (snoozes.length > 0 || alert.severity === 'info') return 'plain';
  return alert.severity === 'critical' ? 'bad' : 'warn';
}

/** One alert as a sentence without its end; its value leads to its evidence. */
export function alertSentence(now: AlertNow, seconds: number): Piece[] {
  const { alert, snoozes } = now;
  const begun = tied(say('since {when}', { when: moment(alert.since, seconds) }));
  // What recovers is not so since then.
  const since = alert.is_back ? `, ${say('alert {since}', { since: begun })}` : ` ${begun}`;
  const quiet = snoozes.length > 0 ? ` ${say('(snoozed {until})', { until: tied(ending(snoozes, seconds)) })}` : '';
  const tone = alertTone(now);
  return [...subject(alert, tone), { text: `${since}${quiet}`, tone }];
}

/** What is wrong, with the value as a link. A sentence that does not write its value down leads there as a whole. */
function subject(alert: AlertInfo, tone: Tone): Piece[] {
  const { title, metric, value, unit, source } = alert;
  const words = visible(title);
  if (metric === null || value === null) return [{ text: words, tone }];
  const written = recorded(value, unit).find((form) => words.includes(form));
  if (written === undefined) return [{ text: words, metric, source, tone }];
  // What it was before stands behind what it is.
  const at = alert.is_back ? words.indexOf(written) : words.lastIndexOf(written);
  const pieces: Piece[] = [
    { text: words.slice(0, at), tone },
    { text: tied(text(value, unitOf(metric, unit))), metric, source, tone },
    { text: words.slice(at + written.length), tone },
  ];
  return pieces.filter((piece) => piece.text !== '');
}

/** When the last of these snoozes ends: "until 15:02", "until it is over". */
export function ending(snoozes: readonly SnoozeInfo[], now: number): string {
  const ends = snoozes.map((snooze) => snooze.until);
  if (ends.some((until) => until === null)) return say('until it is over');
  return say('until {when}', { when: moment(Math.max(...ends.map(Number)), now) });
}

/** What a snooze is about: "Alerts of gpu-hot on RTX 4090", "Alerts of unexpected-use by Blender". */
export function covered({ rule, source, key, identity }: SnoozeInfo, sources: readonly SourceStatus[]): string {
  const what = rule === '*' ? say('All alerts') : say('Alerts of {rule}', { rule: visible(rule) });
  const whose = key === null ? what : say('{alerts} by {who}', { alerts: what, who: processName(identity ?? key) });
  const label = sources.find((one) => one.id === source)?.label;
  return source === '*'
    ? whose
    : say('{alerts} on {source}', { alerts: whose, source: visible(label ? label : source) });
}

/**
 * Those of an alert's snoozes that are of its rule and silence no other of these alerts: they can be taken back at its row
 * without waking any other.
 */
export function own({ alert, snoozes }: AlertNow, alerts: readonly AlertNow[]): SnoozeInfo[] {
  const silenced = (key: string) => alerts.filter((other) => other.snoozes.some((one) => snoozeKey(one) === key));
  return snoozes.filter((one) => one.rule === alert.rule && silenced(snoozeKey(one)).length <= 1);
}

/** The snoozes that no row of an alert tells of. */
export function apart(snoozes: readonly SnoozeInfo[], alerts: readonly AlertNow[]): SnoozeInfo[] {
  const told = new Set(alerts.flatMap((alert) => own(alert, alerts)).map(snoozeKey));
  return snoozes.filter((one) => !told.has(snoozeKey(one)));
}

/** What tells one snooze from all others. */
export function snoozeKey({ rule, source, key }: SnoozeInfo): string {
  return JSON.stringify([rule, source, key]);
}

/** An alert from its beginning to its end. */
export interface Past {
  rule: string;
  /** What tells of it. */
  event: EventInfo;
  /** Unix seconds at which it fired. */
  since: number;
  /** For how many seconds; `null` where its end is not on record. */
  lasted: number | null;
}

/** The same in words. */
export interface PastInWords extends Past {
  title: string;
}

/** The alerts that these events (newest first) tell of, newest first. */
export function past(events: readonly EventInfo[]): Past[] {
  const open = new Map<string, Past>();
  const all: Past[] = [];
  for (const event of events.toReversed()) {
    if (event.kind !== 'alert_fired' && event.kind !== 'alert_cleared') continue;
    const { rule, key, seconds } = event.detail;
    const alert = JSON.stringify([rule, event.source, key ?? null]);
    const begun = open.get(alert);
    const long = typeof seconds === 'number' ? seconds : null;
    if (event.kind === 'alert_cleared') {
      open.delete(alert);
      if (begun) begun.lasted = long ?? event.ts - begun.since;
      // It fired before the first of these events.
      else all.push({ rule: ruleOf(event), event, since: event.ts - (long ?? 0), lasted: long });
    } else if (!begun) {
      const fired = { rule: ruleOf(event), event, since: event.ts, lasted: null };
      open.set(alert, fired);
      all.push(fired);
    }
  }
  return all.sort((a, b) => b.since - a.since);
}

/** Past alerts in words. */
export function inWords(alerts: readonly Past[], around: Surroundings): PastInWords[] {
  return alerts.map((alert) => ({ ...alert, title: sentence(alert.event, around) }));
}

/** What the sources of these alerts are called, in one text, which is another one only where one of them is. */
export function called(alerts: readonly Past[], sources: readonly SourceStatus[]): string {
  const ids = [...new Set(alerts.map(({ event }) => event.source))];
  const names = sources
    .filter(({ id }) => ids.includes(id))
    .map((source) => [source.id, source.kind, source.label, sourceName(source, sources)]);
  return JSON.stringify(names);
}

/** How long an alert lasted, in words; `active` are the rules of which one stands now. */
export function lasting({ rule, lasted }: Pick<Past, 'rule' | 'lasted'>, active: ReadonlySet<string>): string {
  if (lasted !== null) return duration(lasted);
  return active.has(rule) ? say('goes on') : say('end unknown');
}

/** How often each rule fired since a Unix second. */
export function counts(alerts: readonly Past[], since: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const alert of alerts) if (alert.since >= since) counts.set(alert.rule, (counts.get(alert.rule) ?? 0) + 1);
  return counts;
}

/** Words that stay on one line: a number at its end, with the unit on the next, is misread. */
function tied(words: string): string {
  return words.replaceAll(' ', '\u00a0');
}

/** What happened, in words. Details come as loose JSON and any of them may be missing. */

import { duration, moment, text } from './format';
import { sourceName, subjectOf, visible } from './names';
import type { EventInfo } from './types/generated/EventInfo';
import type { MetricInfo } from './types/generated/MetricInfo';
import type { SourceStatus } from './types/generated/SourceStatus';

/** How much an event matters; decides its colour. */
export type Tone = 'plain' | 'good' | 'warn' | 'bad';

/** What the words of an event draw on. */
export interface Surroundings {
  now: number;
  sources: readonly SourceStatus[];
  metrics: readonly MetricInfo[];
}

/** An event as one sentence, without its time. */
export function sentence(event: EventInfo, around: Surroundings): string {
  const { detail } = event;
  const number = (key: string) => (typeof detail[key] === 'number' ? detail[key] : null);
  const word = (key: string) => (typeof detail[key] === 'string' ? visible(detail[key]) : null);
  const seconds = number('seconds');
  switch (event.kind) {
    case 'recorder_started':
      return 'The recorder started';
    case 'recorder_stopped':
      return 'The recorder stopped';
    case 'paused': {
      const until = number('until');
      return until === null ? 'Recording was paused' : `Recording was paused until ${moment(until, around.now)}`;
    }
    case 'resumed':
      return 'Recording went on';
    case 'clock_step':
      if (seconds === null) return 'The clock was set';
      return `The clock was set ${seconds < 0 ? 'back' : 'forward'} by ${duration(Math.abs(seconds))}`;
    case 'suspend':
      return seconds === null ? 'The machine slept' : `The machine slept for ${duration(seconds)}`;
    case 'alert_fired':
      return word('title') ?? fired(event, around);
    case 'alert_cleared':
      return word('title') ?? cleared(event, around);
    case 'store_failed':
      return `History cannot be written and is kept in memory${word('reason') ? `: ${word('reason')}` : ''}`;
    case 'store_recovered': {
      const lost = number('lost');
      return lost
        ? `History is written again; ${lost} samples were lost`
        : 'History is written again; nothing was lost';
    }
    case 'database_set_aside':
      return `A damaged database was set aside${word('file') ? ` as ${word('file')}` : ''}`;
    case 'gpu_woke': {
      const slept = seconds === null ? '' : ` after ${duration(seconds)} asleep`;
      const untold = number('untold');
      const often = untold ? ` (and ${untold} times more before)` : '';
      return `${subject(event, around)} woke${slept}${often}${openers(event, 'woke it')}`;
    }
    case 'gpu_slept':
      return `${subject(event, around)} fell asleep${seconds === null ? '' : ` after ${duration(seconds)} awake`}`;
    case 'gpu_kept_awake':
      return `${subject(event, around)} is idle and does not fall asleep${
        detail.sound === true ? '; its sound device is awake' : ''
      }${openers(event, 'keeps it awake')}`;
    case 'xid':
      return driverError(event, around);
    case 'unexpected_use':
      return unexpected(event, around);
    case 'presence':
      return presence(event, around);
    default:
      return visible(event.kind).replaceAll('_', ' ');
  }
}

/** How much an event matters. */
export function tone(event: EventInfo): Tone {
  switch (event.kind) {
    case 'alert_fired':
      return event.detail.severity === 'critical' ? 'bad' : event.detail.severity === 'info' ? 'plain' : 'warn';
    case 'store_failed':
    case 'database_set_aside':
      return 'bad';
    case 'alert_cleared':
    case 'store_recovered':
      return 'good';
    case 'clock_step':
    case 'gpu_kept_awake':
    case 'xid':
      return 'warn';
    case 'unexpected_use':
      // What is only to be listed is no alarm.
      return event.detail.digest === true ? 'plain' : 'warn';
    default:
      return 'plain';
  }
}

/** The GPU that an event is of. */
function subject(event: EventInfo, around: Surroundings): string {
  const source = around.sources.find((source) => source.id === event.source);
  return source ? sourceName(source, around.sources) : event.source ? visible(event.source) : 'A GPU';
}

/** How many programs are named in one sentence. */
const NAMED = 3;

/** Who had a GPU open. Where nobody was looked for nothing is said; where nobody was found, whether that is the whole truth. */
function openers(event: EventInfo, deed: string): string {
  const { holders, hidden, more, cut } = event.detail;
  if (!Array.isArray(holders)) return '';
  const told = holders.map((one: unknown) =>
    typeof one === 'object' && one !== null && 'identity' in one && typeof one.identity === 'string'
      ? visible(one.identity)
      : null,
  );
  const names = [...new Set(told.filter((name) => name !== null))];
  if (names.length === 0) {
    const all = !hidden && !cut;
    return all ? '; no program has it open' : `; who ${deed} cannot be seen, other users’ programs are hidden`;
  }
  const rest = Math.max(names.length - NAMED, 0) + (typeof more === 'number' ? more : 0);
  const shown = names.slice(0, NAMED).join(', ');
  const others = rest > 0 ? `${shown} and ${rest} more` : shown;
  return `; ${others} ${names.length + rest > 1 ? 'have' : 'has'} it open`;
}

/** Who left this machine, or came back. */
function presence(event: EventInfo, around: Surroundings): string {
  const { state, why, since, away_since: left } = event.detail;
  if (state === 'away') {
    if (why === 'locked') return 'The screen was locked, and nobody was there any more';
    const when = typeof since === 'number' ? ` since ${moment(since, around.now)}` : '';
    return `The session was idle${when}, and nobody was there any more`;
  }
  if (state !== 'back') return 'Somebody left this machine or came back';
  if (typeof since !== 'number' || typeof left !== 'number') return 'Somebody was back';
  return `Somebody was back after ${duration(since - left)}`;
}

/** A use of a GPU that differs from what was declared or is usual. */
function unexpected(event: EventInfo, around: Surroundings): string {
  const { why, identity, expectation, path } = event.detail;
  const who = typeof identity === 'string' ? visible(identity) : 'A program';
  const declared = typeof expectation === 'string' ? ` (“${visible(expectation)}”)` : '';
  const uses = `${who} uses ${event.source ? subject(event, around) : 'a GPU'}`;
  switch (why) {
    case 'denied':
      return `${uses}, which it must not${declared}`;
    case 'outside_hours':
      return `${uses} outside its hours${declared}`;
    case 'over_limit':
      return `${uses} more than it may${declared}`;
    case 'missing':
      return `What must use a GPU does not${declared}`;
    case 'new':
      return `${uses} and was never seen here before`;
    case 'odd_hour':
      return `${uses} at an hour at which it never did`;
    case 'changed_binary':
      return `${who} runs from another file than before${typeof path === 'string' ? ` at ${visible(path)}` : ''}`;
    default:
      return `${uses}, which is unexpected${declared}`;
  }
}

/** An error that NVIDIA's driver reported by its number. */
function driverError(event: EventInfo, around: Surroundings): string {
  const { code, meaning } = event.detail;
  const where = event.source && subject(event, around);
  const error = `${where ? `${where}: driver` : 'Driver'} error${typeof code === 'number' ? ` ${code} (Xid)` : ''}`;
  return typeof meaning === 'string' ? `${error}: ${visible(meaning)}` : error;
}

/** An alert's news where the recorder left no sentence, with the values of that time: which rule it was matters only where they are unknown. */
function fired(event: EventInfo, around: Surroundings): string {
  const { value, limit, metric: key } = event.detail;
  const metric = around.metrics.find((metric) => metric.key === key);
  if (!metric)
    return `${rule(event, around)}: past its limit${typeof value === 'number' ? ` at ${text(value, '')}` : ''}`;
  const what = subjectOf(event.source, metric, around.sources);
  const edge = typeof limit === 'number' ? text(limit, metric.unit) : null;
  if (typeof value !== 'number') return `${what} past ${edge ?? 'its limit'}`;
  return `${what} at ${text(value, metric.unit)}${edge === null ? '' : `, limit ${edge}`}`;
}

function cleared(event: EventInfo, around: Surroundings): string {
  const { value, seconds, metric: key } = event.detail;
  const after = typeof seconds === 'number' ? ` after ${duration(seconds)}` : '';
  const metric = around.metrics.find((metric) => metric.key === key);
  if (!metric) return `${rule(event, around)}: over${after}`;
  const back = typeof value === 'number' ? text(value, metric.unit) : 'normal';
  return `${subjectOf(event.source, metric, around.sources)} back to ${back}${after}`;
}

function rule(event: EventInfo, around: Surroundings): string {
  const where = event.source && subject(event, around);
  return where ? `${ruleOf(event)}, ${where}` : ruleOf(event);
}

/** The name of an alert's rule, which is all there is to say where its metric is unknown. */
export function ruleOf(event: EventInfo): string {
  return typeof event.detail.rule === 'string' ? visible(event.detail.rule) : 'Alert';
}

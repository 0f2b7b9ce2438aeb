/** What happened, in words. Details come as loose JSON and any of them may be missing. */

import { duration, moment, text } from './format';
import { say, sayCount } from './language';
import { processName, sourceName, subjectOf, visible } from './names';
import type { AlertInfo } from './types/generated/AlertInfo';
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
    case 'recorder_started': {
      const since = number('since');
      if (since === null || seconds === null) return say('The recorder started');
      return say('The recorder ended unexpectedly ({moment}) and was away for {time}', {
        moment: moment(since, around.now),
        time: duration(seconds),
      });
    }
    case 'recorder_stopped':
      return say('The recorder stopped');
    case 'paused': {
      const until = number('until');
      if (until === null) return say('Recording was paused');
      return say('Recording was paused until {moment}', { moment: moment(until, around.now) });
    }
    case 'resumed':
      return say('Recording went on');
    case 'clock_step':
      if (seconds === null) return say('The clock was set');
      return seconds < 0
        ? say('The clock was set back by {time}', { time: duration(-seconds) })
        : say('The clock was set forward by {time}', { time: duration(seconds) });
    case 'suspend':
      return seconds === null
        ? say('The machine slept')
        : say('The machine slept for {time}', { time: duration(seconds) });
    case 'alert_fired':
      return word('title') ?? fired(event, around);
    case 'alert_cleared':
      return word('title') ?? cleared(event, around);
    case 'store_failed': {
      const reason = word('reason');
      const failed = say('History cannot be written and is kept in memory');
      return reason ? `${failed}: ${reason}` : failed;
    }
    case 'store_recovered': {
      const lost = number('lost');
      return lost
        ? say('History is written again; {lost} samples were lost', { lost })
        : say('History is written again; nothing was lost');
    }
    case 'database_set_aside': {
      const file = word('file');
      return file
        ? say('A damaged database was set aside as {file}', { file })
        : say('A damaged database was set aside');
    }
    case 'gpu_woke': {
      const gpu = subject(event, around);
      const woke =
        seconds === null
          ? say('{gpu} woke', { gpu })
          : say('{gpu} woke after {time} asleep', { gpu, time: duration(seconds) });
      const count = number('untold');
      return openers(event, count ? say('{news} (and {count} times more before)', { news: woke, count }) : woke);
    }
    case 'gpu_slept': {
      const gpu = subject(event, around);
      return seconds === null
        ? say('{gpu} fell asleep', { gpu })
        : say('{gpu} fell asleep after {time} awake', { gpu, time: duration(seconds) });
    }
    case 'gpu_kept_awake': {
      const gpu = subject(event, around);
      return openers(
        event,
        detail.sound === true
          ? say('{gpu} is idle and does not fall asleep; its sound device is awake', { gpu })
          : say('{gpu} is idle and does not fall asleep', { gpu }),
      );
    }
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
    case 'recorder_started':
      return typeof event.detail.seconds === 'number' ? 'warn' : 'plain';
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
  return source ? sourceName(source, around.sources) : event.source ? visible(event.source) : say('A GPU');
}

/** How many programs are named in one sentence. */
const NAMED = 3;

/** News with who had the GPU open. Where nobody was looked for nothing is said; where nobody was found, whether that is the whole truth. */
function openers(event: EventInfo, news: string): string {
  const { holders, hidden, more, cut } = event.detail;
  if (!Array.isArray(holders)) return news;
  const told = holders.map((one: unknown) =>
    typeof one === 'object' && one !== null && 'identity' in one && typeof one.identity === 'string'
      ? processName(one.identity)
      : null,
  );
  const names = [...new Set(told.filter((name) => name !== null))];
  if (names.length === 0) {
    if (!hidden && !cut) return say('{news}; no program has it open', { news });
    return event.kind === 'gpu_woke'
      ? say('{news}; who woke it cannot be seen, other users’ programs are hidden', { news })
      : say('{news}; who keeps it awake cannot be seen, other users’ programs are hidden', { news });
  }
  const rest = Math.max(names.length - NAMED, 0) + (typeof more === 'number' ? more : 0);
  const shown = names.slice(0, NAMED).join(', ');
  const who =
    rest > 0 ? sayCount(rest, '{names} and 1 more', '{names} and {count} more', { names: shown, count: rest }) : shown;
  return sayCount(names.length + rest, '{news}; {who} has it open', '{news}; {who} have it open', { news, who });
}

/** Who left this machine, or came back. */
function presence(event: EventInfo, around: Surroundings): string {
  const { state, why, since, away_since: left } = event.detail;
  if (state === 'away') {
    if (why === 'locked') return say('The screen was locked, and nobody was there any more');
    if (typeof since !== 'number') return say('The session was idle, and nobody was there any more');
    const idle = moment(since, around.now);
    return say('The session was idle since {moment}, and nobody was there any more', { moment: idle });
  }
  if (state !== 'back') return say('Somebody left this machine or came back');
  if (typeof since !== 'number' || typeof left !== 'number') return say('Somebody was back');
  return say('Somebody was back after {time}', { time: duration(since - left) });
}

/** A use of a GPU that differs from what was declared or is usual. */
function unexpected(event: EventInfo, around: Surroundings): string {
  const { why, identity, expectation, path } = event.detail;
  const name = typeof identity === 'string' ? processName(identity) : say('A program');
  const gpu = event.source ? subject(event, around) : say('a GPU');
  const declared = (news: string) =>
    typeof expectation === 'string'
      ? say('{news} (“{expectation}”)', { news, expectation: visible(expectation) })
      : news;
  switch (why) {
    case 'denied':
      return declared(say('{name} uses {gpu}, which it must not', { name, gpu }));
    case 'outside_hours':
      return declared(say('{name} uses {gpu} outside its hours', { name, gpu }));
    case 'over_limit':
      return declared(say('{name} uses {gpu} more than it may', { name, gpu }));
    case 'missing':
      return declared(say('What must use a GPU does not'));
    case 'new':
      return say('{name} uses {gpu} and was never seen here before', { name, gpu });
    case 'odd_hour':
      return say('{name} uses {gpu} at an hour at which it never did', { name, gpu });
    case 'changed_binary':
      return typeof path === 'string'
        ? say('{name} runs from another file than before at {path}', { name, path: visible(path) })
        : say('{name} runs from another file than before', { name });
    default:
      return declared(say('{name} uses {gpu}, which is unexpected', { name, gpu }));
  }
}

/** An error that NVIDIA's driver reported by its number. */
function driverError(event: EventInfo, around: Surroundings): string {
  const { code, meaning } = event.detail;
  const gpu = event.source && subject(event, around);
  const known = typeof code === 'number';
  const ofGpu = (gpu: string) =>
    known ? say('{gpu}: driver error {code} (Xid)', { gpu, code }) : say('{gpu}: driver error', { gpu });
  const ofNone = () => (known ? say('Driver error {code} (Xid)', { code }) : say('Driver error'));
  const error = gpu ? ofGpu(gpu) : ofNone();
  return typeof meaning === 'string' ? `${error}: ${visible(meaning)}` : error;
}

/** An alert's news where the recorder left no sentence, with the values of that time: which rule it was matters only where they are unknown. */
function fired(event: EventInfo, around: Surroundings): string {
  const { value, limit, metric: key } = event.detail;
  const metric = around.metrics.find((metric) => metric.key === key);
  if (!metric) {
    const where = rule(event, around);
    return typeof value === 'number'
      ? say('{rule}: past its limit at {value}', { rule: where, value: text(value, '') })
      : say('{rule}: past its limit', { rule: where });
  }
  const what = subjectOf(event.source, metric, around.sources);
  const edge = typeof limit === 'number' ? text(limit, metric.unit) : null;
  if (typeof value !== 'number') {
    return edge === null ? say('{what} past its limit', { what }) : say('{what} past {limit}', { what, limit: edge });
  }
  const at = { what, value: text(value, metric.unit) };
  return edge === null ? say('{what} at {value}', at) : say('{what} at {value}, limit {limit}', { ...at, limit: edge });
}

function cleared(event: EventInfo, around: Surroundings): string {
  const { value, seconds, metric: key } = event.detail;
  const time = typeof seconds === 'number' ? duration(seconds) : null;
  const metric = around.metrics.find((metric) => metric.key === key);
  if (!metric) {
    const where = rule(event, around);
    return time === null
      ? say('{rule}: over', { rule: where })
      : say('{rule}: over after {time}', { rule: where, time });
  }
  const what = subjectOf(event.source, metric, around.sources);
  const news =
    typeof value === 'number'
      ? say('{what} back to {value}', { what, value: text(value, metric.unit) })
      : say('{what} back to normal', { what });
  return time === null ? news : say('{news} after {time}', { news, time });
}

function rule(event: EventInfo, around: Surroundings): string {
  const where = event.source && subject(event, around);
  return where ? `${ruleOf(event)}, ${where}` : ruleOf(event);
}

/** The name of an alert's rule, which is all there is to say where its metric is unknown. */
export function ruleOf(event: EventInfo): string {
  return typeof event.detail.rule === 'string' ? visible(event.detail.rule) : say('Alert');
}

/** How much an alert matters, in a word, for those who do not see its shape. */
export function severityWord(severity: AlertInfo['severity']): string {
  switch (severity) {
    case 'critical':
      return say('critical');
    case 'warning':
      return say('warning');
    default:
      return say('info');
  }
}

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
      return fired(event, around);
    case 'alert_cleared':
      return cleared(event, around);
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
    case 'xid':
      return driverError(event, around);
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
    case 'xid':
      return 'warn';
    default:
      return 'plain';
  }
}

/** An error that NVIDIA's driver reported by its number. */
function driverError(event: EventInfo, around: Surroundings): string {
  const { code, meaning } = event.detail;
  const source = around.sources.find((source) => source.id === event.source);
  const where = source ? sourceName(source, around.sources) : event.source && visible(event.source);
  const error = `${where ? `${where}: driver` : 'Driver'} error${typeof code === 'number' ? ` ${code} (Xid)` : ''}`;
  return typeof meaning === 'string' ? `${error}: ${visible(meaning)}` : error;
}

/** An alert's news with the values of that time: which rule it was matters only where they are unknown. */
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
  const source = around.sources.find((source) => source.id === event.source);
  const where = source ? sourceName(source, around.sources) : event.source && visible(event.source);
  return where ? `${ruleOf(event)}, ${where}` : ruleOf(event);
}

/** The name of an alert's rule, which is all there is to say where its metric is unknown. */
export function ruleOf(event: EventInfo): string {
  return typeof event.detail.rule === 'string' ? visible(event.detail.rule) : 'Alert';
}

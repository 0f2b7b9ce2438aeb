/** What happened, in words. Details come as loose JSON and any of them may be missing. */

import { duration, moment, text } from './format';
import { sourceName, visible } from './names';
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
      return `${alert(event, around)}: ${reading(event, around) ?? 'past its threshold'}`;
    case 'alert_cleared':
      return `${alert(event, around)}: over${seconds === null ? '' : ` after ${duration(seconds)}`}`;
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
      return 'warn';
    default:
      return 'plain';
  }
}

/** Alerts that fired and are not over, newest first. `events` is newest first, too. */
export function firing(events: readonly EventInfo[]): EventInfo[] {
  const decided = new Set<string>();
  return events.filter((event) => {
    if (event.kind !== 'alert_fired' && event.kind !== 'alert_cleared') return false;
    const alert = JSON.stringify([event.detail.rule, event.source]);
    if (decided.has(alert)) return false;
    decided.add(alert);
    return event.kind === 'alert_fired';
  });
}

function alert(event: EventInfo, around: Surroundings): string {
  const source = around.sources.find((source) => source.id === event.source);
  const where = source ? sourceName(source, around.sources) : event.source;
  const rule = typeof event.detail.rule === 'string' ? visible(event.detail.rule) : 'Alert';
  return where === null ? rule : `${rule}, ${where}`;
}

function reading(event: EventInfo, around: Surroundings): string | null {
  const { value, metric: key } = event.detail;
  if (typeof value !== 'number') return null;
  const metric = around.metrics.find((metric) => metric.key === key);
  return metric ? `${metric.label} at ${text(value, metric.unit)}` : text(value, '');
}

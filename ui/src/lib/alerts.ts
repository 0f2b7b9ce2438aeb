/** Alerts in words: what fires, how high it is now, its limit, and for how long; the words of the tray's tooltip. */

import { duration, text } from './format';
import type { Piece } from './headline';
import { subjectOf } from './names';
import type { EventInfo } from './types/generated/EventInfo';
import { ruleOf, tone, type Surroundings } from './words';

/** Alerts that fired and are not over: the worst first, among equals the newest. `events` is newest first. */
export function firing(events: readonly EventInfo[]): EventInfo[] {
  const decided = new Set<string>();
  const active = events.filter((event) => {
    if (event.kind !== 'alert_fired' && event.kind !== 'alert_cleared') return false;
    const alert = JSON.stringify([event.detail.rule, event.source]);
    if (decided.has(alert)) return false;
    decided.add(alert);
    return event.kind === 'alert_fired';
  });
  return active.sort((a, b) => rank(a) - rank(b));
}

/** One alert as a sentence whose value is the one of now and leads to its evidence. */
export function alertSentence(event: EventInfo, around: Surroundings): Piece[] {
  const { metric: key, limit } = event.detail;
  const source = around.sources.find((source) => source.id === event.source);
  const metric = around.metrics.find((metric) => metric.key === key);
  const says = (words: string): Piece => ({ text: words, tone: tone(event) });
  const what = metric ? subjectOf(event.source, metric, around.sources) : ruleOf(event);
  const held = tied(`for ${lasting(around.now - event.ts)}`);
  const edge = metric && typeof limit === 'number' ? tied(text(limit, metric.unit)) : null;
  const live = metric && source?.health === 'ok' ? source.metrics[metric.key] : undefined;
  if (live && source && metric) {
    const value: Piece = {
      text: tied(text(live.value, live.unit)),
      metric: metric.key,
      source: source.id,
      tone: tone(event),
    };
    return [says(`${what} at `), value, says(`${edge === null ? '' : `, ${tied(`limit ${edge}`)}`}, ${held}`)];
  }
  // The value at which it fired is not the one of now, and may be long gone.
  return [says(`${what} past ${edge ?? 'its limit'}, ${held}`)];
}

function rank(event: EventInfo): number {
  return event.detail.severity === 'critical' ? 0 : event.detail.severity === 'info' ? 2 : 1;
}

/** Words that stay on one line: a number at its end, with the unit on the next, is misread. */
function tied(words: string): string {
  return words.replaceAll(' ', '\u00a0');
}

/** Seconds that pass in a headline are restless: past the first minute, only minutes count. */
function lasting(seconds: number): string {
  return duration(seconds < 60 ? seconds : seconds - (seconds % 60));
}

/** What happened in a stretch of time, as a list tells it: which kinds go together, and each event as a sentence. */

import { duration, throttleReasons } from '../format';
import { say } from '../language';
import type { EventInfo } from '../types/generated/EventInfo';
import { sentence, tone, type Surroundings, type Tone } from '../words';
import type { Held } from './scale';

/** So many events are listed at once. */
export const MOST_LISTED = 200;

/** One line of a list of what happened. */
export interface Line {
  /** Tells it from all others. */
  id: string;
  /** What it is found by on the charts. */
  key: string;
  ts: number;
  sentence: string;
  tone: Tone;
}

/** What a list can be narrowed to. What holds a GPU back is no event: it is read from its history. */
export const SORTS = [
  { id: 'alerts', label: say('Alerts'), kinds: ['alert_fired', 'alert_cleared'] },
  { id: 'use', label: say('Unexpected use'), kinds: ['unexpected_use'] },
  { id: 'held', label: say('Held back'), kinds: [] },
  { id: 'driver', label: say('Driver errors'), kinds: ['xid'] },
  { id: 'sleep', label: say('GPUs asleep and awake'), kinds: ['gpu_woke', 'gpu_slept', 'gpu_kept_awake'] },
  { id: 'presence', label: say('Who was there'), kinds: ['presence'] },
  { id: 'machine', label: say('Suspend and clock'), kinds: ['suspend', 'clock_step'] },
  {
    id: 'recorder',
    label: say('Recorder'),
    kinds: [
      ...['recorder_started', 'recorder_stopped', 'paused', 'resumed'],
      ...['store_failed', 'store_recovered', 'database_set_aside'],
    ],
  },
] as const satisfies readonly { id: string; label: string; kinds: readonly string[] }[];

/** What an event is found by: a second may have several, of one kind even where several rules fire. */
export function keyOf({ ts, kind, source, detail }: EventInfo): string {
  return JSON.stringify([ts, kind, source, detail['rule']]);
}

/** What a stretch that was held back is found by. */
export function heldKey(held: Held): string {
  return `held ${held.from}`;
}

/** The lines of a list, newest first. */
export function linesOf(events: readonly EventInfo[], held: readonly Held[], around: Surroundings): Line[] {
  const times = new Map<string, number>();
  const line = (key: string, ts: number, sentence: string, tone: Tone): Line => {
    const nth = times.get(key) ?? 0;
    times.set(key, nth + 1);
    return { id: `${key} ${nth}`, key, ts, sentence, tone };
  };
  const words = ({ from, to, bits }: Held) =>
    say('The GPU was held back by {reasons} for {time}', {
      reasons: throttleReasons(bits),
      time: duration(to - from),
    });
  return [
    ...events.map((event) => line(keyOf(event), event.ts, sentence(event, around), tone(event))),
    ...held.map((one) => line(heldKey(one), one.from, words(one), 'warn')),
  ]
    .sort((a, b) => b.ts - a.ts)
    .slice(0, MOST_LISTED);
}

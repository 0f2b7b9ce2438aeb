/** What happened, as marks on charts: each has a shape and a word, so that no colour is needed to tell them apart. */

import { say } from '../language';
import type { EventInfo } from '../types/generated/EventInfo';
import { sentence, tone, type Surroundings, type Tone } from '../words';
import { keyOf } from './happened';

/** A mark: a moment, or a stretch where `from` is earlier. */
export interface Mark {
  from: number;
  to: number;
  shape: string;
  /** What it is, in a word or two. */
  word: string;
  tone: Tone;
  /** What happened, each a sentence with its time; several where they lie too near to each other to be told apart. */
  events: readonly { key: string; ts: number; word: string; sentence: string }[];
}

/** How each kind looks; a kind that is not here is no mark. */
const LOOKS: Record<string, (event: EventInfo) => [shape: string, word: string] | null> = {
  alert_fired: (event) => [{ critical: '◆', info: '●' }[String(event.detail.severity)] ?? '▲', say('alert')],
  alert_cleared: () => ['✓', say('over')],
  suspend: (event) => (event.detail.cause === 'stopped' ? ['⏻', say('stopped')] : ['☾', say('slept')]),
  paused: () => ['‖', say('paused')],
  resumed: () => ['▸', say('resumed')],
  recorder_started: () => ['▸', say('recorder started')],
  recorder_stopped: () => ['■', say('recorder stopped')],
  clock_step: () => ['◷', say('clock set')],
  xid: () => ['✕', say('driver error')],
  unexpected_use: (event) => (event.detail.digest === true ? null : ['?', say('unexpected')]),
};

/** The marks of a stretch, oldest first: of what concerns this GPU, or none. */
export function marksOf(
  events: readonly EventInfo[],
  [from, to]: [number, number],
  gpu: string | null,
  around: Surroundings,
): Mark[] {
  const marks: Mark[] = [];
  for (const event of events) {
    const look = LOOKS[event.kind]?.(event);
    if (!look || (gpu !== null && isElsewhere(event.source, gpu))) continue;
    const seconds = event.kind === 'suspend' && typeof event.detail.seconds === 'number' ? event.detail.seconds : 0;
    const begin = Math.max(event.ts - seconds, from);
    const end = Math.min(event.ts, to);
    if (end < from || begin > to) continue;
    const [shape, word] = look;
    const said = { key: keyOf(event), ts: event.ts - seconds, word, sentence: sentence(event, around) };
    marks.push({ from: begin, to: end, shape, word, tone: tone(event), events: [said] });
  }
  return marks.sort((a, b) => a.from - b.from);
}

/** Whether a source is another GPU; an instance of this one is not. */
function isElsewhere(source: string | null, gpu: string): boolean {
  return source !== null && source.startsWith('gpu:') && source !== gpu && !source.startsWith(`${gpu}:`);
}

const WEIGHT: Record<Tone, number> = { plain: 0, good: 1, warn: 2, bad: 3 };

/** The same with those as one that begin within so many seconds of each other; it looks like the worst of them. */
export function grouped(marks: readonly Mark[], apart: number): Mark[] {
  const groups: Mark[] = [];
  for (const mark of marks) {
    const last = groups.at(-1);
    if (!last || mark.from - last.from >= apart) {
      groups.push(mark);
      continue;
    }
    const worse = WEIGHT[mark.tone] > WEIGHT[last.tone] ? mark : last;
    const events = [...last.events, ...mark.events];
    groups[groups.length - 1] = { ...worse, from: last.from, to: Math.max(last.to, mark.to), events };
  }
  return groups;
}

/** A mark in a few words: what it is, and whether it stands for more of the same or for others, too. */
export function labelOf({ word, events }: Mark): string {
  if (events.length === 1) return word;
  const isAlike = events.every((event) => event.word === word);
  return isAlike
    ? `${word} ×${events.length}`
    : say('{what} and {count} more', { what: word, count: events.length - 1 });
}

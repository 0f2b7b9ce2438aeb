/** What the recorder is doing, as the page judges it: a recorder that holds its lock but writes nothing is silent. */

import { say } from './language';
import { visible } from './names';
import type { SourceStatus } from './types/generated/SourceStatus';
import type { Status } from './types/generated/Status';

/** The conditions that the page is designed for. */
export type Condition =
  | { kind: 'recording'; since: number | null }
  | { kind: 'paused'; until: number | null }
  | { kind: 'stale'; age: number }
  /** Nothing is known of it: the line to where it records is broken. */
  | { kind: 'lost' }
  | { kind: 'off'; since: number | null };

/** Silence shorter than this is no news, whatever the tick. */
const LEAST_PATIENCE = 6;
/** This many missed ticks are silence. */
const MISSED_TICKS = 3;
/** The longest tick of the defaults, assumed until the recorder says what it keeps. */
const LONGEST_TICK = 5;

/** Whether a source's health is worth a word of its own: while the recorder is off, every source is stale for that reason. */
export function isTold(health: SourceStatus['health'], condition: Condition | null): boolean {
  return health !== 'ok' && !(health === 'stale' && condition?.kind === 'off');
}

/** Whether a source's values are of now. A driver that refuses something tells the rest all the same. */
export function isLive({ health }: Pick<SourceStatus, 'health'>): boolean {
  return health === 'ok' || health === 'denied' || health === 'unsupported';
}

/** What the recorder says of a GPU that it let go, in the language of its database. */
const LET_GO = 'idle, letting it sleep';

/** What a source is like, in a word; the reason follows on its card. A GPU that is let go is not asleep yet. */
export function stateWord({ health, reason }: SourceStatus): string {
  switch (health) {
    case 'ok':
      return '';
    case 'asleep':
      return reason.startsWith('idle') ? say('idle') : say('asleep');
    case 'lost':
      return say('gone');
    case 'denied':
      return say('no permission');
    case 'unsupported':
      return say('not readable');
    case 'stale':
      return say('no data');
    default:
      return health;
  }
}

/** Why a source is like that, as far as there is anything to say. */
export function reasonOf({ kind, health, reason }: SourceStatus): string {
  if (reason === LET_GO) return say('idle, letting it sleep');
  if (reason !== '') return visible(reason);
  return kind === 'gpu' && health === 'asleep' ? say('It is not woken to be read; its values come when it works.') : '';
}

/**
 * Judges a status at the second `now`. `heard` is when it was last known that news would come if there were any: a line
 * that is broken, or only just joined again, is no silence of the recorder's.
 */
export function judge(status: Status, now: number, heard = now): Condition {
  const { state, since, until, tick } = status.recorder;
  if (state === 'off') return { kind: 'off', since: since ?? status.ts };
  if (state === 'paused') return { kind: 'paused', until };
  // A recorder that has just started has not ticked yet.
  const newest = Math.max(status.ts ?? 0, since ?? 0);
  const patience = Math.max(LEAST_PATIENCE, MISSED_TICKS * (tick ?? LONGEST_TICK));
  const isSilent = newest > 0 && heard - newest > patience;
  return isSilent ? { kind: 'stale', age: now - newest } : { kind: 'recording', since };
}

/** Whether more than a tick is missing between two statuses, or the clock was set back: what was drawn of them has to be read. */
export function isTorn(before: Status, after: Status): boolean {
  if (before.ts === null || after.ts === null) return false;
  const most = 2 * (after.recorder.tick ?? LONGEST_TICK) + 1;
  return after.ts < before.ts || after.ts - before.ts > most;
}

/** What a GPU was used for that is otherwise than before, in plain words. */

import { duration, text } from '../format';
import { brief, visible } from '../names';
import type { Change } from '../types/generated/Change';
import type { Changes } from '../types/generated/Changes';

/** A difference, with which way it points. */
export interface Said {
  who: string;
  way: 'more' | 'less';
  words: string;
}

/** Smaller differences are not worth the words, though another one of the same identity may be. */
const SHARE = 1;
const BYTES = 256 * 1024 * 1024;
const WATTS = 2;

/** Every difference in a sentence: who, and what. */
export function said({ changes }: Changes): Said[] {
  return changes.map((change) => {
    const { now, before } = change;
    const parts = [share(change), memory(change), power(change)].filter((part) => part !== null);
    const grows = (now.share ?? 0) - (before.share ?? 0) || (now.vram ?? 0) - (before.vram ?? 0);
    const who = brief(visible(change.identity).trim() || 'A process without a name');
    return { who, way: grows >= 0 ? 'more' : 'less', words: parts.join(', ') };
  });
}

/** With what it is compared: "the 4 h before". */
export function baseline({ since, before }: Changes): string {
  return before === null ? '' : `the ${duration(since - before)} before`;
}

function share({ now, before }: Change): string | null {
  if (now.share === null || before.share === null || Math.abs(now.share - before.share) < SHARE) return null;
  if (isNone(before.share)) return `${text(now.share, '%')} of the GPU; it did not use it before`;
  if (isNone(now.share)) return `did not use the GPU; ${text(before.share, '%')} before`;
  return `${text(now.share, '%')} of the GPU instead of ${text(before.share, '%')}`;
}

/** What rounds to nothing is nothing. */
function isNone(share: number): boolean {
  return share < 0.05;
}

function memory({ now, before }: Change): string | null {
  if (now.vram === null || before.vram === null || Math.abs(now.vram - before.vram) < BYTES) return null;
  const differs = now.vram - before.vram;
  return `${text(Math.abs(differs), 'B')} ${differs > 0 ? 'more' : 'less'} memory`;
}

function power({ now, before }: Change): string | null {
  if (now.power === null || before.power === null || Math.abs(now.power - before.power) < WATTS) return null;
  const differs = now.power - before.power;
  return `about ${text(Math.round(Math.abs(differs)), 'W')} ${differs > 0 ? 'more' : 'less'}`;
}

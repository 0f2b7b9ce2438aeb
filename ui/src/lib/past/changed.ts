/** What a GPU was used for that is otherwise than before, in plain words. */

import { duration, text } from '../format';
import { say } from '../language';
import { brief, processName } from '../names';
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
    const who = brief(processName(change.identity).trim() || say('A process without a name'));
    return { who, way: grows >= 0 ? 'more' : 'less', words: parts.join(', ') };
  });
}

/** With what it is compared: "against the 4 h before". */
export function baseline({ since, before }: Changes): string {
  return before === null ? '' : say('against the {time} before', { time: duration(since - before) });
}

function share({ now, before }: Change): string | null {
  if (now.share === null || before.share === null || Math.abs(now.share - before.share) < SHARE) return null;
  const [share, earlier] = [text(now.share, '%'), text(before.share, '%')];
  if (isNone(before.share)) return say('{share} of the GPU; it did not use it before', { share });
  if (isNone(now.share)) return say('did not use the GPU; {earlier} before', { earlier });
  return say('{share} of the GPU instead of {earlier}', { share, earlier });
}

/** What rounds to nothing is nothing. */
function isNone(share: number): boolean {
  return share < 0.05;
}

function memory({ now, before }: Change): string | null {
  if (now.vram === null || before.vram === null || Math.abs(now.vram - before.vram) < BYTES) return null;
  const differs = now.vram - before.vram;
  const memory = text(Math.abs(differs), 'B');
  return differs > 0 ? say('{memory} more memory', { memory }) : say('{memory} less memory', { memory });
}

function power({ now, before }: Change): string | null {
  if (now.power === null || before.power === null || Math.abs(now.power - before.power) < WATTS) return null;
  const differs = now.power - before.power;
  const power = text(Math.round(Math.abs(differs)), 'W');
  return differs > 0 ? say('about {power} more', { power }) : say('about {power} less', { power });
}

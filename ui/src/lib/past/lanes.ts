/** The ribbons of those who used a GPU: what they are called, and what they were at a moment. */

import { say, sayCount } from '../language';
import { processName } from '../names';
import type { Lane } from '../types/generated/Lane';
import type { Ribbons } from '../types/generated/Ribbons';

/** What a ribbon is called. */
export function laneName(lane: Lane): string {
  switch (lane.of) {
    case 'identity':
      return processName(lane.identity).trim() || say('a process without a name');
    case 'others':
      return sayCount(lane.count, '{count} other', '{count} others', { count: lane.count });
    case 'unexplained':
      return say('not visible');
  }
}

/** Its colour; it has its name beside it, so that nobody needs the colour. */
export function colorOf(lane: Lane, at: number): string {
  return lane.of === 'identity' ? `var(--line-${(at % 5) + 1})` : 'var(--line-others)';
}

/** Its share at a moment, in percent; `null` where nothing is known of it. */
export function shareAt(ribbons: Ribbons, lane: Lane, ts: number): number | null {
  const point = lane.points.find(([begin]) => begin <= ts && ts < begin + ribbons.step);
  return point ? point[1] : 0;
}

/** Episodes as a table shows them: who, and whether somebody unexpected was among them. */

import { say } from '../language';
import { brief, processName } from '../names';
import type { EpisodeInfo } from '../types/generated/EpisodeInfo';
import type { EventInfo } from '../types/generated/EventInfo';
import { HIDDEN } from '../users';

/** Who used the GPU in an episode, whoever used it most first. What nobody can see is told as unexplained. */
export function whoIn(episode: EpisodeInfo): string {
  const seen = episode.sessions.filter(({ key }) => key !== HIDDEN);
  const sessions = seen.sort((a, b) => (b.busy ?? 0) - (a.busy ?? 0));
  const names = [
    ...new Set(sessions.map((one) => brief(processName(one.identity).trim() || say('a process without a name')))),
  ];
  const [first, second, ...rest] = names;
  if (first === undefined) return say('nobody who can be seen');
  if (second === undefined) return first;
  if (rest.length === 0) return say('{first} and {second}', { first, second });
  return say('{first} and {count} more', { first, count: names.length - 1 });
}

/** Why a use was unexpected, as files that programs read have it. */
export const REASONS = {
  new: 'new here',
  odd_hour: 'odd hour',
  denied: 'must not',
  outside_hours: 'outside its hours',
  over_limit: 'over its limit',
} as const;

type Reason = keyof typeof REASONS;

/** The same for people. */
function reason(why: Reason): string {
  switch (why) {
    case 'new':
      return say('new here');
    case 'odd_hour':
      return say('odd hour');
    case 'denied':
      return say('must not');
    case 'outside_hours':
      return say('outside its hours');
    case 'over_limit':
      return say('over its limit');
  }
}

/** Why somebody in it was unexpected, in a word or two; `null` where nobody was, as far as was noted. */
export function unexpectedIn(episode: EpisodeInfo, events: readonly EventInfo[]): string | null {
  const why = whyIn(episode, events);
  return why && reason(why);
}

/** The same as the recorder names it. */
export function whyIn(episode: EpisodeInfo, events: readonly EventInfo[]): Reason | null {
  for (const { kind, ts, source, detail } of events) {
    const within = ts >= episode.start && ts <= episode.end + 120 && detail.digest !== true;
    if (kind !== 'unexpected_use' || !within || (source !== null && source !== episode.source)) continue;
    if (typeof detail.why === 'string' && Object.hasOwn(REASONS, detail.why)) return detail.why as Reason;
  }
  return null;
}

/** Episodes as a table shows them: who, and whether somebody unexpected was among them. */

import { brief, visible } from '../names';
import type { EpisodeInfo } from '../types/generated/EpisodeInfo';
import type { EventInfo } from '../types/generated/EventInfo';

/** Who used the GPU in an episode, whoever used it most first. */
export function whoIn(episode: EpisodeInfo): string {
  const sessions = [...episode.sessions].sort((a, b) => (b.busy ?? 0) - (a.busy ?? 0));
  const names = [...new Set(sessions.map((one) => brief(visible(one.identity).trim() || 'a process without a name')))];
  const [first, second, ...rest] = names;
  if (first === undefined) return 'nobody who can be seen';
  if (second === undefined) return first;
  return rest.length === 0 ? `${first} and ${second}` : `${first} and ${names.length - 1} more`;
}

const WHY: Record<string, string> = {
  new: 'new here',
  odd_hour: 'odd hour',
  denied: 'must not',
  outside_hours: 'outside its hours',
  over_limit: 'over its limit',
};

/** Why somebody in it was unexpected, in a word or two; `null` where nobody was, as far as was noted. */
export function unexpectedIn(episode: EpisodeInfo, events: readonly EventInfo[]): string | null {
  for (const { kind, ts, source, detail } of events) {
    const within = ts >= episode.start && ts <= episode.end + 120 && detail.digest !== true;
    if (kind !== 'unexpected_use' || !within || (source !== null && source !== episode.source)) continue;
    const word = typeof detail.why === 'string' ? WHY[detail.why] : undefined;
    if (word !== undefined) return word;
  }
  return null;
}

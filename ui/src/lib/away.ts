/** What the GPUs did while nobody was there, in words. The sums are Hoofbeat's. */

import { aboutEnergy, duration, fromTo, text } from './format';
import { say, sayCount } from './language';
import { whoIn } from './past/episodes';
import type { AwayInfo } from './types/generated/AwayInfo';
import { money } from './verdicts';

/** "09:12 – 13:40: 3 episodes, about 0.84 kWh, longest ollama 1 h 12 min, peak 84 °C". */
export function told(away: AwayInfo, now: number): string {
  const { since, until, episodes, longest, worked, energy, cost, peak } = away;
  // What began before or went on afterwards is told as far as nobody was there.
  const most =
    longest && `${whoIn(longest)} ${duration(Math.min(longest.end, until) - Math.max(longest.start, since))}`;
  const parts = [
    most === null
      ? say('the GPU worked for {time}', { time: duration(worked) })
      : sayCount(episodes, '1 episode, {longest}', '{count} episodes', { longest: most, count: episodes }),
    cost ? money(cost) : energy ? aboutEnergy(energy) : null,
    episodes > 1 && most !== null ? say('longest {longest}', { longest: most }) : null,
    peak === null ? null : say('peak {temperature}', { temperature: text(peak, '°C') }),
  ];
  return `${fromTo(since, until, now)}: ${parts.filter((part) => part !== null).join(', ')}`;
}

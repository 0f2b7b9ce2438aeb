/** What a person is told of a process that they want to end. Names come from outside and stay text. */

import { brief, visible } from './names';
import type { MemberRow } from './processes';
import type { Doubt } from './types/generated/Doubt';

/** A process in a sentence. */
export function called({ name, pid }: Pick<MemberRow, 'name' | 'pid'>): string {
  return `${brief(visible(name))} (${pid})`;
}

/** What else happens when it ends. */
export const DOUBTS: Record<Doubt, string> = {
  hoofbeat: 'This is Hoofbeat itself. Without its recorder nothing is recorded, and nobody is warned.',
  desktop: 'This is a part of your desktop. The screen may go dark, and what is open and not saved may be lost.',
  host: 'Services, containers or sessions run below it, and may end with it.',
  session: 'It began your session. What you started there may end with it.',
  ancestor: 'Hoofbeat was started from it, and may end with it.',
};

/** Why it cannot be ended from here, where that is known without asking. */
export function foreign({ user, pid, started }: Pick<MemberRow, 'user' | 'pid' | 'started'>): string {
  if (started === null) {
    return 'Only the GPU’s driver tells of it: it belongs to another user or container, and cannot be seen from here.';
  }
  const whose = user === null ? 'somebody else' : brief(user);
  return `It belongs to ${whose}. Hoofbeat ends only processes of the user that it runs as. Whoever may can end it in a terminal: sudo kill ${pid}`;
}

/** Who may start it again; `null` where nobody is known to. */
export function restarter({ place }: Pick<MemberRow, 'place'>): string | null {
  if (place === null) return null;
  if (/\.service$/.test(place)) return `systemd may start it again, as a part of ${brief(place)}.`;
  if (/container /i.test(place)) return `It is in ${brief(place)}, which may start it again.`;
  return null;
}

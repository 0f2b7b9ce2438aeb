/** What a person is told of a process that they want to end. Names come from outside and stay text. */

import { say } from './language';
import { brief, visible } from './names';
import type { MemberRow } from './processes';
import type { Doubt } from './types/generated/Doubt';

/** A process in a sentence. */
export function called({ name, pid }: Pick<MemberRow, 'name' | 'pid'>): string {
  return `${brief(visible(name))} (${pid})`;
}

/** What else happens when it ends. */
export const DOUBTS: Record<Doubt, string> = {
  hoofbeat: say('This is Hoofbeat itself. Without its recorder nothing is recorded, and nobody is warned.'),
  desktop: say('This is a part of your desktop. The screen may go dark, and what is open and not saved may be lost.'),
  host: say('Services, containers or sessions run below it, and may end with it.'),
  session: say('It began your session. What you started there may end with it.'),
  ancestor: say('Hoofbeat was started from it, and may end with it.'),
};

/** Why it cannot be ended from here, where that is known without asking. */
export function foreign({ user, pid, started }: Pick<MemberRow, 'user' | 'pid' | 'started'>): string {
  if (started === null) {
    return say(
      'Only the GPU’s driver tells of it: it belongs to another user or container, and cannot be seen from here.',
    );
  }
  const whose =
    user === null ? say('It belongs to somebody else.') : say('It belongs to {user}.', { user: brief(user) });
  const way = say(
    'Hoofbeat ends only processes of the user that it runs as. Whoever may can end it in a terminal: sudo kill {pid}',
    { pid },
  );
  return `${whose} ${way}`;
}

/** Who may start it again; `null` where nobody is known to. */
export function restarter({ place }: Pick<MemberRow, 'place'>): string | null {
  if (place === null) return null;
  if (/\.service$/.test(place)) return say('systemd may start it again, as a part of {unit}.', { unit: brief(place) });
  if (/container /i.test(place)) return say('It is in {place}, which may start it again.', { place: brief(place) });
  return null;
}

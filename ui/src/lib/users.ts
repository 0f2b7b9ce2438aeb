/** Who uses a GPU, as its card lists them. Names come from outside and stay text. */

import { say } from './language';
import { processName } from './names';
import type { SourceStatus } from './types/generated/SourceStatus';

/** All processes of one identity on one GPU. */
export interface User {
  key: string;
  name: string;
  pids: readonly number[];
  /** Of the GPU, in percent; `null` where nobody told. */
  share: number | null;
  /** Bytes. */
  vram: number | null;
}

/** What a card shows of them. */
export interface Users {
  shown: readonly User[];
  /** How many more there are. */
  more: number;
  /** How busy somebody keeps the GPU who cannot be seen, in percent; `null` where that is next to nothing. */
  unseen: number | null;
}

/** What core calls processes that only the driver tells of. */
export const HIDDEN = 'hidden';
/** So many fit on a card; a browser alone may bring a dozen. */
const MOST = 8;
/** A smaller remainder is rounding, and the driver's own work. */
const LEAST_UNSEEN = 5;

/** The users of a GPU, those who use it most first. */
export function usersOf(source: SourceStatus): Users {
  const all = everyUser(source);
  // The driver counts processes that it alone knows, and they stand in the list already.
  const hidden = all.find((user) => user.key === HIDDEN)?.share ?? 0;
  const unseen = (source.metrics['gpu.remainder']?.value ?? 0) - hidden;
  return {
    shown: all.slice(0, MOST),
    more: Math.max(0, all.length - MOST),
    unseen: unseen >= LEAST_UNSEEN ? unseen : null,
  };
}

/** All of them. */
export function everyUser(source: SourceStatus): User[] {
  const users = new Map<string, User>();
  for (const { pid, key, identity, share, vram } of source.processes ?? []) {
    const known = users.get(key);
    users.set(key, {
      key,
      name: known?.name ?? (processName(identity).trim() || say('process {pid}', { pid })),
      pids: [...(known?.pids ?? []), pid],
      share: sum(known?.share, share),
      vram: sum(known?.vram, vram),
    });
  }
  const all = [...users.values()].map((user) => ({ ...user, share: user.share && Math.min(100, user.share) }));
  return all.sort((a, b) => down(a.share, b.share) || down(a.vram, b.vram) || a.name.localeCompare(b.name));
}

/** What nobody told is nothing to add, and not 0. */
function sum(a: number | null | undefined, b: number | null): number | null {
  return a === null || a === undefined ? b : a + (b ?? 0);
}

/** The larger first, and what is not known last. */
function down(a: number | null, b: number | null): number {
  return (b ?? -1) - (a ?? -1);
}

/** Who uses a GPU, as its card lists them. Names come from outside and stay text. */

import { brief, visible } from './names';
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

/** So many fit on a card; a browser alone may bring a dozen. */
const MOST = 8;
/** A smaller remainder is rounding, and the driver's own work. */
const LEAST_UNSEEN = 5;
/** A smaller share is no use worth a name in a sentence. */
const WORTH_NAMING = 5;
/** Who does less than this part of what the first does, does not share the GPU with it. */
const SECOND = 1 / 3;

/** The users of a GPU, those who use it most first. */
export function usersOf(source: SourceStatus): Users {
  const all = everyUser(source);
  const unseen = source.metrics['gpu.remainder']?.value ?? 0;
  return {
    shown: all.slice(0, MOST),
    more: Math.max(0, all.length - MOST),
    unseen: unseen >= LEAST_UNSEEN ? unseen : null,
  };
}

function everyUser(source: SourceStatus): User[] {
  const users = new Map<string, User>();
  for (const { pid, key, identity, share, vram } of source.processes ?? []) {
    const known = users.get(key);
    users.set(key, {
      key,
      name: known?.name ?? (visible(identity).trim() || `process ${pid}`),
      pids: [...(known?.pids ?? []), pid],
      share: sum(known?.share, share),
      vram: sum(known?.vram, vram),
    });
  }
  const all = [...users.values()].map((user) => ({ ...user, share: user.share && Math.min(100, user.share) }));
  return all.sort((a, b) => down(a.share, b.share) || down(a.vram, b.vram) || a.name.localeCompare(b.name));
}

/**
 * Who keeps a GPU busy: one name, or two that share it; `null` where that is not known, or nobody does. The twin of
 * `wording/gpus.rs`.
 */
export function culprits(source: SourceStatus): string | null {
  const all = source.metrics['gpu.utilization']?.value;
  const unseen = source.metrics['gpu.remainder']?.value;
  if (all !== undefined && unseen !== undefined && unseen >= LEAST_UNSEEN && unseen > all / 2) return 'not visible';
  const [first, second] = everyUser(source).filter((user) => (user.share ?? 0) >= WORTH_NAMING);
  if (!first) return null;
  const shared = second && (second.share ?? 0) >= (first.share ?? 0) * SECOND;
  return shared ? `${brief(first.name)} and ${brief(second.name)}` : brief(first.name);
}

/** What nobody told is nothing to add, and not 0. */
function sum(a: number | null | undefined, b: number | null): number | null {
  return a === null || a === undefined ? b : a + (b ?? 0);
}

/** The larger first, and what is not known last. */
function down(a: number | null, b: number | null): number {
  return (b ?? -1) - (a ?? -1);
}

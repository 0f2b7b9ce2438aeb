/** The rows of the list of processes: which, and in which order. Names come from outside and stay text. */

import { visible } from './names';
import type { ProcessGroup } from './types/generated/ProcessGroup';

/** What a list can be sorted by. */
export type Column = 'name' | 'user' | 'share' | 'vram' | 'cpu' | 'memory';

/** An order: by which column, and whether its largest come first. */
export interface Order {
  column: Column;
  down: boolean;
}

/** The processes of one identity and one user, as the list shows them. */
export interface Row extends ProcessGroup {
  /** Tells it apart from all others. */
  id: string;
  name: string;
}

/** The columns of text begin with A, those of numbers with the largest. */
export function firstOrder(column: Column): Order {
  return { column, down: column !== 'name' && column !== 'user' };
}

/** The order after a click on a column's head. */
export function nextOrder(now: Order, column: Column): Order {
  return now.column === column ? { column, down: !now.down } : firstOrder(column);
}

/** The rows whose name holds `filter`, in order. Equal ones are sorted by what they do on GPUs, then by CPU. */
export function rowsOf(groups: readonly ProcessGroup[], order: Order, filter: string): Row[] {
  const wanted = filter.trim().toLowerCase();
  const rows = groups.map(row).filter((row) => row.name.toLowerCase().includes(wanted));
  return rows.sort(
    (a, b) =>
      compare(a[order.column], b[order.column], order.down) ||
      compare(a.share, b.share, true) ||
      compare(a.vram, b.vram, true) ||
      compare(a.cpu, b.cpu, true) ||
      compare(a.memory, b.memory, true) ||
      compare(a.id, b.id, false),
  );
}

function row(group: ProcessGroup): Row {
  const name = visible(group.identity).trim() || `process ${group.pids[0]}`;
  // Some are called that already.
  const note = group.hidden && group.key !== 'hidden' ? ' (not visible)' : '';
  const user = group.user === null ? null : visible(group.user);
  return { ...group, user, name: name + note, id: JSON.stringify([group.key, group.user, group.hidden]) };
}

/** What is not known comes last, whichever way the rest is sorted. */
function compare(a: string | number | null, b: string | number | null, down: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const up = typeof a === 'string' || typeof b === 'string' ? String(a).localeCompare(String(b)) : a - b;
  return down ? -up : up;
}

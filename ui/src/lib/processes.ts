/** The rows of the list of processes: which, and in which order. Names come from outside and stay text. */

import { say } from './language';
import { processName, visible } from './names';
import type { ProcessGroup } from './types/generated/ProcessGroup';
import type { ProcessMember } from './types/generated/ProcessMember';

/** What a list can be sorted by. */
export type Column = 'name' | 'user' | 'share' | 'vram' | 'cpu' | 'memory' | 'since' | 'busy' | 'why';

/** An order: by which column, and whether its largest come first. */
export interface Order {
  column: Column;
  down: boolean;
}

/** The processes of one identity and one user, as the list shows them. */
export interface GroupRow extends ProcessGroup {
  kind: 'group';
  /** Tells it apart from all others. */
  id: string;
  name: string;
  /** Why it is here: what it belongs to, or who started it. */
  why: string;
  isOpen: boolean;
}

/** One process, below the row that it belongs to. */
export interface MemberRow extends ProcessMember {
  kind: 'member';
  id: string;
  name: string;
  /** Which part it is, and what it works on; empty where nothing is known. */
  part: string;
  user: string | null;
  uid: number | null;
  place: string | null;
  /** Why it is here: from where, and by whom it was started. */
  why: string;
  /** Its place among the processes of its row, from 1 on, and how many these are. */
  at: number;
  of: number;
}

export type Row = GroupRow | MemberRow;

const UNSEEN = say('only the GPU’s driver tells of it');

const TEXT: readonly Column[] = ['name', 'user', 'why'];

/** States of a process that a person may wonder about. */
const STATES: Record<string, string> = {
  D: say('waits for a device'),
  T: say('stopped'),
  Z: say('ended, its parent has not noticed'),
};

/** The columns of text begin with A, those of numbers with the largest, and that of moments with the newest. */
export function firstOrder(column: Column): Order {
  return { column, down: !TEXT.includes(column) };
}

/** The order after a click on a column's head. */
export function nextOrder(now: Order, column: Column): Order {
  return now.column === column ? { column, down: !now.down } : firstOrder(column);
}

/** The rows that hold every word of `filter`, in order, each with its processes below it where it is open. */
export function rowsOf(
  groups: readonly ProcessGroup[],
  order: Order,
  filter: string,
  open: ReadonlySet<string>,
): Row[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = groups.map((group) => groupRow(group, open)).filter((row) => words.every((word) => holds(row, word)));
  rows.sort((a, b) => inOrder(a, b, order) || compare(a.id, b.id, false));
  return rows.flatMap((row): Row[] => (row.isOpen ? [row, ...membersOf(row, order)] : [row]));
}

/** The same rows in the order in which their groups stood before, so that nothing moves under a finger; new ones are last. */
export function held(rows: readonly Row[], before: readonly Row[]): Row[] {
  const places = new Map(before.filter((row) => row.kind === 'group').map((row, at) => [row.id, at]));
  const blocks: Row[][] = [];
  for (const row of rows) {
    if (row.kind === 'group') blocks.push([row]);
    else blocks.at(-1)?.push(row);
  }
  const place = (block: Row[]) => places.get(block[0]?.id ?? '') ?? Number.MAX_SAFE_INTEGER;
  return blocks.sort((a, b) => place(a) - place(b)).flat();
}

/** The row beside one that is gone: below it, or above it where that belongs together with it; of those that are left. */
export function neighbour(gone: Row, before: readonly Row[], now: readonly Row[]): Row | undefined {
  const at = before.indexOf(gone);
  const [above, below] = [before.slice(0, at).reverse(), before.slice(at + 1)];
  const order = gone.kind === 'member' && below[0]?.kind !== 'member' ? [...above, ...below] : [...below, ...above];
  const left = new Map(now.map((row) => [row.id, row]));
  return order.map(({ id }) => left.get(id)).find((row) => row !== undefined);
}

/** The id of a process's row. */
export function memberId(group: string, member: Pick<ProcessMember, 'pid' | 'started'>): string {
  return `${group} ${member.pid} ${member.started ?? ''}`;
}

function groupRow(group: ProcessGroup, open: ReadonlySet<string>): GroupRow {
  const name = processName(group.identity).trim() || say('process {pid}', { pid: group.pids[0] ?? '' });
  // Some are called that already.
  const noted = group.hidden && group.key !== 'hidden' ? say('{name} (not visible)', { name }) : name;
  const [user, place] = [optional(group.user), optional(group.place)];
  const origin = optional(group.origin);
  // What it is called by says nothing new.
  const by = origin === null ? '' : say('started by {parent}', { parent: origin });
  const why = group.hidden ? UNSEEN : place === null || place === name ? by : place;
  const id = JSON.stringify([group.key, group.user, group.hidden]);
  return { ...group, kind: 'group', user, place, why, name: noted, id, isOpen: open.has(id) };
}

function membersOf(row: GroupRow, order: Order): MemberRow[] {
  const rows = row.members.map((member): MemberRow => {
    const { pid, parent } = member;
    const name = optional(member.program)?.trim() || row.name;
    const place = optional(member.place);
    const by = optional(member.parent_name);
    const via = optional(member.via);
    const started = by === null ? parent : `${by} (${parent})`;
    const why = [
      via === null ? null : say('via {way}', { way: via }),
      started === null ? null : say('started by {parent}', { parent: started }),
      place === row.place ? null : place,
    ];
    const part = [optional(member.detail), STATES[member.state ?? ''] ?? null];
    return {
      ...{ ...member, kind: 'member', id: memberId(row.id, member), name, user: row.user, uid: row.uid, place },
      part: part.filter((text) => text !== null).join(' · '),
      why: row.hidden ? UNSEEN : why.filter((text) => text !== null).join(' · '),
      ...{ at: 0, of: row.members.length, pid },
    };
  });
  rows.sort((a, b) => inOrder(a, b, order) || a.pid - b.pid);
  return rows.map((row, at) => ({ ...row, at: at + 1 }));
}

/** Whether a row has something of which that is a part, or is the number of one of its processes. */
function holds({ name, user, place, why, pids }: GroupRow, word: string): boolean {
  const texts = [name, user ?? '', place ?? '', why];
  return texts.some((text) => text.toLowerCase().includes(word)) || pids.includes(Number(word));
}

function inOrder(a: Row, b: Row, { column, down }: Order): number {
  return (
    compare(valueOf(a, column), valueOf(b, column), down) ||
    compare(a.share, b.share, true) ||
    compare(a.vram, b.vram, true) ||
    compare(a.cpu, b.cpu, true) ||
    compare(a.memory, b.memory, true)
  );
}

function valueOf(row: Row, column: Column): string | number | null {
  if (column === 'busy') return row.kind === 'group' ? row.busy : null;
  // An empty one says nothing either.
  if (column === 'why') return row.why === '' ? null : row.why;
  return row[column];
}

function optional(text: string | null): string | null {
  return text === null ? null : visible(text);
}

/** What is not known comes last, whichever way the rest is sorted. */
function compare(a: string | number | null, b: string | number | null, down: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const up = typeof a === 'string' || typeof b === 'string' ? String(a).localeCompare(String(b)) : a - b;
  return down ? -up : up;
}

import { expect, test } from 'vitest';
import { firstOrder, held, neighbour, nextOrder, rowsOf, type Column, type Row } from './processes';
import type { ProcessGroup } from './types/generated/ProcessGroup';
import type { ProcessMember } from './types/generated/ProcessMember';

function group(identity: string, more: Partial<ProcessGroup> = {}): ProcessGroup {
  const unknown = { share: null, vram: null, cpu: null, memory: null, busy: null, energy: null, since: null };
  const rest = { user: 'anna', uid: 1000, pids: [1], hidden: false, place: null, origin: null, members: [] };
  return { identity, key: `program:${identity}`, ...unknown, ...rest, ...more };
}

function member(pid: number, more: Partial<ProcessMember> = {}): ProcessMember {
  const unknown = { share: null, vram: null, cpu: null, memory: null, since: null, detail: null, place: null };
  const rest = { started: pid, program: null, via: null, parent: null, parent_name: null, state: 'S', gpus: [] };
  return { pid, ...unknown, ...rest, ...more };
}

const names = (groups: ProcessGroup[], column: Column, down = firstOrder(column).down, filter = '') =>
  rowsOf(groups, { column, down }, filter, new Set()).map((row) => row.name);

const groups = [
  group('shell', { cpu: 3, memory: 10, user: 'root' }),
  group('Ollama', { share: 20, vram: 5, cpu: 1, memory: 40 }),
  group('blender', { share: 70, vram: 9, cpu: 90, memory: 30 }),
  group('idle', { share: 0, vram: 8, cpu: 0, memory: 20 }),
  group('vlc', { share: 0, vram: 12, cpu: 2, memory: null }),
];

test('who uses a GPU most comes first, then who has memory there, then who uses CPU', () => {
  expect(names(groups, 'share')).toEqual(['blender', 'Ollama', 'vlc', 'idle', 'shell']);
  expect(names(groups, 'cpu')).toEqual(['blender', 'shell', 'vlc', 'Ollama', 'idle']);
  expect(names(groups, 'name')).toEqual(['blender', 'idle', 'Ollama', 'shell', 'vlc']);
  expect(names(groups, 'user')).toEqual(['blender', 'Ollama', 'vlc', 'idle', 'shell']);
});

test('what is not known is last in both directions', () => {
  expect(names(groups, 'memory')).toEqual(['Ollama', 'blender', 'idle', 'shell', 'vlc']);
  expect(names(groups, 'memory', false)).toEqual(['shell', 'idle', 'blender', 'Ollama', 'vlc']);
});

test('a click on the same column turns the order, one on another begins with what people look for', () => {
  const first = firstOrder('share');
  expect(first).toEqual({ column: 'share', down: true });
  expect(nextOrder(first, 'share')).toEqual({ column: 'share', down: false });
  expect(nextOrder(nextOrder(first, 'share'), 'name')).toEqual({ column: 'name', down: false });
});

test('a filter finds names, users, units and numbers, whatever their case, and all of its words', () => {
  const find = (filter: string) =>
    names([...groups, group('web', { place: 'web.service', pids: [41, 42] })], 'share', true, filter);
  expect(find(' BLEN ')).toEqual(['blender']);
  expect(find('root')).toEqual(['shell']);
  expect(find('web.serv')).toEqual(['web']);
  expect(find('42')).toEqual(['web']);
  expect(find('4')).toEqual([]);
  expect(find('anna blen')).toEqual(['blender']);
  expect(find('root blen')).toEqual([]);
});

test('what is open has its processes below it, in the same order, and says who started them', () => {
  const members = [
    member(7, { cpu: 1, parent: 1, parent_name: 'systemd', place: 'web.service', via: 'cron' }),
    member(8, { cpu: 5, parent: 7, program: '\u202epython3', detail: 'runner', state: 'Z' }),
  ];
  const one = group('web', { place: 'web.service', cpu: 6, members });
  const closed = rowsOf([one], firstOrder('cpu'), '', new Set());
  expect(closed).toHaveLength(1);
  const rows = rowsOf([one, ...groups], firstOrder('cpu'), 'web', new Set([closed[0]?.id ?? '']));
  expect(rows.map((row) => row.kind === 'member' && [row.pid, row.name, row.part, row.why, row.at, row.of])).toEqual([
    false,
    [8, '\ufffdpython3', 'runner · ended, its parent has not noticed', 'started by 7', 1, 2],
    [7, 'web', '', 'via cron · started by systemd (1)', 2, 2],
  ]);
});

test('while rows are held, none moves, and new ones are last', () => {
  const order = firstOrder('cpu');
  const before = rowsOf([group('a', { cpu: 3 }), group('b', { cpu: 2 })], order, '', new Set());
  const now = rowsOf([group('c', { cpu: 9 }), group('b', { cpu: 8 }), group('a', { cpu: 1 })], order, '', new Set());
  expect(now.map((row) => row.name)).toEqual(['c', 'b', 'a']);
  expect(held(now, before).map((row) => row.name)).toEqual(['a', 'b', 'c']);
});

test('beside a row that is gone stands one that belongs together with it, or the next', () => {
  const one = group('web', { cpu: 9, members: [member(7, { cpu: 5 }), member(8, { cpu: 4 }), member(9, { cpu: 3 })] });
  const order = firstOrder('cpu');
  const id = rowsOf([one], order, '', new Set())[0]?.id ?? '';
  const rows = rowsOf([one, group('b', { cpu: 2 }), group('c', { cpu: 1 })], order, '', new Set([id]));
  const told = (row: Row | undefined) => row && (row.kind === 'member' ? row.pid : row.name);
  expect(rows.map(told)).toEqual(['web', 7, 8, 9, 'b', 'c']);
  const beside = (at: number, ...gone: number[]) =>
    told(
      neighbour(
        rows[at]!,
        rows,
        rows.filter((_, nth) => nth !== at && !gone.includes(nth)),
      ),
    );
  expect(beside(1)).toBe(8);
  expect(beside(3)).toBe(8);
  expect(beside(3, 2)).toBe(7);
  expect(beside(0, 1, 2, 3)).toBe('b');
  expect(beside(5)).toBe('b');
  expect(beside(0, 1, 2, 3, 4, 5)).toBeUndefined();
});

test('names are text, and a process that cannot be seen says so once', () => {
  const hidden = { hidden: true, user: null };
  expect(
    names(
      [
        group('\u202e<b>x', { pids: [4] }),
        group(' ', { pids: [7, 8], key: 'empty' }),
        group('train.py', hidden),
        group('a process that cannot be seen', { ...hidden, key: 'hidden' }),
      ],
      'name',
    ).sort(),
  ).toEqual(['a process that cannot be seen', 'process 7', 'train.py (not visible)', '\ufffd<b>x'].sort());
});

test('one program of two users is two rows', () => {
  const rows = rowsOf([group('bash', { user: 'root' }), group('bash')], firstOrder('user'), '', new Set());
  expect(new Set(rows.map((row) => row.id)).size).toBe(2);
});

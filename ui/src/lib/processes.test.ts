import { expect, test } from 'vitest';
import { firstOrder, nextOrder, rowsOf, type Column } from './processes';
import type { ProcessGroup } from './types/generated/ProcessGroup';

function group(identity: string, more: Partial<ProcessGroup> = {}): ProcessGroup {
  const rest = { user: 'anna', pids: [1], hidden: false, share: null, vram: null, cpu: null, memory: null };
  return { identity, key: `program:${identity}`, ...rest, ...more };
}

const names = (groups: ProcessGroup[], column: Column, down = firstOrder(column).down, filter = '') =>
  rowsOf(groups, { column, down }, filter).map((row) => row.name);

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

test('a filter looks at names only, whatever their case', () => {
  expect(names(groups, 'share', true, ' BLEN ')).toEqual(['blender']);
  expect(names(groups, 'share', true, 'anna')).toEqual([]);
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
  const rows = rowsOf([group('bash', { user: 'root' }), group('bash')], firstOrder('user'), '');
  expect(new Set(rows.map((row) => row.id)).size).toBe(2);
});

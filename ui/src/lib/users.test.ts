/** Who uses a GPU, in which order and under which name. */

import { expect, test } from 'vitest';
import type { SourceStatus } from './types/generated/SourceStatus';
import { usersOf } from './users';

type Process = SourceStatus['processes'][number];

function gpu(processes: Process[], remainder?: number): SourceStatus {
  const metrics = remainder === undefined ? {} : { 'gpu.remainder': { value: remainder, unit: '%' } };
  return { id: 'gpu:1', kind: 'gpu', label: 'GPU', part_of: null, health: 'ok', reason: '', ts: 1, metrics, processes };
}

function process(pid: number, identity: string, share: number | null, vram: number | null = null): Process {
  return { pid, started: pid, identity, key: `program:${identity}`, uid: 1000, share, vram };
}

test('who uses most comes first, and processes of one identity are one line', () => {
  const { shown, more, unseen } = usersOf(
    gpu([
      process(1, 'idle', 0, 100),
      process(2, 'runner', 30, 5),
      process(3, 'unknown', null, 9),
      process(4, 'runner', 80, null),
      process(5, 'idle too', 0, 200),
    ]),
  );
  expect(shown.map(({ name, share, vram }) => [name, share, vram])).toEqual([
    ['runner', 100, 5],
    ['idle too', 0, 200],
    ['idle', 0, 100],
    ['unknown', null, 9],
  ]);
  expect(shown[0]?.pids).toEqual([2, 4]);
  expect([more, unseen]).toEqual([0, null]);
});

test('eight are listed and the rest is counted', () => {
  const { shown, more } = usersOf(gpu(Array.from({ length: 11 }, (_, at) => process(at + 1, `p${at}`, at))));
  expect([shown.length, more, shown[0]?.name]).toEqual([8, 3, 'p10']);
});

test.each([
  [undefined, null],
  [4.9, null],
  [5, 5],
  [87, 87],
])('a remainder of %s percent is told as %s', (remainder, told) => {
  expect(usersOf(gpu([], remainder)).unseen).toBe(told);
});

test('what stands in the list already is no part of the remainder', () => {
  const hidden = { ...process(3999999, 'a process that cannot be seen', 57), key: 'hidden' };
  expect(usersOf(gpu([hidden], 60)).unseen).toBeNull();
  expect(usersOf(gpu([hidden], 75)).unseen).toBe(18);
});

test('a name may be anything, and a recording may have none', () => {
  const { shown } = usersOf(gpu([process(7, ' \n', 1), process(8, '\u202e<b>', 2)]));
  expect(shown.map((user) => user.name)).toEqual(['\ufffd<b>', '\ufffd']);
  expect(usersOf(gpu([process(9, '  ', 1)])).shown[0]?.name).toBe('process 9');
  const older = { ...gpu([]), processes: undefined } as unknown as SourceStatus;
  expect(usersOf(older).shown).toEqual([]);
});

/** Where lines run: broken where something is missing, and nowhere else. */

import { expect, test } from 'vitest';
import { Letters } from './export/markup';
import type { Line, Point } from './series';
import { spanOf, traceBand, traceMean, within, type View } from './trace';

const view: View = { x: (ts) => ts * 10, y: (value) => 100 - value };
const line = (step: number, points: Point[]): Line => ({ source: 'a', label: 'a', step, points });
const flat = (ts: number, value = 1): Point => [ts, value, value, value];

function written(of: Line, trace: typeof traceMean): string {
  const pen = new Letters();
  trace(of, view, pen);
  return pen.path;
}

test('a gap breaks the mean and the band', () => {
  const one = line(5, [[0, 1, 2, 3], [5, 2, 3, 4], flat(20), flat(25)]);
  expect(written(one, traceMean)).toBe('M0 98L50 97M200 99L250 99');
  expect(written(one, traceBand)).toBe('M0 97L50 96L50 98L0 99ZM200 99L250 99L250 99L200 99Z');
});

test('a point between two gaps can be seen, and has no band', () => {
  const lonely = line(5, [flat(0), flat(5), flat(50), flat(100), flat(105)]);
  expect(written(lonely, traceMean)).toBe('M0 99L50 99M498 99L502 99M1000 99L1050 99');
  expect(written(lonely, traceBand)).not.toContain('500');
});

test('a tick longer than the step is no gap', () => {
  const slow = line(1, [flat(0), flat(5), flat(10), flat(15), flat(40)]);
  expect(written(slow, traceMean).match(/M/g)).toHaveLength(2);
});

test('nothing is drawn of nothing', () => {
  expect(written(line(1, []), traceMean)).toBe('');
  expect(written(line(1, []), traceBand)).toBe('');
});

test('of a line is taken what is seen, and one point beyond at each side', () => {
  const all = line(
    1,
    [0, 1, 2, 3, 4, 5].map((ts) => flat(ts)),
  );
  const stamps = (from: number, to: number) => within(all, from, to).points.map(([ts]) => ts);
  expect(stamps(2, 3)).toEqual([1, 2, 3, 4]);
  expect(stamps(-5, 1)).toEqual([0, 1, 2]);
  expect(stamps(4, 99)).toEqual([3, 4, 5]);
  expect(stamps(7, 9)).toEqual([5]);
  expect(stamps(-9, -7)).toEqual([0]);
  expect(within(line(1, []), 0, 1).points).toEqual([]);
});

test('the value axis reaches over what is seen only', () => {
  const peak = line(1, [flat(0, 900), flat(1, 5), flat(2, 8)]);
  expect(spanOf([peak], 'W', 1, 2)).toEqual([0, 10]);
  expect(spanOf([], '%', 0, 1)).toEqual([0, 100]);
});

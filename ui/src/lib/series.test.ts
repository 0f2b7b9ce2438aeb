/** Stretches of history: gaps, folding, and values that join live. */

import { expect, test } from 'vitest';
import { append, fold, pace, pointAt, rank, summarize, trim, type Line, type Point } from './series';

function line(step: number, points: Point[], source = 'a'): Line {
  return { source, label: source, step, points };
}

const flat = (ts: number, value = 1): Point => [ts, value, value, value];

test('a tick longer than the step is no gap', () => {
  const slow = line(1, [flat(0), flat(5), flat(10), flat(15), flat(40)]);
  expect(pace(slow)).toBe(5);
  expect(pointAt(slow, 12)?.[0]).toBe(10);
  expect(pointAt(slow, 22)).toBeNull();
});

test('nothing comes to nothing', () => {
  expect(summarize(line(1, []))).toBeNull();
});

test('a live value joins the point in whose step it falls, or begins the next one on the grid', () => {
  const live = line(5, [[100, 4, 4, 4]]);
  append(live, 101, 8);
  expect(live.points).toEqual([[100, 4, 6, 8]]);
  append(live, 102, 0);
  expect(live.points).toEqual([[100, 0, 4, 8]]);
  append(live, 102, 99);
  append(live, 90, 99);
  expect(live.points, 'a second told twice, or before the last, changes nothing but the point it is in').toHaveLength(
    1,
  );
  append(live, 113, 3);
  expect(live.points[1]).toEqual([110, 3, 3, 3]);
  const empty = line(5, []);
  append(empty, 113, 3);
  expect(empty.points).toEqual([[110, 3, 3, 3]]);
});

test('what is too old is forgotten', () => {
  const old = line(1, [flat(1), flat(2), flat(3)]);
  trim(old, 3);
  expect(old.points).toEqual([flat(3)]);
  trim(old, 9);
  expect(old.points).toEqual([]);
});

test('many lines fold into one, and rank by their mean', () => {
  const lines = [line(5, [[0, 1, 2, 3]], 'a'), line(5, [[0, 0, 4, 9], flat(5, 7)], 'b'), line(5, [], 'c')];
  expect(fold(lines, 'others').points).toEqual([[0, 0, 3, 9], flat(5, 7)]);
  expect(rank(lines)).toEqual(['b', 'a', 'c']);
});

test('a summary keeps extremes that a mean hides', () => {
  expect(
    summarize(
      line(1, [
        [0, -5, 1, 2],
        [1, 0, 3, 90],
      ]),
    ),
  ).toEqual({ last: 3, low: -5, mean: 2, high: 90 });
});

/** The ends and ticks of a chart’s axis, whatever the values. */

import { expect, test } from 'vitest';
import { range, ticks } from './axis';

const GIB = 1024 ** 3;

test.each([
  ['%', 3, 87, [0, 100]],
  ['%', 0, 4.2, [0, 6]],
  ['%', 0, 130, [0, 150]],
  ['%', NaN, NaN, [0, 100]],
  ['B', 11 * GIB, 12 * GIB, [0, 16 * GIB]],
  ['B/s', 0, 0, [0, 1]],
  ['°C', 50, 50, [45, 55]],
  ['°C', 38, 71, [30, 80]],
  ['W', -15, 20, [-20, 30]],
  ['', NaN, NaN, [0, 1]],
] as const)('%s from %d to %d', (unit, low, high, expected) => {
  const [bottom, top] = range(unit, low, high);
  expect([bottom, top].map((end) => Number(end.toPrecision(12)))).toEqual(expected);
});

test.each([
  ['%', [0, 100], 5, [0, 20, 40, 60, 80, 100]],
  ['B', [0, 16 * GIB], 4, [0, 4 * GIB, 8 * GIB, 12 * GIB, 16 * GIB]],
  ['', [0, 0.6], 6, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]],
  ['W', [-20, 30], 5, [-20, -10, 0, 10, 20, 30]],
  // Half a byte is shown as none.
  ['B/s', [0, 1], 2, [0, 1]],
  ['B', [0, 3], 6, [0, 1, 2, 3]],
] as [string, [number, number], number, number[]][])('%s ticks of %j', (unit, ends, count, expected) => {
  expect(ticks(unit, ends, count)).toEqual(expected);
});

test('whatever the values, they lie inside and there are a few ticks', () => {
  for (const unit of ['%', '°C', 'B', 'B/s', 'V', '']) {
    for (let at = 0; at < 400; at += 1) {
      const low = Math.sin(at * 12.9) * 10 ** ((at % 13) - 3);
      const high = low + Math.abs(Math.sin(at * 78.2)) * 10 ** ((at % 11) - 3);
      const [bottom, top] = range(unit, low, high);
      const pixel = (top - bottom) / 1e6;
      expect(bottom).toBeLessThanOrEqual(low + pixel);
      expect(top).toBeGreaterThanOrEqual(high - pixel);
      expect(top).toBeGreaterThan(bottom);
      const count = ticks(unit, [bottom, top], 5).length;
      expect(count).toBeGreaterThanOrEqual(2);
      expect(count).toBeLessThanOrEqual(12);
    }
  }
});

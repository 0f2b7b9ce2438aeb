import { expect, test } from 'vitest';
import { drawn, scrolledTo } from './virtual';

const view = { top: 0, height: 100, row: 20 };

test('of thousands of rows those that can be seen are drawn, and a few more', () => {
  expect(drawn(3, view, 0)).toEqual([0, 1, 2]);
  expect(drawn(0, view, 0)).toEqual([]);
  const places = drawn(5000, { ...view, top: 20 * 1000 }, 1000);
  expect([places[0], places.at(-1)]).toEqual([992, 1012]);
  expect(drawn(5000, { ...view, top: 20 * 4999 }, -1).at(-1)).toBe(4999);
});

test('the row that has the keyboard is drawn wherever it is', () => {
  const far = { ...view, top: 20 * 1000 };
  expect(drawn(5000, far, 3)[0]).toBe(3);
  expect(drawn(5000, far, 4000).at(-1)).toBe(4000);
  expect(drawn(5000, far, 1000).filter((place) => place === 1000)).toHaveLength(1);
  expect(drawn(10, view, 10)).not.toContain(10);
});

test('a row that is not seen whole is scrolled to, and no further', () => {
  expect(scrolledTo(2, view, 20)).toBe(0);
  expect(scrolledTo(4, view, 20)).toBe(20);
  expect(scrolledTo(1, { ...view, top: 50 }, 20)).toBe(20);
});

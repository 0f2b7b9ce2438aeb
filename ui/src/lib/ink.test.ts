/** What stays behind what a chart shows. */

import { afterEach, expect, test, vi } from 'vitest';
import { gridOf } from './ink';

afterEach(() => vi.restoreAllMocks());

test.each([
  [false, 1],
  [true, 0.25],
])('where colours are a person’s own (%s), a grid has this much of its ink: %s', (isForced, alpha) => {
  vi.spyOn(window, 'matchMedia').mockImplementation(
    (query) => ({ matches: isForced && query === '(forced-colors: active)' }) as MediaQueryList,
  );
  const ink = vi.fn((color: string, alpha = 1) => `${color} ${alpha}`);
  expect(gridOf(ink)).toBe(`var(--hair) ${alpha}`);
});

/** Which charts a person wants to see: remembered, where the browser lets the page remember anything. */

import { keep, kept } from '../keep';

const PLACE = 'history.metrics';
/** More charts than this are no overview. */
export const MOST_CHARTS = 12;

/** What was remembered; `null` where nothing was. */
export function remembered(): string[] | null {
  const value = kept(PLACE);
  if (!Array.isArray(value)) return null;
  return value.filter((key): key is string => typeof key === 'string').slice(0, MOST_CHARTS);
}

/** Remembers which charts there are; `null` forgets it. */
export function remember(metrics: readonly string[] | null): void {
  keep(PLACE, metrics);
}

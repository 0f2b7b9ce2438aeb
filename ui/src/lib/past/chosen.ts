/** Which charts a person wants to see: remembered, where the browser lets the page remember anything. */

const PLACE = 'hoofbeat.history.metrics';
/** More charts than this are no overview. */
export const MOST_CHARTS = 12;

/** What was remembered; `null` where nothing was. */
export function remembered(): string[] | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(PLACE) ?? 'null');
    if (!Array.isArray(value)) return null;
    return value.filter((key): key is string => typeof key === 'string').slice(0, MOST_CHARTS);
  } catch {
    // Storage is refused, or holds something else: the page then forgets, and works.
    return null;
  }
}

/** Remembers which charts there are; `null` forgets it. */
export function remember(metrics: readonly string[] | null): void {
  try {
    if (metrics === null) localStorage.removeItem(PLACE);
    else localStorage.setItem(PLACE, JSON.stringify(metrics));
  } catch {
    // The choice holds until the window is closed.
  }
}

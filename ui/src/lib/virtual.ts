/** Which rows of a long list are drawn: those that can be seen, and a few more. All rows are equally high. */

/** What of a list can be seen; lengths in pixels. */
export interface View {
  /** How far it was scrolled. */
  top: number;
  /** How high its window is. */
  height: number;
  /** How high a row is. */
  row: number;
}

/** More than can be seen on each side, so that scrolling shows rows and not their absence. */
const MORE = 8;

/** The places of the rows to draw, in order; `focused` is always one of them, so that the keyboard does not lose it. */
export function drawn(count: number, view: View, focused: number): number[] {
  const first = Math.max(0, Math.floor(view.top / view.row) - MORE);
  const end = Math.min(count, Math.ceil((view.top + view.height) / view.row) + MORE);
  const places = Array.from({ length: Math.max(0, end - first) }, (_, at) => first + at);
  if (focused < 0 || focused >= count || (focused >= first && focused < end)) return places;
  return focused < first ? [focused, ...places] : [...places, focused];
}

/** How far to scroll so that a row can be seen whole. `above` is what covers the window's top. */
export function scrolledTo(at: number, view: View, above: number): number {
  const top = at * view.row;
  if (top < view.top) return top;
  return Math.max(view.top, top + view.row - (view.height - above));
}

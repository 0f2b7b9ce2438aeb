/**
 * Where the lines of a chart run: means, bands from minimum to maximum, and gaps as gaps. Canvases and images are drawn
 * after it, each with a pen of its own.
 */

import { range, type Range } from './axis';
import { isGap, pace, type Line, type Point } from './series';

/** What draws: the path of a canvas, or one that becomes letters. */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  closePath(): void;
}

/** From moments and values to pixels. */
export interface View {
  x: (ts: number) => number;
  y: (value: number) => number;
}

/** The part of a line that lies within a time, and one point beyond on each side, so that it runs to the edge. */
export function within(line: Line, from: number, to: number): Line {
  const { points } = line;
  const first = points.findIndex((point) => point[0] >= from);
  const last = points.findLastIndex((point) => point[0] <= to);
  if (first < 0 && last < 0) return line;
  return { ...line, points: points.slice(Math.max(0, first < 0 ? last : first - 1), last + 2) };
}

/** The ends of the value axis for what is seen of lines. */
export function spanOf(lines: readonly Line[], unit: string, from: number, to: number): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const { points } of lines) {
    for (const [ts, least, , most] of points) {
      if (ts < from || ts > to) continue;
      low = Math.min(low, least);
      high = Math.max(high, most);
    }
  }
  return range(unit, low, high);
}

/** Draws the mean. A point between two gaps becomes a short stroke: a line through it alone could not be seen. */
export function traceMean(line: Line, { x, y }: View, pen: Pen): void {
  for (const run of runs(line)) {
    const [first] = run;
    if (!first) continue;
    const spot = run.length === 1 ? SPOT : 0;
    pen.moveTo(x(first[0]) - spot, y(first[2]));
    if (spot > 0) pen.lineTo(x(first[0]) + spot, y(first[2]));
    for (const point of run.slice(1)) pen.lineTo(x(point[0]), y(point[2]));
  }
}

/** Draws the outline from the minimum to the maximum, to be filled. */
export function traceBand(line: Line, { x, y }: View, pen: Pen): void {
  for (const run of runs(line)) {
    if (run.length < 2) continue;
    run.forEach((point, at) => (at === 0 ? pen.moveTo : pen.lineTo).call(pen, x(point[0]), y(point[3])));
    for (const point of run.toReversed()) pen.lineTo(x(point[0]), y(point[1]));
    pen.closePath();
  }
}

/** Pixels of half the stroke for a point alone. */
const SPOT = 2;

/** The points that belong together. */
function runs(line: Line): Point[][] {
  const own = pace(line);
  const all: Point[][] = [];
  line.points.forEach((point, at) => {
    const before = line.points[at - 1];
    if (!before || isGap(own, before, point)) all.push([point]);
    else all.at(-1)?.push(point);
  });
  return all;
}

/** Where a moment lies on charts that stand below each other: all have the same margins, so one crosshair goes through all. */

import { isGap, pace, type Line, type Point } from '../series';

/** Pixels left of the drawing, for the value axis, and right of it, for the half of a tick's words. */
export const AXIS = 56;
export const MARGIN = 14;

/** The time axis of a chart of a width in pixels. */
export class Scale {
  constructor(
    readonly from: number,
    readonly to: number,
    readonly width: number,
  ) {}

  get inner(): number {
    return Math.max(1, this.width - AXIS - MARGIN);
  }

  /** Pixels from the left, within the drawing. */
  left(ts: number): number {
    const part = (Math.min(this.to, Math.max(this.from, ts)) - this.from) / Math.max(1, this.to - this.from);
    return AXIS + part * this.inner;
  }

  /** The moment below a pixel, within the stretch. */
  at(left: number): number {
    const part = Math.min(1, Math.max(0, (left - AXIS) / this.inner));
    return this.from + part * (this.to - this.from);
  }

  /** How many seconds so many pixels are. */
  seconds(pixels: number): number {
    return (pixels / this.inner) * (this.to - this.from);
  }
}

/** A stretch of time, in Unix seconds. */
export type Part = readonly [from: number, to: number];

/** Several lines as one that has a point wherever any of them has: a gap is where none of them has anything. */
export function merged(lines: readonly Line[]): Line | undefined {
  const [first, ...more] = lines;
  if (!first || more.length === 0) return first;
  const points = lines.flatMap((line) => line.points).sort((a, b) => a[0] - b[0]);
  return { ...first, points: points.filter((point, at) => point[0] !== points[at - 1]?.[0]) };
}

/** Where nothing was recorded of a line between two moments. */
export function gaps(line: Line | undefined, from: number, to: number): Part[] {
  if (!line || line.points.length === 0) return [[from, to]];
  const own = pace(line);
  const edge = (ts: number): Point => [ts, 0, 0, 0];
  const [first] = line.points;
  const found: Part[] = first && isGap(own, edge(from), first) ? [[from, first[0]]] : [];
  [...line.points, edge(to)].forEach((point, at, all) => {
    const before = all[at - 1];
    if (before && isGap(own, before, point)) found.push([Math.max(from, before[0] + own), Math.min(to, point[0])]);
  });
  return found;
}

/** What is left of a part outside of others, which are in order. */
export function outside([from, to]: Part, holes: readonly Part[]): Part[] {
  const left: Part[] = [];
  for (const [begin, end] of holes) {
    if (from < Math.min(begin, to)) left.push([from, Math.min(begin, to)]);
    from = Math.max(from, end);
  }
  return from < to ? [...left, [from, to]] : left;
}

/** A stretch in which something held a GPU back, with what did, in bits. */
export interface Held {
  from: number;
  to: number;
  bits: number;
}

/** When a GPU was held back. What lies nearer together than `apart` seconds is one. */
export function heldBack(line: Line | null, [from, to]: Part, apart: number): Held[] {
  const found: Held[] = [];
  if (!line) return found;
  const own = pace(line);
  for (const [ts, , , bits] of line.points) {
    const [begin, end] = [Math.max(from, ts), Math.min(to, ts + own)];
    if (bits === 0 || end <= begin) continue;
    const last = found.at(-1);
    if (last && begin - last.to <= Math.max(apart, own / 2) && (last.bits === bits || end - begin < apart))
      last.to = end;
    else found.push({ from: begin, to: end, bits });
  }
  return found;
}

/**
 * Stretches of history as a chart draws them: lines on one time axis, with gaps as gaps.
 *
 * Pure functions; what is drawn and in which colour is the chart's business.
 */

import type { Series } from './types/generated/Series';

/** Unix seconds, minimum, mean, maximum. */
export type Point = [number, number, number, number];

/** One line of a chart. */
export interface Line {
  /** The source's id; empty for several sources folded into one line. */
  source: string;
  label: string;
  /** Seconds that one point covers. */
  step: number;
  points: Point[];
}

/** A point later than this many paces after the one before stands behind a gap. */
const GAP_PACES = 1.5;

/** A copy of what the store answered that may grow. */
export function toLine(series: Series): Line {
  return {
    source: series.source,
    label: series.label,
    step: series.step,
    points: series.points.map((point): Point => [...point]),
  };
}

/**
 * Seconds between two neighbouring points where nothing is missing: the step, or the recorder's tick where that is
 * longer, as on battery.
 */
export function pace(line: Line): number {
  const apart = line.points.slice(1).map((point, at) => point[0] - (line.points[at]?.[0] ?? 0));
  apart.sort((a, b) => a - b);
  return Math.max(line.step, apart[(apart.length - 1) >> 1] ?? 0);
}

/** Whether something is missing between two neighbouring points of a line with this pace. */
export function isGap(pace: number, before: Point, after: Point): boolean {
  return after[0] - before[0] > pace * GAP_PACES;
}

/**
 * Adds a value that was just measured to the end of a line, folding it into the point in whose step it falls. False where it
 * is older than what the line has, which then stays.
 */
export function append(line: Line, ts: number, value: number): boolean {
  const last = line.points.at(-1);
  if (!last || ts - last[0] >= line.step) {
    // Stay on the grid of the points before, so that lines keep sharing their x values.
    const start = last ? last[0] + Math.floor((ts - last[0]) / line.step) * line.step : ts - (ts % line.step);
    line.points.push([start, value, value, value]);
    return true;
  }
  if (ts > last[0]) {
    // One sample a second is the rule; where ticks are longer, the next reload corrects the mean.
    const samples = ts - last[0];
    last[1] = Math.min(last[1], value);
    last[2] += (value - last[2]) / (samples + 1);
    last[3] = Math.max(last[3], value);
    return true;
  }
  return false;
}

/** Adds the points of an older reading that are newer than this one: what came while it was under way. Later than `now` is nothing. */
export function catchUp(line: Line, older: Line | undefined, now: number): void {
  for (const [ts, , mean] of older?.points ?? []) if (ts <= now) append(line, ts, mean);
}

/** Forgets what lies after `now`, where the clock has been before it was set back. */
export function cut(line: Line, now: number): void {
  const first = line.points.findIndex((point) => point[0] > now);
  if (first !== -1) line.points.length = first;
}

/** Forgets what lies before `since`. */
export function trim(line: Line, since: number): void {
  const keep = line.points.findIndex((point) => point[0] >= since);
  line.points.splice(0, keep === -1 ? line.points.length : keep);
}

/** What a stretch of a line comes to. */
export interface Summary {
  last: number;
  low: number;
  mean: number;
  high: number;
}

/** Sums a line up, or `null` where nothing was recorded. */
export function summarize(line: Line): Summary | null {
  const last = line.points.at(-1);
  if (!last) return null;
  const summary = { last: last[2], low: Infinity, mean: 0, high: -Infinity };
  for (const [, low, mean, high] of line.points) {
    summary.low = Math.min(summary.low, low);
    summary.mean += mean / line.points.length;
    summary.high = Math.max(summary.high, high);
  }
  return summary;
}

/** The point that covers a moment. */
export function pointAt(line: Line, ts: number): Point | null {
  let [from, to] = [0, line.points.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((line.points[middle]?.[0] ?? Infinity) <= ts) from = middle + 1;
    else to = middle;
  }
  const point = line.points[from - 1];
  return point && ts - point[0] < pace(line) ? point : null;
}

/** Many lines as one: the lowest minimum, the mean of the means, the highest maximum. */
export function fold(lines: readonly Line[], label: string): Line {
  const sums = new Map<number, { low: number; sum: number; high: number; n: number }>();
  for (const line of lines) {
    for (const [ts, low, mean, high] of line.points) {
      const sum = sums.get(ts);
      if (sum) {
        sum.low = Math.min(sum.low, low);
        sum.sum += mean;
        sum.high = Math.max(sum.high, high);
        sum.n += 1;
      } else sums.set(ts, { low, sum: mean, high, n: 1 });
    }
  }
  const points = [...sums].sort(([a], [b]) => a - b).map(([ts, s]): Point => [ts, s.low, s.sum / s.n, s.high]);
  return { source: '', label, step: Math.max(...lines.map((line) => line.step)), points };
}

/** Sources by the mean of their lines, highest first. */
export function rank(lines: readonly Line[]): string[] {
  const means = lines.map((line) => ({ source: line.source, mean: summarize(line)?.mean ?? -Infinity }));
  return means.sort((a, b) => (a.mean === b.mean ? 0 : b.mean - a.mean)).map(({ source }) => source);
}

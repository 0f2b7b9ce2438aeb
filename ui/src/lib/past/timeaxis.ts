/** Where a time axis has its ticks: on whole minutes, hours, days and months of local time. */

/** A tick, and how many seconds lie between it and the next: its words depend on that. */
export interface Ticks {
  at: number[];
  step: number;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
const MONTH = 30 * DAY;

const STEPS = [
  ...[5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 3, 7, 14].map((days) => days * DAY),
  ...[1, 2, 3, 6, 12].map((months) => months * MONTH),
];

/** At most about `most` ticks between two moments, in Unix seconds. */
export function timeTicks(from: number, to: number, most: number): Ticks {
  const step = STEPS.find((step) => (to - from) / step <= Math.max(1, most)) ?? (STEPS.at(-1) as number);
  const at: number[] = [];
  for (let nth = 0; at.length < 200; nth += 1) {
    const ts = tick(from, step, nth);
    if (ts > to) break;
    if (ts >= from) at.push(ts);
  }
  return { at, step };
}

/** The nth tick, counted from the last midnight or the first of the year before `from`. */
function tick(from: number, step: number, nth: number): number {
  const start = new Date(from * 1000);
  const [year, month, day] = [start.getFullYear(), start.getMonth(), start.getDate()];
  // The calendar counts, and not the seconds: a day may have 23 hours.
  if (step >= MONTH) {
    const months = step / MONTH;
    return new Date(year, Math.floor(month / months) * months + nth * months).getTime() / 1000;
  }
  if (step >= DAY) return new Date(year, month, day + nth * (step / DAY)).getTime() / 1000;
  if (step >= HOUR) return new Date(year, month, day, nth * (step / HOUR)).getTime() / 1000;
  return (Math.floor(from / step) + nth) * step;
}

/** What a GPU did before a process was ended and after: the mean of some seconds each. What was not recorded is not told. */

import type { Backend } from './backend';
import type { History } from './types/generated/History';

/** Seconds on each side. */
export const SECONDS = 10;

/** The metrics that a receipt is made of. */
export const RECEIPT_METRICS = ['gpu.utilization', 'gpu.memory.used', 'gpu.power'] as const;

/** One metric of one GPU. */
export interface Line {
  metric: (typeof RECEIPT_METRICS)[number];
  unit: string;
  before: number | null;
  after: number | null;
}

/** What one GPU did. */
export interface Receipt {
  source: string;
  lines: Line[];
}

/** The receipts of these GPUs, for a process that was asked to end and had ended at these Unix seconds. */
export async function receipts(
  backend: Backend,
  sources: readonly string[],
  asked: number,
  ended: number,
): Promise<Receipt[]> {
  // The second in which it ended is neither before nor after.
  const [since, until] = [asked - SECONDS, ended + 1 + SECONDS];
  const line = async (source: string, metric: Line['metric']): Promise<Line> => {
    const told = await backend.history({ metric, source, since, until, points: until - since });
    return { metric, unit: told.unit, before: mean(told, since, asked), after: mean(told, ended + 1, until) };
  };
  return Promise.all(
    sources.map(async (source) => ({
      source,
      lines: await Promise.all(RECEIPT_METRICS.map((metric) => line(source, metric))),
    })),
  );
}

/** The mean of what was recorded from `since` until `until`. */
function mean({ series }: History, since: number, until: number): number | null {
  const points = series.flatMap(({ points }) => points.filter(([ts]) => ts >= since && ts < until));
  return points.length === 0 ? null : points.reduce((sum, [, , average]) => sum + average, 0) / points.length;
}

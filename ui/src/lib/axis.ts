/** The value axis of a chart: its range and round ticks, in decimal or, for bytes, in powers of 1024. */

import { look } from './look.svelte';

/** The ends of the axis. */
export type Range = [low: number, high: number];

/** The least that a temperature or voltage axis spans, so that noise does not look like a mountain. */
const LEAST_SPAN: Record<string, number> = { '°C': 10, 'Δ°C': 10, V: 0.2 };

/** Units that are shown whole: ticks nearer to each other than one would have the same words. */
const WHOLE = new Set(['B', 'B/s', 'Hz', 'RPM']);

/** The ends of the axis for values between `low` and `high`. */
export function range(unit: string, low: number, high: number): Range {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return unit === '%' ? [0, 100] : [0, 1];
  const least = LEAST_SPAN[unit];
  if (least !== undefined) {
    const pad = Math.max((high - low) * 0.1, (least - (high - low)) / 2, 0);
    const bottom = low >= 0 ? Math.max(0, low - pad) : low - pad;
    return outward(unit, bottom, high + pad);
  }
  if (unit === '%' && low >= 0 && high > 10 && high <= 100) return [0, 100];
  // A line along the upper edge looks cut off.
  const top = Math.max(high, 0) + (high - Math.min(low, 0)) * 0.08;
  const bottom = Math.min(low, 0);
  return top === bottom ? [0, 1] : outward(unit, bottom, top);
}

/** Round values from the bottom of the axis to its top, about `count` of them. */
export function ticks(unit: string, [low, high]: Range, count: number): number[] {
  if (unit === '°C' && look.temperature === '°F') {
    const round = ticks('°F', [low * 1.8 + 32, high * 1.8 + 32], count);
    return round.map((fahrenheit) => (fahrenheit - 32) / 1.8);
  }
  const step = roundStep(unit, (high - low) / Math.max(1, count));
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Multiplying keeps 0.3 from becoming 0.30000000000000004 + 0.1 …
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) =>
    Number(((first + at) * step).toPrecision(12)),
  );
}

function outward(unit: string, low: number, high: number): Range {
  const step = roundStep(unit, (high - low) / 4);
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
}

/** The next round number from `least` upwards. */
function roundStep(unit: string, least: number): number {
  if (!(least > 0) || (WHOLE.has(unit) && least <= 1)) return 1;
  if (unit === 'B' && least >= 1) return 2 ** Math.ceil(Math.log2(least) - 1e-9);
  const magnitude = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 2.5, 5, 10].find((factor) => factor * magnitude >= least * (1 - 1e-9)) ?? 10;
  return factor * magnitude;
}

/**
 * A chart on a canvas: a grid with the value axis, a pattern where nothing was recorded, bands and lines.
 *
 * With at most some thousand points there is little to draw, and a library for it would be a fifth of the whole bundle.
 * Deliberately not here: the words of the time axis, marks and crosshairs, which each chart has in its own way.
 */

import { ticks } from './axis';
import { text } from './format';
import { gridOf, hatch } from './ink';
import { gaps, merged, type Part } from './past/scale';
import type { Line } from './series';
import { spanOf, traceBand, traceMean, within, type View } from './trace';

/** A CSS colour as a colour of the canvas. */
export type Ink = (color: string, alpha?: number) => string;

/** A line with its CSS colour, and how it stands out among others. */
export interface Stroke {
  line: Line;
  color: string;
  width: number;
  /** Of the line and of its band, from 0 to 1. */
  alpha: number;
  band: number;
}

/** What is drawn, and where; all lengths in CSS pixels. */
export interface Plotting {
  strokes: readonly Stroke[];
  unit: string;
  from: number;
  to: number;
  /** The moments of the ticks of the time axis. */
  times: readonly number[];
  /** About how many ticks the value axis has. */
  levels: number;
  box: { left: number; top: number; right: number; bottom: number };
  font: number;
}

/** Where something can be drawn into the chart. */
export interface Plotted extends View {
  /** Where nothing was recorded. */
  holes: Part[];
}

/** A canvas of this size, wiped clean, with a pen that draws in CSS pixels; `null` where the browser has none. */
export function wiped(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ctx = canvas.getContext('2d');
  if (!ctx) return null;
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round(height * devicePixelRatio);
  ctx.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  return ctx;
}

/** The font of the page, in so many pixels. */
export function fontOf(pixels: number): string {
  return `${pixels}px ${getComputedStyle(document.documentElement).fontFamily}`;
}

/** Draws it. */
export function plot(ctx: CanvasRenderingContext2D, ink: Ink, plotting: Plotting): Plotted {
  const { strokes, unit, from, to, times, levels, font } = plotting;
  const { left, top, right, bottom } = plotting.box;
  const lines = strokes.map(({ line }) => within(line, from, to));
  const span = spanOf(lines, unit, from, to);
  const x = (ts: number) => left + ((ts - from) / Math.max(1, to - from)) * (right - left);
  const y = (value: number) => bottom - ((value - span[0]) / (span[1] - span[0])) * (bottom - top);
  const inside = (ts: number) => x(Math.min(to, Math.max(from, ts)));

  const holes = gaps(merged(lines), from, to);
  ctx.fillStyle = hatch(ctx, ink('var(--faint)', 0.4), 8);
  for (const [begin, end] of holes) ctx.fillRect(inside(begin), top, inside(end) - inside(begin), bottom - top);

  const marks = ticks(unit, span, levels);
  ctx.beginPath();
  for (const value of marks) rule(ctx, left, crisp(y(value)), right, crisp(y(value)));
  for (const ts of times) rule(ctx, crisp(x(ts)), top, crisp(x(ts)), bottom);
  [ctx.strokeStyle, ctx.lineWidth] = [gridOf(ink), 1];
  ctx.stroke();
  [ctx.font, ctx.fillStyle, ctx.textAlign, ctx.textBaseline] = [fontOf(font), ink('var(--soft)'), 'right', 'middle'];
  for (const value of marks) ctx.fillText(text(value, unit), left - 6, y(value));

  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, right - left, bottom - top);
  ctx.clip();
  ctx.lineJoin = 'round';
  strokes.forEach(({ color, width, alpha, band }, at) => {
    const line = lines[at];
    if (!line) return;
    ctx.beginPath();
    traceBand(line, { x, y }, ctx);
    ctx.fillStyle = ink(color, band);
    ctx.fill();
    ctx.beginPath();
    traceMean(line, { x, y }, ctx);
    [ctx.strokeStyle, ctx.lineWidth] = [ink(color, alpha), width];
    ctx.stroke();
  });
  ctx.restore();
  return { x, y, holes };
}

function rule(ctx: CanvasRenderingContext2D, ...[x, y, toX, toY]: [number, number, number, number]): void {
  ctx.moveTo(x, y);
  ctx.lineTo(toX, toY);
}

/** A line one pixel wide fills one, and not two by half. */
function crisp(at: number): number {
  return Math.round(at - 0.5) + 0.5;
}

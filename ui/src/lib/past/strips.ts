/** What charts of the past say: what they are called, and what they were at a moment or in all. */

import type { Board } from '../board.svelte';
import { text } from '../format';
import { say } from '../language';
import { sourceName, titleOf, visible } from '../names';
import { PANELS } from '../panels';
import { pointAt, summarize, type Line } from '../series';
import type { Strip } from './past.svelte';

/** What a chart is called. */
export function titleOfMetric(board: Board, metric: string): string {
  const info = board.metric(metric);
  const panel = PANELS.find((known) => known.id === info?.panel);
  return info && panel ? titleOf(info, panel.title) : (info?.label ?? metric);
}

/** What a line is called. */
export function nameOf(board: Board, line: Line): string {
  const source = board.sources.find((source) => source.id === line.source);
  return source ? sourceName(source, board.sources) : visible(line.label || line.source);
}

/** CSS colours, one a line; those that are many in one are grey. */
export function colorsOf(lines: readonly Line[]): string[] {
  return lines.map((line, at) => (line.source === '' ? 'var(--line-others)' : `var(--line-${(at % 5) + 1})`));
}

/** What a line was at a moment, or on the mean where there is none. */
export function valueAt(line: Line, unit: string, cursor: number | null): string {
  if (cursor !== null) {
    const point = pointAt(line, cursor);
    return point ? text(point[2], unit) : '–';
  }
  const sum = summarize(line);
  return sum ? say('mean {value}', { value: text(sum.mean, unit) }) : '–';
}

/** How far a line reaches: in the point of a moment, or in all of them. */
export function reachAt(line: Line, unit: string, cursor: number | null): string {
  const point = cursor === null ? null : pointAt(line, cursor);
  const sum = cursor === null ? summarize(line) : null;
  const [low, high] = point ? [point[1], point[3]] : sum ? [sum.low, sum.high] : [null, null];
  return low === null || low === high ? '' : `${text(low, unit)} – ${text(high, unit)}`;
}

/** A chart in one sentence, for those who do not see it. */
export function summaryOf(board: Board, { metric, lines }: Strip): string {
  const unit = board.metric(metric)?.unit ?? '';
  const title = titleOfMetric(board, metric);
  const told = lines.flatMap((line) => {
    const sum = summarize(line);
    if (!sum) return [];
    return say('{name}: between {low} and {high}, on average {mean}', {
      name: nameOf(board, line),
      low: text(sum.low, unit),
      mean: text(sum.mean, unit),
      high: text(sum.high, unit),
    });
  });
  return told.length === 0 ? say('{title}: nothing was recorded.', { title }) : `${title}. ${told.join('. ')}.`;
}

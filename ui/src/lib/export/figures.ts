/** Which panels make the image of what a page shows. */

import type { Board } from '../board.svelte';
import { say } from '../language';
import { marksOf } from '../past/marks';
import { gaps, type Held, type Part } from '../past/scale';
import type { Strip } from '../past/past.svelte';
import { colorsOf, nameOf, titleOfMetric } from '../past/strips';
import { sourceName } from '../names';
import type { EventInfo } from '../types/generated/EventInfo';
import type { Figure, Panel } from './figure';
import type { Matter, Picture } from './matter';

/** Pixels of a chart that stands alone, of the first one of several, and of the others. */
const [ALONE, TALL, LOW] = [300, 150, 96];

/** Whether something is drawn, and not only listed. */
export function isPicture(matter: Matter): matter is Picture {
  return ['chart', 'strip', 'ribbons', 'stack'].includes(matter.kind);
}

/** The image of what is shown. */
export function figureOf(picture: Picture): Figure {
  const { board } = picture;
  if (picture.kind === 'chart') {
    const { chart, colors } = picture;
    const [from, to] = [board.now - chart.span.seconds, board.now];
    const title = titleOfMetric(board, chart.metric);
    const curves = chart.drawn.map((line, at) => ({
      line,
      name: line.label,
      color: colors[at] ?? 'var(--line-others)',
    }));
    const panel: Panel = { kind: 'chart', title: '', unit: chart.info?.unit ?? '', curves, held: [], height: ALONE };
    return { title, from, to, panels: [panel], marks: marks(board, board.events, [from, to], null) };
  }
  const { found } = picture;
  const part: Part = [found.stretch.from, found.stretch.to];
  const { held } = found;
  // As on the page: ribbons are minutes wide, and a recording begins and ends within one.
  const first = found.strips[0]?.lines[0];
  const holes = first ? gaps(first, part[0], part[1]) : [];
  const whole = { from: part[0], to: part[1], marks: marks(board, found.marks, part, found.gpu) };
  const gpu = board.sources.find(({ id }) => id === found.gpu);
  const about = gpu ? sourceName(gpu, board.sources) : say('This machine');
  const users: Panel[] =
    found.ribbons && found.ribbons.lanes.length > 0
      ? [{ kind: 'ribbons', title: say('Who used the GPU'), ribbons: found.ribbons, holes }]
      : [];
  switch (picture.kind) {
    case 'strip': {
      const panel = chartOf(board, picture.strip, held, ALONE);
      return { ...whole, title: panel.title, panels: [{ ...panel, title: '' }] };
    }
    case 'ribbons':
      return {
        ...whole,
        title: say('Who used {gpu}', { gpu: about }),
        panels: users.map((panel) => ({ ...panel, title: '' })),
      };
    case 'stack': {
      const charts = found.strips.map((strip, at) => {
        const panel = chartOf(board, strip, held, at === 0 ? TALL : LOW);
        // The whole image says already of what it is.
        const curves = panel.curves.map((one) => ({ ...one, name: one.name === about ? '' : one.name }));
        return panel.curves.length === 1 ? { ...panel, curves } : panel;
      });
      const limits: Panel[] = held.length > 0 ? [{ kind: 'held', title: say('Held back'), held }] : [];
      return { ...whole, title: about, panels: [...charts.slice(0, 1), ...users, ...limits, ...charts.slice(1)] };
    }
  }
}

function chartOf(board: Board, { metric, lines }: Strip, held: readonly Held[], height: number) {
  const colors = colorsOf(lines);
  const curves = lines.map((line, at) => ({
    line,
    name: nameOf(board, line),
    color: colors[at] ?? 'var(--line-others)',
  }));
  const unit = board.metric(metric)?.unit ?? '';
  // What holds a GPU back says nothing of the rest of the machine.
  const own = metric.startsWith('gpu.') ? held : [];
  return { kind: 'chart' as const, title: titleOfMetric(board, metric), unit, curves, held: own, height };
}

function marks(board: Board, events: readonly EventInfo[], part: Part, gpu: string | null) {
  const around = { now: part[1], sources: board.sources, metrics: board.metrics };
  return marksOf(events, [part[0], part[1]], gpu, around);
}

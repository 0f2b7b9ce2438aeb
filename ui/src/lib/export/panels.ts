/** The panels of an image: lines with their bands, the lanes of those who used a GPU, and what held it back. */

import { ticks } from '../axis';
import { duration, text, throttleReasons } from '../format';
import { say } from '../language';
import { colorOf, laneName } from '../past/lanes';
import { gaps, merged, outside, type Held } from '../past/scale';
import { summarize, type Line } from '../series';
import { spanOf, traceBand, traceMean, within, type View } from '../trace';
import type { Curve, Panel } from './figure';
import { breadth, cut, element, label, Letters, tenth } from './markup';

/** A CSS colour as a colour of the theme of now, `#rrggbb`. */
export type Ink = (color: string) => string;

/** Where panels stand, and the time that they share. */
export interface Frame {
  from: number;
  to: number;
  /** Pixels of the drawings' edges. */
  left: number;
  right: number;
  /** Pixels left of everything. */
  pad: number;
  /** The pixel of a moment; what lies beyond is at the edge. */
  x: (ts: number) => number;
  /** The pixels of the ticks of the time axis. */
  ticks: readonly number[];
  ink: Ink;
}

/** A panel's markup, and how high it is. */
interface Drawn {
  svg: string;
  height: number;
}

/** Draws a panel whose upper edge is at `y`. `which` tells its patterns from those of the others. */
export function panelOf(panel: Panel, frame: Frame, y: number, which: number): Drawn {
  switch (panel.kind) {
    case 'chart':
      return chart(panel, frame, y, which);
    case 'ribbons':
      return lanes(panel, frame, y, which);
    case 'held':
      return heldBack(panel, frame, y, which);
  }
}

const TITLE = 22;
const ROW = 18;
const LANE = 20;
/** Pixels of the thickest ribbon. */
const THICK = 16;
/** Columns of a legend, from the right edge. */
const COLUMNS = { lowest: 240, mean: 120, highest: 0 } as const;

type Column = keyof typeof COLUMNS;

/** What it is called. */
function headOf(column: Column): string {
  switch (column) {
    case 'lowest':
      return say('lowest');
    case 'mean':
      return say('mean');
    case 'highest':
      return say('highest');
  }
}

function chart(panel: Panel & { kind: 'chart' }, frame: Frame, y: number, which: number): Drawn {
  const { left, right, pad, ink, x, from, to } = frame;
  const { curves, unit, height, held } = panel;
  const top = y + TITLE;
  const bottom = top + height;
  const [soft, hair] = [ink('var(--soft)'), ink('var(--hair)')];

  const seen = curves.map(({ line }) => within(line, from, to));
  const span = spanOf(seen, unit, from, to);
  const level = (value: number) => bottom - ((value - span[0]) / (span[1] - span[0])) * height;

  // Lines run beyond the edges, where they are clipped.
  const inside = (ts: number) => left + ((ts - from) / Math.max(1, to - from)) * (right - left);
  const holes = gaps(merged(seen), from, to);
  const clip = `plot-${which}`;
  const levels = ticks(unit, span, height > 110 ? 4 : 3);
  const svg = [
    label(panel.title, { x: pad, y: y + 14, weight: 600, fill: ink('var(--ink)') }),
    curves.length === 1 && seen[0] ? told(panel, seen[0], frame, y + 14) : '',
    hatch(`gap-${which}`, ink('var(--faint)'), 8, 0.4),
    element('clipPath', { id: clip }, element('rect', { x: left, y: top, width: right - left, height })),
    element('path', {
      d: [
        ...levels.map((value) => `M${left} ${tenth(level(value))}H${right}`),
        ...frame.ticks.map((at) => `M${tenth(at)} ${top}V${bottom}`),
      ].join(''),
      stroke: hair,
    }),
    ...holes.map(([begin, end]) => rect(x(begin), top, x(end) - x(begin), height, { fill: `url(#gap-${which})` })),
    ...levels.map((value) =>
      label(text(value, unit), { x: left - 8, y: level(value) + 4, size: 11, fill: soft, at: 'end' }),
    ),
    element(
      'g',
      { 'clip-path': `url(#${clip})` },
      ...curves.map(({ color }, at) => curveOf(seen[at] as Line, ink(color), { x: inside, y: level })),
      ...held.map((one) => rect(x(one.from), bottom - 3, x(one.to) - x(one.from), 3, { fill: ink('var(--warn)') })),
    ),
    ...holes.slice(0, 20).map((hole) => notRecorded(hole, frame, (top + bottom) / 2)),
    ...(curves.length > 1 ? legend(curves, seen, unit, frame, bottom + 6) : []),
  ];
  return { svg: svg.join(''), height: TITLE + height + 12 + (curves.length > 1 ? (curves.length + 1) * ROW : 0) };
}

/** The mean as a line and a band from minimum to maximum, as on the page. */
function curveOf(line: Line, color: string, view: View): string {
  const [mean, band] = [new Letters(), new Letters()];
  traceMean(line, view, mean);
  traceBand(line, view, band);
  return [
    element('path', { d: band.path, fill: color, 'fill-opacity': '0.18' }),
    element('path', { d: mean.path, fill: 'none', stroke: color, 'stroke-width': 1.5, 'stroke-linejoin': 'round' }),
  ].join('');
}

function notRecorded([begin, end]: readonly [number, number], { x, ink }: Frame, y: number): string {
  const [words, middle] = [say('not recorded'), (x(begin) + x(end)) / 2];
  const room = breadth(words, 11) + 12;
  if (x(end) - x(begin) < room) return '';
  const back = rect(middle - room / 2, y - 9, room, 18, { fill: ink('var(--card)') });
  return back + label(words, { x: middle, y: y + 4, size: 11, fill: ink('var(--soft)'), at: 'middle' });
}

/** What one line is, and comes to: beside the title, or in its place where the whole image has it. */
function told(panel: Panel & { kind: 'chart' }, line: Line, { left, right, pad, ink }: Frame, y: number): string {
  const { unit, title, curves } = panel;
  const sum = summarize(line);
  const values = sum
    ? say('mean {mean}, {low} – {high}', {
        mean: text(sum.mean, unit),
        low: text(sum.low, unit),
        high: text(sum.high, unit),
      })
    : say('nothing recorded');
  const name = cut(curves[0]?.name ?? '', 12, right - left - 260);
  const place = title === '' ? { x: pad } : { x: right, at: 'end' as const };
  const words = name === '' ? values : `${name}: ${values}`;
  return label(words, { ...place, y, fill: ink('var(--soft)'), halo: ink('var(--card)') });
}

/** What several lines are, and come to. */
function legend(curves: readonly Curve[], seen: readonly Line[], unit: string, frame: Frame, y: number): string[] {
  const { left, right, ink } = frame;
  const soft = ink('var(--soft)');
  const heads = Object.entries(COLUMNS).map(([head, away]) =>
    label(headOf(head as Column), { x: right - away, y: y + 13, size: 11, fill: soft, at: 'end' }),
  );
  const rows = curves.flatMap(({ name, color }, at) => {
    const base = y + (at + 1) * ROW + 13;
    const sum = seen[at] ? summarize(seen[at]) : null;
    const values = sum ? { lowest: sum.low, mean: sum.mean, highest: sum.high } : null;
    return [
      rect(left, base - 6, 14, 3, { fill: ink(color) }),
      label(cut(name, 12, right - left - COLUMNS.lowest - 110), { x: left + 22, y: base, fill: ink('var(--ink)') }),
      ...Object.entries(COLUMNS).map(([head, away]) => {
        const value = values?.[head as Column];
        const words = value === undefined ? '–' : text(value, unit);
        return label(words, { x: right - away, y: base, fill: soft, at: 'end' });
      }),
    ];
  });
  return [...heads, ...rows];
}

function lanes(panel: Panel & { kind: 'ribbons' }, frame: Frame, y: number, which: number): Drawn {
  const { left, right, pad, ink } = frame;
  const { ribbons } = panel;
  const rows = ribbons.lanes.map((lane, at) => {
    const middle = y + TITLE + at * LANE + LANE / 2;
    const [color, id] = [ink(colorOf(lane, at)), `lane-${which}-${at}`];
    const isNamed = lane.of === 'identity';
    const fill = isNamed ? color : `url(#${id})`;
    const time = duration(lane.busy);
    const room = left - pad - 24 - breadth(time, 11) - 8;
    return [
      isNamed ? '' : hatch(id, color, 5, 1),
      rect(pad, middle - 5, 10, 10, { fill }),
      label(cut(laneName(lane), 12, room), { x: pad + 16, y: middle + 4, fill: ink('var(--ink)') }),
      label(time, { x: left - 8, y: middle + 4, size: 11, fill: ink('var(--soft)'), at: 'end' }),
      rect(left, middle - 0.5, right - left, 1, { fill: ink('var(--hair)') }),
      element('path', { d: ribbon(panel, at, frame, middle), fill, 'shape-rendering': 'crispEdges' }),
    ].join('');
  });
  const title = label(panel.title, { x: pad, y: y + 14, weight: 600, fill: ink('var(--ink)') });
  return { svg: title + rows.join(''), height: TITLE + rows.length * LANE + 8 };
}

/** As thick as the share at each time; whoever only holds memory is a hair, and whoever works can be seen. */
function ribbon({ ribbons, holes }: Panel & { kind: 'ribbons' }, at: number, { x }: Frame, middle: number): string {
  const { lanes, step } = ribbons;
  const bars = (lanes[at]?.points ?? []).flatMap(([ts, share]) => {
    const thick = share === null || share === 0 ? 1 : Math.max(2, (share / 100) * THICK);
    return outside([ts, ts + step], holes).map(([from, to]) => {
      const [begin, end] = [x(from), x(to)];
      const wide = tenth(Math.max(end - begin, 1));
      return end <= begin ? '' : `M${tenth(begin)} ${tenth(middle - thick / 2)}h${wide}v${tenth(thick)}h-${wide}z`;
    });
  });
  return bars.join('');
}

function heldBack(panel: Panel & { kind: 'held' }, frame: Frame, y: number, which: number): Drawn {
  const { pad, ink, x } = frame;
  const [warn, id] = [ink('var(--warn)'), `held-${which}`];
  const stretches = panel.held.map(({ from, to, bits }: Held) => {
    const wide = Math.max(2, x(to) - x(from));
    const words = cut(throttleReasons(bits), 11, wide - 10);
    const room = wide > 60;
    return [
      rect(x(from), y + 2, wide, 14, { fill: `url(#${id})`, stroke: warn }),
      room ? rect(x(from) + 3, y + 3, breadth(words, 11) + 4, 12, { fill: ink('var(--warn-soft)') }) : '',
      room ? label(words, { x: x(from) + 5, y: y + 13, size: 11, fill: warn }) : '',
    ].join('');
  });
  const title = label(panel.title, { x: pad, y: y + 13, fill: ink('var(--soft)') });
  return { svg: title + hatch(id, warn, 6, 0.5) + stretches.join(''), height: ROW + 6 };
}

/** Slanted lines, which say without a colour that this is no value. */
function hatch(id: string, color: string, apart: number, opacity: number): string {
  const line = { y2: apart, stroke: color, 'stroke-width': apart / 4, 'stroke-opacity': String(opacity) };
  return element(
    'pattern',
    { id, width: apart, height: apart, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
    element('line', line),
  );
}

function rect(x: number, y: number, width: number, height: number, more: { fill: string; stroke?: string }): string {
  return element('rect', { x, y, width, height, ...more });
}

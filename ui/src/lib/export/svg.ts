/**
 * Draws a figure as SVG, from what was recorded and not from what a canvas shows: it is sharp at any size, its texts can be
 * searched, and it is the same wherever it is made.
 *
 * Pure: colours come in as `ink`. Deliberately not here: the letters of the format (`markup.ts`), the panels
 * (`panels.ts`), and PNG (`png.ts`), for which a browser draws this.
 */

import { timeTick } from '../format';
import { spoken } from '../language';
import { regional } from '../locale';
import { grouped, type Mark } from '../past/marks';
import { timeTicks } from '../past/timeaxis';
import { offset } from './csv';
import type { Figure } from './figure';
import { breadth, cut, element, escaped, label, tenth } from './markup';
import { panelOf, type Frame, type Ink } from './panels';

/** An image, and its size in pixels. */
export interface Drawing {
  svg: string;
  width: number;
  height: number;
}

const WIDTH = 1000;
const [PAD, RIGHT] = [20, 28];
/** Room for the value axis, and for names beside lanes where there are lanes. */
const [AXIS, NAMES] = [60, 190];
/** Marks nearer to each other cannot be told apart; a word needs so much room before the next shape. */
const [APART, WORD] = [16, 76];
const LANE = 20;
/** Between two ticks of the time axis there are at least so many pixels. */
const TICKS = 96;

/** Draws a figure. `ink` makes a colour of a CSS colour, in the theme of now; `font` is a CSS font family. */
export function draw(figure: Figure, ink: Ink, font: string): Drawing {
  const { from, to, panels } = figure;
  const left = PAD + (panels.every(({ kind }) => kind === 'chart') ? AXIS : NAMES);
  const right = WIDTH - RIGHT;
  const x = (ts: number) =>
    left + ((Math.min(to, Math.max(from, ts)) - from) / Math.max(1, to - from)) * (right - left);
  const { at, step } = timeTicks(from, to, (right - left) / TICKS);
  const frame: Frame = { from, to, left, right, pad: PAD, x, ticks: at.map(x), ink };
  const marks = grouped(figure.marks, (APART / (right - left)) * (to - from));

  const head = [
    label(cut(figure.title, 17, right - PAD - 80), {
      x: PAD,
      y: PAD + 14,
      size: 17,
      weight: 600,
      fill: ink('var(--ink)'),
    }),
    label(stretch(from, to), { x: PAD, y: PAD + 34, fill: ink('var(--soft)') }),
    label('Hoofbeat', { x: right, y: PAD + 14, size: 11, fill: ink('var(--soft)'), at: 'end' }),
  ];
  const top = PAD + 48;
  let y = top + (marks.length > 0 ? LANE : 0);
  const drawn = panels.map((panel, which) => {
    const one = panelOf(panel, frame, y, which);
    y += one.height;
    return one.svg;
  });
  const times = at
    .map((ts) => ({ words: timeTick(ts, step), x: x(ts) }))
    .filter((tick) => tick.x + breadth(tick.words, 11) / 2 < WIDTH)
    .map((tick) => label(tick.words, { x: tick.x, y: y + 12, size: 11, fill: ink('var(--soft)'), at: 'middle' }));
  const height = Math.ceil(y + 12 + PAD);

  const svg = element(
    'svg',
    {
      ...{ xmlns: 'http://www.w3.org/2000/svg', width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}` },
      ...{ role: 'img', 'font-family': font, direction: 'ltr' },
    },
    // A line each, so that two images can be compared.
    ...[
      element('title', {}, escaped(figure.title)),
      element('rect', { width: WIDTH, height, fill: ink('var(--card)') }),
      ...head,
      ...marks.map((mark, which) => story(mark, marks[which + 1], frame, [top, y])),
      ...drawn,
      ...times,
    ].map((part) => `\n${part}`),
  );
  return { svg: `<?xml version="1.0" encoding="UTF-8"?>\n${svg}\n`, width: WIDTH, height };
}

/** A stretch of time with its days, year and offset: who finds the image in a year has nothing else. */
export function stretch(from: number, to: number): string {
  const seconds = to - from < 600 ? ({ second: '2-digit' } as const) : {};
  const day = { day: 'numeric', month: 'short', year: 'numeric' } as const;
  const words = new Intl.DateTimeFormat(regional(spoken()), { ...day, hour: '2-digit', minute: '2-digit', ...seconds });
  const east = -new Date(to * 1000).getTimezoneOffset();
  return `${words.formatRange(from * 1000, to * 1000)} (UTC${offset(east)})`;
}

const TONES = { plain: 'var(--soft)', good: 'var(--good)', warn: 'var(--warn)', bad: 'var(--bad)' };

/** What happened: a shape, a word where there is room, and a line through all panels. */
function story(mark: Mark, next: Mark | undefined, { x, right, ink }: Frame, [top, bottom]: [number, number]): string {
  const [begin, end, color] = [x(mark.from), x(mark.to), ink(TONES[mark.tone])];
  const [y, more] = [top + 12, mark.events.length > 1 ? ` +${mark.events.length - 1}` : ''];
  const room = (next ? x(next.from) : right) - begin >= WORD;
  const slept = { x: begin, y: top + LANE, width: end - begin, height: bottom - top - LANE };
  return [
    end - begin > 2 ? element('rect', { ...slept, fill: ink('var(--faint)'), 'fill-opacity': '0.12' }) : '',
    element('path', {
      d: `M${tenth(begin)} ${top + LANE}V${tenth(bottom)}`,
      ...{ stroke: color, 'stroke-dasharray': '3 3', 'stroke-opacity': '0.7' },
    }),
    label(mark.shape, { x: begin, y, fill: color, at: 'middle' }),
    room ? label(mark.word + more, { x: begin + 10, y, size: 11, fill: color }) : '',
  ].join('');
}

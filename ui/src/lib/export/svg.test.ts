/** An image of everything that an image can hold, letter by letter, and names that would be markup. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Mark } from '../past/marks';
import type { Line, Point } from '../series';
import type { Lane } from '../types/generated/Lane';
import type { Figure } from './figure';
import { cut, escaped } from './markup';
import { draw } from './svg';

const CSS = readFileSync(join(import.meta.dirname, '../../app.css'), 'utf8');
const FROM = Date.UTC(2026, 10, 22, 9) / 1000;
const HOSTILE = '</svg><script>hurt()</script>"\' & \u202eexe.\nmp4';

/** The colours of the page by day. */
function ink(color: string): string {
  const name = /^var\((--[\w-]+)\)$/.exec(color)?.[1] ?? '';
  const found = new RegExp(`${name}: light-dark\\((#\\w{6}),`).exec(CSS)?.[1];
  if (found === undefined) throw new Error(`${color} is no colour of the page`);
  return found;
}

function line(source: string, points: Point[]): Line {
  return { source, label: source, step: 60, points };
}

function lane(of: Lane['of'], identity: string, points: Lane['points']): Lane {
  return { of, identity, key: identity, uid: 1000, count: 3, busy: 754, vram: null, energy: null, points };
}

function figure(name: string): Figure {
  const at = (minute: number) => FROM + minute * 60;
  const wave = (high: number) =>
    [0, 1, 2, 3, 4, 9, 14, 15, 16].map((minute): Point => {
      const mean = high * (0.5 + 0.4 * Math.sin(minute));
      return [at(minute), mean * 0.9, mean, mean * 1.1];
    });
  const marks: Mark[] = [
    {
      from: at(5),
      to: at(8),
      shape: '☾',
      word: 'slept',
      tone: 'plain',
      events: [{ key: 'a', ts: at(5), word: 'slept', sentence: 'slept' }],
    },
    {
      from: at(15),
      to: at(15),
      shape: '◆',
      word: 'alert',
      tone: 'bad',
      events: [{ key: 'b', ts: at(15), word: 'alert', sentence: 'hot' }],
    },
  ];
  const held = [{ from: at(0), to: at(4), bits: 0b11 }];
  const curves = [
    { name: 'NVIDIA RTX 4090', color: 'var(--line-1)', line: line('gpu:a', wave(80)) },
    { name, color: 'var(--line-2)', line: line('gpu:b', wave(40)) },
  ];
  return {
    title: name,
    from: at(0),
    to: at(20),
    marks,
    panels: [
      { kind: 'chart', title: 'GPU temperature', unit: '°C', curves, held, height: 150 },
      {
        kind: 'ribbons',
        title: 'Who used the GPU',
        holes: [[at(16.5), at(20)]],
        ribbons: {
          ...{ schema: 1, source: 'gpu:a', step: 60 },
          lanes: [
            lane('identity', name, [
              [at(0), 62.5],
              [at(1), null],
              [at(3), 0],
            ]),
            lane('others', '', [[at(2), 4]]),
            lane('unexplained', '', [[at(16), 100]]),
          ],
        },
      },
      { kind: 'held', title: 'Held back', held },
      { kind: 'chart', title: 'GPU power', unit: 'W', curves: curves.slice(0, 1), held: [], height: 96 },
      { kind: 'chart', title: 'GPU fan', unit: 'RPM', curves: [], held: [], height: 96 },
    ],
  };
}

test('everything that an image can hold', async () => {
  const { svg, width, height } = draw(figure('Workstation'), ink, 'sans-serif');
  expect(svg).toContain(`viewBox="0 0 ${width} ${height}"`);
  // `npx vitest run -u` takes over what is drawn otherwise; look at it before.
  // How wide the spaces of a time are, is another thing in each version of Unicode's data.
  await expect(svg.replace(/[\u2009\u202f]/g, ' ')).toMatchFileSnapshot('figure.golden.svg');
});

test('a gap is a gap in line and band, and has a pattern', () => {
  const { svg } = draw(figure('Workstation'), ink, 'sans-serif');
  const means = [...svg.matchAll(/<path d="([^"]+)" fill="none"/g)].map((found) => found[1] ?? '');
  // Five minutes, one point alone, and three more.
  expect(means.map((path) => path.match(/M/g)?.length)).toEqual([3, 3, 3]);
  expect(svg).toContain('fill="url(#gap-0)"');
});

test('names stay text', () => {
  const { svg } = draw(figure(HOSTILE), ink, 'sans-serif');
  expect(svg.match(/<\/svg>/g)).toHaveLength(1);
  expect(svg).not.toMatch(/<script|onerror=|\u202e/);
  expect(svg).toContain('&lt;/svg&gt;&lt;script&gt;');
  // Every element is one of those that are drawn here.
  const elements = new Set([...svg.matchAll(/<([a-z]\w*)/gi)].map((found) => found[1]));
  expect([...elements].sort()).toEqual(
    ['clipPath', 'g', 'line', 'path', 'pattern', 'rect', 'svg', 'text', 'title'].sort(),
  );
});

test('what XML cannot hold is not in it', () => {
  expect(escaped('a\u0000b\u0008\ufffe\ud800c')).toBe('a\ufffdb\ufffd\ufffd\ufffdc');
  expect(escaped('"<&>\'')).toBe('&quot;&lt;&amp;&gt;&#39;');
  expect(escaped('🐎 حصان')).toBe('🐎 حصان');
});

test('a long name is cut, and one that stands by itself is closed again', () => {
  expect(cut('short', 12, 200)).toBe('short');
  expect(cut('a very long name that has no room', 12, 80)).toMatch(/^a very l\w*…$/);
  expect(cut(`\u2068${'حصان'.repeat(9)}\u2069`, 12, 80)).toMatch(/^\u2068.+…\u2069$/);
  expect(cut('汉字汉字汉字汉字', 12, 60)).toBe('汉字汉字…');
});

/** Every table, made of what the made-up machine shows: its columns, and rows that can be read back. */

import { beforeEach, expect, test } from 'vitest';
import { Fixture } from '../../fixture/fixture';
import { Board } from '../board.svelte';
import { Chart } from '../chart.svelte';
import { Past } from '../past/past.svelte';
import { firstOrder, rowsOf } from '../processes';
import { Route } from '../route.svelte';
import { figureOf, isPicture } from './figures';
import type { Matter } from './matter';
import { fileName } from './names';
import { table } from './tables';

const NOW = 1_795_359_600;

/** What an address asks for, of a machine that has names from strangers. */
async function past(address: string) {
  location.hash = address;
  const fixture = new Fixture('hostile', () => NOW);
  const board = new Board(fixture, []);
  board.start()();
  board.now = NOW;
  await Promise.resolve();
  const one = new Past(board, new Route(['history']));
  await one.load();
  if (!one.found) throw new Error('the history was not read');
  return { board, found: one.found, fixture };
}

/** The cells of a table; none of these holds a line break. */
function read(text: string): string[][] {
  expect(text.endsWith('\r\n')).toBe(true);
  const rows = text.slice(0, -2).split('\r\n');
  const cells = (row: string) =>
    [...row.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].slice(0, -1).map(([, cell = '']) => {
      return cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
    });
  return rows.map((row) => cells(`${row},`).slice(0, row.match(/("(?:[^"]|"")*"|[^,]*)(,|$)/g)?.length));
}

beforeEach(() => {
  localStorage.clear();
});

test('a chart of the past: key and unit in the head, each point a row, a gap none', async () => {
  const { board, found } = await past('#/history?span=1h');
  const strip = found.strips.find(({ metric }) => metric === 'gpu.temperature');
  if (!strip) throw new Error('the temperature is a chart');
  const [head, ...rows] = read(table({ kind: 'strip', board, found, strip }));
  expect(head).toEqual([
    ...['ts', 'time', 'source', 'label', 'step (s)'],
    ...['gpu.temperature min (°C)', 'gpu.temperature avg (°C)', 'gpu.temperature max (°C)'],
  ]);
  const points = strip.lines[0]?.points ?? [];
  expect(rows).toHaveLength(points.length);
  rows.forEach((row, at) => {
    const [ts, low, mean, high] = points[at] ?? [0, 0, 0, 0];
    expect(row.length).toBe(head?.length);
    expect(Number(row[0])).toBe(ts);
    expect(Date.parse(row[1] ?? '') / 1000).toBe(ts);
    expect(row[2]).toBe('gpu:GPU-1c7a');
    for (const [cell, value] of [low, mean, high].entries()) expect(Number(row[5 + cell])).toBeCloseTo(value, 6);
  });
  expect(fileName({ kind: 'strip', board, found, strip })).toMatch(
    /^hoofbeat-gpu-temperature-\d{8}T\d{4}-\d{8}T\d{4}$/,
  );
});

test('all charts are below each other, each row with its metric and unit', async () => {
  const { board, found } = await past('#/history?span=1h');
  const [head, ...rows] = read(table({ kind: 'stack', board, found }));
  expect(head?.slice(2, 4)).toEqual(['metric', 'unit']);
  const units = Object.fromEntries(rows.map((row) => [row[2], row[3]]));
  expect(units).toMatchObject({ 'gpu.utilization': '%', 'gpu.power': 'W', 'gpu.memory.used': 'B', 'gpu.throttle': '' });
  const count = found.strips.flatMap(({ lines }) => lines.flatMap(({ points }) => points)).length;
  expect(rows).toHaveLength(count + (found.throttle?.points.length ?? 0));
});

test('names of strangers are text in every table, and in every name of a file', async () => {
  const { board, found, fixture } = await past('#/history?span=24h');
  const source = fixture.status().sources.find(({ id }) => id === 'gpu:GPU-1c7a');
  if (!source) throw new Error('the machine has a GPU');
  source.processes = source.processes.map((one, at) => ({ ...one, identity: ['=1+1', '\t@x', 'a;"b"'][at % 3] ?? '' }));
  const list = await fixture.processes(0, []);
  const rows = rowsOf(list.groups, firstOrder('share'), '', new Set());
  const alerts = [
    { rule: '=rule', title: '+title, "hot"', since: NOW - 90, lasted: 60 },
    { rule: 'gpu-hot', title: 'hot', since: NOW - 30, lasted: null },
  ];
  const all: Matter[] = [
    { kind: 'ribbons', board, found },
    { kind: 'episodes', board, found },
    { kind: 'processes', rows, now: NOW },
    { kind: 'users', source, now: NOW },
    { kind: 'alerts', alerts, standing: new Set(['gpu-hot']), now: NOW },
  ];
  for (const matter of all) {
    const [head = [], ...body] = read(table(matter));
    expect(body.length, matter.kind).toBeGreaterThan(0);
    for (const row of body) {
      expect(row.length, `${matter.kind}: ${row.join('|')}`).toBe(head.length);
      for (const cell of row) {
        expect(cell, matter.kind).not.toMatch(/[\u202e\u2068\u2069\t\n]/);
        if (!Number.isFinite(Number(cell))) expect(cell, matter.kind).not.toMatch(/^\s*[=+\-@]/);
      }
    }
    expect(fileName(matter)).toMatch(/^hoofbeat-[a-z-]+(-\d{8}T\d{4})+$/);
  }
  const [, first, second] = read(table(all[4] as Matter));
  expect(first?.slice(2)).toEqual(["'=rule", '\'+title, "hot"', '60', 'over']);
  expect(second?.slice(2)).toEqual(['gpu-hot', 'hot', '', 'goes on']);
});

test('the chart of now has every line, also those that are drawn as one', async () => {
  const { board, fixture } = await past('#/now');
  const chart = new Chart(board);
  board.status = fixture.status();
  chart.show('hwmon.temperature');
  await chart.load();
  const matter: Matter = { kind: 'chart', board, chart, colors: [] };
  const [, ...rows] = read(table(matter));
  expect(new Set(rows.map((row) => row[2]))).toEqual(new Set(chart.lines.map(({ source }) => source)));
  expect(fileName(matter)).toMatch(/^hoofbeat-hwmon-temperature-/);
});

test('an image of all charts has who used the GPU, and what held it back, below the first', async () => {
  const { board, found } = await past('#/history?span=6h');
  const stack: Matter = { kind: 'stack', board, found };
  expect(isPicture(stack)).toBe(true);
  expect(isPicture({ kind: 'alerts', alerts: [], standing: new Set(), now: NOW })).toBe(false);
  const { panels, from, to, marks } = figureOf(stack);
  expect(panels.map(({ kind }) => kind)).toEqual(['chart', 'ribbons', 'held', 'chart', 'chart', 'chart']);
  expect([from, to]).toEqual([found.stretch.from, found.stretch.to]);
  expect(marks.length).toBeGreaterThan(0);
});

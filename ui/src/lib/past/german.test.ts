/** What the page of the past says in German; names stay what they are, places and markup in them included. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import german from '../../../../languages/de.json';
import { episodes } from '../../fixture/past';
import { figureOf } from '../export/figures';
import { draw } from '../export/svg';
import { table } from '../export/tables';
import { Fixture } from '../../fixture/fixture';
import { Board } from '../board.svelte';
import { learn } from '../language';
import { Route } from '../route.svelte';
import type { EventInfo } from '../types/generated/EventInfo';
import { baseline, said } from './changed';
import { unexpectedIn, whoIn } from './episodes';
import { linesOf } from './happened';
import { laneName } from './lanes';
import { marksOf } from './marks';
import { Past } from './past.svelte';

const NOW = 1_795_359_600;
const AROUND = { now: NOW, sources: [], metrics: [] };

beforeEach(() => {
  localStorage.clear();
  learn('de', german);
});
afterEach(() => learn('en', {}));

const event = (ts: number, kind: string, detail = {}): EventInfo => ({ ts, kind, source: null, detail });

test('what changed, and against what', () => {
  const change = (identity: string, now: number, before: number, vram: number) => ({
    ...{ identity, key: identity, uid: null },
    now: { share: now, vram: vram * 1024 ** 3, power: 10 },
    before: { share: before, vram: 2 * 1024 ** 3, power: 50 },
  });
  const changes = {
    ...{ schema: 1, source: 'gpu', since: 7200, until: 9000, before: 0 },
    changes: [change('{share}<b>', 62, 0, 8), change('Ollama', 0, 30, 1), change('\u202e', 5, 20, 2)],
  };
  expect(said(changes).map(({ who, words }) => `${who}: ${words}`)).toEqual([
    '{share}<b>: 62 % der GPU; davor nicht genutzt, 6 GiB mehr Speicher, etwa 40 W weniger',
    'Ollama: GPU nicht genutzt; davor 30 %, 1 GiB weniger Speicher, etwa 40 W weniger',
    '\ufffd: 5 % der GPU statt 20 %, etwa 40 W weniger',
  ]);
  expect(baseline(changes)).toBe('gegenüber 2 h davor');
});

test('who was there, and why that was not expected', () => {
  const all = episodes('', NOW, 0, NOW);
  expect(all.map(whoIn)).toContain('Blender und 2 weitere');
  expect(all.map(whoIn).at(-1)).toBe('niemand, der sichtbar ist');
  const [first] = all;
  if (!first) throw new Error('there are episodes');
  const why = (why: string) => unexpectedIn(first, [event(first.start + 1, 'unexpected_use', { why })]);
  expect(['denied', 'odd_hour', 'toString'].map(why)).toEqual(['darf nicht', 'ungewöhnliche Uhrzeit', null]);
  const lane = { key: '', uid: null, busy: 0, vram: null, energy: null, points: [] };
  const names = (['identity', 'others', 'unexplained'] as const).map((of) =>
    laneName({ ...lane, of, identity: ' ', count: 3 }),
  );
  expect(names).toEqual(['ein Prozess ohne Namen', '3 weitere', 'nicht sichtbar']);
});

test('marks, and what held the GPU back', () => {
  const kinds = ['alert_fired', 'alert_cleared', 'paused', 'recorder_stopped', 'clock_step', 'xid'];
  const marks = marksOf(
    kinds.map((kind, at) => event(at, kind)),
    [0, 10],
    null,
    AROUND,
  );
  expect(marks.map(({ word }) => word)).toEqual([
    ...['Alarm', 'vorbei', 'pausiert', 'Rekorder beendet', 'Uhr gestellt', 'Treiberfehler'],
  ]);
  const [line] = linesOf([], [{ from: 0, to: 90, bits: 1 }], AROUND);
  expect(line?.sentence).toMatch(/^Die GPU wurde 1 min 30 s lang gedrosselt: ./);
});

test('an image is German, a table has English heads', async () => {
  location.hash = '#/history?span=24h';
  const board = new Board(new Fixture('hostile', () => NOW), []);
  board.start()();
  board.now = NOW;
  await Promise.resolve();
  const past = new Past(board, new Route(['history']));
  await past.load();
  const { found } = past;
  if (!found) throw new Error('the history was not read');
  const { svg } = draw(figureOf({ kind: 'stack', board, found }), () => '#000000', 'sans-serif');
  const has = (words: string) => svg.includes(words);
  expect(['Wer die GPU nutzte', 'Gedrosselt', 'nicht sichtbar', '>Mittel '].filter((words) => !has(words))).toEqual([]);
  expect(['<img', '<script', '>mean ', 'Who used'].filter(has)).toEqual([]);
  const csv = table({ kind: 'episodes', board, found });
  expect(csv).toMatch(/^start,start time,end,.*,unexpected\r\n/);
  expect(csv).toMatch(/,goes on,/);
  expect(csv).toMatch(/,new here\r\n/);
});

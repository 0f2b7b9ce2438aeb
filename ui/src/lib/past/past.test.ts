/** The pure parts of the page of the past. */

import { describe, expect, test } from 'vitest';
import { METRICS } from '../../fixture/metrics';
import type { EventInfo } from '../types/generated/EventInfo';
import { said } from './changed';
import { remember, remembered } from './chosen';
import { unexpectedIn, whoIn } from './episodes';
import { episodes } from '../../fixture/past';
import { grouped, labelOf, marksOf } from './marks';
import { AXIS, gaps, heldBack, MARGIN, outside, Scale } from './scale';
import {
  around,
  between,
  fieldOf,
  fitting,
  fromField,
  living,
  moved,
  read,
  SPANS,
  wider,
  words,
  written,
} from './stretch';
import { timeTicks } from './timeaxis';

const at = (day: number, hour = 0, minute = 0) => new Date(2026, 10, day, hour, minute).getTime() / 1000;
const NOW = at(21, 14, 30);

describe('stretches', () => {
  test('the address holds them, and what is none there is the last day', () => {
    const of = (text: string) => {
      const { span, from, to } = read(new URLSearchParams(text), NOW);
      return [span?.id ?? null, to - from];
    };
    expect(of('span=7d')).toEqual(['7d', 7 * 86400]);
    expect(of('from=1000&to=1060')).toEqual([null, 60]);
    for (const wrong of [
      '',
      'span=2w',
      'from=5',
      'from=9&to=5',
      'from=x&to=y',
      'from=-5&to=5',
      'from=0&to=999999999999',
    ]) {
      expect(of(wrong), wrong).toEqual(['24h', 86400]);
    }
    expect(read(new URLSearchParams(), NOW, '1h').span?.id).toBe('1h');
    expect([5, 3600, 3601, 9 * 86400].map((age) => fitting(NOW - age, NOW))).toEqual(['15m', '1h', '6h', '24h']);
    const fixed = between(NOW - 100, NOW - 400);
    expect(written(fixed)).toEqual({ span: null, from: String(NOW - 400), to: String(NOW - 100) });
    expect(written(living(SPANS[1]!, NOW))).toEqual({ span: '1h', from: null, to: null });
  });

  test('one before, one after, and one around', () => {
    const hour = living(SPANS[1]!, NOW);
    const before = moved(hour, -1, NOW);
    expect([before.from, before.to]).toEqual([NOW - 7200, NOW - 3600]);
    expect(moved(before, 1, NOW).span?.id).toBe('1h');
    const wide = wider(before, NOW);
    expect([wide.from, wide.to, wide.to - wide.from]).toEqual([NOW - 9000, NOW - 1800, 7200]);
    expect(wider(hour, NOW).to).toBe(NOW);
    // At the far end it stays there, and an address can hold it.
    let far = before;
    for (let times = 0; times < 40; times += 1) {
      far = wider(far, NOW);
      expect(read(new URLSearchParams(written(far) as Record<string, string>), NOW)).toEqual(far);
    }
    expect(far.from).toBe(0);
    expect(moved({ span: null, from: 100, to: 700 }, -1, NOW)).toEqual({ span: null, from: 0, to: 600 });
    expect(around(NOW - 1000, NOW, NOW)).toEqual({ span: null, from: NOW - 1100, to: NOW });
    const short = between(NOW, NOW + 2);
    expect(short.to - short.from).toBe(15);
  });

  test('in words, and in a field and back', () => {
    expect(words(living(SPANS[3]!, NOW), NOW)).toMatch(/^.*20.*2:30.* – now$/);
    expect(words({ span: null, from: at(20, 9), to: at(20, 15) }, NOW)).toMatch(/20.*9:00.* – .*3:00|15:00/);
    expect(words({ span: null, from: at(20, 9), to: at(21, 15) }, NOW)).toMatch(/20.*9:00.* – .*21.*(3:00|15:00)/);
    const year = 365 * 86400;
    expect(words({ span: null, from: at(20, 9) - year, to: at(20, 15) - year }, NOW)).toMatch(/20.*2025.*9:00/);
    expect(words({ span: null, from: at(20, 9), to: at(20, 15) }, NOW)).not.toContain('2026');
    expect(fieldOf(at(5, 9, 7))).toBe('2026-11-05T09:07');
    expect(fromField('2026-11-05T09:07')).toBe(at(5, 9, 7));
    expect(fromField(' 2026-11-5 9:07 ')).toBe(at(5, 9, 7));
    for (const wrong of ['', 'yesterday', '2026-02-31T00:00', '2026-13-01', '2026-11-05T25:00']) {
      expect(fromField(wrong), wrong).toBeNull();
    }
  });
});

test('ticks stand on whole local times, and there are not more than asked for by much', () => {
  for (const span of [20, 3600, 86400, 7 * 86400, 30 * 86400, 366 * 86400, 5 * 366 * 86400]) {
    const { at: ticks } = timeTicks(NOW - span, NOW, 9);
    expect(ticks.length, String(span)).toBeGreaterThan(1);
    expect(ticks.length, String(span)).toBeLessThan(12);
    for (const ts of ticks) expect(ts >= NOW - span && ts <= NOW).toBe(true);
  }
  const days = timeTicks(at(1), at(8), 9);
  expect(days.at.map((ts) => new Date(ts * 1000).getHours())).toEqual(days.at.map(() => 0));
  const months = timeTicks(NOW - 366 * 86400, NOW, 9);
  expect(months.at.every((ts) => new Date(ts * 1000).getDate() === 1)).toBe(true);
});

describe('below a chart', () => {
  const line = (points: [number, number][]) => ({
    ...{ source: 'gpu', label: '', step: 10 },
    points: points.map(([ts, value]): [number, number, number, number] => [ts, value, value, value]),
  });

  test('a moment has one place in all charts', () => {
    const scale = new Scale(1000, 2000, AXIS + MARGIN + 500);
    expect([scale.left(1000), scale.left(1500), scale.left(9999)]).toEqual([AXIS, AXIS + 250, AXIS + 500]);
    expect([scale.at(0), scale.at(AXIS + 250), scale.seconds(5)]).toEqual([1000, 1500, 10]);
  });

  test('gaps are at the beginning, between, and at the end', () => {
    const known = line([110, 120, 130, 170, 180].map((ts) => [ts, 1]));
    expect(gaps(known, 100, 190)).toEqual([[140, 170]]);
    expect(gaps(known, 0, 300)).toEqual([
      [0, 110],
      [140, 170],
      [190, 300],
    ]);
    expect(gaps(undefined, 0, 10)).toEqual([[0, 10]]);
  });

  test('what held a GPU back is a stretch by its reasons', () => {
    const bits = line([
      [100, 0],
      [110, 1],
      [120, 1],
      [130, 3],
      [140, 0],
      [150, 1],
    ]);
    expect(heldBack(bits, [0, 200], 1)).toEqual([
      { from: 110, to: 130, bits: 1 },
      { from: 130, to: 140, bits: 3 },
      { from: 150, to: 160, bits: 1 },
    ]);
    expect(heldBack(null, [0, 200], 1)).toEqual([]);
  });

  test('marks have a shape and a word, are of this GPU, and near ones are one', () => {
    const event = (ts: number, kind: string, detail = {}, source: string | null = null): EventInfo => ({
      ts,
      kind,
      source,
      detail,
    });
    const surroundings = { now: NOW, sources: [], metrics: METRICS };
    const events = [
      event(500, 'suspend', { seconds: 100 }),
      event(300, 'gpu_woke'),
      event(210, 'alert_fired', { severity: 'critical', title: 'Hot' }, 'gpu:1'),
      event(205, 'paused'),
      event(204, 'alert_fired', { title: 'Elsewhere' }, 'gpu:2'),
      event(550, 'recorder_started', { since: 520, seconds: 30 }),
      event(5, 'resumed'),
    ];
    const marks = marksOf(events, [100, 600], 'gpu:1', surroundings);
    expect(marks.map(({ from, to, shape, word }) => [from, to, shape, word])).toEqual([
      [205, 205, '‖', 'paused'],
      [210, 210, '◆', 'alert'],
      [400, 500, '☾', 'slept'],
      [520, 550, '⏻', 'recorder broke off'],
    ]);
    const [first, second] = grouped(marks, 20);
    expect([first?.shape, first?.events.length, first?.from]).toEqual(['◆', 2, 205]);
    expect(second?.events[0]?.sentence).toBe('The machine slept for 1 min 40 s');
    expect([first!, second!].map(labelOf)).toEqual(['alert and 1 more', 'slept']);
    const twice = [event(300, 'recorder_started'), event(310, 'recorder_started')];
    const [both] = grouped(marksOf(twice, [100, 600], 'gpu:1', surroundings), 20);
    expect(labelOf(both!)).toBe('recorder started ×2');
  });
});

test('what changed is said in plain words, and names stay text', () => {
  const change = (identity: string, now: [number | null, number], before: [number | null, number]) => ({
    ...{ identity, key: identity, uid: null },
    now: { share: now[0], vram: now[1] * 1024 ** 3, power: 10 },
    before: { share: before[0], vram: before[1] * 1024 ** 3, power: 10 },
  });
  const changes = [
    change('Blender', [62, 8], [0, 0]),
    change('Ollama', [0, 0], [30, 6]),
    change('a\u202eb', [5, 1], [20, 1]),
    change('Driver says nothing', [null, 2], [null, 1]),
  ];
  const lines = said({ schema: 1, source: 'gpu', since: 100, until: 200, before: 0, changes });
  expect(lines.map(({ who, way, words }) => `${who} (${way}): ${words}`)).toEqual([
    'Blender (more): 62 % of the GPU; it did not use it before, 8 GiB more memory',
    'Ollama (less): did not use the GPU; 30 % before, 6 GiB less memory',
    'a\ufffdb (less): 5 % of the GPU instead of 20 %',
    'Driver says nothing (more): 1 GiB more memory',
  ]);
});

test('a ribbon begins and ends where the recording does, though its minute is longer', () => {
  const line = { source: 'gpu:1', label: 'GPU', step: 1, points: [] as [number, number, number, number][] };
  for (const ts of [...Array(30).keys()].map((at) => NOW + 37 + at)) line.points.push([ts, 1, 1, 1]);
  const holes = gaps(line, NOW - 60, NOW + 120);
  expect(holes).toEqual([
    [NOW - 60, NOW + 37],
    [NOW + 67, NOW + 120],
  ]);
  expect(outside([NOW, NOW + 60], holes)).toEqual([[NOW + 37, NOW + 60]]);
  expect(outside([NOW + 60, NOW + 120], holes)).toEqual([[NOW + 60, NOW + 67]]);
  expect(outside([NOW - 60, NOW], holes)).toEqual([]);
  expect(outside([NOW - 60, NOW + 120], [[NOW, NOW + 10]])).toEqual([
    [NOW - 60, NOW],
    [NOW + 10, NOW + 120],
  ]);
});

test('an episode says who, and whether somebody unexpected was there', () => {
  const all = episodes('', NOW, 0, NOW);
  expect(all.map(whoIn)).toContain('Blender and 2 more');
  expect(all.map(whoIn).at(-1)).toBe('nobody who can be seen');
  const seen = all.find(({ sessions }) => sessions.length > 1);
  if (!seen) throw new Error('there are episodes of more than one');
  const hidden = { ...seen.sessions[0]!, identity: 'a process that cannot be seen', key: 'hidden', busy: 1e9 };
  expect(whoIn({ ...seen, sessions: [hidden, ...seen.sessions] }), 'that is told as unexplained').toBe(whoIn(seen));
  expect(whoIn({ ...seen, sessions: [hidden] })).toBe('nobody who can be seen');
  const [first] = all;
  const event = (ts: number, why: string, digest = false): EventInfo => ({
    ts,
    kind: 'unexpected_use',
    source: null,
    detail: { why, digest },
  });
  if (!first) throw new Error('there are episodes');
  expect(unexpectedIn(first, [event(first.start - 1, 'new'), event(first.start + 1, 'new', true)])).toBeNull();
  expect(unexpectedIn(first, [event(first.start + 1, 'denied')])).toBe('must not');
});

test('what was chosen is remembered, and whatever else stands there is not believed', () => {
  remember(['cpu.utilization']);
  expect(remembered()).toEqual(['cpu.utilization']);
  for (const wrong of ['{', '5', '{"a": 1}']) {
    localStorage.setItem('hoofbeat.history.metrics', wrong);
    expect(remembered(), wrong).toBeNull();
  }
  localStorage.setItem('hoofbeat.history.metrics', '[1, "gpu.power"]');
  expect(remembered()).toEqual(['gpu.power']);
  remember(null);
  expect(remembered()).toBeNull();
});

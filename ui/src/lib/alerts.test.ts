/** Which alerts are told, in which order and in which words; what is on record of earlier ones. */

import { expect, test } from 'vitest';
import { Fixture } from '../fixture/fixture';
import { METRICS } from '../fixture/metrics';
import {
  alertKey,
  alertSentence,
  alertTone,
  apart,
  called,
  counts,
  covered,
  ending,
  lasting,
  inWords,
  own,
  past,
  told,
} from './alerts';
import type { Piece } from './headline';
import type { AlertInfo } from './types/generated/AlertInfo';
import type { AlertNow } from './types/generated/AlertNow';
import type { EventInfo } from './types/generated/EventInfo';
import type { SnoozeInfo } from './types/generated/SnoozeInfo';

const NOW = new Date(2026, 10, 21, 14, 30).getTime() / 1000;
const around = { now: NOW, sources: [], metrics: METRICS };

function alert(more: Partial<AlertInfo> = {}, ...snoozes: SnoozeInfo[]): AlertNow {
  const hot: AlertInfo = {
    rule: 'cpu-hot',
    source: 'cpu',
    key: null,
    identity: null,
    severity: 'warning',
    phase: 'firing',
    title: 'CPU at 96 °C',
    metric: 'cpu.temperature',
    value: 96,
    peak: 96,
    unit: '°C',
    limit: 95,
    is_back: false,
    since: NOW - 1800,
  };
  return { alert: { ...hot, ...more }, snoozes };
}

function event(kind: string, ago: number, detail: EventInfo['detail'], source: string | null = 'cpu'): EventInfo {
  return { ts: NOW - ago, kind, source, detail };
}

const snooze = (until: number | null, rule = '*', source = '*', key: string | null = null): SnoozeInfo => ({
  ...{ rule, source, key, identity: null, until },
});
const joined = (pieces: Piece[]) => pieces.map((piece) => piece.text).join('');
const plain = (pieces: Piece[]) => joined(pieces).replaceAll('\u00a0', ' ');

test('the recorder’s sentence is told, and its value leads to its evidence', () => {
  const pieces = alertSentence(alert(), NOW);
  expect(plain(pieces)).toMatch(/^CPU at 96 °C since .*00/);
  expect(pieces[1]).toMatchObject({ text: '96\u00a0°C', metric: 'cpu.temperature', source: 'cpu', tone: 'warn' });
  expect(pieces.filter((piece) => piece.metric)).toHaveLength(1);
});

test('a sentence without its value leads there as a whole, and one without a metric nowhere', () => {
  const still = alert({ title: 'RTX: fan speed stands still', metric: 'gpu.fan.speed', value: 0, unit: 'RPM' });
  expect(alertSentence(still, NOW)[0]).toMatchObject({ text: 'RTX: fan speed stands still', metric: 'gpu.fan.speed' });
  const held = alert({ title: 'RTX\u202e held back', metric: null, value: 1 });
  const pieces = alertSentence(held, NOW);
  expect(pieces[0]?.text).toBe('RTX\ufffd held back');
  expect(pieces.some((piece) => piece.metric)).toBe(false);
});

test('its value is found in whatever language the recorder wrote it', () => {
  for (const [before, value] of [
    ['RTX: GPU memory used at ', '1.2 GiB'],
    ['RTX: Grafikspeicher bei ', '1,2 GiB'],
  ] as const) {
    const used = { metric: 'gpu.memory.used', value: 1.2 * 1024 ** 3, unit: 'B' };
    const pieces = alertSentence(alert({ title: `${before}${value}`, ...used }), NOW);
    expect(pieces[0]).toMatchObject({ text: before, tone: 'warn' });
    expect(pieces[1]).toMatchObject({ text: '1.2\u00a0GiB', metric: 'gpu.memory.used' });
  }
});

test('what recovers is not told as if it were so since it fired', () => {
  const title = 'CPU 64 °C, was 96 °C';
  const pieces = alertSentence(alert({ title, value: 64, phase: 'recovering', is_back: true }), NOW);
  expect(plain(pieces)).toMatch(/^CPU 64 °C, was 96 °C, alert since .*00/);
  expect(pieces.find((piece) => piece.metric)?.text).toBe('64\u00a0°C');
});

test('no number is parted from its unit at the end of a line', () => {
  expect(joined(alertSentence(alert(), NOW))).toMatch(/^CPU at 96\u00a0°C since\u00a0/);
});

test('what is snoozed is told last, alarms nobody, and says until when', () => {
  const until = alert({ severity: 'critical' }, snooze(NOW + 60), snooze(NOW + 1800));
  expect(plain(alertSentence(until, NOW))).toMatch(/\(snoozed until .*\)$/);
  expect(ending(until.snoozes, NOW)).toBe(ending([snooze(NOW + 1800)], NOW));
  expect(ending([snooze(NOW + 60), snooze(null)], NOW)).toBe('until it is over');
  expect(alertTone(until)).toBe('plain');
  const back = alert({ rule: 'back', is_back: true });
  expect(told([until, back, alert({ rule: 'b' })]).map((one) => one.alert.rule)).toEqual(['b', 'back', 'cpu-hot']);
});

test('what is not for long enough past its limit is no news', () => {
  const phases = ['pending', 'firing', 'recovering', 'nodata'];
  expect(told(phases.map((phase) => alert({ phase }))).map((one) => one.alert.phase)).toEqual(phases.slice(1));
});

test('severity has a tone, and two people’s alerts are two', () => {
  expect(alertTone(alert({ severity: 'critical' }))).toBe('bad');
  expect(alertTone(alert({ severity: 'info' }))).toBe('plain');
  expect(alertKey(alert({ key: 'a' }).alert)).not.toBe(alertKey(alert({ key: 'b' }).alert));
});

test('a snooze says what it is about', () => {
  const { sources } = new Fixture().status();
  expect(covered(snooze(null), sources)).toBe('All alerts');
  expect(covered(snooze(null, 'hot\u202e', 'gpu:*'), sources)).toBe('Alerts of hot\ufffd on gpu:*');
  expect(covered(snooze(null, 'hot', 'cpu'), sources)).toBe('Alerts of hot on AMD Ryzen 9 7950X');
  const ofOne = snooze(null, 'use', 'cpu', 'program:x');
  expect(covered(ofOne, [])).toBe('Alerts of use by program:x on cpu');
  expect(covered({ ...ofOne, identity: 'X\u202e' }, [])).toBe('Alerts of use by X\ufffd on cpu');
});

test('a snooze is told once: at its alert where it is about that one alone, else by itself', () => {
  const [all, mine, other] = [
    snooze(null),
    snooze(null, 'cpu-hot', 'cpu'),
    snooze(null, 'cpu-hot', 'cpu', 'program:x'),
  ];
  const hot = alert({}, all, mine);
  expect(own(hot, [hot])).toEqual([mine]);
  expect(apart([all, mine, other], [hot])).toEqual([all, other]);
  // One of the whole rule is told at the only alert that it silences, and by itself where it silences two.
  const two = [alert({ key: 'program:x' }, all, mine, other), alert({ key: 'program:y' }, all, mine)];
  expect(two.map((one) => own(one, two))).toEqual([[other], []]);
  expect(apart([all, mine, other], two)).toEqual([all, mine]);
  expect(apart([mine], [])).toEqual([mine]);
});

test('what alerts are about is known by name, and what else there is does not matter', () => {
  const { sources } = new Fixture('fine').status();
  const gpu = sources.find(({ kind }) => kind === 'gpu')!;
  const event: EventInfo = { ts: NOW - 60, kind: 'alert_fired', source: gpu.id, detail: { rule: 'gpu-hot' } };
  const alerts = past([event]);
  const said = called(alerts, sources);
  expect(said).toContain(gpu.label);
  expect(said).not.toContain(sources.find(({ kind }) => kind === 'cpu')!.label);
  const other = (change: (source: (typeof sources)[number]) => object) =>
    called(
      alerts,
      sources.map((source) => ({ ...source, ...change(source) })),
    );
  expect(
    other(() => ({ metrics: {}, ts: NOW + 1 })),
    'values',
  ).toBe(said);
  expect(other(({ kind }) => (kind === 'gpu' ? {} : { label: 'Another' }))).toBe(said);
  expect(other(({ id }) => (id === gpu.id ? { label: 'Another' } : {}))).not.toBe(said);
  expect(called(alerts, [...sources, { ...gpu, id: 'gpu:twin' }]), 'a twin makes it say which one').not.toBe(said);
  expect(called([], sources)).toBe('[]');
});

test('earlier alerts are rows from beginning to end', () => {
  const hot = { rule: 'hot', title: 'CPU at 96 °C for 2 min' };
  const newestFirst = [
    event('alert_fired', 10, { ...hot, title: 'CPU at 97 °C' }),
    event('recorder_started', 20, {}),
    event('alert_cleared', 400, { ...hot, title: 'CPU back to 64 °C' }),
    event('alert_fired', 500, { rule: 'hot', key: 'other', title: 'Another' }),
    event('alert_fired', 700, { ...hot, title: 'Still CPU at 96 °C' }),
    event('alert_fired', 1000, hot),
    event('alert_cleared', 2000, { rule: 'full', seconds: 60, title: 'Disk back to 80 %' }, 'disk'),
  ];
  const rows = inWords(past(newestFirst), around);
  expect(rows.map(({ title, since, lasted }) => [title, NOW - since, lasted])).toEqual([
    ['CPU at 97 °C', 10, null],
    ['Another', 500, null],
    ['CPU at 96 °C for 2 min', 1000, 600],
    ['Disk back to 80 %', 2060, 60],
  ]);
  expect(rows.map((row) => lasting(row, new Set(['full'])))).toEqual(['end unknown', 'end unknown', '10 min', '1 min']);
  expect(rows.slice(0, 1).map((row) => lasting(row, new Set(['hot'])))).toEqual(['goes on']);
  expect([...counts(rows, NOW - 1500)]).toEqual([['hot', 3]]);
});

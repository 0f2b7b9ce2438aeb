/** Which alerts are told, in which order and in which words. */

import { expect, test } from 'vitest';
import { METRICS } from '../fixture/metrics';
import { alertSentence, firing } from './alerts';
import type { Piece } from './headline';
import type { EventInfo } from './types/generated/EventInfo';
import type { SourceStatus } from './types/generated/SourceStatus';

const NOW = 1_795_262_400;

function event(kind: string, source: string | null, detail: EventInfo['detail'], ago = 190): EventInfo {
  return { ts: NOW - ago, kind, source, detail };
}

const memory: SourceStatus = {
  id: 'memory',
  kind: 'memory',
  label: 'Memory',
  part_of: null,
  health: 'ok',
  reason: '',
  ts: NOW,
  metrics: { 'memory.used': { value: 907 * 1024 ** 2, unit: 'B' } },
  processes: [],
};
const cpu: SourceStatus = {
  ...memory,
  id: 'cpu',
  kind: 'cpu',
  label: 'A Fine CPU',
  metrics: { 'cpu.temperature': { value: 96, unit: '°C' }, 'cpu.utilization': { value: 99, unit: '%' } },
};
const sensor: SourceStatus = {
  ...memory,
  id: 'hwmon:k10temp:Tctl',
  kind: 'channel',
  label: 'Tctl',
  part_of: 'cpu',
  metrics: { 'hwmon.temperature': { value: 88, unit: '°C' } },
};

const plain = (pieces: Piece[]) =>
  pieces
    .map((piece) => piece.text)
    .join('')
    .replaceAll('\u00a0', ' ');

test('only alerts that are not over are firing', () => {
  const fired = (rule: string, source: string) => event('alert_fired', source, { rule });
  const cleared = (rule: string, source: string) => event('alert_cleared', source, { rule });
  const newestFirst = [
    fired('hot', 'b'),
    cleared('hot', 'a'),
    fired('hot', 'a'),
    cleared('hot', 'b'),
    fired('full', 'a'),
  ];
  expect(firing(newestFirst)).toEqual([fired('hot', 'b'), fired('full', 'a')]);
});

test('the worst alert comes first, among equals the newest', () => {
  const fired = (rule: string, severity?: string) => event('alert_fired', 'cpu', { rule, severity });
  const newestFirst = [
    fired('a', 'info'),
    fired('b', 'warning'),
    fired('c'),
    fired('d', 'critical'),
    fired('e', 'info'),
  ];
  expect(firing(newestFirst).map(({ detail }) => detail.rule)).toEqual(['d', 'b', 'c', 'a', 'e']);
});

test.each([
  ['memory', 'memory.used', 4, 'Memory used at 907 MiB, limit 4 B, for 3 min'],
  ['cpu', 'cpu.temperature', 95, 'CPU at 96 °C, limit 95 °C, for 3 min'],
  ['cpu', 'cpu.utilization', 90, 'CPU busy at 99 %, limit 90 %, for 3 min'],
  ['hwmon:k10temp:Tctl', 'hwmon.temperature', 80, 'A Fine CPU · Tctl at 88 °C, limit 80 °C, for 3 min'],
  ['cpu', 'cpu.temperature', undefined, 'CPU at 96 °C, for 3 min'],
  // Not read now, gone altogether, and of a metric that nobody knows: nothing is claimed of the value.
  ['cpu', 'cpu.load.1m', 8, 'CPU: load, 1 minute past 8, for 3 min'],
  ['gpu:gone\u202e', 'gpu.power', 300, 'gpu:gone\ufffd: GPU power past 300 W, for 3 min'],
  ['cpu', 'unheard.of', 3, 'm5 past its limit, for 3 min'],
])('%s, %s, %s', (source, metric, limit, expected) => {
  const fired = event('alert_fired', source, { rule: 'm5', metric, value: 1, limit, severity: 'critical' });
  const pieces = alertSentence(fired, { now: NOW, sources: [memory, cpu, sensor], metrics: METRICS });
  expect(plain(pieces)).toBe(expected);
  expect(new Set(pieces.map((piece) => piece.tone))).toEqual(new Set(['bad']));
});

test('the value of an alert leads to its evidence, and a source that is not well has no value', () => {
  const fired = event('alert_fired', 'memory', { metric: 'memory.used', limit: 4 }, 29);
  const say = (source: SourceStatus) => alertSentence(fired, { now: NOW, sources: [source], metrics: METRICS });
  expect(say(memory)[1]).toMatchObject({ text: '907\u00a0MiB', metric: 'memory.used', source: 'memory' });
  expect(plain(say({ ...memory, health: 'stale' }))).toBe('Memory used past 4 B, for 29 s');
});

test('no number is parted from its unit at the end of a line', () => {
  const fired = event('alert_fired', 'memory', { metric: 'memory.used', limit: 4 }, 29);
  const words = alertSentence(fired, { now: NOW, sources: [memory], metrics: METRICS }).map((piece) => piece.text);
  expect(words.join('')).toBe('Memory used at 907\u00a0MiB, limit\u00a04\u00a0B, for\u00a029\u00a0s');
});

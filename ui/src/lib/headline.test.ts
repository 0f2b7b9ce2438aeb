/** The sentence at the top, in every state of the machine. */

import { expect, test } from 'vitest';
import { Fixture } from '../fixture/fixture';
import type { Condition } from './condition';
import { headline, type Piece } from './headline';
import type { SourceStatus } from './types/generated/SourceStatus';
import type { Status } from './types/generated/Status';

const NOW = new Date(2026, 10, 21, 14, 30).getTime() / 1000;
const RECORDING: Condition = { kind: 'recording', since: NOW - 3600 };

function source(id: string, kind: string, metrics: Record<string, [number, string]>, more: Partial<SourceStatus> = {}) {
  const values = Object.entries(metrics).map(([key, [value, unit]]) => [key, { value, unit }]);
  return {
    id,
    kind,
    label: id,
    part_of: null,
    health: 'ok',
    reason: '',
    ts: NOW,
    metrics: Object.fromEntries(values),
    ...more,
  } as SourceStatus;
}

function status(...sources: SourceStatus[]): Status {
  return { schema: 1, ts: NOW, recorder: { state: 'recording', since: NOW - 3600, until: null, tick: 1 }, sources };
}

const say = (pieces: Piece[]) =>
  pieces
    .map((piece) => piece.text + (piece.after ?? ''))
    .join('')
    .replaceAll('\u00a0', ' ');

const cpu = source('cpu', 'cpu', { 'cpu.utilization': [12.3, '%'], 'cpu.temperature': [54, '°C'] });
const memory = source('memory', 'memory', {
  'memory.used': [6.1 * 1024 ** 3, 'B'],
  'memory.total': [24 * 1024 ** 3, 'B'],
});

test('it says what the machine does, and every number leads to its evidence', () => {
  const pieces = headline(status(cpu, memory), RECORDING, [], NOW);
  expect(say(pieces)).toBe('CPU is 12 % busy, 54 °C. Memory 6.1 of 24 GiB.');
  expect(pieces.filter((piece) => piece.metric).map((piece) => `${piece.source} ${piece.metric}`)).toEqual([
    'cpu cpu.utilization',
    'cpu cpu.temperature',
    'memory memory.used',
  ]);
});

test('a value that was not read is not spoken of', () => {
  const bare = source('cpu', 'cpu', { 'cpu.utilization': [12, '%'] });
  expect(say(headline(status(bare), RECORDING, [], NOW))).toBe('CPU is 12 % busy.');
  expect(say(headline(status(), RECORDING, [], NOW))).toBe('Waiting for the first values.');
  const warm = source('cpu', 'cpu', { 'cpu.temperature': [56, '°C'] });
  const gpu = source('RTX', 'gpu', { 'gpu.temperature': [91, '°C'] });
  expect(say(headline(status(warm, gpu), RECORDING, [], NOW))).toBe('RTX is at 91 °C. CPU is at 56 °C.');
  const disk = source('sda', 'disk', { 'disk.read': [0, 'B/s'] });
  expect(say(headline(status(disk), RECORDING, [], NOW))).toBe(
    'Recording; nothing here tells how busy this machine is.',
  );
  const denied = { ...cpu, health: 'denied' as const };
  expect(say(headline(status(denied, memory), RECORDING, [], NOW))).toBe('Memory 6.1 of 24 GiB.');
});

test('the GPU comes first; one that sleeps is news only where none is awake', () => {
  const awake = source('RTX', 'gpu', { 'gpu.utilization': [98, '%'], 'gpu.temperature': [91, '°C'] });
  const asleep = source('UHD', 'gpu', {}, { health: 'asleep' });
  expect(say(headline(status(cpu, awake, asleep), RECORDING, [], NOW))).toBe(
    'RTX is 98 % busy, 91 °C. CPU is 12 % busy, 54 °C.',
  );
  expect(say(headline(status(asleep), RECORDING, [], NOW))).toBe('UHD is asleep.');
  const released = source('A2000', 'gpu', {}, { health: 'asleep', reason: 'idle, letting it sleep' });
  expect(say(headline(status(released), RECORDING, [], NOW))).toBe('A2000 is idle.');
});

test('who makes the busiest GPU work is named, and an idle one is called idle', () => {
  const process = (identity: string, share: number) => ({
    pid: 1,
    started: 1,
    identity,
    key: identity,
    uid: 1000,
    share,
    vram: null,
  });
  const busy = (id: string, percent: number, ...processes: ReturnType<typeof process>[]) =>
    source(id, 'gpu', { 'gpu.utilization': [percent, '%'], 'gpu.temperature': [71, '°C'] }, { processes });
  const words = (...sources: SourceStatus[]) => say(headline(status(...sources), RECORDING, [], NOW));
  expect(words(busy('Arc', 20, process('x', 20)), busy('RTX', 94, process('Blender', 90)))).toBe(
    'Arc is 20 % busy, 71 °C. RTX is 94 % busy, 71 °C: Blender.',
  );
  expect(words(busy('RTX', 94, process('\u202e<b>', 90)))).toBe('RTX is 94 % busy, 71 °C: \ufffd<b>.');
  expect(words(busy('RTX', 0.4, process('Shell', 0.4)))).toBe('RTX is idle, 71 °C.');
});

test('what is wrong comes first of all', () => {
  const full = source('/home', 'filesystem', { 'disk.used': [94.6, 'B'], 'disk.total': [100, 'B'] });
  expect(say(headline(status(cpu, full), RECORDING, [[{ text: 'RTX at 91 °C, limit 87 °C' }]], NOW))).toBe(
    'RTX at 91 °C, limit 87 °C. CPU is 12 % busy, 54 °C. /home is 94 % full.',
  );
});

test('two alerts are told in full, and no number twice', () => {
  const used: Piece = { text: '6.1 GiB', metric: 'memory.used', source: 'memory' };
  const alerts: Piece[][] = [[{ text: 'Memory used at ' }, used], [{ text: 'B' }], [{ text: 'C' }], [{ text: 'D' }]];
  const words = (count: number) => say(headline(status(cpu, memory), RECORDING, alerts.slice(0, count), NOW));
  expect(words(1)).toBe('Memory used at 6.1 GiB. CPU is 12 % busy, 54 °C.');
  expect(words(2)).toBe('Memory used at 6.1 GiB. B. CPU is 12 % busy, 54 °C.');
  expect(words(3)).toBe('Memory used at 6.1 GiB. B · 1 more alert. CPU is 12 % busy, 54 °C.');
  expect(words(4)).toBe('Memory used at 6.1 GiB. B · 2 more alerts. CPU is 12 % busy, 54 °C.');
});

test('without a recorder it says since when', () => {
  const at = (kind: 'off' | 'paused') => (kind === 'off' ? { kind, since: NOW - 1800 } : { kind, until: NOW + 1800 });
  expect(say(headline(status(cpu), at('off'), [], NOW))).toMatch(
    /^Nothing is recorded: the recorder is off since .*00.*\.$/,
  );
  expect(say(headline(status(cpu), at('paused'), [], NOW))).toMatch(/^Recording is paused until .*00.*\.$/);
  expect(say(headline(status(cpu), { kind: 'off', since: null }, [], NOW))).toBe(
    'Nothing is recorded: the recorder is off.',
  );
});

test('a hostile label stays text without controls', () => {
  const machine = new Fixture('hostile', () => NOW);
  const words = say(headline(machine.status(), RECORDING, [], NOW));
  expect(words).toContain('<img src=x onerror=alert(1)>');
  expect(words).not.toMatch(/[\u0000-\u001f\u202e]/); // eslint-disable-line no-control-regex -- the point
});

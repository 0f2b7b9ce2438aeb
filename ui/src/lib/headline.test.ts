/** The sentence at the top, in every state of the machine. */

import { expect, test } from 'vitest';
import { Fixture } from '../fixture/fixture';
import { verdicts } from '../fixture/verdicts';
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
    processes: [],
    ...more,
  } as SourceStatus;
}

function status(...sources: SourceStatus[]): Status {
  return { schema: 1, ts: NOW, recorder: { state: 'recording', since: NOW - 3600, until: null, tick: 1 }, sources };
}

const heads = (status: Status, condition: Condition, alerts: readonly Piece[][] = []) =>
  headline({ status, verdicts: verdicts(status.sources), alerts }, condition, NOW);

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
  const pieces = heads(status(cpu, memory), RECORDING);
  expect(say(pieces)).toBe('No GPU was found. CPU is 12 % busy, 54 °C. Memory 6.1 of 24 GiB.');
  expect(pieces.filter((piece) => piece.metric).map((piece) => `${piece.source} ${piece.metric}`)).toEqual([
    'cpu cpu.utilization',
    'cpu cpu.temperature',
    'memory memory.used',
  ]);
});

test('a value that was not read is not spoken of', () => {
  const bare = source('cpu', 'cpu', { 'cpu.utilization': [12, '%'] });
  expect(say(heads(status(bare), RECORDING))).toBe('No GPU was found. CPU is 12 % busy.');
  expect(say(heads(status(), RECORDING))).toBe('Waiting for the first values.');
  const warm = source('cpu', 'cpu', { 'cpu.temperature': [56, '°C'] });
  const gpu = source('RTX', 'gpu', { 'gpu.temperature': [91, '°C'] });
  expect(say(heads(status(warm, gpu), RECORDING))).toBe('RTX is at 91 °C. CPU is at 56 °C.');
  const disk = source('sda', 'disk', { 'disk.read': [0, 'B/s'] });
  expect(say(heads(status(disk), RECORDING))).toBe('Recording; nothing here tells how busy this machine is.');
  const denied = { ...cpu, health: 'denied' as const };
  expect(say(heads(status(denied, memory), RECORDING))).toBe('No GPU was found. Memory 6.1 of 24 GiB.');
});

test('the GPU comes first; one that sleeps is news only where none is awake', () => {
  const awake = source('RTX', 'gpu', { 'gpu.utilization': [98, '%'], 'gpu.temperature': [91, '°C'] });
  const asleep = source('UHD', 'gpu', {}, { health: 'asleep' });
  expect(say(heads(status(cpu, awake, asleep), RECORDING))).toBe('RTX is 98 % busy, 91 °C. CPU is 12 % busy, 54 °C.');
  expect(say(heads(status(asleep), RECORDING))).toBe('UHD is asleep.');
  const released = source('A2000', 'gpu', {}, { health: 'asleep', reason: 'idle, letting it sleep' });
  expect(say(heads(status(released), RECORDING))).toBe('A2000 is idle.');
});

test('of many GPUs the busiest two are told of, and of the others how many do what', () => {
  const machine = new Fixture('farm', () => NOW);
  const words = say(heads(machine.status(), RECORDING));
  expect(words).toMatch(
    /^NVIDIA H100 80GB HBM3[^.]* is 99 % busy, 70 °C\. NVIDIA H100 80GB HBM3[^.]* is 98 % busy, 70 °C\. 34 more GPUs: 28 busy, 6 idle\. CPU is /,
  );
  const asleep = (count: number) => Array.from({ length: count }, (_, at) => source(`G${at}`, 'gpu', {}, OFF));
  const OFF = { health: 'asleep' as const };
  expect(say(heads(status(...asleep(40)), RECORDING))).toBe('G0 is asleep. G1 is asleep. 38 more GPUs: 38 asleep.');
  const lost = source('GX', 'gpu', {}, { health: 'lost' });
  expect(say(heads(status(...asleep(2), lost), RECORDING))).toBe('GX is gone. G0 is asleep. 1 more GPU: 1 asleep.');
});

test('of many full file systems the fullest two are told of, and the others counted', () => {
  const full = Array.from({ length: 5 }, (_, at) =>
    source(`/data/${at}`, 'filesystem', { 'disk.used': [91 + at, 'B'], 'disk.total': [100, 'B'] }),
  );
  expect(say(heads(status(cpu, ...full), RECORDING))).toBe(
    'No GPU was found. CPU is 12 % busy, 54 °C. /data/4 is 95 % full. /data/3 is 94 % full. 3 more file systems are nearly full.',
  );
});

test('what is wrong comes first of all', () => {
  const full = source('/home', 'filesystem', { 'disk.used': [94.6, 'B'], 'disk.total': [100, 'B'] });
  expect(say(heads(status(cpu, full), RECORDING, [[{ text: 'RTX at 91 °C, limit 87 °C' }]]))).toBe(
    'RTX at 91 °C, limit 87 °C. No GPU was found. CPU is 12 % busy, 54 °C. /home is 94 % full.',
  );
  // Of what everybody may use, where that is told: 5 % may be root's.
  const metrics: Record<string, [number, string]> = {
    'disk.used': [89, 'B'],
    'disk.usable': [95, 'B'],
    'disk.total': [100, 'B'],
  };
  expect(say(heads(status(cpu, source('/', 'filesystem', metrics)), RECORDING))).toBe(
    'No GPU was found. CPU is 12 % busy, 54 °C. / is 93 % full.',
  );
});

test('two alerts are told in full, and no number twice', () => {
  const used: Piece = { text: '6.1 GiB', metric: 'memory.used', source: 'memory' };
  const alerts: Piece[][] = [[{ text: 'Memory used at ' }, used], [{ text: 'B' }], [{ text: 'C' }], [{ text: 'D' }]];
  const words = (count: number) => say(heads(status(cpu, memory), RECORDING, alerts.slice(0, count)));
  expect(words(1)).toBe('Memory used at 6.1 GiB. No GPU was found. CPU is 12 % busy, 54 °C.');
  expect(words(2)).toBe('Memory used at 6.1 GiB. B. No GPU was found. CPU is 12 % busy, 54 °C.');
  expect(words(3)).toBe('Memory used at 6.1 GiB. B · 1 more alert. No GPU was found. CPU is 12 % busy, 54 °C.');
  expect(words(4)).toBe('Memory used at 6.1 GiB. B · 2 more alerts. No GPU was found. CPU is 12 % busy, 54 °C.');
});

test('without a recorder it says since when', () => {
  const at = (kind: 'off' | 'paused') => (kind === 'off' ? { kind, since: NOW - 1800 } : { kind, until: NOW + 1800 });
  expect(say(heads(status(cpu), at('off')))).toMatch(/^Nothing is recorded: the recorder is off since .*00.*\.$/);
  expect(say(heads(status(cpu), at('paused')))).toMatch(/^Recording is paused until .*00.*\.$/);
  expect(say(heads(status(cpu), { kind: 'off', since: null }))).toBe('Nothing is recorded: the recorder is off.');
});

test('a hostile label stays text without controls', () => {
  const machine = new Fixture('hostile', () => NOW);
  const words = say(heads(machine.status(), RECORDING));
  expect(words).toContain('<img src=x onerror=alert(1)>');
  expect(words).not.toMatch(/[\u0000-\u001f\u202e]/); // eslint-disable-line no-control-regex -- the point
});

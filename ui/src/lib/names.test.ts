/** What sources are called, whatever stands in their labels. */

import { expect, test } from 'vitest';
import { METRICS } from '../fixture/metrics';
import { brief, shortLabel, sourceName, visible, titleOf } from './names';
import type { SourceStatus } from './types/generated/SourceStatus';

function source(id: string, kind: string, label: string, part_of: string | null = null): SourceStatus {
  return { id, kind, label, part_of, health: 'ok', reason: '', ts: null, metrics: {}, processes: [] };
}

test('a part names its whole, twins their id, and an empty label is no name', () => {
  const all = [
    source('hwmon:a', 'chip', 'nct6799'),
    source('hwmon:a:fan1', 'channel', 'CPU fan', 'hwmon:a'),
    source('disk:1', 'disk', 'SSD'),
    source('disk:2', 'disk', 'SSD'),
    source('cpu', 'cpu', 'Ryzen'),
    source('cpu:0', 'core', 'Core 0', 'cpu'),
    source('net:eth0', 'network', ''),
  ];
  expect(all.map((one) => sourceName(one, all))).toEqual([
    'nct6799',
    'nct6799 · CPU fan',
    'SSD (disk:1)',
    'SSD (disk:2)',
    'Ryzen',
    'Core 0',
    'net:eth0',
  ]);
});

test('a long name is cut between characters', () => {
  expect(brief('NVIDIA GeForce RTX 4090')).toBe('NVIDIA GeForce RTX 4090');
  expect(brief('🐎'.repeat(41))).toBe(`${'🐎'.repeat(39)}…`);
});

test('controls and direction marks become visible', () => {
  expect(visible('evil\u202egnp.exe\n\u001b[31m')).toBe('evil\ufffdgnp.exe\ufffd\ufffd[31m');
  expect(visible('</b><img>')).toBe('</b><img>');
});

test('a name that is written from right to left does not turn round what follows it', () => {
  expect(visible('حصان')).toBe('\u2068حصان\u2069');
  expect(visible('\u2069حصان')).toBe('\u2068\ufffdحصان\u2069');
  expect(brief(visible('ح'.repeat(60)))).toBe(`\u2068${'ح'.repeat(38)}…\u2069`);
});

test.each([
  ['CPU temperature', 'Temperature'],
  ['Time tasks waited for a CPU', 'Pressure'],
  ['Load, 15 minutes', 'Load, 15 min'],
  ['GPU fan, intended (may exceed 100)', 'Fan, set'],
  ["Hoofbeat's CPU, of one core", 'CPU, of one core'],
  ['Received', 'Received'],
  ['Packets received', 'Packets in'],
  ['Send errors', 'Errors out'],
  ['GPU memory bus busy', 'Memory bus'],
  ['Video encoder busy', 'Encoder'],
  ['GPU memory temperature', 'Memory temp.'],
  ['Throttle reasons', 'Held back by'],
  ['Performance state', 'State'],
])('%s on its own card is %s', (label, short) => {
  expect(shortLabel(label)).toBe(short);
});

test.each([
  ['Read', 'disk', 'Disks · Read'],
  ['Disk busy', 'disk', 'Disk busy'],
  ['Temperature', 'sensors', 'Sensors · Temperature'],
  ['Battery charge', 'sensors', 'Battery charge'],
  ['CPU busy', 'cpu', 'CPU busy'],
])('%s of the panel %s is the chart of %s', (label, panel, expected) => {
  const titles: Record<string, string> = { disk: 'Disks', sensors: 'Sensors', cpu: 'CPU' };
  expect(titleOf({ key: 'any', unit: '', label, panel }, titles[panel] ?? '')).toBe(expected);
});

test('no card says again in the names of its metrics what its heading says', () => {
  const bare = METRICS.map(({ label }) => shortLabel(label)).filter((short) =>
    /^(CPU|GPU|Disk|Hoofbeat's) /.test(short),
  );
  expect(bare).toEqual([]);
});

import { expect, test } from 'vitest';
import { clock, duration, moment, ofWhole, text, timeTick } from './format';

const KIB = 1024;

test.each([
  [64, '°C', '64 °C'],
  [-3.6, '°C', '−4 °C'],
  [-0.2, '°C', '0 °C'],
  [12.34, '%', '12 %'],
  [3.24, '%', '3.2 %'],
  [9.96, '%', '10 %'],
  [0, '%', '0 %'],
  [100, '%', '100 %'],
  [340.4, 'W', '340 W'],
  [6.25, 'W', '6.3 W'],
  [-12.35, 'W', '−12 W'],
  [0, 'B', '0 B'],
  [512, 'B', '512 B'],
  [1.2 * KIB ** 3, 'B', '1.2 GiB'],
  [24 * KIB ** 3, 'B', '24 GiB'],
  [23.47 * KIB ** 3, 'B', '23.5 GiB'],
  [150.4 * KIB ** 2, 'B', '150 MiB'],
  [1023.9 * KIB, 'B', '1 MiB'],
  [12.3e6, 'B/s', '12.3 MB/s'],
  [999, 'B/s', '999 B/s'],
  [999_950, 'B/s', '1 MB/s'],
  [0.4, 'B/s', '0.4 B/s'],
  [3.4e9, 'Hz', '3.4 GHz'],
  [800e6, 'Hz', '800 MHz'],
  [1234, '1/s', '1.2 k/s'],
  [7, '1/s', '7 /s'],
  [5.4e6, 'J', '5.4 MJ'],
  [0, 's', '0 s'],
  [0.000_12, 's', '120 µs'],
  [0.0123, 's', '12.3 ms'],
  [1.5, 's', '1.5 s'],
  [1450, 'RPM', '1450 RPM'],
  [1.104, 'V', '1.10 V'],
  [12.08, 'V', '12.1 V'],
  [0.42, '', '0.42'],
  [16, '', '16'],
  [2, 'parsec', '2 parsec'],
])('%f %s is written %s', (value, unit, expected) => {
  expect(text(value, unit)).toBe(expected);
});

test('a part of a whole names its unit once, where it is the same', () => {
  expect(ofWhole(6.1 * KIB ** 3, 24 * KIB ** 3, 'B')).toBe('6.1 of 24 GiB');
  expect(ofWhole(512 * KIB ** 2, 24 * KIB ** 3, 'B')).toBe('512 MiB of 24 GiB');
});

test.each([
  [0, '0 s'],
  [12.4, '12 s'],
  [59.6, '1 min'],
  [420, '7 min'],
  [4320, '1 h 12 min'],
  [7200, '2 h'],
  [3 * 86400 + 4 * 3600 + 59, '3 d 4 h'],
  [86400, '1 d'],
  [-5, '0 s'],
])('%d s last %s', (seconds, expected) => {
  expect(duration(seconds)).toBe(expected);
});

test('a moment of another day names the day', () => {
  const at = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime() / 1000;
  const now = at(2026, 10, 21, 18, 30);
  expect(moment(at(2026, 10, 21, 14, 2), now)).toMatch(/^(14:02|02:02 PM)$/);
  expect(moment(at(2026, 10, 20, 14, 2), now)).toMatch(/20.*, (14:02|02:02 PM)$/);
  expect(clock(at(2026, 10, 21, 14, 2))).toMatch(/^(14:02:00|02:02:00 PM)$/);
  expect(timeTick(at(2026, 10, 21, 0, 0), 3600)).toMatch(/21/);
  expect(timeTick(at(2026, 10, 21, 6, 0), 3600)).not.toMatch(/21/);
  expect(timeTick(at(2026, 10, 21, 6, 0), 86400)).toMatch(/21/);
});

/** Values as text, held to the same cases as the Rust twin. */

import { expect, test } from 'vitest';
// Not a copy: the very file that format.rs is tested against.
import cases from '../../../src-tauri/core/src/format.json';
import {
  aboutEnergy,
  aboutMoney,
  clock,
  duration,
  moment,
  ofWhole,
  parts,
  text,
  throttleReasons,
  timeTick,
  words,
} from './format';

const KIB = 1024;

test.each(cases.quantities as [number, string, string][])('%f %s is written %s', (value, unit, expected) => {
  expect(text(value, unit)).toBe(expected);
});

test.each(cases.durations as [number, string][])('%d s last %s', (seconds, expected) => {
  expect(duration(seconds)).toBe(expected);
});

test.each(cases.energies as [number, string][])('%f J are %s', (joules, expected) => {
  expect(aboutEnergy(joules)).toBe(expected);
});

test.each(cases.money as [number, string, string][])('%f %s are %s', (amount, currency, expected) => {
  expect(aboutMoney(amount, currency)).toBe(expected);
});

test('what is no number, or has a unit that is not known yet, is still text', () => {
  expect(text(NaN, '%')).toBe('–');
  expect(text(2, 'parsec')).toBe('2 parsec');
  expect(duration(-5)).toBe('0 s');
  expect(parts(12.3e6, 'B/s')).toEqual({ number: '12.3', unit: 'MB/s' });
});

test('a part of a whole names its unit once, where it is the same', () => {
  expect(ofWhole(6.1 * KIB ** 3, 24 * KIB ** 3, 'B')).toBe('6.1 of 24 GiB');
  expect(ofWhole(512 * KIB ** 2, 24 * KIB ** 3, 'B')).toBe('512 MiB of 24 GiB');
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
  expect(timeTick(at(2026, 10, 21, 6, 0) + 30, 30), 'two ticks of one minute').toMatch(/30/);
});

test.each(cases.throttles as [number, string][])('the reasons in %d are %s', (bits, expected) => {
  expect(throttleReasons(bits)).toBe(expected);
});

test('numbers that stand for something are said in words, and others are not', () => {
  expect(words('gpu.throttle', 2)).toBe('heat');
  expect(words('gpu.pstate', 8)).toBe('P8');
  expect(words('gpu.pcie.width', 16)).toBe('×16');
  expect(words('gpu.temperature', 64)).toBeNull();
  expect(words('gpu.throttle', NaN)).toBeNull();
});

/** Values as text, held to the same cases as the Rust twin. */

import { afterEach, expect, test } from 'vitest';
import catalogue from '../../../languages/de.json';
// Not copies: the very files that format.rs is tested against.
import german from '../../../src-tauri/core/src/format.de.json';
import cases from '../../../src-tauri/core/src/format.json';
import {
  aboutEnergy,
  aboutMoney,
  briefEnergy,
  clock,
  day,
  decimal,
  duration,
  moment,
  ofWhole,
  parts,
  recorded,
  text,
  throttleReasons,
  timeTick,
  words,
} from './format';
import { learn } from './language';

const KIB = 1024;

afterEach(() => learn('en', {}));

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
  expect(moment(at(2026, 10, 20, 14, 2), now)).not.toContain('2026');
  expect(moment(at(2025, 10, 20, 14, 2), now)).toMatch(/20.*2025, (14:02|02:02 PM)$/);
  expect(moment(at(2025, 10, 21, 14, 2), now), 'a year ago is not today').toMatch(/21.*2025/);
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

test('an estimate in a column has a sign in place of a word', () => {
  expect([1530, 20, 0].map(briefEnergy)).toEqual(['≈ 0.43 Wh', 'less than 0.01 Wh', '0 Wh']);
});

test('German pages write each of these cases in German', () => {
  learn('de', catalogue);
  for (const [value, unit, expected] of german.quantities as [number, string, string][]) {
    expect(text(value, unit), `${value} ${unit}`).toBe(expected);
  }
  for (const [seconds, expected] of german.durations as [number, string][]) expect(duration(seconds)).toBe(expected);
  for (const [joules, expected] of german.energies as [number, string][]) expect(aboutEnergy(joules)).toBe(expected);
  for (const [amount, currency, expected] of german.money as [number, string, string][]) {
    expect(aboutMoney(amount, currency)).toBe(expected);
  }
  for (const [bits, expected] of german.throttles as [number, string][]) expect(throttleReasons(bits)).toBe(expected);
  expect(parts(12.3e6, 'B/s')).toEqual({ number: '12,3', unit: 'MB/s' });
  expect(ofWhole(6.1 * KIB ** 3, 24 * KIB ** 3, 'B')).toBe('6,1 von 24 GiB');
});

test('days and times are those of the language that the page speaks', () => {
  const at = (day: number) => new Date(2026, 9, day, 14, 2).getTime() / 1000;
  learn('de', catalogue);
  expect(moment(at(20), at(21))).toBe('20. Okt., 14:02');
  expect(moment(at(20) - 365 * 86400, at(21))).toBe('20. Okt. 2025, 14:02');
  expect(day(at(20))).toBe('20. Okt. 2026');
  expect(decimal(3.46)).toBe('3,5');
  expect(clock(at(20))).toBe('14:02:00');
});

test('a recorded value is known in every language that the recorder may speak', () => {
  expect(recorded(1288490189, 'B')).toEqual(['1.2 GiB', '1,2 GiB']);
  expect(recorded(96, '°C')).toEqual(['96 °C']);
  learn('de', catalogue);
  expect(recorded(1288490189, 'B')).toEqual(['1,2 GiB', '1.2 GiB']);
});

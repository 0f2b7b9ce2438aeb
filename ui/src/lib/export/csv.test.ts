/** Cells that programs read and spreadsheets do not run. */

import { expect, test, vi } from 'vitest';
import { csv, iso, moment, offset } from './csv';

function cell(text: string): string {
  return csv(['a'], [[text]]).split('\r\n')[1] ?? '';
}

test.each([
  // As `Untrusted::csv` has them.
  ['blender', 'blender'],
  ['a\nb', 'a\ufffdb'],
  ['\u001b[31mred', '\ufffd[31mred'],
  ["=cmd|' /C'", "'=cmd|' /C'"],
  [' +1,"x"', `"' +1,""x"""`],
  ['evil\u202egnp.exe', 'evil\ufffdgnp.exe'],
  // And what else begins like a formula, or ends a cell.
  ['-2', "'-2"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\u00a0=1', "'\u00a0=1"],
  ['\t=1', '\ufffd=1'],
  ['a;b', '"a;b"'],
  ['a\r\nb', 'a\ufffd\ufffdb'],
  ['</svg><script>', '</svg><script>'],
  // What is written from right to left stands as it is, also where the page has isolated it.
  ['حصان', 'حصان'],
  ['\u2068حصان\u2069', 'حصان'],
  ['a\u2068b', 'a\ufffdb'],
  ['a\u061cb', 'a\ufffdb'],
])('%j is %j', (text, expected) => {
  expect(cell(text)).toBe(expected);
});

test('numbers stay numbers, and what is not known is empty', () => {
  const rows = csv(
    ['value', 'other'],
    [
      [-2.5, 0.1 + 0.2],
      [null, NaN],
      [0, 1e15],
      [12884901888, Infinity],
    ],
  );
  expect(rows).toBe('value,other\r\n-2.5,0.3\r\n,\r\n0,1000000000000000\r\n12884901888,\r\n');
});

test('a table without rows still has its head', () => {
  expect(csv(['ts', 'time'], [])).toBe('ts,time\r\n');
});

test.each([
  [0, '2026-11-22T08:00:00+00:00'],
  [-60, '2026-11-22T09:00:00+01:00'],
  [-330, '2026-11-22T13:30:00+05:30'],
  [210, '2026-11-22T04:30:00-03:30'],
])('a moment has the offset of this machine (%i min)', (west, expected) => {
  vi.spyOn(Date.prototype, 'getTimezoneOffset').mockReturnValue(west);
  expect(iso(1795334400)).toBe(expected);
  expect(Date.parse(expected) / 1000).toBe(1795334400);
});

test('a moment is told twice', () => {
  vi.spyOn(Date.prototype, 'getTimezoneOffset').mockReturnValue(0);
  expect(moment(1795334400.9)).toEqual([1795334400, '2026-11-22T08:00:00+00:00']);
  expect(offset(-570)).toBe('-09:30');
});

/**
 * Tables as text: CSV after RFC 4180, in UTF-8 and in base units, for spreadsheets and programs.
 *
 * Deliberately not here: which tables there are (`tables.ts`).
 */

import { visible } from '../names';

/** One cell. A number stays one; what is not known is empty; and text is taken for text that a stranger chose. */
export type Cell = string | number | null;

/** The heads of the two columns in which each moment stands, as {@link moment} fills them. */
export const MOMENT = ['ts', 'time'] as const;

/** A moment for programs, in Unix seconds, and for people, as ISO 8601 with the offset of this machine's time. */
export function moment(ts: number): [ts: number, time: string] {
  return [Math.floor(ts), iso(ts)];
}

/** `2026-11-22T09:00:00+01:00`. */
export function iso(ts: number): string {
  const east = -new Date(ts * 1000).getTimezoneOffset();
  const local = new Date((ts + east * 60) * 1000).toISOString().slice(0, 19);
  return local + offset(east);
}

/** Minutes east of Greenwich, as ISO 8601 has them: `+01:00`. */
export function offset(east: number): string {
  const two = (part: number) => String(Math.floor(part)).padStart(2, '0');
  return `${east < 0 ? '-' : '+'}${two(Math.abs(east) / 60)}:${two(Math.abs(east) % 60)}`;
}

/** A table with its head. */
export function csv(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [head, ...rows].map((row) => `${row.map(written).join(',')}\r\n`).join('');
}

function written(cell: Cell): string {
  if (cell === null || (typeof cell === 'number' && !Number.isFinite(cell))) return '';
  // The last digits of a mean are only how it was calculated.
  return typeof cell === 'number' ? String(Number(cell.toPrecision(12))) : harmless(cell);
}

/**
 * The twin of `Untrusted::csv`: on one line, quoted where needed, and no formula, as which spreadsheets run a cell that
 * begins with `= + - @`.
 */
function harmless(text: string): string {
  // What the page has isolated because of its direction would only be dirt in a file.
  const line = visible(text.replace(/\u2068([^\u2066-\u2069]*)\u2069/g, '$1')).replace(/[\u2068\u2069]/g, '');
  const safe = /^[ \u00a0]*[=+\-@]/.test(line) ? `'${line}` : line;
  return /[",;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

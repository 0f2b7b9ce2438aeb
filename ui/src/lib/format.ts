/**
 * The one place where values become text for people; the twin of `format.rs`.
 *
 * Inside, every value is in its metric's unit (°C, W, bytes, Hz, %, s). Bytes are shown in powers of 1024 and rates in
 * powers of 1000, as memory and networks are sold.
 */

import { language } from './locale';

/** A number and its unit, apart, so that a page can set the unit smaller. */
export interface Parts {
  number: string;
  unit: string;
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P'];

/** A value of a unit, as the metric table names it. */
export function parts(value: number, unit: string): Parts {
  switch (unit) {
    case '%':
      return { number: Math.abs(value) < 9.95 ? trimmed(value, 1) : value.toFixed(0), unit };
    case '°C':
    case 'RPM':
      return { number: whole(value), unit };
    case 'W':
      return { number: Math.abs(value) < 9.95 ? trimmed(value, 1) : whole(value), unit };
    case 'V':
      return { number: value.toFixed(Math.abs(value) < 9.995 ? 2 : 1), unit };
    case 'B':
      return scaled(value, 1024, BINARY);
    case 'B/s':
    case 'Hz':
    case 'J':
      return scaled(
        value,
        1000,
        DECIMAL.map((prefix) => prefix + unit),
      );
    case '1/s':
      return scaled(
        value,
        1000,
        DECIMAL.map((prefix) => `${prefix}/s`),
      );
    case 's':
      return seconds(value);
    case '':
      return { number: trimmed(value, 2), unit };
    default:
      return { number: trimmed(value, 2), unit };
  }
}

/** A value with its unit: "64 °C", "1.2 GiB", "3.4 GHz", "12.3 MB/s". */
export function text(value: number, unit: string): string {
  const { number, unit: suffix } = parts(value, unit);
  return suffix === '' ? number : `${number} ${suffix}`;
}

/** A part of a whole, its unit once: "6.1 of 24 GiB". */
export function ofWhole(part: number, total: number, unit: string): string {
  const whole = parts(total, unit);
  const own = parts(part, unit);
  return own.unit === whole.unit
    ? `${own.number} of ${whole.number} ${whole.unit}`
    : `${text(part, unit)} of ${text(total, unit)}`;
}

/** How long something took or lasts, to two units: "12 s", "7 min", "1 h 12 min", "3 d 4 h". */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [
    Math.floor(total / 86400),
    Math.floor(total / 3600) % 24,
    Math.floor(total / 60) % 60,
  ];
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  return minutes > 0 ? `${minutes} min` : `${total} s`;
}

const hourAndMinute = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' });
const withSeconds = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayAndMonth = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' });

/** A moment of today as a time, another one with its day; Unix seconds, in local time. */
export function moment(ts: number, now: number): string {
  const date = new Date(ts * 1000);
  const time = hourAndMinute.format(date);
  return date.toDateString() === new Date(now * 1000).toDateString() ? time : `${dayAndMonth.format(date)}, ${time}`;
}

/** A time of day to the second. */
export function clock(ts: number): string {
  return withSeconds.format(new Date(ts * 1000));
}

/** A tick of a time axis whose ticks are `step` seconds apart. */
export function timeTick(ts: number, step: number): string {
  const date = new Date(ts * 1000);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0;
  return step >= 86400 || midnight ? dayAndMonth.format(date) : hourAndMinute.format(date);
}

function scaled(value: number, base: number, units: string[]): Parts {
  let size = Math.abs(value);
  let step = 0;
  // 999.95 would be written as "1000".
  while (step < units.length - 1 && Number(digits(size)) >= base) {
    size /= base;
    step += 1;
  }
  const shown = step === 0 ? trimmed(size, Math.abs(size) < 9.95 ? 1 : 0) : digits(size);
  return { number: value < 0 && Number(shown) !== 0 ? `−${shown}` : shown, unit: units[step] ?? '' };
}

function seconds(value: number): Parts {
  const size = Math.abs(value);
  if (size !== 0 && size < 0.000_999_5) return { number: digits(value * 1e6), unit: 'µs' };
  if (size !== 0 && size < 0.999_5) return { number: digits(value * 1e3), unit: 'ms' };
  return { number: digits(value), unit: 's' };
}

/** About three significant digits, at most one decimal. */
function digits(value: number): string {
  return Math.abs(value) < 99.95 ? trimmed(value, 1) : value.toFixed(0);
}

function whole(value: number): string {
  return withMinus(value.toFixed(0));
}

/** At most `most` decimals, without trailing zeros. */
function trimmed(value: number, most: number): string {
  return withMinus(String(Number(value.toFixed(most))));
}

/** A minus that is as wide as a digit, and none before zero. */
function withMinus(number: string): string {
  return number.startsWith('-') ? (Number(number) === 0 ? number.slice(1) : `−${number.slice(1)}`) : number;
}

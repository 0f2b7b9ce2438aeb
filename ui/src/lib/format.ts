/**
 * The one place where values become text for people; the twin of `format.rs`. Both are tested against `format.json`, and in
 * German against `format.de.json`, so a card and a line in the terminal never disagree.
 *
 * Inside, every value is in its metric's unit (°C, W, bytes, Hz, %, s). Bytes are shown in powers of 1024 and rates in
 * powers of 1000, as memory and networks are sold.
 */

import { say, spoken } from './language';
import { regional } from './locale';
import { look } from './look.svelte';
import type { Language } from './types/generated/Language';

/** A number and its unit, apart, so that a page can set the unit smaller. */
export interface Parts {
  number: string;
  unit: string;
}

/** A unit's prefixes, and how a number without a prefix is shown: half a byte does not exist. */
interface Scale {
  step: number;
  units: readonly string[];
  whole: boolean;
}

const SCALES: Record<string, Scale> = {
  W: { step: 1000, units: ['W', 'kW', 'MW'], whole: false },
  Wh: { step: 1000, units: ['Wh', 'kWh', 'MWh'], whole: false },
  B: { step: 1024, units: ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'], whole: true },
  'B/s': { step: 1000, units: ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s'], whole: true },
  '1/s': { step: 1000, units: ['/s', 'k/s', 'M/s'], whole: false },
  Hz: { step: 1000, units: ['Hz', 'kHz', 'MHz', 'GHz', 'THz'], whole: true },
  µs: { step: 1000, units: ['µs', 'ms', 's'], whole: false },
};

/** The unit of a difference of temperatures, in which no zero is moved. */
const DEGREES = 'Δ°C';

/** The unit of a metric's values on the page: of a difference of temperatures, the table says °C, too. */
export function unitOf(metric: string, unit: string): string {
  return metric === 'gpu.temperature.margin' && unit === '°C' ? DEGREES : unit;
}

/** A value of a unit, as the metric table names it. */
export function parts(value: number, unit: string): Parts {
  if (!Number.isFinite(value)) return { number: '–', unit: '' };
  switch (unit) {
    case '°C':
      if (look.temperature === '°C') return { number: fixed(value, 0), unit };
      return { number: fixed(value * 1.8 + 32, 0), unit: '°F' };
    case DEGREES:
      return { number: fixed(look.temperature === '°C' ? value : value * 1.8, 0), unit: look.temperature };
    case 'RPM':
      return { number: fixed(value, 0), unit };
    case 'V':
      return { number: fixed(value, Math.abs(value) < 9.995 ? 2 : 1), unit };
    case 'J':
      // Nobody pays for joules.
      return scaled(value / 3600, 'Wh');
    case 's':
      return seconds(value);
    default:
      return scaled(value, unit);
  }
}

/** A value with its unit: "64 °C", "1.2 GiB", "3.4 GHz", "12.3 MB/s". */
export function text(value: number, unit: string): string {
  const { number, unit: suffix } = parts(value, unit);
  return suffix === '' ? number : suffix === '/s' ? `${number}${suffix}` : `${number} ${suffix}`;
}

/** What stands between a number and its decimals. */
const POINTS: Record<Language, string> = { en: '.', de: ',' };

/**
 * The same as the recorder writes it into its sentences, whatever a person likes to see here: in the language of the page,
 * and in those that the recorder may speak beside it.
 */
export function recorded(value: number, unit: string): string[] {
  const own = unit === '°C' ? `${fixed(value, 0)} °C` : text(value, unit);
  return [...new Set([own, ...Object.values(POINTS).map((point) => own.replace(POINTS[spoken()], point))])];
}

/** What holds a GPU's clock down, by the bit of `gpu.throttle`; the twin of `sensors/gpu/throttle.rs`. */
const throttles = () => [
  say('power limit'),
  say('heat'),
  say('current limit'),
  say('signal from the board'),
  say('other limit'),
];

/** The names in a value of `gpu.throttle`. A bit that is not known yet is a limit, too. */
export function throttleReasons(bits: number): string {
  const all = throttles();
  const isSet = (bit: number) =>
    Math.floor(bits / 2 ** bit) % 2 === 1 || (bit === all.length - 1 && bits >= 2 ** all.length);
  return all.filter((_, bit) => isSet(bit)).join(', ') || say('nothing');
}

/** Metrics whose numbers stand for something else. */
const CODES: Record<string, (value: number) => string> = {
  'gpu.throttle': throttleReasons,
  'gpu.pstate': (state) => `P${state}`,
  'gpu.pcie.width': (lanes) => `×${lanes}`,
};

/** The value of a metric in words, where its number says nothing to a person; `null` for all others. */
export function words(metric: string, value: number): string | null {
  return Number.isFinite(value) ? (CODES[metric]?.(value) ?? null) : null;
}

/** Whether a metric's values lie on a scale. A set of reasons does not: its number is no height, and has no mean. */
export function isDrawable(metric: string): boolean {
  return metric !== 'gpu.throttle';
}

/** A part of a whole, its unit once: "6.1 of 24 GiB". */
export function ofWhole(part: number, total: number, unit: string): string {
  const whole = parts(total, unit);
  const own = parts(part, unit);
  const short = own.unit === whole.unit ? own.number : text(part, unit);
  return say('{part} of {whole}', { part: short, whole: text(total, unit) });
}

/** A stretch of time: "45 s", "2 min", "1 h 12 min", "3 d 4 h". Cut, not rounded: what has not passed is not claimed. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [
    Math.floor(total / 86400),
    Math.floor(total / 3600) % 24,
    Math.floor(total / 60) % 60,
  ];
  const pair = (big: number, unit: string, small: number, smaller: string) =>
    small === 0 ? `${big} ${unit}` : `${big} ${unit} ${small} ${smaller}`;
  if (total < 60) return `${total} s`;
  if (total < 600) return pair(minutes, 'min', total % 60, 's');
  if (total < 3600) return `${minutes} min`;
  return total < 86400 ? pair(hours, 'h', minutes, 'min') : pair(days, 'd', hours, 'h');
}

/** Energy as an estimate: "about 12 Wh". What a GPU says of its power is some percent off, so no more than two figures. */
export function aboutEnergy(joules: number): string {
  return energy(joules, inWords);
}

/** The same in a column: "≈ 12 Wh". */
export function briefEnergy(joules: number): string {
  return energy(joules, (amount) => `≈ ${amount}`);
}

/** Money as an estimate: "about 0.42 EUR". */
export function aboutMoney(amount: number, currency: string): string {
  return about(amount, currency, inWords);
}

/** How an estimate is marked as one. */
type Marked = (amount: string) => string;

const inWords: Marked = (amount) => say('about {amount}', { amount });

function energy(joules: number, marked: Marked): string {
  const hours = joules / 3600;
  // What would be shown as 1000 Wh is 1 kWh.
  if (hours < 995) return about(hours, 'Wh', marked);
  return hours < 995_000 ? about(hours / 1000, 'kWh', marked) : about(hours / 1e6, 'MWh', marked);
}

function about(value: number, unit: string, marked: Marked): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return `0 ${unit}`;
  let [figures, power, decimals] = [Math.abs(value), 0, 0];
  if (figures < 0.01) return say('less than {amount}', { amount: `${fixed(0.01, 2)} ${unit}` });
  for (; figures >= 99.5; power += 1) figures /= 10;
  for (; figures < 9.95 && decimals < 3; decimals += 1) figures *= 10;
  const whole = Math.round(figures);
  return marked(`${decimals === 0 ? `${whole}${'0'.repeat(power)}` : fixed(whole / 10 ** decimals, decimals)} ${unit}`);
}

/** Writes moments in one way, in the language of the page. */
function written(options: Intl.DateTimeFormatOptions): (date: Date) => string {
  let [format, language]: [Intl.DateTimeFormat | null, Language | null] = [null, null];
  return (date) => {
    if (!format || language !== spoken()) {
      [format, language] = [new Intl.DateTimeFormat(regional(spoken()), options), spoken()];
    }
    return format.format(date);
  };
}

const hourAndMinute = written({ hour: '2-digit', minute: '2-digit' });
const withSeconds = written({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayAndMonth = written({ day: 'numeric', month: 'short' });
const withYear = written({ day: 'numeric', month: 'short', year: 'numeric' });

/** A moment of today as a time, another one with its day, and with its year where that is another; Unix seconds, in local time. */
export function moment(ts: number, now: number): string {
  const date = new Date(ts * 1000);
  return date.toDateString() === new Date(now * 1000).toDateString() ? hourAndMinute(date) : dated(ts, now);
}

/** The same with its day, also where that is today. */
export function dated(ts: number, now: number): string {
  return `${dayOf(ts, now)}, ${hourAndMinute(new Date(ts * 1000))}`;
}

/** A day, with its year where that is not the one of now. */
export function dayOf(ts: number, now: number): string {
  const [date, today] = [new Date(ts * 1000), new Date(now * 1000)];
  return date.getFullYear() === today.getFullYear() ? dayAndMonth(date) : withYear(date);
}

/** A day with its year. */
export function day(ts: number): string {
  return withYear(new Date(ts * 1000));
}

/** A stretch from one moment to another; of one day, the day is told once at most. */
export function fromTo(from: number, to: number, now: number): string {
  const isOneDay = new Date(from * 1000).toDateString() === new Date(to * 1000).toDateString();
  return `${moment(from, now)} – ${moment(to, isOneDay ? to : now)}`;
}

/** The end of the last whole minute: by minutes, nothing later is told. */
export function wholeMinutes(ts: number): number {
  return Math.floor(ts / 60) * 60;
}

/** A time of day to the second. */
export function clock(ts: number): string {
  return withSeconds(new Date(ts * 1000));
}

/** A tick of a time axis whose ticks are `step` seconds apart. */
export function timeTick(ts: number, step: number): string {
  const date = new Date(ts * 1000);
  if (step < 60) return withSeconds(date);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0;
  return step >= 86400 || midnight ? dayAndMonth(date) : hourAndMinute(date);
}

/** A number with a decimal at most, written as the page's language does. */
export function decimal(value: number): string {
  return fixed(value, 1);
}

function scaled(value: number, unit: string): Parts {
  const { step, units, whole } = SCALES[unit] ?? { step: 1, units: [unit], whole: false };
  let [size, at] = [value, 0];
  // Half a unit in the last shown place counts, or 1023.6 KiB would be shown as "1024 KiB".
  while (Math.abs(size) >= step - 0.5 && at + 1 < units.length) {
    size /= step;
    at += 1;
  }
  const bare = () => (whole ? fixed(size, 0) : short(size));
  return { number: at === 0 ? bare() : fixed(size, Math.abs(size) < 99.95 ? 1 : 0), unit: units[at] ?? '' };
}

function seconds(value: number): Parts {
  if (value === 0) return { number: '0', unit: 's' };
  if (Math.abs(value) < 59.95) return scaled(value * 1e6, 'µs');
  return { number: `${value < 0 ? '-' : ''}${duration(Math.round(Math.abs(value)))}`, unit: '' };
}

/** Two or three digits that matter: "0.04", "7.3", "38", "1234". */
function short(value: number): string {
  const size = Math.abs(value);
  return fixed(value, size < 0.995 ? 2 : size < 9.95 ? 1 : 0);
}

/** A fixed number of decimals, without zeros at the end and without a negative zero. */
function fixed(value: number, decimals: number): string {
  const number = Number(even(value, decimals).toFixed(decimals));
  return String(number === 0 ? 0 : number).replace('.', POINTS[spoken()]);
}

/** The same value, but where it lies exactly between two decimals: there `toFixed` rounds up and Rust to even. */
function even(value: number, decimals: number): number {
  // Only odd multiples of 1/2, 1/4, 1/8 … can lie between: no other fraction of ten is exact in binary.
  if (Math.abs(value * 2 ** (decimals + 1)) % 2 !== 1) return value;
  const below = Math.floor(Math.abs(value) * 10 ** decimals);
  return (Math.sign(value) * (below % 2 === 0 ? below : below + 1)) / 10 ** decimals;
}

/**
 * Which stretch of time the page of the past shows: one that ends now, or a fixed one. The address holds it.
 *
 * Pure functions. All times are Unix seconds.
 */

import { clock, dated, day, dayOf, moment } from '../format';
import { say } from '../language';

/** A stretch that ends now. */
export interface Span {
  id: string;
  label: string;
  words: string;
  seconds: number;
}

/** The stretches that a person may choose, shortest first. */
export const SPANS: readonly Span[] = [
  { id: '15m', label: '15 min', words: say('the last 15 minutes'), seconds: 900 },
  { id: '1h', label: '1 h', words: say('the last hour'), seconds: 3600 },
  { id: '6h', label: '6 h', words: say('the last 6 hours'), seconds: 6 * 3600 },
  { id: '24h', label: '24 h', words: say('the last 24 hours'), seconds: 86400 },
  { id: '7d', label: '7 d', words: say('the last 7 days'), seconds: 7 * 86400 },
  { id: '30d', label: '30 d', words: say('the last 30 days'), seconds: 30 * 86400 },
  { id: '1y', label: say('1 y'), words: say('the last year'), seconds: 366 * 86400 },
];

/** What is shown where nothing was chosen. */
export const OPENING = '24h';

/** A person who drags over less than this did not mean to choose. */
export const SHORTEST = 15;
/** Seconds of a century: what is asked for beyond is no time of this machine's. */
const LONGEST = 100 * 366 * 86400;

/** What is shown: `span` is `null` where it does not end now. */
export interface Stretch {
  span: Span | null;
  from: number;
  to: number;
}

/** The stretch that an address asks for; the last day, or another one that is named, where it asks for none. */
export function read(params: URLSearchParams, now: number, opening = OPENING): Stretch {
  const [from, to] = [number(params.get('from')), number(params.get('to'))];
  if (from !== null && to !== null && to - from >= 1 && to - from <= LONGEST) return { span: null, from, to };
  const wanted = params.get('span');
  return living(SPANS.find((span) => span.id === wanted) ?? byId(opening), now);
}

/** The shortest span that reaches back to a moment, and none longer than the last day: a young recording would be mostly a gap. */
export function fitting(oldest: number, now: number): string {
  return SPANS.find(({ id, seconds }) => seconds >= now - oldest || id === OPENING)?.id ?? OPENING;
}

/** What the address says of a stretch. */
export function written(stretch: Stretch): Record<string, string | null> {
  return stretch.span
    ? { span: stretch.span.id, from: null, to: null }
    : { span: null, from: String(stretch.from), to: String(stretch.to) };
}

/** A stretch that ends now. */
export function living(span: Span, now: number): Stretch {
  return { span, from: now - span.seconds, to: now };
}

/** A stretch between two moments, whichever is the earlier. It has whole seconds and is never too short to be seen. */
export function between(a: number, b: number): Stretch {
  const [from, to] = [Math.floor(Math.min(a, b)), Math.ceil(Math.max(a, b))];
  return { span: null, from, to: Math.max(to, from + SHORTEST) };
}

/** The stretch as long as this one before it or after it. What reaches into the future ends now. */
export function moved(stretch: Stretch, by: -1 | 1, now: number): Stretch {
  const length = stretch.to - stretch.from;
  const to = stretch.to + by * length;
  if (by > 0 && to >= now) {
    const span = SPANS.find((span) => span.seconds === length);
    return span ? living(span, now) : { span: null, from: now - length, to: now };
  }
  // No address says a time before the first one that is counted.
  const from = Math.max(0, stretch.from + by * length);
  return { span: null, from, to: from + length };
}

/** Twice as long, around the same middle, and not beyond now. */
export function wider(stretch: Stretch, now: number): Stretch {
  const half = Math.max((stretch.to - stretch.from) / 2, SHORTEST);
  const to = Math.min(Math.ceil(stretch.to + half), Math.max(now, stretch.to));
  return clamped(Math.floor(to - (stretch.to - stretch.from) - 2 * half), to);
}

/** A stretch that an address can hold: it neither begins before time was counted nor is longer than what can be asked for. */
function clamped(from: number, to: number): Stretch {
  const begin = Math.max(from, to - LONGEST, 0);
  return { span: null, from: begin, to: Math.max(to, begin + SHORTEST) };
}

/** The stretch around something that took a while, with a margin on both sides. */
export function around(start: number, end: number, now: number): Stretch {
  const margin = Math.max((end - start) * 0.1, 60);
  return between(start - margin, Math.max(Math.min(end + margin, now), start + SHORTEST));
}

/** A stretch in words: "21 Nov, 09:00 – 15:00". */
export function words({ span, from, to }: Stretch, now: number): string {
  const isLong = to - from > 200 * 86400;
  if (span) return say('{moment} – now', { moment: isLong ? day(from) : moment(from, now) });
  if (isLong) return `${day(from)} – ${day(to)}`;
  const sameDay = new Date(from * 1000).toDateString() === new Date(to * 1000).toDateString();
  // The day is said even where it is today.
  if (sameDay && to - from < 600) return `${dayOf(from, now)}, ${clock(from)} – ${clock(to)}`;
  return `${dated(from, now)} – ${sameDay ? moment(to, to) : dated(to, now)}`;
}

/** What stands in a field for a moment, in local time: `2026-11-21T09:00`. */
export function fieldOf(ts: number): string {
  const date = new Date(ts * 1000);
  const two = (part: number) => String(part).padStart(2, '0');
  const dayPart = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${dayPart}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The moment in a field, in local time; `null` where that is none. Some browsers let people type it as text. */
export function fromField(typed: string): number | null {
  const found = /^\s*(\d{4})-(\d\d?)-(\d\d?)(?:[T ]+(\d\d?):(\d\d)(?::(\d\d))?)?\s*$/.exec(typed);
  if (!found) return null;
  const [year = 0, month = 0, date = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  const at = new Date(year, month - 1, date, hour, minute, second);
  // The 31st of a short month would be a day of the next one.
  const real = at.getMonth() === month - 1 && at.getDate() === date && hour < 24 && minute < 60;
  return real ? Math.floor(at.getTime() / 1000) : null;
}

function byId(id: string): Span {
  return SPANS.find((span) => span.id === id) as Span;
}

function number(text: string | null): number | null {
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : null;
}

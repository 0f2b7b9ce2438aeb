/**
 * The letters of an SVG: elements, texts, and how wide a text is about.
 *
 * Whatever stands in an attribute or a text is escaped here, so that a name stays a name. Deliberately not here: what is
 * drawn (`svg.ts`).
 */

import type { Pen } from '../trace';

/** A pen that writes the data of a path. */
export class Letters implements Pen {
  path = '';

  moveTo(x: number, y: number): void {
    this.path += `M${tenth(x)} ${tenth(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.path += `L${tenth(x)} ${tenth(y)}`;
  }

  closePath(): void {
    this.path += 'Z';
  }
}

/** What an element has; `undefined` is left out. */
export type Attributes = Record<string, string | number | undefined>;

/** Left to right, because that is how time runs; `at` tells which end of the text stands at `x`. */
export interface Words {
  x: number;
  y: number;
  size?: number;
  fill: string;
  weight?: number;
  at?: 'start' | 'middle' | 'end';
  /** The colour behind it, where lines may run. */
  halo?: string;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** What XML cannot hold, and what breaks a line or turns the reading direction; a name that is isolated stays that. */
const IMPOSSIBLE =
  // eslint-disable-next-line no-control-regex -- control characters are what it removes
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2067\u206a-\u206f\ufeff\ufffe\uffff\p{Cs}]/gu;

/** An element around what is markup already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const all = Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined) return [];
    return ` ${key}="${escaped(typeof value === 'number' ? String(tenth(value)) : value)}"`;
  });
  const start = `<${name}${all.join('')}`;
  return children.length === 0 ? `${start}/>` : `${start}>${children.join('')}</${name}>`;
}

/** A text. */
export function label(text: string, { x, y, size = 12, fill, weight, at, halo }: Words): string {
  const behind = halo === undefined ? {} : { stroke: halo, 'stroke-width': 4, 'paint-order': 'stroke' };
  const attributes = { x, y, fill, 'font-size': size, 'font-weight': weight, 'text-anchor': at, ...behind };
  return element('text', attributes, escaped(text));
}

export function escaped(text: string): string {
  return text.replace(IMPOSSIBLE, '\ufffd').replace(/[&<>"']/g, (one) => ESCAPES[one] ?? one);
}

/** A tenth of a pixel is more than anybody sees, and a third of the file. */
export function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

/** About how wide a text is, in pixels: nothing is laid out here, and fonts differ. */
export function breadth(text: string, size: number): number {
  return [...text].reduce((sum, letter) => sum + (letter > '\u2e7f' ? 1 : 0.57), 0) * size;
}

/** As much of a text as has room. */
export function cut(text: string, size: number, room: number): string {
  if (breadth(text, size) <= room) return text;
  const letters = [...text];
  while (letters.length > 1 && breadth(`${letters.join('')}…`, size) > room) letters.pop();
  // What stands by itself because of its direction ends with the name.
  return `${letters.join('').trimEnd()}…${text.startsWith('\u2068') ? '\u2069' : ''}`;
}

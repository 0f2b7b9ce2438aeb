/** What an image shows, before anybody draws it: panels below each other, over one time. */

import type { Mark } from '../past/marks';
import type { Held, Part } from '../past/scale';
import type { Line } from '../series';
import type { Ribbons } from '../types/generated/Ribbons';

/** A line with what it is called and its CSS colour. */
export interface Curve {
  name: string;
  color: string;
  line: Line;
}

/** One drawing of several. */
export type Panel =
  | { kind: 'chart'; title: string; unit: string; curves: readonly Curve[]; held: readonly Held[]; height: number }
  | { kind: 'ribbons'; title: string; ribbons: Ribbons; holes: readonly Part[] }
  | { kind: 'held'; title: string; held: readonly Held[] };

/** An image. Times are Unix seconds. */
export interface Figure {
  title: string;
  from: number;
  to: number;
  panels: readonly Panel[];
  /** What happened, oldest first. */
  marks: readonly Mark[];
}

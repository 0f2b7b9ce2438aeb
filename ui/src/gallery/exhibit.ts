/** What the gallery is made of: groups of components, each component in a state, on a machine that is made up for it. */

import type { Fixture } from '../fixture/fixture';
import type { Scene } from '../fixture/machine';
import type { Stage } from '../lib/context';
import type { SourceStatus } from '../lib/types/generated/SourceStatus';

/** Where a component is to be mounted: `mount(Card, { ...at, props })`. */
export interface Place {
  target: HTMLElement;
  context: Map<unknown, unknown>;
}

/** What a component may be made from. */
export interface Setting extends Stage {
  machine: Fixture;
}

type Mounted = Record<string, unknown>;

/** One component, or some that belong together, in one state. */
export interface Exhibit {
  /** Its name in the address; used once in its group. */
  id: string;
  title: string;
  /** What is to be seen in it, where the title does not say so. */
  note?: string;
  scene: Scene;
  /** CSS pixels of the place that it has in the window; without a height it is as high as it is. */
  width: number;
  height?: number;
  /** What the machine is like beyond its scene. */
  prepare?: (machine: Fixture) => void;
  draw: (at: Place, setting: Setting) => Mounted | Promise<Mounted>;
  /** Whether it needs a window to itself: it looks at the window's size, or lies above everything in it. */
  isFramed?: boolean;
  /** Whether it brings its own board, and so waits for none. */
  isWhole?: boolean;
  /** What a person did to it. */
  act?: (root: HTMLElement) => void | Promise<void>;
}

/** Components that belong together. */
export interface Group {
  id: string;
  title: string;
  about: string;
  exhibits: readonly Exhibit[];
}

/** One exhibit; what is not said is as on a machine where all is well, in a column of the window's. */
export function exhibit(
  id: string,
  title: string,
  draw: Exhibit['draw'],
  more: Partial<Omit<Exhibit, 'id' | 'title' | 'draw'>> = {},
): Exhibit {
  return { id, title, draw, scene: 'fine', width: 416, ...more };
}

/** A source of the machine, with something else about it. */
export function sourceOf({ board }: Setting, id: string, more: Partial<SourceStatus> = {}): SourceStatus {
  const source = board.sources.find((one) => one.id === id);
  if (!source) throw new Error(`the made-up machine has no source ${id}`);
  return { ...source, ...more };
}

/** The busy GPU of the made-up machine. */
export const GPU = 'gpu:GPU-1c7a';

/** An answer that never comes. */
export const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** The first of its kind in an exhibit. */
export function first(root: HTMLElement, selector: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`${selector} is not in the exhibit`);
  return found;
}

/** Types a text as a person would. */
export function type(field: HTMLElement, text: string): void {
  if (!(field instanceof HTMLInputElement) && !(field instanceof HTMLTextAreaElement)) {
    throw new Error(`nothing can be typed into ${field.tagName}`);
  }
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

/** The colours and the font of the page as it is shown now, for an image that no style sheet reaches. */

import { inkOf } from '../ink';
import type { Ink } from './panels';

/** Colours as `#rrggbb`, which every program that opens an SVG knows, and the page's font. */
export function theme(): { ink: Ink; font: string } {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const css = inkOf(probe);
  const known = new Map<string, string>();
  const ink = (color: string) => {
    const found = known.get(color);
    if (found !== undefined) return found;
    const [r = 0, g = 0, b = 0] =
      css(color)
        .match(/[\d.]+/g)
        ?.map(Number) ?? [];
    const hex = `#${[r, g, b].map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
    known.set(color, hex);
    return hex;
  };
  return { ink, font: getComputedStyle(document.documentElement).fontFamily };
}

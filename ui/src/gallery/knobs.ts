/** How the gallery is looked at: theme, direction, unit, and what may be changed. The address holds it. */

import { look, THEMES, type Theme } from '../lib/look.svelte';

export interface Knobs {
  theme: Theme;
  isRightToLeft: boolean;
  isFahrenheit: boolean;
  /** As a browser that may only look. */
  looksOnly: boolean;
  /** As with a person's own few colours. */
  hasFewColors: boolean;
}

/** The knobs that are on or off, with their word in the address. */
export const SWITCHES = [
  ['isRightToLeft', 'rtl', 'Right to left'],
  ['isFahrenheit', 'fahrenheit', '°F'],
  ['looksOnly', 'look-only', 'View only'],
  ['hasFewColors', 'few-colors', 'Few colours'],
] as const;

export function read(params: URLSearchParams): Knobs {
  const theme = THEMES.find((one) => one === params.get('theme')) ?? 'system';
  const [isRightToLeft, isFahrenheit, looksOnly, hasFewColors] = SWITCHES.map(([, word]) => params.has(word));
  return {
    theme,
    isRightToLeft: isRightToLeft ?? false,
    isFahrenheit: isFahrenheit ?? false,
    looksOnly: looksOnly ?? false,
    hasFewColors: hasFewColors ?? false,
  };
}

/** The query of an address; empty where everything is as usual. */
export function written(knobs: Knobs): string {
  const words = SWITCHES.flatMap(([knob, word]) => (knobs[knob] ? [word] : []));
  const all = [...(knobs.theme === 'system' ? [] : [`theme=${knobs.theme}`]), ...words];
  return all.length === 0 ? '' : `?${all.join('&')}`;
}

/** Sets this page up so. */
export function apply(knobs: Knobs): void {
  const { documentElement: root } = document;
  look.theme = knobs.theme;
  look.temperature = knobs.isFahrenheit ? '°F' : '°C';
  root.dir = knobs.isRightToLeft ? 'rtl' : 'ltr';
  root.toggleAttribute('data-look-only', knobs.looksOnly);
  takeFewColors(knobs.hasFewColors);
}

/** Rules that hold for few colours only, with what they otherwise wait for. */
const waiting = new Map<CSSMediaRule, string>();

/**
 * Lets the rules for few colours hold. What a browser itself then forces upon a page is not seen so; for that there is its
 * own emulation, and the tests in Chromium.
 */
function takeFewColors(isWanted: boolean): void {
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (rule instanceof CSSMediaRule && rule.media.mediaText.includes('forced-colors')) {
        waiting.set(rule, rule.media.mediaText);
      }
    }
  }
  for (const [rule, usual] of waiting) rule.media.mediaText = isWanted ? 'all' : usual;
}

/**
 * Gives the browser a language that it knows.
 *
 * WebKitGTK under `LANG=C.UTF-8` says that its language is "C". That is no language tag, and everything built on `Intl`
 * throws a RangeError for it, which would leave a blank window. Importing this file first repairs it.
 */

import type { Language } from './types/generated/Language';

/** English with the 24-hour clock: what a machine without a language setting prints elsewhere, too. */
const FALLBACK = 'en-GB';

function isKnown(language: string): boolean {
  try {
    new Intl.NumberFormat(language);
    return true;
  } catch {
    return false;
  }
}

/** What the browser speaks. */
export const language = isKnown(navigator.language) ? navigator.language : FALLBACK;

/** The tag under which times are written in a language of the pages: with the browser's region where it speaks that, too. */
export function regional(spoken: Language): string {
  if (language.split('-')[0]?.toLowerCase() === spoken) return language;
  return spoken === 'en' ? FALLBACK : spoken;
}

if (language !== navigator.language) {
  Object.defineProperty(navigator, 'language', { value: language, configurable: true });
  Object.defineProperty(navigator, 'languages', { value: [language], configurable: true });
}

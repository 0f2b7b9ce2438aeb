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

/** The languages of the pages, which a person may have chosen over that of the browser. */
const OURS = ['en', 'de'];

/**
 * The tag under which times are written in a language of the pages: the browser's own where that speaks it, or a language
 * in which there are no pages, whose times its people read all the same.
 */
export function regional(spoken: Language): string {
  const own = language.split('-')[0]?.toLowerCase() ?? '';
  if (own === spoken || (spoken === 'en' && !OURS.includes(own))) return language;
  return spoken === 'en' ? FALLBACK : spoken;
}

if (language !== navigator.language) {
  Object.defineProperty(navigator, 'language', { value: language, configurable: true });
  Object.defineProperty(navigator, 'languages', { value: [language], configurable: true });
}

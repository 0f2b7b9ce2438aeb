/**
 * Gives the browser a language that it knows.
 *
 * WebKitGTK under `LANG=C.UTF-8` says that its language is "C". That is no language tag, and everything built on `Intl`
 * throws a RangeError for it, which would leave a blank window. Importing this file first repairs it.
 */

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

/** The language in which numbers and times are written. */
export const language = isKnown(navigator.language) ? navigator.language : FALLBACK;

if (language !== navigator.language) {
  Object.defineProperty(navigator, 'language', { value: language, configurable: true });
  Object.defineProperty(navigator, 'languages', { value: [language], configurable: true });
}

/**
 * In which language the pages speak; the twin of `language.rs`, with which it shares the files of `languages/`.
 *
 * English stands in the code. It is said before anything of the page is loaded what language that is (`main.ts`), so texts
 * may stand in tables; another language is another page.
 */

import type { Language } from './types/generated/Language';

/** Every language by its own name. */
export const LANGUAGES: Record<Language, string> = { en: 'English', de: 'Deutsch' };

/** Each English text with its other one. */
export type Catalogue = Readonly<Record<string, string>>;

/** English is in the code, and every other language a file that is loaded where it is spoken. */
const CATALOGUES: Record<Exclude<Language, 'en'>, () => Promise<{ default: Catalogue }>> = {
  de: () => import('virtual:catalogue/de'),
};

let language: Language = 'en';
/** What the page was to speak, which is English where the texts of that cannot be had. */
let meant: Language = 'en';
let catalogue: Catalogue = {};

/** What a browser or desktop asks for, of the languages that there are. */
export function wanted(locale: string): Language {
  const code = locale.split('-')[0]?.toLowerCase();
  return code === 'de' ? 'de' : 'en';
}

/** From now on the page speaks this language; English where its texts cannot be had. */
export async function speak(next: Language): Promise<void> {
  meant = next;
  const texts =
    next === 'en'
      ? {}
      : await CATALOGUES[next]().then(
          ({ default: texts }) => texts,
          () => null,
        );
  learn(texts ? next : 'en', texts ?? {});
}

/** The same with texts that are at hand. */
export function learn(next: Language, texts: Catalogue): void {
  [language, catalogue] = [next, texts];
  document.documentElement.lang = next;
}

/** What is spoken. */
export function spoken(): Language {
  return language;
}

/** Whether a page that is opened now would speak another language, where this is the choice for every page. */
export function speaksOtherThan(choice: Language | null): boolean {
  return (choice ?? wanted(navigator.language)) !== meant;
}

/** What stands in the places of a text, formatted already. */
export type Values = Readonly<Record<string, string | number>>;

/** A text in the language of the page: `say('{gpu} is asleep', { gpu })`. */
export function say(english: string, values: Values = {}): string {
  const text = catalogue[english] ?? english;
  // In one go, so that a name from outside is no text with places.
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** The same of a number of things, one or more: `sayCount(left, '{left} alert', '{left} alerts', { left })`. */
export function sayCount(count: number, one: string, more: string, values: Values = {}): string {
  return say(count === 1 ? one : more, values);
}

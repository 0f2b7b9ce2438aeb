/** What a page says in which language. */

import { afterEach, expect, test } from 'vitest';
import german from '../../../languages/de.json';
import { LANGUAGES, learn, say, sayCount, speak, speaksOtherThan, spoken, wanted } from './language';

afterEach(() => learn('en', {}));

test('a browser asks for a language by its tag', () => {
  expect(['de', 'de-AT', 'DE-CH', 'en-US', 'fr', 'C'].map(wanted)).toEqual(['de', 'de', 'de', 'en', 'en', 'en']);
});

test('places are filled once, whatever a name says', () => {
  expect(say('{a} of {b}{a}', { a: '{b}', b: 2 })).toBe('{b} of 2{b}');
  expect(sayCount(1, '{n} day', '{n} days', { n: 1 })).toBe('1 day');
  expect(sayCount(0, '{n} day', '{n} days', { n: 0 })).toBe('0 days');
});

test('what is not in the catalogue is said in English', () => {
  learn('de', { now: 'jetzt' });
  expect([say('now'), say('then')]).toEqual(['jetzt', 'then']);
});

test('German is loaded where it is spoken, and the page says that it is German', async () => {
  await speak('de');
  expect(spoken()).toBe('de');
  expect(document.documentElement.lang).toBe('de');
  expect(say('Now')).toBe((german as Record<string, string>)['Now']);
  await speak('en');
  expect([say('Now'), document.documentElement.lang]).toEqual(['Now', 'en']);
});

test('a choice for every page is another language than this one, or is not', async () => {
  await speak('de');
  expect(([null, 'de', 'en'] as const).map(speaksOtherThan)).toEqual([true, false, true]);
  await speak('en');
  expect(([null, 'de', 'en'] as const).map(speaksOtherThan)).toEqual([false, true, false]);
});

test('every language has a name', () => {
  expect(Object.values(LANGUAGES).every((name) => name !== '')).toBe(true);
});

/** A language that the browser does not know, and what stands on it. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const real = navigator.language;

function speak(language: string): void {
  Object.defineProperty(navigator, 'language', { value: language, configurable: true });
}

// Other tests may have imported these modules already.
beforeEach(() => {
  vi.resetModules();
});

afterEach(() => {
  speak(real);
  vi.resetModules();
});

test('the trap is real: what writes numbers throws where the language is "C"', () => {
  speak('C');
  expect(() => new Intl.NumberFormat(navigator.language)).toThrow(RangeError);
});

test('the language is repaired for everybody', async () => {
  speak('C');
  const { language } = await import('./locale');
  expect(language).toBe('en-GB');
  expect(navigator.language).toBe('en-GB');
});

test('a language that the browser knows is kept', async () => {
  speak('de-AT');
  const { language } = await import('./locale');
  expect(language).toBe('de-AT');
  expect(navigator.language).toBe('de-AT');
});

test('times are written as in the region of the browser where it speaks the language of the page', async () => {
  speak('de-AT');
  const { regional } = await import('./locale');
  expect([regional('de'), regional('en')]).toEqual(['de-AT', 'en-GB']);
  speak('en-US');
  vi.resetModules();
  const { regional: american } = await import('./locale');
  expect([american('de'), american('en')]).toEqual(['de', 'en-US']);
  speak('ar-EG');
  vi.resetModules();
  const { regional: arabic } = await import('./locale');
  expect([arabic('de'), arabic('en')]).toEqual(['de', 'ar-EG']);
});

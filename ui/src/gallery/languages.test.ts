/**
 * Nothing is left in English: every exhibit is shown in a language that writes all it says in other letters, and what is
 * still written in Latin ones must come from the made-up machine.
 */

import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NOW } from '../fixture/clock';

/** The sources of the made-up machine: what stands in quotes there is what a machine, a file or Rust would have said. */
const SOURCES = import.meta.glob<string>(['../fixture/*.ts', './groups/*.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
});
const WORD = /[A-Za-z][a-z]{3,}/g;

/** Words that are the same in every language: names, units, keys of a keyboard, and what a config file is written in. */
const EVERYWHERE = ['Hoofbeat', 'Ctrl', 'https', 'config', 'toml', 'hoofbeat', 'serve', 'allow', 'changes', 'doctor'];

function wordsOf(sources: Record<string, string>): Set<string> {
  const literals = Object.values(sources).flatMap((text) => text.match(/'(?:[^'\\\n]|\\.)*'|`[^`]*`|"[^"\n]*"/g) ?? []);
  return new Set([...EVERYWHERE, ...literals.flatMap((literal) => literal.match(WORD) ?? [])]);
}
const KNOWN = wordsOf(SOURCES);

/** The same text in the letters of no language, its places as they are. */
function strange(text: string): string {
  return text.replace(/\{\w+\}|[A-Za-z]/g, (found) =>
    found.length > 1 ? found : String.fromCodePoint((found.codePointAt(0) ?? 0) + 0xfee0),
  );
}

/** Every text is in it. */
const EVERYTHING = new Proxy({}, { get: (_, english) => strange(String(english)) });

// As in the window, the page is loaded once its language is known: tables of texts are made only then.
vi.resetModules();
const { learn } = await import('../lib/language');
learn('de', EVERYTHING);
const { cleanup, render, screen } = await import('@testing-library/svelte');
const { look } = await import('../lib/look.svelte');
const { GROUPS } = await import('./groups');
const { default: Show } = await import('./Show.svelte');

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true, now: NOW });
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  localStorage.clear();
  look.read();
  document.documentElement.removeAttribute('data-look-only');
  document.body.replaceChildren();
});

afterAll(() => {
  learn('en', {});
  vi.resetModules();
});

/** What a person reads or is read to. */
function texts(): string[] {
  const found: string[] = [];
  for (const element of document.querySelectorAll('[data-testid="exhibit"] *')) {
    if (element.closest('style, script, option[value], code')) continue;
    for (const name of ['aria-label', 'aria-description', 'title', 'placeholder', 'alt'])
      found.push(element.getAttribute(name) ?? '');
    for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) found.push(node.nodeValue ?? '');
  }
  return found;
}

/** Letters of no language that were seen. */
let seen = 0;
const ALL = GROUPS.flatMap((group) => group.exhibits.map((exhibit) => [`${group.id}/${exhibit.id}`, exhibit] as const));

test.each(ALL)('%s says nothing in English', async (_, exhibit) => {
  window.location.hash = '';
  render(Show, { exhibit });
  await vi.waitFor(() => expect(screen.getByTestId('exhibit').dataset['state']).toBe('shown'));
  await vi.advanceTimersByTimeAsync(700);
  for (const text of texts()) seen += text.match(/[\uff21-\uff5a]/gu)?.length ?? 0;
  const left = texts().filter((text) => (text.match(WORD) ?? []).some((word) => !KNOWN.has(word)));
  expect([...new Set(left.map((text) => text.trim()))]).toEqual([]);
});

test('and all of them say something', () => {
  expect(seen).toBeGreaterThan(10_000);
});

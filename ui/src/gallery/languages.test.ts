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

/** Names in one word that the made-up machine's people and programs have; its other words in one are ids, keys and kinds. */
const NAMES =
  'root systemd ffmpeg blender steam ollama serves miners night training rust analyzer bash backup service pipewire sshd disk program xmrig gpu-lost archive chat.example k10temp late';
const ID = /^['"`][a-z][\w:.-]*['"`]$/;
/** What no language changes: markup in a name, places in braces, ids, and the recorder's sensors. */
const SIGNS = [
  /<img src=x onerror=alert\(1\)>/g,
  /\{\w+\}/g,
  /\b[a-z]+:[\w.:/-]+/g,
  / \([a-z]+\)$/,
  /(^|· )(cpu|disks|hwmon|memory|network|processes)(?=\s*$|, )/,
];
/** What a source brings in from elsewhere, and what the gallery calls its exhibits: no words that a person meets on a page. */
const ASIDE = [/^import\b[^;]*;$/gm, /\b(title|about|note): '[^'\n]*'/g, /[([]\s*'[\w-]+',\s*'[^'\n]*'/g];

/** A phrase as it is read, and without what it says in brackets, as a card has it. */
function whole(phrase: string): string[] {
  const read = phrase.trim().replaceAll("\\'", "'");
  return [read, read.replace(/ \([^)]*\)$/, '')];
}

/** What stands in quotes, as a whole: a word of a sentence of Rust's is not to excuse the same word of a page. */
function phrasesOf(sources: Record<string, string>): string[] {
  const literals = Object.entries(sources).flatMap(([file, text]) => {
    const bare = ASIDE.slice(0, file.includes('/groups/') ? undefined : 1).reduce(
      (all, one) => all.replace(one, ''),
      text,
    );
    return bare.match(/'(?:[^'\\\n]|\\.)*'|`[^`]*`|"[^"\n]*"/g) ?? [];
  });
  const told = literals
    .filter((literal) => !ID.test(literal))
    .flatMap((literal) => literal.slice(1, -1).split(/\$\{[^}]*\}|\\u[0-9a-f]{4}/));
  return [...new Set([...EVERYWHERE, ...NAMES.split(' '), ...told.flatMap(whole)])]
    .filter((phrase) => phrase.search(WORD) >= 0)
    .sort((a, b) => b.length - a.length);
}
const PHRASES = phrasesOf(SOURCES);
/** Words alone come last: an id holds some of them. */
const KNOWN = {
  sentences: PHRASES.filter((phrase) => phrase.includes(' ')),
  words: PHRASES.filter((phrase) => !phrase.includes(' ')),
};

/** What is left of a text without all that the made-up machine says. */
function unknown(text: string): string[] {
  if (text.search(WORD) < 0) return [];
  const without = (left: string, phrases: readonly string[]) =>
    phrases.reduce((all, phrase) => all.replaceAll(phrase, ' '), left);
  const bare = SIGNS.reduce((left, sign) => left.replace(sign, ' '), without(text, KNOWN.sentences));
  const words = without(bare, KNOWN.words);
  return words.match(WORD) ?? [];
}

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
  const left = texts().filter((text) => unknown(text).length > 0);
  expect([...new Set(left.map((text) => text.trim()))]).toEqual([]);
});

test('and all of them say something', () => {
  expect(seen).toBeGreaterThan(10_000);
});

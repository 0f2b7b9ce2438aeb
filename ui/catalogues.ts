/**
 * The languages of the pages: of each file of `languages/`, which the Rust programs share, a module
 * `virtual:catalogue/CODE` with the texts that the pages say, and no others.
 *
 * A text is found where it is said, as the literal of `say('…')` or `sayCount(n, '…', '…')`; one that a catalogue lacks
 * fails the build.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const PREFIX = 'virtual:catalogue/';
/** What defines `say` says nothing, and what is made up nothing to people. */
const SILENT = /^(lib\/language\.ts|gallery\/.*|fixture\/.*)$/;
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A text in quotes of either kind. */
const TEXT = String.raw`('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")`;
const SAID = new RegExp(String.raw`\bsay\(\s*${TEXT}`, 'g');
const COUNTED = new RegExp(String.raw`\bsayCount\(\s*[^'"]*?,\s*${TEXT},\s*${TEXT}`, 'g');

/** What a literal stands for. */
function unquoted(literal: string): string {
  const inner = literal.slice(1, -1);
  const json = inner
    .replace(/\\u\{([0-9a-f]+)\}/gi, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/\\'/g, "'")
    .replace(/\\?"/g, '\\"');
  return JSON.parse(`"${json}"`) as string;
}

/** Every text that a source says. */
export function saidIn(source: string): string[] {
  const found = [...source.matchAll(SAID)].map(([, text]) => [text]);
  const counted = [...source.matchAll(COUNTED)].map(([, one, more]) => [one, more]);
  return [...found, ...counted].flat().map((literal) => unquoted(literal ?? "''"));
}

/** Every text that the pages say, with the file that says it first. */
export function saidByPages(): Map<string, string> {
  const said = new Map<string, string>();
  for (const file of readdirSync(at('src'), { recursive: true, encoding: 'utf8' }).sort()) {
    if (!/\.(ts|svelte)$/.test(file) || file.endsWith('.test.ts') || SILENT.test(file)) continue;
    for (const text of saidIn(readFileSync(at(`src/${file}`), 'utf8'))) if (!said.has(text)) said.set(text, file);
  }
  return said;
}

/** The texts of a language. */
export function catalogue(code: string): Record<string, string> {
  return JSON.parse(readFileSync(at(`../languages/${code}.json`), 'utf8')) as Record<string, string>;
}

/** Whether a module is the texts of a language. */
export const isCatalogue = (id: string) => id.startsWith(`\0${PREFIX}`);

/** Serves the modules. */
export function catalogues(): Plugin {
  return {
    name: 'catalogues',
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
    load(id) {
      if (!isCatalogue(id)) return null;
      const code = id.slice(PREFIX.length + 1);
      const all = catalogue(code);
      const missing = [...saidByPages()].filter(([text]) => all[text] === undefined);
      const told = missing.map(([text, file]) => `  ${JSON.stringify(text)} of ${file}`);
      if (missing.length > 0) this.error(`languages/${code}.json lacks:\n${told.join('\n')}`);
      const said = Object.fromEntries([...saidByPages().keys()].map((text) => [text, all[text]]));
      return `export default ${JSON.stringify(said)};`;
    },
  };
}

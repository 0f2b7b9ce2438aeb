/** How the pages are built and tested, and how heavy they may become. */

import { gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { catalogues, isCatalogue } from './catalogues.ts';

/** The most that the window may have to load, compressed, in the language that stands in the code. */
const LIMIT_KIB = 120;
/** The most that another language may add to that for those who speak it. */
const LIMIT_LANGUAGE_KIB = 20;

/** What only tests and designers need. */
const MADE_UP = /\/src\/(fixture|gallery)\//;

/** Prints what the bundle weighs, and fails the build where it is too heavy or holds anything of the made-up machine. */
function weigh(): Plugin {
  return {
    name: 'weigh',
    apply: 'build',
    generateBundle(_, bundle) {
      let [kib, largest] = [0, 0];
      for (const file of Object.values(bundle)) {
        const own = gzipSync(file.type === 'chunk' ? file.code : file.source).length / 1024;
        if (file.type === 'chunk' && file.moduleIds.some(isCatalogue)) largest = Math.max(largest, own);
        else kib += own;
      }
      const more = `the largest language adds ${largest.toFixed(1)} KiB (limit ${LIMIT_LANGUAGE_KIB})`;
      const sentence = `bundle: ${kib.toFixed(1)} KiB gzip (limit ${LIMIT_KIB}); ${more}`;
      if (kib > LIMIT_KIB || largest > LIMIT_LANGUAGE_KIB) this.error(sentence);
      const strange = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
      const first = strange.find((id) => MADE_UP.test(id));
      if (first) this.error(`${first} is in the bundle: what is made up belongs behind \`--mode fixture\``);
      // eslint-disable-next-line no-console -- the build's own output
      console.log(sentence);
    },
  };
}

/** Fetches the page itself while it is still asked what language it is to speak. */
function ahead(): Plugin {
  return {
    name: 'ahead',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle = {} }) {
        const page = Object.values(bundle).find(
          (file) => 'facadeModuleId' in file && file.facadeModuleId?.endsWith('/src/App.svelte'),
        );
        if (page?.type !== 'chunk') throw new Error('App.svelte has no chunk of its own: main.ts loads it last');
        const link = (attrs: Record<string, string | boolean>) => ({ tag: 'link', attrs, injectTo: 'head' as const });
        const styles = [...(page.viteMetadata?.importedCss ?? [])];
        return [
          link({ rel: 'modulepreload', crossorigin: true, href: `/${page.fileName}` }),
          ...styles.map((file) => link({ rel: 'stylesheet', crossorigin: true, href: `/${file}` })),
        ];
      },
    },
  };
}

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), catalogues(), ahead(), mode === 'test' ? svelteTesting() : weigh()],
  // WebKitGTK of Debian 12, the oldest that the window runs on. Styles of a version before would be written without
  // light-dark(), in a way in which only the desktop turns a page dark, and not the person who chose so.
  build: { target: 'safari17', cssTarget: 'safari17.5', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  clearScreen: false,
  test: {
    environment: 'happy-dom',
    // Images and tables that are compared letter by letter hold times.
    env: { TZ: 'UTC' },
    include: ['src/**/*.test.ts'],
    restoreMocks: true,
    // Generous: two cores may be compiling meanwhile.
    testTimeout: 30_000,
    // A fresh browser for each file would be nine tenths of the time.
    isolate: false,
  },
}));

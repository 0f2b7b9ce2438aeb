import { readdirSync } from 'node:fs';

/** Every component: the names of their styles count them, because hashes of styles are a percent of what is loaded. */
const components = readdirSync(new URL('src', import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.svelte'))
  .sort();

/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default {
  compilerOptions: {
    runes: true,
    cssHash({ filename, css, hash }) {
      const at = components.findIndex((name) => filename.endsWith(`src/${name}`));
      // One that came while the pages are being worked on is none of them yet.
      return at < 0 ? `s-${hash(css)}` : `s${at.toString(36)}`;
    },
  },
  onwarn(warning) {
    // Mostly accessibility: a warning that may be ignored is one that will be.
    throw new Error(`${warning.filename}: ${warning.message} (${warning.code})`);
  },
};

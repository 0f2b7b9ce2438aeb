/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default {
  compilerOptions: { runes: true },
  onwarn(warning) {
    // Mostly accessibility: a warning that may be ignored is one that will be.
    throw new Error(`${warning.filename}: ${warning.message} (${warning.code})`);
  },
};

/** How the tests in a real browser run: one after another, because they share one machine's two cores and one recorder. */

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    environment: 'node',
    include: ['*.test.ts'],
    globalSetup: ['product.ts'],
    fileParallelism: false,
    // What is waited for comes within a second or two; a machine that builds at the same time takes its time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

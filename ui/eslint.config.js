import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'src/lib/types/generated/'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig },
    },
  },
  {
    rules: {
      'no-console': 'error',
      eqeqeq: 'error',
      // Process names, labels and mount points are chosen by strangers.
      'svelte/no-at-html-tags': 'error',
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: 'Text from outside must stay text: use textContent or a template.' },
        { property: 'outerHTML', message: 'Text from outside must stay text: use textContent or a template.' },
        { property: 'insertAdjacentHTML', message: 'Text from outside must stay text: use textContent or a template.' },
      ],
      // The first does not know that Svelte reassigns what is derived and what is handed in.
      'prefer-const': 'off',
      'svelte/prefer-const': 'error',
      // It flags every Map and Set in a .svelte.ts file, also those that must not redraw anything.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/lib/tauri.ts', 'src/lib/tauri.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@tauri-apps/*'],
              message: 'Only lib/tauri.ts knows Tauri, so that the same page can run in a browser and in tests.',
            },
          ],
        },
      ],
    },
  },
);

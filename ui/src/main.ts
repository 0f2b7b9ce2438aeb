/** The first thing that runs: puts the page into the window, with Tauri or with made-up data behind it. */

import './lib/locale';
import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { tauri } from './lib/api';
import type { Backend } from './lib/backend';

/** The page runs without Tauri, on made-up data, where it is built with `--mode fixture`. */
async function backend(): Promise<Backend> {
  if (import.meta.env.MODE !== 'fixture') return tauri;
  const { fixture } = await import('./fixture/fixture');
  return fixture();
}

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
void backend().then((backend) => mount(App, { target, props: { backend } }));

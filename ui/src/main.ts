/** The first thing that runs: puts the page into the window, with Tauri, a server or made-up data behind it. */

import './lib/locale';
import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { over } from './lib/api';
import type { Backend } from './lib/backend';
import { http } from './lib/http';
import { inWindow, tauri } from './lib/tauri';

/** What answers: made-up data where the page is built with `--mode fixture`, Tauri in the window, else the server. */
async function backend(): Promise<Backend> {
  if (import.meta.env.MODE !== 'fixture') return over(inWindow() ? tauri : http);
  const { fixture } = await import('./fixture/fixture');
  return fixture();
}

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
void backend().then((backend) => mount(App, { target, props: { backend } }));

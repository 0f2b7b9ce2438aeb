/** The first thing that runs: puts the page into the window, with Tauri or a server behind it. */

import './lib/locale';
import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { over } from './lib/api';
import { http } from './lib/http';
import { inWindow, tauri } from './lib/tauri';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
// With `--mode fixture` the machine is made up, and its gallery is there, too; a release contains neither.
if (import.meta.env.MODE === 'fixture') void import('./gallery/enter').then(({ enter }) => enter(target));
else mount(App, { target, props: { backend: over(inWindow() ? tauri : http) } });

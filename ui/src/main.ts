/**
 * The first thing that runs: puts the page into the window, with Tauri or a server behind it.
 *
 * The page itself is loaded once it is known what language it speaks, so that its texts may stand in tables.
 */

import './lib/locale';
import './app.css';
import { mount } from 'svelte';
import { chosen, over } from './lib/api';
import { http } from './lib/http';
import { speak, wanted } from './lib/language';
import { inWindow, tauri } from './lib/tauri';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');

/** Shows the page in the language that was chosen for it, or in that of the desktop or browser. */
async function show(target: HTMLElement): Promise<void> {
  const wire = inWindow() ? tauri : http;
  await speak((await chosen(wire)) ?? wanted(navigator.language));
  const { default: App } = await import('./App.svelte');
  mount(App, { target, props: { backend: over(wire) } });
}

/** Shows a made-up machine, `?language=de` in German. */
async function showMadeUp(target: HTMLElement): Promise<void> {
  await speak(wanted(new URLSearchParams(location.search).get('language') ?? 'en'));
  const { enter } = await import('./gallery/enter');
  enter(target);
}

// With `--mode fixture` the machine is made up, and its gallery is there, too; a release contains neither.
void (import.meta.env.MODE === 'fixture' ? showMadeUp(target) : show(target));

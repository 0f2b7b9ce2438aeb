/** The pages of the window, in the order of their keys. A new page is one file in `pages/` and one line here. */

import type { Component } from 'svelte';
import Alerts from '../pages/Alerts.svelte';
import Expected from '../pages/Expected.svelte';
import History from '../pages/History.svelte';
import Now from '../pages/Now.svelte';
import Processes from '../pages/Processes.svelte';
import Settings from '../pages/Settings.svelte';
import { say } from './language';

/** A page. */
export interface Page {
  /** Its name in the address. */
  id: string;
  title: string;
  /** What a person finds there, for those who search. */
  about: string;
  component: Component;
  /** Whether it is of use where nothing was recorded yet. */
  needsNothing?: boolean;
}

export const PAGES: readonly Page[] = [
  { id: 'now', title: say('Now'), about: say('What the machine does'), component: Now },
  { id: 'history', title: say('History'), about: say('What it did, as charts and episodes'), component: History },
  { id: 'processes', title: say('Processes'), about: say('Who runs, and who uses the GPU'), component: Processes },
  { id: 'alerts', title: say('Alerts'), about: say('What stands, what was, and the rules'), component: Alerts },
  {
    id: 'expected',
    title: say('Expected'),
    about: say('Who may use a GPU: declared, learnt, and what was new'),
    component: Expected,
    needsNothing: true,
  },
  {
    id: 'settings',
    title: say('Settings'),
    about: say('What Hoofbeat does, what it keeps, and what it costs'),
    component: Settings,
    needsNothing: true,
  },
];

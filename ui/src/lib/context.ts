/** What every component may reach without being handed it. */

import { createContext } from 'svelte';
import type { Board } from './board.svelte';
import type { Chart } from './chart.svelte';
import type { Endings } from './ending.svelte';
import type { Route } from './route.svelte';

/** The machine, the chart that a click on a value steers, the page that is shown, and what became of what a person ended. */
export interface Stage {
  board: Board;
  chart: Chart;
  route: Route;
  endings: Endings;
}

export const [getStage, setStage] = createContext<Stage>();

/** Whether nothing may be changed from here: a browser on a server that only shows. What changes something is marked `changes`. */
export function looksOnly(): boolean {
  return 'lookOnly' in document.documentElement.dataset;
}

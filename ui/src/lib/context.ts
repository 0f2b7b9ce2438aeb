/** What every component may reach without being handed it. */

import { createContext } from 'svelte';
import type { Board } from './board.svelte';
import type { Chart } from './chart.svelte';

/** The machine, and the chart that a click on a value steers. */
export interface Stage {
  board: Board;
  chart: Chart;
}

export const [getStage, setStage] = createContext<Stage>();

/** What can be copied or saved: the data of what a page shows, as it has them. Only types: what makes files of it is loaded on demand. */

import type { PastInWords } from '../alerts';
import type { Board } from '../board.svelte';
import type { Chart } from '../chart.svelte';
import type { Found, Strip } from '../past/past.svelte';
import type { Row } from '../processes';
import type { SourceStatus } from '../types/generated/SourceStatus';

/** A chart: an image and a table. */
export type Picture =
  | { kind: 'chart'; board: Board; chart: Chart; colors: readonly string[] }
  | { kind: 'strip'; board: Board; found: Found; strip: Strip }
  | { kind: 'ribbons'; board: Board; found: Found }
  | { kind: 'stack'; board: Board; found: Found };

/** A table. */
export type Table =
  | { kind: 'episodes'; board: Board; found: Found }
  | { kind: 'processes'; rows: readonly Row[]; now: number }
  | { kind: 'users'; source: SourceStatus; now: number }
  | {
      kind: 'alerts';
      alerts: readonly Pick<PastInWords, 'rule' | 'title' | 'since' | 'lasted'>[];
      standing: ReadonlySet<string>;
      now: number;
    };

export type Matter = Picture | Table;

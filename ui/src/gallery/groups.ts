/** The groups of the gallery, in the order in which people should see them. A new one is one file and one line here. */

import type { Group } from './exhibit';
import { alerts } from './groups/alerts';
import { chart } from './groups/chart';
import { expected } from './groups/expected';
import { frame } from './groups/frame';
import { pages } from './groups/pages';
import { past } from './groups/past';
import { pieces } from './groups/pieces';
import { processes } from './groups/processes';
import { settings } from './groups/settings';
import { sources } from './groups/sources';
import { windows } from './groups/windows';

export const GROUPS: readonly Group[] = [
  windows,
  pages,
  frame,
  sources,
  pieces,
  chart,
  past,
  processes,
  alerts,
  expected,
  settings,
];

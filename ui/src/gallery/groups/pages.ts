/** Each page by itself, where it has something of its own to say. */

import { mount } from 'svelte';
import type { Scene } from '../../fixture/machine';
import { PAGES } from '../../lib/pages';
import { exhibit, type Group } from '../exhibit';

const STATES: readonly [scene: Scene, words: string][] = [
  ['fine', 'all is well'],
  ['hostile', 'names of strangers'],
  ['young', 'the first minute'],
  ['server', 'no GPU'],
  ['driver', 'no driver'],
  ['paused', 'paused'],
  ['off', 'recorder off'],
  ['failing', 'history cannot be read'],
];

export const pages: Group = {
  id: 'pages',
  title: 'Pages',
  about: 'What stands below the navigation; a new page of the window is here by itself.',
  exhibits: PAGES.flatMap(({ id, title, component }) =>
    STATES.map(([scene, words]) =>
      exhibit(`${id}-${scene}`, `${title}: ${words}`, (at) => mount(component, at), {
        scene,
        width: 1280,
        height: 720,
        isFramed: true,
      }),
    ),
  ),
};

/** What stands around a page: the sentence, the ways, what is wrong, and the search. */

import { mount, type Component } from 'svelte';
import type { Fixture } from '../../fixture/fixture';
import type { Scene } from '../../fixture/machine';
import { trouble, UNREADABLE } from '../../fixture/troubles';
import Banner from '../../lib/components/Banner.svelte';
import Header from '../../lib/components/Header.svelte';
import Nav from '../../lib/components/Nav.svelte';
import Palette from '../../lib/components/Palette.svelte';
import Skeleton from '../../lib/components/Skeleton.svelte';
import Unreadable from '../../lib/components/Unreadable.svelte';
import { exhibit, first, type, type Exhibit, type Group } from '../exhibit';

const WIDTH = 960;

function each(id: string, component: Component, scenes: readonly [scene: Scene, title: string][]): Exhibit[] {
  return scenes.map(([scene, title]) =>
    exhibit(`${id}-${scene}`, title, (at) => mount(component, at), { scene, width: WIDTH }),
  );
}

const search = (id: string, title: string, typed: string, scene: Scene = 'fine') =>
  exhibit(id, title, (at) => mount(Palette, { ...at, props: { close: () => undefined } }), {
    ...{ scene, width: 720, height: 560, isFramed: true },
    act: (root) => type(first(root, 'input'), typed),
  });

/** What was shown is shown, and then nobody answers any more. */
function cutOff(machine: Fixture): void {
  const push = machine.push.bind(machine);
  machine.push = () => {
    push();
    const failure = trouble('unanswered');
    if (failure) machine.tell({ kind: 'lost', failure });
  };
}

export const frame: Group = {
  id: 'frame',
  title: 'Frame',
  about: 'The sentence about the machine, the ways to the pages, what is wrong in words, and the search.',
  exhibits: [
    ...each('header', Header, [
      ['fine', 'Sentence: somebody works'],
      ['alarm', 'Sentence: alerts first'],
      ['hostile', 'Sentence: names of strangers'],
      ['young', 'Sentence: the first minute'],
      ['server', 'Sentence: no GPU'],
      ['farm', 'Sentence: 40 GPUs'],
      ['asleep', 'Sentence: GPU asleep'],
      ['driver', 'Sentence: no driver'],
      ['lost', 'Sentence: GPU lost'],
      ['denied', 'Sentence: GPU not allowed'],
      ['paused', 'Sentence: paused'],
      ['stale', 'Sentence: silent'],
      ['off', 'Sentence: recorder off'],
      ['none', 'Sentence: nothing recorded'],
      ['damaged', 'Sentence: unreadable'],
    ]),
    exhibit('header-cut-off', 'Sentence: no connection', (at) => mount(Header, at), { width: WIDTH, prepare: cutOff }),
    exhibit('nav-quiet', 'Ways: no alert', (at) => mount(Nav, { ...at, props: { search: () => undefined } }), {
      width: WIDTH,
    }),
    exhibit('nav-alarm', 'Ways: alerts stand', (at) => mount(Nav, { ...at, props: { search: () => undefined } }), {
      ...{ scene: 'alarm', width: WIDTH },
    }),
    ...each('banner', Banner, [
      ['stale', 'Banner: the recorder is silent'],
      ['broken-start', 'Banner: the recorder did not start'],
      ['gone', 'Banner: it cannot be read any more'],
      ['config', 'Banner: a mistake in the settings'],
      ['config-unreadable', 'Banner: settings that cannot be read'],
    ]),
    exhibit(
      'banner-wish',
      'Banner: a wish failed',
      async (at, { board }) => {
        await board.ask((backend) => backend.pause(0));
        return mount(Banner, at);
      },
      {
        width: WIDTH,
        prepare: (machine) => {
          machine.pause = () => Promise.reject({ code: 'read_only', message: 'The database cannot be written.' });
        },
      },
    ),
    exhibit('banner-cut-off', 'Banner: no connection', (at) => mount(Banner, at), { width: WIDTH, prepare: cutOff }),
    exhibit('skeleton', 'Nothing has arrived yet', (at) => mount(Skeleton, at), { width: WIDTH, height: 520 }),
    ...UNREADABLE.flatMap((scene) => {
      const failure = trouble(scene);
      if (failure === null) return [];
      const draw: Exhibit['draw'] = (at) => mount(Unreadable, { ...at, props: { failure } });
      return [exhibit(`unreadable-${scene}`, `Unreadable: ${failure.code}`, draw, { width: 640, height: 360 })];
    }),
    search('search', 'Search: all there is', ''),
    search('search-found', 'Search: some found', 'gpu'),
    search('search-none', 'Search: nothing found', 'zebra'),
    search('search-off', 'Search: recorder off', 'record', 'off'),
  ],
};

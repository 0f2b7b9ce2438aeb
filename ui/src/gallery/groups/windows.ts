/** The whole window, on every kind of machine and in every state of the recording. */

import { mount } from 'svelte';
import App from '../../App.svelte';
import type { Scene } from '../../fixture/machine';
import { exhibit, type Group } from '../exhibit';

/** A state of the whole machine, and what there is to see. */
const STATES: readonly [scene: Scene, title: string, note?: string][] = [
  ['fine', 'All is well'],
  ['alarm', 'Alerts stand'],
  ['young', 'The first minute', 'of its life'],
  ['server', 'No GPU in the machine'],
  ['driver', 'A GPU without its driver'],
  ['asleep', 'The only GPU sleeps'],
  ['lost', 'The only GPU is gone'],
  ['denied', 'The only GPU may not be read'],
  ['hostile', 'Names of strangers', 'long, and meant to hurt'],
  ['many', 'A machine with 128 cores'],
  ['paused', 'Recording is paused'],
  ['off', 'The recorder is off'],
  ['stale', 'The recorder is silent'],
  ['broken-start', 'The recorder cannot be started'],
  ['loading', 'Nothing has arrived yet'],
  ['none', 'Nothing was recorded yet'],
  ['damaged', 'The database is damaged'],
  ['gone', 'It was damaged a moment ago', 'what was read stays'],
  ['newer', 'A newer Hoofbeat wrote it'],
  ['refused', 'The folder is open to others'],
  ['busy', 'Somebody holds the database'],
  ['full', 'The disk is full'],
  ['read-only', 'The database cannot be written'],
  ['unanswered', 'The server does not answer'],
  ['config', 'A mistake in the settings', 'the last good ones hold'],
  ['config-unreadable', 'The settings cannot be read', 'the defaults hold'],
];

export const windows: Group = {
  id: 'windows',
  title: 'Windows',
  about: 'The whole window on made-up machines, alive: its pages can be visited.',
  exhibits: STATES.map(([scene, title, note]) =>
    exhibit(scene, title, ({ target }, { machine }) => mount(App, { target, props: { backend: machine } }), {
      ...{ scene, width: 1280, height: 800, isFramed: true, isWhole: true },
      ...(note === undefined ? {} : { note }),
    }),
  ),
};

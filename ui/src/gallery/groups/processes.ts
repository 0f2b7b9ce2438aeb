/** The list of processes, and how one is ended. */

import { mount } from 'svelte';
import type { Scene } from '../../fixture/machine';
import EndDialog from '../../lib/components/processes/EndDialog.svelte';
import EndReceipt from '../../lib/components/processes/EndReceipt.svelte';
import Processes from '../../lib/components/Processes.svelte';
import { Endings, type Outcome, type Step } from '../../lib/ending.svelte';
import { firstOrder, rowsOf, type MemberRow } from '../../lib/processes';
import type { Receipt } from '../../lib/receipt';
import { exhibit, first, GPU, never, type, type Exhibit, type Group, type Setting } from '../exhibit';

const FAILURE = { code: 'cannot_end', message: 'The process has another number by now, and is let be.' } as const;

const list = (id: string, title: string, scene: Scene, more: Partial<Exhibit> = {}) =>
  exhibit(id, title, (at) => mount(Processes, at), { scene, width: 1080, height: 480, ...more });

/** One process of the made-up machine, as a row. */
async function rowOf({ machine }: Setting, key: string): Promise<MemberRow> {
  const { groups } = await machine.processes(0, [key]);
  const open = new Set(rowsOf(groups, firstOrder('share'), '', new Set()).map(({ id }) => id));
  const row = rowsOf(groups, firstOrder('share'), '', open).find((one) => one.kind === 'member');
  if (row?.kind !== 'member') throw new Error(`the made-up machine has no process of ${key}`);
  return row;
}

const dialog = (id: string, title: string, step: Step, more: Partial<MemberRow> = {}, scene: Scene = 'fine') =>
  exhibit(
    id,
    title,
    async (at, setting) => {
      const endings = new Endings(setting.machine);
      const key = scene === 'hostile' ? '<img src=x onerror=alert(1)>\u202egnp.\u0007exe Blender' : 'Ollama';
      const row = { ...(await rowOf(setting, key)), ...more };
      endings.ask(row, row.uid);
      endings.step = step;
      return mount(EndDialog, { ...at, props: { endings, row, now: setting.board.now } });
    },
    { scene, width: 640, height: 420, isFramed: true },
  );

const RECEIPTS: Receipt[] = [
  {
    source: GPU,
    lines: [
      { metric: 'gpu.utilization', unit: '%', before: 78, after: 4 },
      { metric: 'gpu.memory.used', unit: 'B', before: 15.1e9, after: 8.6e9 },
      { metric: 'gpu.power', unit: 'W', before: 341, after: null },
    ],
  },
];

const receipt = (id: string, title: string, ending: Outcome['ending'], more: Partial<Outcome> = {}) =>
  exhibit(
    id,
    title,
    async (at, setting) => {
      const row = await rowOf(setting, 'Ollama');
      const outcome: Outcome = { row, ending, receipts: RECEIPTS, failure: null, ...more };
      return mount(EndReceipt, { ...at, props: { outcome, close: () => undefined } });
    },
    { width: 760 },
  );

const ENDED = { kind: 'ended', asked: 1000, ended: 1002, killed: false } as const;

export const processes: Group = {
  id: 'processes',
  title: 'Processes',
  about: 'Who runs, who of them uses the GPU, and what is asked and told where one is ended.',
  exhibits: [
    list('list', 'All', 'fine'),
    list('list-open', 'One by one', 'fine', { act: (root) => first(root, '.body .row').click() }),
    list('list-hostile', 'Names of strangers', 'hostile'),
    list('list-many', 'Thousands', 'many'),
    list('list-server', 'No GPU', 'server'),
    list('list-paused', 'Paused', 'paused'),
    list('list-driver', 'A GPU without its driver', 'driver'),
    list('list-none', 'Nobody is called that', 'fine', { act: (root) => type(first(root, 'input'), 'zebra') }),
    list('list-empty', 'Nobody can be seen', 'fine', {
      prepare: (machine) => {
        machine.processes = () => Promise.resolve({ schema: 1, gpus_known: true, own: 1000, groups: [] });
      },
    }),
    list('list-loading', 'They are being read', 'fine', { prepare: (machine) => (machine.processes = never) }),
    list('list-failed', 'They cannot be read', 'fine', {
      prepare: (machine) => {
        machine.processes = () => Promise.reject({ code: 'io', message: 'Reading /proc failed: out of memory.' });
      },
    }),
    dialog('end', 'End: asked', { kind: 'asking' }),
    dialog('end-hostile', 'End: a name of a stranger', { kind: 'asking' }, {}, 'hostile'),
    dialog('end-foreign', 'End: somebody else’s', { kind: 'foreign' }, { user: 'root', uid: 0 }),
    dialog('end-hidden', 'End: one that cannot be seen', { kind: 'foreign' }, { user: null, started: null }),
    dialog('end-desktop', 'End: a part of the desktop', { kind: 'doubted', doubt: 'desktop' }),
    dialog('end-itself', 'End: Hoofbeat itself', { kind: 'doubted', doubt: 'hoofbeat' }),
    dialog('end-waiting', 'End: it was asked', { kind: 'waiting' }),
    dialog('end-failed', 'End: it cannot be', { kind: 'failed', failure: FAILURE }),
    receipt('ended', 'Ended by itself', ENDED),
    receipt('ended-waiting', 'Ended, and the GPU is looked at', ENDED, { receipts: null }),
    receipt('ended-killed', 'Ended at once', { ...ENDED, killed: true, ended: 1005 }),
    receipt('ended-stuck', 'It waits for a device', { kind: 'stuck', asked: 1000 }, { receipts: [] }),
    receipt('ended-none', 'It used no GPU', ENDED, { receipts: [] }),
    receipt('ended-unknown', 'What the GPU did is not known', ENDED, {
      ...{ receipts: null, failure: { code: 'busy', message: 'The database is locked by another process.' } },
    }),
  ],
};

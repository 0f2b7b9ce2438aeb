/** Cards: each kind of source, and a GPU in every health. */

import { mount } from 'svelte';
import { made, type Scene } from '../../fixture/machine';
import { PANELS } from '../../lib/panels';
import Gpu from '../../lib/panels/Gpu.svelte';
import Sensors from '../../lib/panels/Sensors.svelte';
import Disks from '../../lib/panels/Disks.svelte';
import Power from '../../lib/panels/Power.svelte';
import type { SourceStatus } from '../../lib/types/generated/SourceStatus';
import { exhibit, GPU, sourceOf, type Exhibit, type Group } from '../exhibit';

/** A panel with all that it shows of a machine. */
function panel(id: string, scene: Scene, title: string): Exhibit {
  const found = PANELS.find((one) => one.id === id);
  if (!found) throw new Error(`there is no panel ${id}`);
  const draw: Exhibit['draw'] = (at, { board }) => {
    const sources = board.sources.filter((source) => found.kinds.includes(source.kind));
    return mount(found.component, { ...at, props: { sources } });
  };
  return exhibit(`${id}-${scene}`, title, draw, { scene });
}

/** The GPU as it is when it cannot be read. */
function gpu(id: string, title: string, more: Partial<SourceStatus>): Exhibit {
  return exhibit(id, title, (at, setting) =>
    mount(Gpu, { ...at, props: { sources: [sourceOf(setting, GPU, { processes: [], ...more })] } }),
  );
}

/** A source that no scene has. */
function alone(kind: string, label: string, more: Partial<SourceStatus>): SourceStatus {
  return { ...made(`${kind}:alone`, kind, label, {}, more).source, ts: null, metrics: {}, ...more };
}

const LONG =
  'NVIDIA Quadro RTX 6000 (Ada Generation) with passive cooling, engineering sample, do not ship, board 7 of 12';

export const sources: Group = {
  id: 'sources',
  title: 'Cards',
  about: 'A card for each source: what it measures, how it is, and why it says nothing where it does not.',
  exhibits: [
    panel('gpu', 'fine', 'GPUs: one works, one sleeps, one is let go'),
    panel('gpu', 'hostile', 'GPUs: names of strangers'),
    gpu('gpu-long', 'GPU: a long name', { label: LONG }),
    gpu('gpu-asleep', 'GPU: asleep', { health: 'asleep', reason: 'D3cold since 13:10; Hoofbeat is not waking it' }),
    gpu('gpu-idle', 'GPU: let go', { health: 'asleep', reason: 'idle; let go, so that it may sleep' }),
    gpu('gpu-lost-later', 'GPU: lost, with values known before', {
      ...{ health: 'lost', reason: 'NVIDIA’s driver says: the GPU has fallen off the bus', metrics: {} },
    }),
    gpu('gpu-users-denied', 'GPU: users may not be seen', {
      ...{ health: 'denied', reason: 'the driver does not let this user see who uses the GPU' },
    }),
    gpu('gpu-stale', 'GPU: no data', { health: 'stale', reason: 'the driver has not answered for 12 s' }),
    panel('gpu', 'driver', 'GPU: without its driver'),
    panel('gpu', 'lost', 'GPU: lost from the beginning'),
    panel('gpu', 'denied', 'GPU: may not be read'),
    panel('cpu', 'fine', 'CPU'),
    panel('cpu', 'many', 'CPU: 128 cores'),
    panel('cpu', 'off', 'CPU: the recorder is off'),
    panel('memory', 'fine', 'Memory'),
    panel('disk', 'fine', 'Disks: one file system nearly full'),
    panel('disk', 'hostile', 'Disks: names of strangers'),
    exhibit('disk-denied', 'Disks: a file system that may not be read', (at) => {
      const more = { health: 'denied', reason: 'reading /srv was refused' } as const;
      return mount(Disks, { ...at, props: { sources: [alone('filesystem', '/srv/archive', more)] } });
    }),
    panel('network', 'fine', 'Network'),
    panel('sensors', 'fine', 'Sensors: chips, channels, and one that may not be read'),
    exhibit('sensors-alone', 'Sensors: a channel that reads nothing', (at) => {
      const more = {
        health: 'unsupported',
        reason: 'the chip reports a fault: probably nothing is connected',
      } as const;
      return mount(Sensors, { ...at, props: { sources: [alone('channel', 'AUXTIN3', more)] } });
    }),
    panel('power', 'fine', 'Power'),
    exhibit('power-unknown', 'Power: nothing told', (at) => {
      const more = { health: 'unsupported', reason: 'it does not tell whether it is connected' } as const;
      return mount(Power, { ...at, props: { sources: [alone('mains', 'AC', more)] } });
    }),
    panel('self', 'fine', 'Hoofbeat itself'),
    panel('self', 'off', 'Hoofbeat itself: off'),
  ],
};

/**
 * The panels of the page, in the order in which people should see them. A new panel is one file in `panels/` and one
 * line here.
 */

import type { Component } from 'svelte';
import { say } from './language';
import Cpu from './panels/Cpu.svelte';
import Disks from './panels/Disks.svelte';
import Gpu from './panels/Gpu.svelte';
import Memory from './panels/Memory.svelte';
import Network from './panels/Network.svelte';
import Power from './panels/Power.svelte';
import Recorder from './panels/Recorder.svelte';
import Sensors from './panels/Sensors.svelte';
import type { SourceStatus } from './types/generated/SourceStatus';

/** A group of cards. */
export interface Panel {
  id: string;
  title: string;
  /** The kinds of sources that it shows, wholes and parts. */
  kinds: readonly string[];
  /** The metrics that have a sparkline in it. */
  sparks: readonly string[];
  component: Component<{ sources: readonly SourceStatus[] }>;
}

export const PANELS: readonly Panel[] = [
  { id: 'gpu', title: 'GPU', kinds: ['gpu'], sparks: ['gpu.utilization'], component: Gpu },
  { id: 'cpu', title: 'CPU', kinds: ['cpu', 'core'], sparks: ['cpu.utilization'], component: Cpu },
  { id: 'memory', title: say('Memory'), kinds: ['memory'], sparks: ['memory.used'], component: Memory },
  {
    id: 'disk',
    title: say('Disks'),
    kinds: ['disk', 'filesystem'],
    sparks: ['disk.read', 'disk.write'],
    component: Disks,
  },
  {
    id: 'network',
    title: say('Network'),
    kinds: ['network'],
    sparks: ['net.receive', 'net.transmit'],
    component: Network,
  },
  { id: 'sensors', title: say('Sensors'), kinds: ['chip', 'channel'], sparks: [], component: Sensors },
  {
    id: 'power',
    title: say('Power supply'),
    kinds: ['battery', 'mains'],
    sparks: ['battery.charge'],
    component: Power,
  },
  {
    id: 'self',
    title: say('Hoofbeat itself'),
    kinds: ['recorder', 'sensor'],
    sparks: ['self.cpu'],
    component: Recorder,
  },
];

/** Every metric that has a sparkline. */
export function sparks(): string[] {
  return PANELS.flatMap((panel) => panel.sparks);
}

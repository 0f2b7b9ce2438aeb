/** The chart of the first page. */

import { mount } from 'svelte';
import ChartPanel from '../../lib/components/ChartPanel.svelte';
import type { Scene } from '../../fixture/machine';
import { exhibit, never, type Exhibit, type Group } from '../exhibit';

const SIZE = { width: 760, height: 420 };

const panel = (id: string, title: string, scene: Scene, more: Partial<Exhibit> = {}, metric = 'cpu.utilization') =>
  exhibit(
    id,
    title,
    (at, { chart }) => {
      chart.show(metric);
      return mount(ChartPanel, at);
    },
    { scene, ...SIZE, ...more },
  );

export const chart: Group = {
  id: 'chart',
  title: 'Chart',
  about: 'One metric over a time, with its legend; and what it says while it is empty.',
  exhibits: [
    panel('one', 'One line', 'fine', {}, 'gpu.temperature'),
    panel('some', 'Some lines', 'fine', {}, 'hwmon.temperature'),
    panel('many', 'More lines than colours', 'many', {}, 'cpu.core.utilization'),
    panel('hostile', 'Names of strangers', 'hostile', {}, 'disk.read'),
    panel('young', 'The first minute', 'young'),
    panel('paused', 'Paused', 'paused'),
    panel('off', 'The recorder is off', 'off'),
    panel('empty', 'No source reports it', 'fine', {}, 'gpu.jpeg.utilization'),
    panel('failing', 'It cannot be read', 'failing'),
    panel('loading', 'It is being read', 'fine', { prepare: (machine) => (machine.history = never) }),
  ],
};

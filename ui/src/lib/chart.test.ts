/** What the chart opens with, on a machine whose GPU sleeps and wakes. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NOW } from '../fixture/clock';
import { Fixture } from '../fixture/fixture';
import { Board } from './board.svelte';
import { Chart, SPANS } from './chart.svelte';

const GPU = 'gpu.utilization';
let end: () => void = () => undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});

afterEach(() => {
  end();
  vi.useRealTimers();
});

/**
 * A chart on a machine whose GPUs are asleep until they are woken, and have or have not worked within the range; where it
 * is young, nothing is on record.
 */
async function open(hasWorked: boolean, isYoung = false) {
  const machine = new Fixture('fine');
  let isAsleep = true;
  const { status, history } = { status: machine.status.bind(machine), history: machine.history.bind(machine) };
  vi.spyOn(machine, 'status').mockImplementation(() => {
    const told = status();
    if (isYoung) told.recorder.since = NOW.getTime() / 1000 - 12;
    if (!isAsleep) return told;
    const asleep = { health: 'asleep' as const, metrics: {} };
    return {
      ...told,
      sources: told.sources.map((source) => (source.kind === 'gpu' ? { ...source, ...asleep } : source)),
    };
  });
  vi.spyOn(machine, 'history').mockImplementation(async (query) => {
    const told = await history(query);
    return isYoung || (query.metric === GPU && isAsleep && !hasWorked) ? { ...told, series: [] } : told;
  });
  const board = new Board(machine, []);
  end = board.start();
  const chart = new Chart(board);
  const hear = async () => {
    machine.push();
    chart.hear(board.status!);
    await vi.advanceTimersByTimeAsync(10);
  };
  await hear();
  const wake = async () => {
    isAsleep = false;
    await hear();
  };
  return { chart, wake };
}

test('a GPU that slept is shown once it tells how busy it is', async () => {
  const { chart, wake } = await open(false);
  expect(chart.metric).toBe('cpu.utilization');
  await wake();
  expect(chart.metric).toBe(GPU);
  expect(chart.lines.map(({ source }) => source)).toContain('gpu:GPU-1c7a');
});

test('one that worked a moment ago is shown at once', async () => {
  const { chart } = await open(true);
  expect(chart.metric).toBe(GPU);
});

test('what a person chose stays', async () => {
  const { chart, wake } = await open(false);
  chart.show('cpu.utilization');
  await wake();
  expect(chart.metric).toBe('cpu.utilization');
});

test('what a person looks at over another range stays, too', async () => {
  const { chart, wake } = await open(false);
  chart.choose(SPANS[2]!);
  await wake();
  expect(chart.metric).toBe('cpu.utilization');
  expect(chart.span.id).toBe('24h');
});

test('a range that it opened with itself is nobody’s choice', async () => {
  const { chart, wake } = await open(false, true);
  expect([chart.metric, chart.span.id]).toEqual(['cpu.utilization', '5m']);
  await wake();
  expect(chart.metric).toBe(GPU);
});

test('without a GPU it turns to the CPU, whose first value takes two readings', async () => {
  const machine = new Fixture('server');
  const status = machine.status.bind(machine);
  let isFirst = true;
  vi.spyOn(machine, 'status').mockImplementation(() => {
    const told = status();
    if (isFirst) for (const { metrics } of told.sources) delete metrics['cpu.utilization'];
    return told;
  });
  const board = new Board(machine, []);
  end = board.start();
  const chart = new Chart(board);
  machine.push();
  chart.hear(board.status!);
  expect(chart.metric).toBe('memory.used');
  isFirst = false;
  machine.push();
  chart.hear(board.status!);
  expect(chart.metric).toBe('cpu.utilization');
});

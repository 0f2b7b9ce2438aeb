/** What the page knows of the machine: by whose clock, over which line, and whether anybody sees it. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NOW } from '../fixture/clock';
import { Fixture } from '../fixture/fixture';
import { Board } from './board.svelte';
import { Chart } from './chart.svelte';

const METRIC = 'cpu.utilization';
const HERE = NOW.getTime() / 1000;
let end: () => void = () => undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});

afterEach(() => {
  end();
  vi.useRealTimers();
});

function turn(visibility: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visibility);
  document.dispatchEvent(new Event('visibilitychange'));
}

/** A board on a machine whose clock is `ahead` seconds of the page's. */
async function show(ahead = 0, scene: ConstructorParameters<typeof Fixture>[0] = 'fine') {
  const machine = new Fixture(scene, () => Math.floor(Date.now() / 1000) + ahead);
  const board = new Board(machine, [METRIC]);
  end = board.start();
  await vi.advanceTimersByTimeAsync(10);
  return { machine, board };
}

const seconds = (board: Board) => board.recent('cpu', METRIC)?.points.map((point) => point[0]) ?? [];
/** The widest gap of the sparkline. */
const gap = (board: Board) => Math.max(...seconds(board).map((ts, at, all) => ts - (all[at - 1] ?? ts)));

test.each([60, -60, 3600, -3600, 86_400])('a clock %i s ahead of the page’s is the one that counts', async (ahead) => {
  const { board } = await show(ahead);
  expect(board.now).toBe(HERE + ahead);
  expect(board.condition?.kind).toBe('recording');
  await vi.advanceTimersByTimeAsync(4000);
  expect(board.now, 'it goes on by itself').toBe(HERE + ahead + 4);
  expect(board.condition?.kind).toBe('recording');
});

test('silence is the recorder’s only where the line is known to be whole', async () => {
  const { machine, board } = await show();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(board.condition?.kind, 'nothing was heard on the line').toBe('recording');
  machine.tell({ kind: 'alive' });
  expect(board.condition).toEqual({ kind: 'stale', age: 30 });
  machine.tell({ kind: 'lost', failure: { code: 'io', message: 'Nobody answers.' } });
  expect(board.condition).toEqual({ kind: 'lost' });
  machine.push();
  expect(board.condition?.kind).toBe('recording');
  expect(board.lost).toBeNull();
});

test('while nobody sees the page it does nothing, and coming back is no silence', async () => {
  const { machine, board } = await show();
  const events = vi.spyOn(machine, 'events');
  turn('hidden');
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(events).not.toHaveBeenCalled();
  expect(board.now).toBe(HERE);
  turn('visible');
  expect(board.now).toBe(HERE + 120);
  await vi.advanceTimersByTimeAsync(3000);
  expect(board.condition?.kind, 'the news are under way').toBe('recording');
  expect(events).toHaveBeenCalled();
});

test('what was recorded while nothing was pushed is read, and no gap is shown', async () => {
  const { machine, board } = await show();
  const chart = new Chart(board);
  const hear = () => {
    machine.push();
    if (board.status) chart.hear(board.status);
  };
  hear();
  chart.show(METRIC);
  await vi.advanceTimersByTimeAsync(10);
  const history = vi.spyOn(machine, 'history');
  await vi.advanceTimersByTimeAsync(1000);
  hear();
  expect(history, 'one tick after the other').not.toHaveBeenCalled();

  await vi.advanceTimersByTimeAsync(40_000);
  hear();
  await vi.advanceTimersByTimeAsync(10);
  expect(history).toHaveBeenCalledTimes(2);
  expect(gap(board)).toBe(board.recent('cpu', METRIC)?.step);
  const line = chart.lines.find((line) => line.source === 'cpu');
  // Before, the machine was suspended for a while.
  const apart = line?.points.slice(-20).map((point, at, all) => point[0] - (all[at - 1]?.[0] ?? point[0])) ?? [];
  expect(Math.max(...apart)).toBe(line?.step);
});

test('after the clock was set back the lines go on from there', async () => {
  const { machine, board } = await show();
  expect(seconds(board).at(-1)).toBe(HERE);
  machine.now = () => Math.floor(Date.now() / 1000) - 600;
  for (let ticks = 0; ticks < 3; ticks += 1) {
    machine.push();
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(seconds(board).at(-1)).toBe(HERE - 600 + 2);
  expect(gap(board)).toBe(board.recent('cpu', METRIC)?.step);
  expect(Math.max(...seconds(board))).toBeLessThanOrEqual(board.now);
});

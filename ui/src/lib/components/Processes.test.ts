import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import App from '../../App.svelte';
import { Fixture, type Scene } from '../../fixture/fixture';

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true, now: new Date(2026, 10, 21, 14, 30) });
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

async function show(scene: Scene, change: (machine: Fixture) => void = () => undefined) {
  const machine = new Fixture(scene);
  const asked = vi.spyOn(machine, 'processes');
  change(machine);
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  return { machine, asked };
}

const table = () => within(screen.getByTestId('processes')).getByRole('table');
const head = (name: RegExp) => within(table()).getByRole('columnheader', { name });
/** The cells of each line, those of the row's own heading as one. */
const lines = () =>
  [...table().querySelectorAll('tbody tr')].map((line) =>
    [line.querySelector('.line'), ...line.querySelectorAll('td')]
      .map((cell) => cell?.textContent?.replace(/\s+/g, ' ').trim())
      .join(' | '),
  );

function turn(visibility: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visibility);
  document.dispatchEvent(new Event('visibilitychange'));
}

test('those that use the GPU come first, and members of one identity are one line', async () => {
  await show('fine');
  expect(lines()).toHaveLength(12);
  expect(lines()[0]).toMatch(/^Blender \| anna \| 42 % \| 8\.1 GiB \| \d+ % \| \d+ MiB$/);
  expect(lines()[1]).toMatch(/^Ollama×2 \| anna \| 20 % \| 6\.4 GiB \|/);
  expect(head(/GPU/).getAttribute('aria-sort')).toBe('descending');
  const button = screen.getByText(/^Show all \d+$/);
  await fireEvent.click(button);
  expect(lines().length).toBeGreaterThan(12);
  expect(screen.getByText('Show fewer').getAttribute('aria-expanded')).toBe('true');
});

test('a click on a head sorts by it, a second one turns the order, and a search field filters', async () => {
  await show('fine');
  const cpu = within(head(/CPU/)).getByRole('button');
  await fireEvent.click(cpu);
  expect(head(/CPU/).getAttribute('aria-sort')).toBe('descending');
  expect(head(/GPU/).getAttribute('aria-sort')).toBeNull();
  const first = lines()[0];
  await fireEvent.click(cpu);
  expect(head(/CPU/).getAttribute('aria-sort')).toBe('ascending');
  expect(lines()[0]).not.toBe(first);

  const search = screen.getByRole('searchbox', { name: /filter processes/i });
  await fireEvent.input(search, { target: { value: 'postgres' } });
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).toMatch(/^PostgreSQL in shop-db×9 \| 999 \|/);
  expect(screen.queryByText(/^Show all/)).toBeNull();
  await fireEvent.input(search, { target: { value: 'nobody is called this' } });
  expect(screen.getByTestId('processes-none').textContent).toContain('No process has a name like that.');
});

test('nothing is read while nobody can see it', async () => {
  const { asked } = await show('fine');
  expect(asked).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(4000);
  expect(asked).toHaveBeenCalledTimes(4);
  turn('hidden');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveBeenCalledTimes(4);
  turn('visible');
  await vi.advanceTimersByTimeAsync(50);
  expect(asked).toHaveBeenCalledTimes(5);
  cleanup();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveBeenCalledTimes(5);
});

test('without a recorder the columns of GPUs say so once', async () => {
  await show('off');
  expect(screen.queryByTestId('processes-unrecorded')).toBeNull();
  expect(within(table()).queryByRole('columnheader', { name: /GPU/ })).toBeNull();
  expect(head(/CPU/).getAttribute('aria-sort')).toBe('descending');
  cleanup();
  const { machine } = await show('fine');
  expect(screen.queryByTestId('processes-unrecorded')).toBeNull();
  await machine.pause(Date.now() / 1000 + 600);
  await vi.advanceTimersByTimeAsync(1000);
  await waitFor(() => expect(screen.getAllByTestId('processes-unrecorded')).toHaveLength(1));
  expect(table().querySelector('.bar')).toBeNull();
  expect(lines()[0]).toMatch(/ \| {2}\| {2}\| \d/);
});

test('it says that it reads, and what went wrong, and keeps what it had', async () => {
  const failure = { code: 'io', message: '/proc: permission denied.' };
  const { asked } = await show('fine', (machine) =>
    vi.spyOn(machine, 'processes').mockReturnValueOnce(new Promise(() => undefined)),
  );
  expect(screen.getByTestId('processes-loading')).toBeDefined();
  expect(asked).toHaveBeenCalledTimes(1);
  cleanup();

  const later = await show('fine');
  vi.spyOn(later.machine, 'processes').mockRejectedValueOnce(failure);
  await vi.advanceTimersByTimeAsync(1000);
  await waitFor(() => expect(screen.getByTestId('processes-failure').textContent).toContain('permission denied'));
  expect(lines()).toHaveLength(12);
  await vi.advanceTimersByTimeAsync(2000);
  await waitFor(() => expect(screen.queryByTestId('processes-failure')).toBeNull());
});

test('names from outside are text', async () => {
  await show('hostile');
  expect(lines()[0]).toContain('<img src=x onerror=alert(1)>\ufffdgnp.\ufffdexe Blender');
  expect(document.querySelector('img')).toBeNull();
});

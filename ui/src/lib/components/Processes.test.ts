import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import App from '../../App.svelte';
import { NOW, onOneClock } from '../../fixture/clock';
import { Fixture, type Scene } from '../../fixture/fixture';
import { moment } from '../format';

onOneClock('processes');

async function show(scene: Scene, change: (machine: Fixture) => void = () => undefined) {
  const machine = new Fixture(scene);
  const asked = vi.spyOn(machine, 'processes');
  change(machine);
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  return { machine, asked };
}

const grid = () => within(screen.getByTestId('processes')).getByRole('treegrid');
const head = (name: RegExp) => within(grid()).getByRole('columnheader', { name });
/** The rows that are drawn, without the head. */
const rows = () => within(grid()).getAllByRole('row').slice(1);
const row = (name: RegExp) => {
  const found = rows().find((row) => name.test(row.textContent ?? ''));
  if (!found) throw new Error(`no row has ${name}`);
  return found;
};
/** The cells of each row, those of the row's own heading as one. */
const lines = () =>
  rows().map((row) =>
    [row.querySelector('.line'), ...row.querySelectorAll('[role=gridcell]')]
      .map((cell) => cell?.textContent?.replace(/\s+/g, ' ').trim())
      .join(' | '),
  );
const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });

function turn(visibility: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visibility);
  document.dispatchEvent(new Event('visibilitychange'));
}

test('those that use the GPU come first, and members of one identity are one row', async () => {
  await show('fine');
  expect(lines()[0]).toMatch(
    /^Blender \| anna \| 42 % \| 8\.1 GiB \| \d+ % \| \d+ MiB \| .* \| 2 h 10 min ≈ 590 Wh \|/,
  );
  expect(lines()[1]).toMatch(/^Ollama ×2 \| anna \| 20 % \| 6\.4 GiB \| .* \| ollama\.service \|/);
  expect(lines()[0]).toContain('started by GNOME Shell');
  expect(head(/GPU$/).getAttribute('aria-sort')).toBe('descending');
  expect(head(/^GPU today/).textContent.trim(), 'the minute that runs is not in it').toMatch(/until \d\d:\d\d/);
  expect(screen.getByTestId('processes-count').textContent).toMatch(/\d+ processes in 2\d groups, 9 use the GPU/);
});

test('the GPU is told until what was counted last, whether anybody records or not', async () => {
  const now = NOW.getTime() / 1000;
  const until = () =>
    head(/^GPU today/)
      .textContent.replace(/[↓↑]/g, '')
      .trim();
  const midnight = new Date(2026, 10, 21).getTime() / 1000;
  for (const [last, told] of [
    [now - 7230, now - 7260],
    [now - 86400, midnight],
    [now + 5, now],
  ] as const) {
    await show('fine', (machine) => {
      const status = machine.status.bind(machine);
      vi.spyOn(machine, 'status').mockImplementation(() => {
        const said = status();
        return { ...said, ts: last, recorder: { ...said.recorder, state: last < now ? 'off' : 'recording' } };
      });
    });
    expect(until()).toBe(`GPU today until ${moment(told, now)}`);
    cleanup();
  }
});

test('a row that is unfolded shows each of its processes, and can be folded again', async () => {
  const { asked } = await show('fine');
  const { length } = rows();
  expect(row(/^\s*Ollama/).getAttribute('aria-expanded')).toBe('false');
  await fireEvent.click(row(/^\s*Ollama/));
  await vi.advanceTimersByTimeAsync(50);
  expect(asked.mock.lastCall?.[1]).toEqual(['Ollama']);
  expect(row(/^\s*Ollama/).getAttribute('aria-expanded')).toBe('true');
  expect(
    rows()
      .slice(2, 4)
      .map((row) => row.getAttribute('aria-level')),
  ).toEqual(['2', '2']);
  expect(lines()[2]).toMatch(/^5120 ollama \|.* 14 % .*started by systemd \(1\) \| End…$/);
  expect(lines()[3]).toMatch(/^5177 ollama \|.* 6 % /);
  await fireEvent.click(row(/^\s*Ollama/));
  expect(rows()).toHaveLength(length);
});

test('a column is one of those that are shown, and says which', async () => {
  await show('fine');
  const places = (row: Element | undefined) =>
    [...(row?.children ?? [])].map((cell) => cell.getAttribute('aria-colindex')).filter((index) => index !== null);
  const all = Array.from({ length: 10 }, (_, at) => String(at + 1));
  expect(grid().getAttribute('aria-colcount')).toBe('10');
  expect(places(head(/Name/).parentElement ?? undefined)).toEqual(all);
  expect(places(rows()[0])).toEqual(all);
  cleanup();
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(340);
  await show('fine');
  await waitFor(() => expect(grid().getAttribute('aria-colcount')).toBe('4'));
  expect(places(rows()[0])).toEqual(['1', '2', '3', '4']);
});

test('everything is reached by keys', async () => {
  await show('fine');
  rows()[0]?.focus();
  await press('ArrowDown');
  await vi.advanceTimersByTimeAsync(1);
  expect(document.activeElement).toBe(row(/^\s*Ollama/));
  await press('ArrowRight');
  await vi.advanceTimersByTimeAsync(50);
  await press('ArrowRight');
  await vi.advanceTimersByTimeAsync(1);
  expect(document.activeElement).toBe(row(/5120/));
  expect(within(row(/5120/)).getByRole('button').tabIndex).toBe(0);
  await press('Delete');
  expect(screen.getByTestId('end-dialog').textContent?.replace(/\s+/g, ' ')).toContain('End ollama (5120)?');
  await fireEvent.click(screen.getByTestId('end-cancel'));
  await press('ArrowLeft');
  await vi.advanceTimersByTimeAsync(1);
  expect(document.activeElement).toBe(row(/^\s*Ollama/));
  await press('Enter');
  expect(row(/^\s*Ollama/).getAttribute('aria-expanded')).toBe('false');
  await press('End');
  await vi.advanceTimersByTimeAsync(1);
  expect(document.activeElement?.getAttribute('aria-rowindex')).toBe(grid().getAttribute('aria-rowcount'));
});

test('where the page may only look, no key ends anything, and none is named', async () => {
  document.documentElement.dataset['lookOnly'] = '';
  try {
    await show('fine');
    await fireEvent.click(row(/^\s*Ollama/));
    await vi.advanceTimersByTimeAsync(50);
    row(/5120/).focus();
    await press('Delete');
    expect(screen.queryByTestId('end-dialog')).toBeNull();
    expect(within(row(/5120/)).queryByRole('button')).toBeNull();
    expect(document.getElementById('processes-keys')?.textContent).not.toContain('Delete');
  } finally {
    delete document.documentElement.dataset['lookOnly'];
  }
});

test('when the process that has the keyboard ends, the row beside it gets it, and that is said', async () => {
  const { machine } = await show('fine');
  const said = () => screen.getByTestId('processes-said').textContent;
  await fireEvent.click(row(/^\s*Ollama/));
  await vi.advanceTimersByTimeAsync(50);
  row(/^\s*Ollama/).focus();
  for (let nth = 0; nth < 2; nth += 1) {
    await press('ArrowDown');
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(document.activeElement).toBe(row(/5177/));
  expect(said()).toBe('');
  // One ends by itself, and the only other one is ended by the person.
  await machine.endProcess(5177, 0, false);
  await vi.advanceTimersByTimeAsync(2500);
  expect(document.activeElement).toBe(row(/5120/));
  expect(said()).toBe('ollama (5177) has ended. Now at ollama (5120).');
  await press('Delete');
  await fireEvent.click(screen.getByTestId('end-sure'));
  await vi.advanceTimersByTimeAsync(7000);
  expect(screen.queryByTestId('end-dialog')).toBeNull();
  expect(document.activeElement?.getAttribute('role')).toBe('row');
  expect(document.activeElement?.isConnected).toBe(true);
});

test('a row that Tab led to has the keyboard, too', async () => {
  const { machine } = await show('fine');
  row(/^\s*Blender/).focus();
  await machine.endProcess(4211, 0, false);
  await vi.advanceTimersByTimeAsync(3000);
  expect(document.activeElement).toBe(row(/^\s*Ollama/));
  expect(screen.getByTestId('processes-said').textContent).toBe('Blender has ended. Now at Ollama.');
});

test('when the last process that was found ends, others can be looked for', async () => {
  const { machine } = await show('fine');
  const search = screen.getByRole('searchbox', { name: /filter processes/i });
  await fireEvent.input(search, { target: { value: '4211' } });
  row(/^\s*Blender/).focus();
  await machine.endProcess(4211, 0, false);
  await vi.advanceTimersByTimeAsync(3000);
  expect(screen.getByTestId('processes-none')).toBeDefined();
  expect(document.activeElement).toBe(search);
});

test('a person who types elsewhere is left there when a process ends', async () => {
  const { machine } = await show('fine');
  await fireEvent.click(row(/^\s*Blender/));
  const search = screen.getByRole('searchbox', { name: /filter processes/i });
  search.focus();
  await machine.endProcess(4211, 0, false);
  await vi.advanceTimersByTimeAsync(3000);
  expect(screen.getByTestId('processes').textContent).not.toContain('Blender');
  expect(document.activeElement).toBe(search);
  expect(screen.getByTestId('processes-said').textContent).toBe('');
});

test('of thousands of rows only those are drawn that can be seen', async () => {
  await show('many');
  expect(Number(grid().getAttribute('aria-rowcount'))).toBeGreaterThan(2500);
  expect(rows().length).toBeLessThan(60);
  rows()[0]?.focus();
  await press('End');
  await vi.advanceTimersByTimeAsync(1);
  expect(document.activeElement?.getAttribute('aria-rowindex')).toBe(grid().getAttribute('aria-rowcount'));
  expect(rows().length).toBeLessThan(60);
});

test('a click on a head sorts by it, a second one turns the order, and a search field filters', async () => {
  await show('fine');
  const cpu = within(head(/CPU/)).getByRole('button');
  await fireEvent.click(cpu);
  expect(head(/CPU/).getAttribute('aria-sort')).toBe('descending');
  expect(head(/GPU$/).getAttribute('aria-sort')).toBeNull();
  const first = lines()[0];
  await fireEvent.click(cpu);
  expect(head(/CPU/).getAttribute('aria-sort')).toBe('ascending');
  expect(lines()[0]).not.toBe(first);

  const search = screen.getByRole('searchbox', { name: /filter processes/i });
  await fireEvent.input(search, { target: { value: 'postgres' } });
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).toMatch(/^PostgreSQL in shop-db ×9 \| 999 \|/);
  await fireEvent.input(search, { target: { value: '4211' } });
  expect(lines()[0]).toMatch(/^Blender/);
  await fireEvent.input(search, { target: { value: 'nobody is called this' } });
  expect(screen.getByTestId('processes-none').textContent).toContain('No process has a name');
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
  expect(within(grid()).queryByRole('columnheader', { name: /GPU/ })).toBeNull();
  expect(head(/CPU/).getAttribute('aria-sort')).toBe('descending');
  cleanup();
  const { machine } = await show('fine');
  expect(screen.queryByTestId('processes-unrecorded')).toBeNull();
  await machine.pause(Date.now() / 1000 + 600);
  await vi.advanceTimersByTimeAsync(1000);
  await waitFor(() => expect(screen.getAllByTestId('processes-unrecorded')).toHaveLength(1));
  expect(grid().querySelector('.bar')).toBeNull();
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
  expect(lines()[0]).toMatch(/^Blender/);
  await vi.advanceTimersByTimeAsync(2000);
  await waitFor(() => expect(screen.queryByTestId('processes-failure')).toBeNull());
});

test('names from outside are text', async () => {
  await show('hostile');
  expect(lines()[0]).toContain('<img src=x onerror=alert(1)>\ufffdgnp.\ufffdexe Blender');
  expect(document.querySelector('img')).toBeNull();
});

/** The page of the past on a made-up machine, as a person uses it. */

import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import App from '../App.svelte';
import { NOW, onOneClock } from '../fixture/clock';
import { Fixture, type Scene } from '../fixture/fixture';

onOneClock('history');
beforeEach(() => localStorage.clear());

const now = NOW.getTime() / 1000;

async function show(scene: Scene = 'fine', address = '#/history') {
  const machine = new Fixture(scene);
  const history = vi.spyOn(machine, 'history');
  window.location.hash = address;
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(60);
  return { machine, history };
}

const strips = () => [...document.querySelectorAll<HTMLElement>('[data-testid^="strip-"]')];
const charts = () => strips().map((strip) => strip.dataset.testid?.replace('strip-', ''));
const address = () => Object.fromEntries(new URLSearchParams(window.location.hash.split('?')[1] ?? ''));
const time = () => screen.getByTestId('past-time');
const press = (key: string, more = {}) => fireEvent.keyDown(time(), { key, ...more });

test('the last day of the GPU, its load first, with who used it and what held it back', async () => {
  const { history } = await show();
  expect(charts()).toEqual(['gpu.utilization', 'gpu.temperature', 'gpu.power', 'gpu.memory.used']);
  expect(history).toHaveBeenCalledWith(
    expect.objectContaining({ metric: 'gpu.power', source: 'gpu:GPU-1c7a', since: now - 86400 }),
  );
  const lanes = [...screen.getByTestId('ribbons').querySelectorAll('tbody th')].map((cell) => cell.textContent);
  expect(lanes).toHaveLength(7);
  expect(lanes[0]).toBe('Blender');
  expect(lanes.slice(5)).toEqual(['3 others', 'not visible']);
  expect(screen.getByTestId('held').textContent).toContain('power limit');
  expect(screen.getByTestId('marks').textContent).toMatch(/☾.*◆/s);
});

test('a range, a step back, and the address says so', async () => {
  const { history } = await show();
  await fireEvent.click(screen.getByTestId('past-30d'));
  expect(address()).toEqual({ span: '30d' });
  await waitFor(() => expect(screen.getByTestId('past-30d').getAttribute('aria-pressed')).toBe('true'));
  expect(history.mock.lastCall?.[0]).toMatchObject({ since: now - 30 * 86400 });
  expect(screen.getByLabelText('Later')).toHaveProperty('disabled', true);
  await fireEvent.click(screen.getByLabelText('Earlier'));
  expect(address()).toEqual({ from: String(now - 60 * 86400), to: String(now - 30 * 86400) });
  await waitFor(() => expect(screen.getByLabelText('Later')).toHaveProperty('disabled', false));
  await fireEvent.click(screen.getByLabelText('Later'));
  expect(address()).toEqual({ span: '30d' });
});

test('a young recording opens with its last minutes', async () => {
  await show('young');
  await waitFor(() => expect(screen.getByTestId('past-15m').getAttribute('aria-pressed')).toBe('true'));
  expect(address()).toEqual({});
});

test('an address is a place, and a new one is followed', async () => {
  const { history } = await show('fine', `#/history?from=${now - 7200}&to=${now - 3600}&metric=cpu.utilization`);
  expect(charts().at(-1)).toBe('cpu.utilization');
  const asked = history.mock.calls.filter(([query]) => query.metric === 'gpu.temperature');
  expect(asked.map(([{ since, until }]) => [since, until])).toEqual([[now - 7200, now - 3599]]);
  window.location.hash = '#/history?span=1h';
  await waitFor(() => expect(screen.getByTestId('past-1h').getAttribute('aria-pressed')).toBe('true'));
});

test('from and to can be typed, and what is no time is said', async () => {
  await show();
  await fireEvent.click(screen.getByTestId('past-words'));
  const [from, to] = [screen.getByLabelText('From'), screen.getByLabelText('To')];
  await fireEvent.input(from, { target: { value: '2026-11-21T10:00' } });
  await fireEvent.input(to, { target: { value: '2026-11-21T09:00' } });
  await fireEvent.submit(screen.getByRole('form', { name: 'From and to' }));
  expect(screen.getByText(/after the beginning/)).toBeDefined();
  await fireEvent.input(to, { target: { value: '2026-11-21T11:00' } });
  await fireEvent.submit(screen.getByRole('form', { name: 'From and to' }));
  expect(address()).toEqual({ from: String(now - 4.5 * 3600), to: String(now - 3.5 * 3600) });
});

test('keys read the charts and choose a shorter time, and back undoes it', async () => {
  await show('fine', `#/history?from=${now - 2000}&to=${now}`);
  expect(time().getAttribute('aria-valuetext')).toMatch(/^Arrow keys read/);
  await press('End');
  for (let nth = 0; nth < 10; nth += 1) await press('ArrowLeft');
  expect(time().getAttribute('aria-valuetext')).toMatch(/: GPU busy \d+ %, GPU temperature \d+ °C/);
  await press('ArrowLeft', { shiftKey: true });
  await press('Enter');
  expect(address(), 'ten seconds are too short').toEqual({ from: String(now - 2000), to: String(now) });
  await press('ArrowRight', { shiftKey: true });
  await press('ArrowRight', { shiftKey: true });
  await press('ArrowRight', { shiftKey: true });
  expect(time().getAttribute('aria-valuetext')).toContain('Enter shows it');
  await press('Enter');
  expect(address()).toEqual({ from: String(now - 110), to: String(now - 80) });
  await waitFor(() => expect(screen.getByTestId('past-back')).toBeDefined());
  await fireEvent.click(screen.getByTestId('past-back'));
  expect(address()).toEqual({ from: String(now - 2000), to: String(now) });
  await waitFor(() => expect(screen.queryByTestId('past-back')).toBeNull());
});

test('an episode says who and whether that was expected, and leads to its time', async () => {
  await show();
  const rows = [...screen.getByTestId('episodes').querySelectorAll('tbody tr')].map((row) =>
    [...row.children].map((cell) => cell.textContent?.trim()).join(' '),
  );
  expect(rows).toHaveLength(4);
  expect(rows[0]).toMatch(/^Blender .*goes on 39 min 91 °C about 180 Wh nothing noted$/);
  expect(rows[1]).toMatch(/^xmrig and Ollama .* 15 min 78 °C about 70 Wh \? new here$/);
  await fireEvent.click(screen.getByText('xmrig and Ollama'));
  expect(address()).toEqual({ from: String(now - 5490), to: String(now - 4410) });
  await waitFor(() => expect(screen.getByTestId('past-back')).toBeDefined());
});

test('what changed is said against the time before', async () => {
  await show();
  const lines = [...screen.getByTestId('changed').querySelectorAll('li')].map((line) => line.textContent?.trim());
  expect(screen.getByTestId('changed').textContent).toContain('against the 3 d before');
  expect(lines[0]).toMatch(/Blender 38 % of the GPU instead of 4 %, 2.1 GiB more memory/);
  expect(lines.length).toBeLessThanOrEqual(5);
});

test('charts are added and removed, and that is remembered', async () => {
  await show();
  await fireEvent.change(screen.getByTestId('past-add'), { target: { value: 'cpu.temperature' } });
  await waitFor(() => expect(charts().at(-1)).toBe('cpu.temperature'));
  await fireEvent.click(screen.getByLabelText('Remove the chart GPU power'));
  await waitFor(() => expect(charts()).not.toContain('gpu.power'));
  expect(JSON.parse(localStorage.getItem('hoofbeat.history.metrics') ?? '')).toEqual(charts());
  expect(screen.queryByLabelText('Remove the chart GPU busy')).toBeNull();
});

test('where nothing can be remembered, charts can be chosen all the same', async () => {
  vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
    throw new DOMException('refused', 'SecurityError');
  });
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('refused', 'SecurityError');
  });
  await show();
  await fireEvent.change(screen.getByTestId('past-add'), { target: { value: 'cpu.temperature' } });
  await waitFor(() => expect(charts()).toContain('cpu.temperature'));
});

test('another GPU is looked at, and one that never said anything has no drawing', async () => {
  const { history } = await show();
  await fireEvent.change(screen.getByTestId('past-gpu'), { target: { value: 'gpu:0000:03:00.0' } });
  expect(address()).toEqual({ gpu: 'gpu:0000:03:00.0' });
  await waitFor(() => expect(history.mock.lastCall?.[0].source).toBe('gpu:0000:03:00.0'));
  await waitFor(() =>
    expect(screen.getByTestId('past-empty').textContent).toMatch(/NVIDIA RTX A2000 is asleep: idle; let go/),
  );
});

test('without a GPU there is the processor', async () => {
  await show('server');
  expect(charts()).toEqual(['cpu.utilization', 'cpu.temperature', 'memory.used', 'disk.busy']);
  expect(screen.queryByTestId('ribbons')).toBeNull();
  expect(screen.queryByTestId('episodes')).toBeNull();
});

test('a hidden page asks nothing, and one that is seen again asks for what it missed', async () => {
  const { history } = await show('fine', '#/history?span=1h');
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  const asked = history.mock.calls.length;
  await vi.advanceTimersByTimeAsync(120_000);
  expect(history.mock.calls.length).toBe(asked);
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event('visibilitychange'));
  await vi.advanceTimersByTimeAsync(60);
  expect(history.mock.calls.length).toBeGreaterThan(asked);
});

test('what is over is not read again', async () => {
  const { history } = await show('fine', `#/history?from=${now - 7200}&to=${now - 3600}`);
  const asked = history.mock.calls.length;
  await vi.advanceTimersByTimeAsync(1_200_000);
  expect(history.mock.calls.length).toBe(asked);
});

test('where nothing was recorded it says so, and why', async () => {
  await show('off', `#/history?from=${now - 900 * 86400}&to=${now - 899 * 86400}`);
  expect(screen.getByTestId('past-empty').textContent).toContain('The recorder is off');
  expect(strips()).toHaveLength(0);
});

test('history that cannot be read: the reason, and another try', async () => {
  const { history } = await show('failing');
  expect(screen.getByTestId('past-failure').textContent).toContain('The database is damaged');
  const asked = history.mock.calls.length;
  await fireEvent.click(screen.getByText('Try again'));
  expect(history.mock.calls.length).toBeGreaterThan(asked);
});

test('names from outside are text', async () => {
  await show('hostile');
  expect(screen.getByTestId('ribbons').textContent).toContain('<img src=x onerror=alert(1)>\ufffdgnp.');
  expect(screen.getByTestId('episodes').textContent).toContain('<img src=x');
  expect(document.querySelector('main img')).toBeNull();
});

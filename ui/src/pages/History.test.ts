/** The page of the past on a made-up machine, as a person uses it. */

import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import App from '../App.svelte';
import { NOW, onOneClock } from '../fixture/clock';
import { Fixture, type Scene } from '../fixture/fixture';
import { Board } from '../lib/board.svelte';
import { moment } from '../lib/format';

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
  expect(rows[0]).toMatch(/^Blender since [^–]* 39 min 91 °C about 180 Wh nothing noted$/);
  expect(rows[1]).toMatch(/^xmrig and Ollama .* 15 min 78 °C about 70 Wh \? new here$/);
  await fireEvent.click(screen.getByText('xmrig and Ollama'));
  expect(address()).toEqual({ from: String(now - 5490), to: String(now - 4410) });
  await waitFor(() => expect(screen.getByTestId('past-back')).toBeDefined());
});

const listed = () => [...screen.getByTestId('happened').querySelectorAll<HTMLElement>('li')];
const stories = () => [...document.querySelectorAll('.story')].map((story) => story.textContent);

test('what happened is listed, by kind, and how much more there is', async () => {
  const { machine } = await show();
  const happened = vi.spyOn(machine, 'happened');
  expect(listed()).toHaveLength(200);
  expect(screen.getByTestId('happened').textContent).toMatch(/and \d+ earlier ones; choose one kind/);
  expect(listed()[0]?.textContent).toMatch(/NVIDIA RTX A2000 woke after 4 min asleep; Firefox has it open/);
  const sort = screen.getByTestId<HTMLSelectElement>('happened-sort');
  const options = [...sort.options].map((option) => option.textContent);
  expect(options[0]).toMatch(/^All \(\d+\)$/);
  expect(options).toContain('Alerts (2)');
  expect(
    options.some((option) => option?.startsWith('Recorder')),
    'of which there is none',
  ).toBe(false);

  await fireEvent.change(sort, { target: { value: 'alerts' } });
  expect(address()).toEqual({ events: 'alerts' });
  await waitFor(() => expect(listed()).toHaveLength(2));
  expect(happened).toHaveBeenCalledWith(now - 86400, now + 1, ['alert_fired', 'alert_cleared'], 200);
  expect(screen.getByTestId('happened').textContent).not.toContain('earlier ones');
  await fireEvent.change(sort, { target: { value: 'held' } });
  await waitFor(() => expect(listed()[0]?.textContent).toMatch(/The GPU was held back by .*power limit.* for \d+ min/));
  expect(listed().length).toBe(screen.getByTestId('held').querySelectorAll('li').length);
  await fireEvent.change(sort, { target: { value: '' } });
  await waitFor(() => expect(listed()).toHaveLength(200));
  expect(address()).toEqual({});
  // A kind that was chosen stays so in a time that has none of it.
  window.location.hash = '#/history?span=15m&events=driver';
  await waitFor(() => expect(screen.getByTestId('happened').textContent).toContain('Nothing of this kind'));
  expect(listed()).toHaveLength(0);
});

test('what is pointed at in the list is shown on the charts, and the other way round', async () => {
  await show('fine', '#/history?events=alerts');
  const [over, fired] = listed().map((row) => row.querySelector('button')!);
  expect(stories()).toEqual([]);
  fired!.focus();
  await waitFor(() => expect(stories()).toHaveLength(1));
  expect(stories()[0]).toContain('GeForce RTX 4090 at 91 °C');
  expect(screen.getByTestId('past-cursor').textContent).not.toBe('');
  await fireEvent.keyDown(fired!, { key: 'Home' });
  expect(document.activeElement).toBe(over);
  expect([over!.tabIndex, fired!.tabIndex]).toEqual([0, -1]);
  over!.blur();
  await waitFor(() => expect(stories()).toEqual([]));
  expect(screen.getByTestId('past-cursor').textContent).toBe('');

  const mark = [...screen.getByTestId('marks').querySelectorAll('button')].find((one) =>
    one.getAttribute('aria-label')?.includes('91 °C'),
  );
  mark!.focus();
  await waitFor(() => expect(listed().some((row) => row.classList.contains('lit'))).toBe(true));
  await fireEvent.keyDown(mark!, { key: 'Escape' });
  await waitFor(() => expect(listed().some((row) => row.classList.contains('lit'))).toBe(false));
  await fireEvent.click(fired!);
  expect(address()).toMatchObject({ from: String(now - 1580), to: String(now - 1460) });
});

test('who used the GPU says until when it is counted, where the minute that runs matters', async () => {
  await show('fine', '#/history?span=1h');
  await waitFor(() =>
    expect(screen.getByTestId('ribbons-until').textContent?.trim()).toMatch(/^by whole minutes, until \d\d:\d\d/),
  );
  cleanup();
  await show('fine', '#/history?span=7d');
  await screen.findByTestId('ribbons');
  expect(screen.queryByTestId('ribbons-until')).toBeNull();
  cleanup();
  const last = now - 7260;
  const status = Fixture.prototype.status;
  vi.spyOn(Fixture.prototype, 'status').mockImplementation(function (this: Fixture) {
    const told = status.call(this);
    return { ...told, ts: last + 25, recorder: { ...told.recorder, state: 'off' } };
  });
  await show('fine', '#/history?span=6h');
  expect((await screen.findByTestId('ribbons-until')).textContent?.trim(), 'nobody has recorded since').toBe(
    `by whole minutes, until ${moment(last, now)}`,
  );
});

test('what held the GPU back is lit on the lane and in the list', async () => {
  await show('fine', '#/history?events=held');
  const lane = screen.getByTestId('held').querySelectorAll('li');
  await fireEvent.pointerEnter(lane[0]!);
  await waitFor(() => expect(listed().at(-1)?.classList.contains('lit')).toBe(true));
  await fireEvent.pointerLeave(lane[0]!);
  await fireEvent.pointerEnter(listed()[0]!.querySelector('button')!);
  await waitFor(() => expect([...lane].at(-1)?.classList.contains('lit')).toBe(true));
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

test('of a machine without a GPU no chart is shown of what it does not have', async () => {
  const status = Fixture.prototype.status;
  vi.spyOn(Fixture.prototype, 'status').mockImplementation(function (this: Fixture) {
    const told = status.call(this);
    for (const { metrics } of told.sources) delete metrics['cpu.temperature'];
    return told;
  });
  await show('server');
  expect(charts()).toEqual(['cpu.utilization', 'memory.used', 'disk.busy']);
});

test('of a machine without a GPU not every metric of every source is looked up each second', async () => {
  const { machine } = await show('server');
  const all = vi.spyOn(Board.prototype, 'metricsOf');
  machine.push();
  await vi.advanceTimersByTimeAsync(20);
  expect(charts()).toContain('disk.busy');
  expect(all).not.toHaveBeenCalled();
});

test('a hidden page asks nothing, and one that is seen again asks for what it missed', async () => {
  const { history } = await show('fine', '#/history?span=1h');
  const seen = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  document.dispatchEvent(new Event('visibilitychange'));
  const asked = history.mock.calls.length;
  await vi.advanceTimersByTimeAsync(120_000);
  expect(history.mock.calls.length).toBe(asked);
  seen.mockReturnValue('visible');
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
  expect(screen.getByTestId('happened').textContent).toContain('<img src=x');
  expect(document.querySelector('main img')).toBeNull();
});

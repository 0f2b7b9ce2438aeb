/** The settings, as a person changes them. The judge behind them is made up; what counts is what the page makes of it. */

import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import App from '../../App.svelte';
import { onOneClock } from '../../fixture/clock';
import { Fixture, type Scene } from '../../fixture/fixture';
import { look } from '../look.svelte';

onOneClock('settings');
afterEach(() => (look.temperature = '°C'));

async function show(scene: Scene = 'fine', prepare: (machine: Fixture) => void = () => {}) {
  const machine = new Fixture(scene);
  prepare(machine);
  const check = vi.spyOn(machine, 'checkSetting');
  const save = vi.spyOn(machine, 'saveSetting');
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  return { machine, check, save };
}

const field = (name: string) => screen.getByTestId<HTMLInputElement>(`setting-${name}`);
const row = (name: string) => screen.getByTestId(`row-${name}`);

async function type(name: string, value: string) {
  await fireEvent.input(field(name), { target: { value } });
  await vi.advanceTimersByTimeAsync(200);
}

test('every setting is there with what it means, what holds, and what a person has set', async () => {
  const { machine } = await show();
  const all = (await machine.settings()).settings;
  for (const { section, key, doc } of all) expect(row(`${section}.${key}`).textContent).toContain(doc);
  expect([field('recording.tick').value, field('keep.raw').value]).toEqual(['1s', '14d']);
  expect(row('keep.raw').textContent).toContain('Default: 30d');
  expect(row('keep.raw').querySelector('code')?.textContent).toBe('raw');
  expect(row('keep.raw').classList.contains('set')).toBe(true);
  expect(screen.getByLabelText('On battery, read every')).toBe(field('recording.tick_on_battery'));
});

test('what is typed is judged, and saved only where it may stand in the file', async () => {
  const { check, save } = await show();
  await type('keep.raw', '7 moons');
  expect(check).toHaveBeenCalledExactlyOnceWith('keep', 'raw', '7 moons');
  expect(screen.getByTestId('setting-keep.raw-wrong').textContent).toContain('is not a duration');
  expect(field('keep.raw').getAttribute('aria-invalid')).toBe('true');
  await fireEvent.submit(field('keep.raw').form as HTMLFormElement);
  expect(save).not.toHaveBeenCalled();

  await type('keep.raw', '7d');
  await fireEvent.click(screen.getByTestId('setting-keep.raw-save'));
  expect(save).toHaveBeenCalledExactlyOnceWith('keep', 'raw', '7d', '1');
  await waitFor(() => expect(screen.queryByTestId('setting-keep.raw-save')).toBeNull());
  expect(field('keep.raw').value).toBe('7d');

  await type('keep.raw', '9d');
  await fireEvent.keyDown(field('keep.raw'), { key: 'Escape' });
  expect(field('keep.raw').value).toBe('7d');
  await fireEvent.click(screen.getByTestId('setting-keep.raw-back'));
  expect(save).toHaveBeenLastCalledWith('keep', 'raw', null, '2');
  await waitFor(() => expect(field('keep.raw').value).toBe('30d'));

  await type('keep.raw', ' 30d ');
  expect(screen.queryByTestId('setting-keep.raw-save')).toBeNull();
});

test('a switch and a choice are saved at once, and show what holds where that failed', async () => {
  const { save } = await show();
  await fireEvent.click(field('notify.enabled'));
  expect(save).toHaveBeenLastCalledWith('notify', 'enabled', 'false', '1');
  await waitFor(() => expect(field('notify.enabled').disabled).toBe(false));
  await fireEvent.click(field('notify.enabled'));
  expect(save).toHaveBeenLastCalledWith('notify', 'enabled', null, '2');
  await waitFor(() => expect(field('notify.enabled').disabled).toBe(false));

  save.mockRejectedValueOnce({ code: 'bad_config', message: 'config.toml was changed meanwhile.' });
  await fireEvent.change(field('notify.webhook.severity'), { target: { value: 'info' } });
  await waitFor(() => expect(row('notify.webhook.severity').textContent).toContain('was changed meanwhile'));
  expect(field('notify.webhook.severity').value).toBe('warning');
});

test('the page speaks the language that was chosen once that is saved, and stays where that failed', async () => {
  const { save } = await show();
  const reload = vi.spyOn(window.location, 'reload').mockImplementation(() => {});
  const choose = (value: string) => fireEvent.change(field('text.language'), { target: { value } });
  expect(row('text.language').textContent).toContain('As the desktop or browser');
  expect([...field('text.language').querySelectorAll('option')].slice(1).map((one) => one.textContent)).toEqual([
    'English',
    'Deutsch',
  ]);

  let answer = () => {};
  save.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
  await choose('de');
  expect(save).toHaveBeenLastCalledWith('text', 'language', 'de', '1');
  expect(reload).not.toHaveBeenCalled();
  answer();
  await waitFor(() => expect(reload).toHaveBeenCalledOnce());

  await waitFor(() => expect(field('text.language').disabled).toBe(false));
  save.mockRejectedValueOnce({ code: 'bad_config', message: 'config.toml was changed meanwhile.' });
  await choose('en');
  await waitFor(() => expect(row('text.language').textContent).toContain('was changed meanwhile'));
  await fireEvent.change(field('tray.icon'), { target: { value: 'digits' } });
  await waitFor(() => expect(row('tray.icon').textContent).toContain('Default: bar'));
  expect(reload).toHaveBeenCalledOnce();
});

test('of an address only the server comes back, and the page says what leaves the machine', async () => {
  await show();
  const network = () => screen.getByTestId('about-network').textContent?.replace(/\s+/g, ' ');
  expect(network()).toContain('Nothing leaves this machine.');
  await type('notify.webhook.url', 'https://hooks.example.org/secret');
  await fireEvent.click(screen.getByTestId('setting-notify.webhook.url-save'));
  await waitFor(() => expect(field('notify.webhook.url').placeholder).toBe('https://hooks.example.org/…'));
  expect(field('notify.webhook.url').value).toBe('');
  expect(network()).toContain('are sent to https://hooks.example.org. Nothing else');
  expect(document.body.textContent).not.toContain('secret');
});

test('a setting is found by what it is about', async () => {
  await show();
  const find = (value: string) => fireEvent.input(screen.getByTestId('settings-find'), { target: { value } });
  await find('quiet hours');
  expect(screen.queryByTestId('row-notify.quiet')).not.toBeNull();
  expect(screen.queryByTestId('row-keep.raw')).toBeNull();
  await find('zebra');
  expect(screen.getByTestId('settings-none').textContent).toContain('zebra');
  await fireEvent.click(within(screen.getByTestId('settings')).getByText('Data'));
  expect(screen.queryByTestId('row-keep.raw')).not.toBeNull();
});

test('a file with a mistake is said, and nothing can be changed until it is mended', async () => {
  const { machine } = await show();
  vi.spyOn(machine, 'settings').mockRejectedValue({ code: 'bad_config', message: 'config.toml:3:1: no.' });
  await type('keep.raw', '7d');
  await fireEvent.click(screen.getByTestId('setting-keep.raw-save'));
  await waitFor(() => expect(screen.getByTestId('settings-failure').textContent).toContain('config.toml:3:1: no.'));
  expect(field('keep.raw').disabled).toBe(true);
  expect(screen.getByTestId('about-network').textContent).toContain('cannot be told');
});

test('the recording, its costs and the look are told below, in the unit that is chosen', async () => {
  await show();
  expect(screen.getByTestId('data').textContent).toContain('46 of 512 MiB at most');
  expect(screen.getByTestId('about-costs').textContent).toMatch(
    /^0\.\d+ % of a core, 10\.\d MiB of memory, 46 MiB on disk$/,
  );
  expect(screen.getByTestId('headline').textContent).toContain('°C');
  await fireEvent.click(screen.getByLabelText('°F'));
  expect(screen.getByTestId('headline').textContent).toContain('°F');
  expect(screen.getByTestId('headline').textContent).not.toContain('°C');
});

test('history is deleted at the second press, and what waits for the recorder is said', async () => {
  const { machine } = await show();
  const remove = vi.spyOn(machine, 'deleteHistory');
  const said = () => screen.getByTestId('delete-said').textContent?.replace(/\s+/g, ' ');
  await fireEvent.change(screen.getByTestId('delete-what'), { target: { value: '3' } });
  await fireEvent.click(screen.getByTestId('delete'));
  expect(screen.getByTestId('delete').textContent).toBe('Delete older than a day for good');
  expect(remove).not.toHaveBeenCalled();
  await fireEvent.click(screen.getByTestId('delete'));
  expect(remove).toHaveBeenCalledExactlyOnceWith(1);
  await waitFor(() => expect(screen.getByTestId('data').textContent).toMatch(/Every sample\s*1 d/));

  const data = await machine.data();
  const read = vi.spyOn(machine, 'data').mockResolvedValue({ ...data, awaits_deletion: true });
  await fireEvent.click(screen.getByTestId('delete'));
  await fireEvent.click(screen.getByTestId('delete'));
  await waitFor(() => expect(said()).toContain('The recorder is deleting it.'));
  expect(screen.getByTestId<HTMLButtonElement>('delete').disabled).toBe(true);
  read.mockRestore();
  await vi.advanceTimersByTimeAsync(3000);
  expect(said()).toContain('Whole days go');

  remove.mockRejectedValueOnce({ code: 'busy', message: 'The database is busy.' });
  await fireEvent.click(screen.getByTestId('delete'));
  await fireEvent.click(screen.getByTestId('delete'));
  await waitFor(() => expect(said()).toContain('The database is busy.'));
});

test('the window, and no browser, says whether Hoofbeat starts at login and changes it', async () => {
  const { unmount } = render(App, { backend: new Fixture('fine') });
  await vi.advanceTimersByTimeAsync(50);
  expect(screen.queryByTestId('start-at-login')).toBeNull();
  unmount();

  vi.stubGlobal('__TAURI_INTERNALS__', {});
  try {
    const { machine } = await show();
    const box = () => screen.getByTestId<HTMLInputElement>('start-at-login');
    expect([box().checked, box().disabled]).toEqual([false, false]);
    await fireEvent.click(box());
    expect(await machine.startsAtLogin()).toBe(true);
    expect(box().checked).toBe(true);

    vi.spyOn(machine, 'startAtLogin').mockRejectedValueOnce({ code: 'io', message: 'The disk is full.' });
    await fireEvent.click(box());
    await waitFor(() => expect(screen.getByTestId('start-at-login-failure').textContent).toBe('The disk is full.'));
    expect(box().checked).toBe(true);
  } finally {
    vi.unstubAllGlobals();
  }
});

test('settings can be changed before anything is recorded', async () => {
  await show('none');
  expect(field('keep.raw').value).toBe('14d');
  expect(screen.getByTestId('data-failure').textContent).toContain('Nothing is recorded yet.');
  expect(screen.getByTestId('about-costs').textContent).toContain('does not run');
});

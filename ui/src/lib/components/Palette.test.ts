/** Pages by their keys and by their names, and the field in which everything is found. */

import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import App from '../../App.svelte';
import { onOneClock } from '../../fixture/clock';
import { Fixture, type Scene } from '../../fixture/fixture';
import { look } from '../look.svelte';
import { found, type Deed } from '../palette';

onOneClock();

async function show(scene: Scene = 'alarm') {
  const machine = new Fixture(scene);
  const spies = { pause: vi.spyOn(machine, 'pause'), snooze: vi.spyOn(machine, 'snooze') };
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  return spies;
}

const page = () => document.querySelector('main')?.dataset.page;
const field = () => screen.getByRole('combobox', { name: /^Search pages/ });
const options = () => [...document.querySelectorAll('#palette-list [role=option]')];
const words = () => options().map((option) => option.querySelector('.words')?.textContent);
const marked = () => options().findIndex((option) => option.getAttribute('aria-selected') === 'true');
const search = (typed: string) => fireEvent.input(field(), { target: { value: typed } });
const press = (key: string, more = {}) => fireEvent.keyDown(document.body, { key, ...more });

test('a number shows its page, but not while somebody types', async () => {
  await show();
  expect(page()).toBe('now');
  await press('3');
  await waitFor(() => expect(page()).toBe('processes'));
  expect(document.activeElement).toBe(document.querySelector('main'));
  expect(document.title).toBe('Processes · Hoofbeat');
  expect(screen.getByTestId('page-processes').getAttribute('aria-current')).toBe('page');
  await fireEvent.keyDown(screen.getByRole('searchbox'), { key: '1' });
  await press('1', { ctrlKey: true });
  await press('9');
  expect(page()).toBe('processes');
});

test('digits can be switched off in the settings, and are then no key and not told as one', async () => {
  await show();
  await press('6');
  await waitFor(() => expect(page()).toBe('settings'));
  await fireEvent.click(screen.getByTestId('look-digits'));
  try {
    await press('1');
    expect(page()).toBe('settings');
    expect(screen.getByTestId('page-now').getAttribute('aria-keyshortcuts')).toBeNull();
    expect(screen.getByTestId('page-now').title).not.toContain('(1)');
    await fireEvent.click(screen.getByTestId('look-digits'));
    await press('1');
    await waitFor(() => expect(page()).toBe('now'));
  } finally {
    localStorage.clear();
    look.read();
  }
});

test('the alerts that stand are counted at their page, and lead there from the first one', async () => {
  await show();
  expect(screen.getByTestId('page-alerts').textContent).toMatch(/Alerts\s*2\s*, 2 alerts/);
  const standing = screen.getByTestId('standing');
  expect(standing.querySelectorAll('li')).toHaveLength(3);
  expect(standing.querySelector('a')?.getAttribute('href')).toBe('#/alerts');
});

test('a value in a sentence is shown in the chart, wherever the sentence stands', async () => {
  await show();
  await press('4');
  await waitFor(() => expect(page()).toBe('alerts'));
  const value = [...screen.getByTestId('alert-gpu-hot').querySelectorAll('button.link')][0];
  await fireEvent.click(value as Element);
  await waitFor(() => expect(page()).toBe('history'));
  await waitFor(() => expect(screen.getByTestId('strip-gpu.temperature').dataset.asked).toBe('true'));
});

test('what is typed is found by its words, and Enter does it', async () => {
  const { pause, snooze } = await show();
  await press('k', { ctrlKey: true });
  expect(words().slice(0, 4)).toEqual(['Now', 'History', 'Processes', 'Alerts']);
  await search('hist');
  expect(words()[0]).toBe('History');
  await fireEvent.keyDown(field(), { key: 'Enter' });
  await waitFor(() => expect(page()).toBe('history'));
  await waitFor(() => expect(screen.queryByTestId('palette')).toBeNull());

  await press('k', { ctrlKey: true });
  await search('snooze CPU');
  await fireEvent.click(options()[0] as Element);
  expect(snooze).toHaveBeenCalledWith('cpu-busy', 'cpu', null, expect.any(Number));

  await press('k', { metaKey: true });
  await search('pause');
  await fireEvent.keyDown(field(), { key: 'Enter' });
  expect(pause).toHaveBeenCalledTimes(1);
});

test('the keys that open the search close it, and who was at the pages is there again', async () => {
  await show();
  const way = screen.getByTestId('page-history');
  way.focus();
  await press('k', { ctrlKey: true });
  const closed = vi.spyOn(screen.getByTestId('palette') as HTMLDialogElement, 'close');
  await fireEvent.keyDown(field(), { key: 'k', ctrlKey: true });
  // A dialog that is closed gives the focus back; one that is only taken away does not.
  expect(closed).toHaveBeenCalledTimes(1);
  await waitFor(() => expect(screen.queryByTestId('palette')).toBeNull());
});

test('whoever is asked something answers that first: neither the search nor a number leaves a form', async () => {
  await show();
  await press('4');
  await waitFor(() => expect(page()).toBe('alerts'));
  await fireEvent.click(screen.getByTestId('alerts-rules').querySelector('summary') as Element);
  await fireEvent.click(screen.getAllByLabelText(/^Edit rule /)[0] as Element);
  const form = screen.getByTestId('rule-form');
  for (const at of [form.querySelector('input') as Element, form, document.body]) {
    await fireEvent.keyDown(at, { key: 'k', ctrlKey: true });
    if (at !== form.querySelector('input')) await fireEvent.keyDown(at, { key: '1' });
  }
  expect(screen.queryByTestId('palette')).toBeNull();
  expect(page()).toBe('alerts');
  expect(screen.getByTestId('rule-form')).toBe(form);
});

test('where the page may only look, it says so and offers nothing else', async () => {
  document.documentElement.dataset['lookOnly'] = '';
  try {
    await show();
    expect(screen.getByTestId('looks-only').textContent).toContain('view only');
    expect(screen.getByTestId('pause').classList).toContain('changes');
    await press('k', { ctrlKey: true });
    await search('pause');
    expect(words()).toEqual([]);
    await search('snooze');
    expect(words()).toEqual([]);
  } finally {
    delete document.documentElement.dataset['lookOnly'];
  }
});

test('arrows move the mark and turn around at the ends; what is not found is said', async () => {
  await show();
  await fireEvent.click(screen.getByTestId('search'));
  await search('temperature of');
  const last = options().length - 1;
  expect(last).toBeGreaterThan(1);
  expect(marked()).toBe(0);
  for (const [key, at] of Object.entries({ ArrowUp: last, ArrowDown: 0, End: last, Home: 0 })) {
    await fireEvent.keyDown(field(), { key });
    await waitFor(() => expect(marked(), key).toBe(at));
  }
  await search('no such thing');
  expect(screen.getByText('Nothing is called that.')).toBeDefined();
  await fireEvent.keyDown(field(), { key: 'Enter' });
  expect(screen.getByTestId('palette')).toBeDefined();
});

test('what begins with what was typed comes first, then words that do, then the rest', () => {
  const deed = (words: string, about = ''): Deed => ({ id: words, kind: 'Chart', words, about, run: () => undefined });
  const all = [deed('Upload'), deed('CPU load'), deed('Load'), deed('Pressure', 'cpu.load')];
  expect(found(all, 'load').map(({ words }) => words)).toEqual(['Load', 'CPU load', 'Upload', 'Pressure']);
  expect(found(all, ' load  CPU ').map(({ words }) => words)).toEqual(['CPU load', 'Pressure']);
  expect(found(all, '')).toHaveLength(4);
});

test('a setting is found by what people call it or by its place in the file, and gone to', async () => {
  await show('fine');
  for (const [typed, id] of [
    ['quiet hours', 'setting-notify.quiet'],
    ['keep.cap', 'setting-keep.cap'],
  ] as const) {
    await press('k', { ctrlKey: true });
    await search(typed);
    await waitFor(() => expect(options()).toHaveLength(1));
    expect(options()[0]?.querySelector('.kind')?.textContent).toBe('Setting');
    await fireEvent.keyDown(field(), { key: 'Enter' });
    await waitFor(() => expect(document.activeElement?.id).toBe(id));
    expect(page()).toBe('settings');
  }
  // What is saved and read anew leads nobody back.
  const other = screen.getByTestId('setting-energy.currency');
  other.focus();
  await fireEvent.input(other, { target: { value: 'CHF' } });
  await vi.advanceTimersByTimeAsync(200);
  await fireEvent.click(screen.getByTestId('setting-energy.currency-save'));
  await vi.advanceTimersByTimeAsync(200);
  expect(document.activeElement?.id).not.toBe('setting-keep.cap');
});

test('settings that come late move nothing that stands there already', async () => {
  const machine = new Fixture('fine');
  const settings = await machine.settings();
  let answer: () => void = () => undefined;
  vi.spyOn(machine, 'settings').mockReturnValue(new Promise((resolve) => (answer = () => resolve(settings))));
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  await press('k', { ctrlKey: true });
  await search('on');
  const before = words();
  expect(before.length).toBeGreaterThan(1);
  answer();
  await waitFor(() => expect(words().length).toBeGreaterThan(before.length));
  expect(words().slice(0, before.length)).toEqual(before);
  const late = words().slice(before.length);
  expect(late[0], 'it fits better than some of those, and is below them all the same').toMatch(/^On /);
});

test('light and dark are one search away', async () => {
  await show('fine');
  try {
    await press('k', { ctrlKey: true });
    await search('dark');
    expect(words()).toEqual(['Theme: Dark']);
    await fireEvent.keyDown(field(), { key: 'Enter' });
    expect([look.theme, document.documentElement.style.colorScheme]).toEqual(['dark', 'dark']);
    await press('k', { ctrlKey: true });
    await search('theme');
    expect(words().slice(0, 3)).toEqual(['Theme: As the desktop', 'Theme: Light', 'Theme: Dark']);
  } finally {
    localStorage.clear();
    look.read();
  }
});

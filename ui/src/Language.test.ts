/** Another language that is chosen while the page is open: when it comes, and what it waits for. */

import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import App from './App.svelte';
import { onOneClock } from './fixture/clock';
import { Fixture, type Scene } from './fixture/fixture';

onOneClock();

async function show(scene: Scene) {
  const machine = new Fixture(scene);
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  return { machine };
}

test('another language is another page, once nobody is asked anything any more', async () => {
  const reload = vi.spyOn(window.location, 'reload').mockImplementation(() => undefined);
  const { machine } = await show('fine');
  machine.tell({ kind: 'language', language: 'en' });
  await vi.advanceTimersByTimeAsync(50);
  expect(reload).not.toHaveBeenCalled();
  await fireEvent.click(screen.getByTestId('search'));
  machine.tell({ kind: 'language', language: 'de' });
  await vi.advanceTimersByTimeAsync(50);
  expect(reload, 'somebody searches').not.toHaveBeenCalled();
  screen.getByTestId<HTMLDialogElement>('palette').close();
  await waitFor(() => expect(reload, 'without any other news').toHaveBeenCalledOnce());
});

test('another language waits for a setting or a time that is typed, and for no recording', async () => {
  const reload = vi.spyOn(window.location, 'reload').mockImplementation(() => undefined);
  window.location.hash = '#/settings';
  const { machine } = await show('none');
  const cap = () => screen.getByTestId<HTMLInputElement>('setting-keep.cap');
  await fireEvent.input(cap(), { target: { value: '2 GiB' } });
  machine.tell({ kind: 'language', language: 'de' });
  await vi.advanceTimersByTimeAsync(50);
  const language = screen.getByTestId('setting-text.language');
  await fireEvent.change(language, { target: { value: 'de' } });
  await vi.advanceTimersByTimeAsync(50);
  expect(reload, 'something typed is not saved yet').not.toHaveBeenCalled();
  expect(cap().value).toBe('2 GiB');
  await fireEvent.keyDown(cap(), { key: 'Escape' });
  await waitFor(() => expect(reload).toHaveBeenCalledOnce());
  cleanup();

  window.location.hash = '#/history';
  const past = await show('off');
  await fireEvent.click(screen.getByTestId('past-words'));
  past.machine.tell({ kind: 'language', language: 'de' });
  await vi.advanceTimersByTimeAsync(50);
  expect(reload, 'a time is typed').toHaveBeenCalledOnce();
  await fireEvent.click(screen.getByTestId('past-words'));
  await waitFor(() => expect(reload).toHaveBeenCalledTimes(2));
});

test('another language waits for each form in which somebody is asked something', async () => {
  const reload = vi.spyOn(window.location, 'reload').mockImplementation(() => undefined);
  window.location.hash = '#/alerts';
  const { machine } = await show('fine');
  await fireEvent.click(screen.getByTestId('rule-new'));
  machine.tell({ kind: 'language', language: 'de' });
  await vi.advanceTimersByTimeAsync(50);
  expect(reload).not.toHaveBeenCalled();
  screen.getByTestId<HTMLDialogElement>('rule-form').close();
  await waitFor(() => expect(reload).toHaveBeenCalledOnce());
});

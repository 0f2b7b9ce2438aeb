/** What happened while nobody was there, as whoever comes back reads it. */

import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import App from '../../App.svelte';
import { NOW, onOneClock } from '../../fixture/clock';
import { Fixture, type Scene } from '../../fixture/fixture';
import { away as made } from '../../fixture/past';
import { told } from '../away';

onOneClock();
beforeEach(() => localStorage.clear());
afterEach(() => localStorage.clear());

const now = NOW.getTime() / 1000;

async function show(scene: Scene = 'fine') {
  const machine = new Fixture(scene);
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  return machine;
}

const words = (more: Partial<ReturnType<typeof made>>) => told({ ...made('', now), ...more }, now);

test('it says how often GPUs were used, what that took, the longest time, and how hot it became', () => {
  const [since, until] = [now - 17_000, now - 1000];
  const stretch = words({}).split(': ')[0];
  expect(words({})).toBe(`${stretch}: 3 episodes, about 840 Wh, longest Ollama 1 h 12 min, peak 91 °C`);
  // Of what reached beyond the absence, only what was in it.
  const cut = { ...made('', now).longest!, start: since - 600, end: until + 600 };
  expect(words({ longest: cut, episodes: 1, energy: null, peak: null })).toBe(
    `${stretch}: 1 episode, Ollama 4 h 26 min`,
  );
  expect(words({ longest: null, episodes: 0, cost: { amount: 0.25, currency: 'EUR' } })).toBe(
    `${stretch}: the GPU worked for 1 h 30 min, about 0.25 EUR, peak 91 °C`,
  );
});

test('it leads to the history of that time', async () => {
  await show();
  const card = screen.getByTestId('away');
  expect(card.textContent).toContain('While you were away');
  expect(within(card).getByText('Open').getAttribute('href')).toBe(`#/history?from=${now - 17_000}&to=${now - 1000}`);
  window.location.hash = '#/settings';
  await waitFor(() => expect(screen.queryByTestId('away')).toBeNull());
});

test('who has read it sees it no more, until they were away again', async () => {
  await show();
  await fireEvent.click(screen.getByLabelText(/^Dismiss what happened/));
  expect(screen.queryByTestId('away')).toBeNull();
  // The same, in another window, and after its last minute is known.
  cleanup();
  await show();
  expect(screen.queryByTestId('away')).toBeNull();
  cleanup();
  const again = await show();
  again.tell({ kind: 'away', away: { ...made('', now), worked: 9 } });
  expect(screen.queryByTestId('away')).toBeNull();
  again.tell({ kind: 'away', away: { ...made('', now), until: now - 10 } });
  await waitFor(() => expect(screen.getByTestId('away')).toBeDefined());
  again.tell({ kind: 'away', away: null });
  await waitFor(() => expect(screen.queryByTestId('away')).toBeNull());
});

test('where nobody says who is there, there is nothing', async () => {
  await show('server');
  expect(screen.queryByTestId('away')).toBeNull();
});

test('names from outside are text', async () => {
  await show('hostile');
  expect(screen.getByTestId('away').textContent).toContain('longest <img src=x onerror=alert(1)>');
  expect(document.querySelector('main img')).toBeNull();
});

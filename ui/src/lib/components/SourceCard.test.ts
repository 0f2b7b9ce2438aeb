/** A card of a source with more values than a glance takes in. */

import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import App from '../../App.svelte';
import { onOneClock } from '../../fixture/clock';
import { Fixture, type Scene } from '../../fixture/fixture';

onOneClock();
beforeEach(() => localStorage.clear());
afterEach(() => localStorage.clear());

async function show(scene: Scene) {
  render(App, { backend: new Fixture(scene) });
  await vi.advanceTimersByTimeAsync(50);
}

/** The metrics of the GPU's small values, in the order in which they stand. */
function facts(): (string | null)[] {
  const card = screen.getByRole('region', { name: 'GPU' });
  const values = card.querySelectorAll<HTMLElement>('.facts [data-metric]');
  return [...values].map((value) => value.dataset['metric'] ?? null);
}

test('a GPU shows at once what tells how it is, and the rest where that is asked for', async () => {
  await show('fine');
  const glance = facts();
  expect(glance.slice(0, 2)).toEqual(['gpu.temperature', 'gpu.power']);
  const card = within(screen.getByRole('region', { name: 'GPU' }));
  const [more] = card.getAllByTestId('all-values');
  const count = Number(more?.textContent.match(/\d+/)?.[0]);
  expect(more?.getAttribute('aria-expanded')).toBe('false');
  await fireEvent.click(more!);
  expect(facts()).toHaveLength(glance.length + count);
  expect(facts().slice(0, glance.length)).toEqual(glance);
  expect(new Set(facts()).size).toBe(facts().length);
  // A person who wants all of them wants them the next time, too.
  cleanup();
  await show('fine');
  expect(facts()).toHaveLength(glance.length + count);
  await fireEvent.click(screen.getByRole('button', { name: 'Fewer values' }));
  expect(facts()).toEqual(glance);
});

test('a GPU with few values shows them all', async () => {
  await show('denied');
  expect(screen.queryByTestId('all-values')).toBeNull();
});

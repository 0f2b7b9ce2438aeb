/** What the page does not do: nothing for nobody, and nothing twice. */

import { fireEvent, render, screen } from '@testing-library/svelte';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import App from './App.svelte';
import { NOW, onOneClock } from './fixture/clock';
import { Fixture } from './fixture/fixture';
import type { Backend } from './lib/backend';
import { PAGES } from './lib/pages';
import type { EventInfo } from './lib/types/generated/EventInfo';

onOneClock();

/** A machine of which every call is counted. */
function counted() {
  const machine = new Fixture('fine');
  const calls: string[] = [];
  const backend = new Proxy<Backend>(machine, {
    get(_, name) {
      const value: unknown = Reflect.get(machine, name, machine);
      if (typeof value !== 'function') return value;
      return (...values: unknown[]) => {
        calls.push(String(name));
        return value.apply(machine, values) as unknown;
      };
    },
  });
  return { machine, backend, calls };
}

function turn(visibility: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visibility);
  document.dispatchEvent(new Event('visibilitychange'));
}

describe.each(PAGES.map(({ id }) => id))('the page %s', (id) => {
  test('does nothing in two minutes in which nobody sees it, and goes on when it is seen', async () => {
    window.location.hash = `#/${id}`;
    const { machine, backend, calls } = counted();
    render(App, { backend });
    await vi.advanceTimersByTimeAsync(3000);
    turn('hidden');
    // What was asked for is answered, and a form that was just typed into is judged.
    await vi.advanceTimersByTimeAsync(3000);
    const [asked, timers] = [calls.length, vi.getTimerCount()];
    const begun = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'setInterval')];
    await vi.advanceTimersByTimeAsync(120_000);
    expect(calls.slice(asked)).toEqual([]);
    for (const timer of begun) expect(timer).not.toHaveBeenCalled();
    expect(timers).toBe(0);

    turn('visible');
    machine.push();
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls.length).toBeGreaterThan(asked);
  });
});

describe('a chart', () => {
  beforeEach(() => {
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(900);
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(300);
  });

  test.each([
    ['24h', 60],
    ['30d', 60],
  ])('over %s is not drawn again for time alone', async (span, seconds) => {
    const drawn = vi.spyOn(HTMLCanvasElement.prototype, 'getContext');
    const machine = new Fixture('fine');
    const fixed = await machine.events();
    vi.spyOn(machine, 'events').mockImplementation(() => Promise.resolve(structuredClone(fixed)));
    render(App, { backend: machine });
    await vi.advanceTimersByTimeAsync(50);
    await fireEvent.click(screen.getByTestId(`range-${span}`));
    await vi.advanceTimersByTimeAsync(50);
    expect(drawn).toHaveBeenCalled();
    const said = screen.getByTestId('chart').getAttribute('aria-label');
    drawn.mockClear();
    const history = vi.spyOn(machine, 'history');
    for (let second = 0; second < seconds - 5; second += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      machine.push();
    }
    expect(history, 'nothing was read anew').not.toHaveBeenCalled();
    // Its edge may have moved by a pixel once.
    expect(drawn.mock.calls.length).toBeLessThanOrEqual(1);
    expect(screen.getByTestId('chart').getAttribute('aria-label')).toBe(said);
  });
});

test('earlier alerts are put into words once, and only where somebody unfolds them', async () => {
  window.location.hash = '#/alerts';
  const machine = new Fixture('fine');
  let read = 0;
  const event = (at: number): EventInfo => ({
    ts: NOW.getTime() / 1000 - 100 * at,
    kind: 'alert_fired',
    source: 'cpu',
    get detail() {
      read += 1;
      return { rule: `rule-${at}`, metric: 'cpu.temperature', value: 96, severity: 'info' };
    },
  });
  const events = Array.from({ length: 100 }, (_, at) => event(at));
  vi.spyOn(machine, 'events').mockImplementation((...[, limit]: unknown[]) =>
    Promise.resolve(limit === 1000 ? events : []),
  );
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  const ticks = async () => {
    for (let tick = 0; tick < 10; tick += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      machine.push();
    }
  };
  const folded = read;
  expect(folded).toBeGreaterThan(0);
  await ticks();
  expect(read).toBe(folded);
  const past = screen.getByTestId<HTMLDetailsElement>('alerts-past');
  past.open = true;
  await fireEvent(past, new Event('toggle'));
  await vi.advanceTimersByTimeAsync(50);
  expect(past.querySelectorAll('tbody tr')).toHaveLength(50);
  const unfolded = read;
  expect(unfolded).toBeGreaterThan(folded);
  await ticks();
  expect(read).toBe(unfolded);
});

describe('what a person asked for and what failed', () => {
  async function fail() {
    const machine = new Fixture('fine');
    vi.spyOn(machine, 'pause').mockRejectedValue({ code: 'read_only', message: 'The database cannot be written.' });
    render(App, { backend: machine });
    await vi.advanceTimersByTimeAsync(50);
    await fireEvent.click(screen.getByTestId('pause'));
    await vi.advanceTimersByTimeAsync(50);
    expect(screen.getByTestId('banner-failure').textContent).toContain('cannot be written');
  }

  test('can be dismissed', async () => {
    await fail();
    await fireEvent.click(screen.getByTestId('banner-failure-read'));
    expect(screen.queryByTestId('banner-failure')).toBeNull();
  });

  test('stays on its page', async () => {
    await fail();
    window.location.hash = '#/history';
    window.dispatchEvent(new Event('hashchange'));
    await vi.advanceTimersByTimeAsync(50);
    expect(document.querySelector('main')?.dataset['page']).toBe('history');
    expect(screen.queryByTestId('banner-failure')).toBeNull();
  });
});

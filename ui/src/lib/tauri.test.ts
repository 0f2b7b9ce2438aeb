/** How news travel in the window. */

import { clearMocks, mockIPC } from '@tauri-apps/api/mocks';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Told } from './backend';
import { tauri } from './tauri';

/** What the window was asked for, in its order. */
let asked: string[];
let feed: ((news: unknown) => void) | undefined;

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  vi.spyOn(document, 'addEventListener');
  asked = [];
  // What the mocks leave behind would make a window of every later test's page.
  vi.stubGlobal('__TAURI_INTERNALS__', {});
  mockIPC((command, args) => {
    asked.push(command);
    const { channel } = (args ?? {}) as { channel?: { onmessage: (news: unknown) => void } };
    if (channel) feed = (news) => channel.onmessage(news);
  });
});

afterEach(() => {
  // It listens until the page goes away, which is after the other tests here.
  for (const [kind, listener] of vi.mocked(document.addEventListener).mock.calls)
    document.removeEventListener(kind, listener);
  clearMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function turn(visibility: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visibility);
  document.dispatchEvent(new Event('visibilitychange'));
}

test('news come while somebody can see them', async () => {
  const told: Told[] = [];
  await tauri.subscribe((one) => told.push(one));
  await vi.waitFor(() => expect(asked).toEqual(['subscribe']));
  feed?.({ kind: 'recorder', failure: null });
  expect(told).toEqual([{ kind: 'recorder', failure: null }]);
  await vi.advanceTimersByTimeAsync(6000);
  expect(told.at(-1)).toEqual({ kind: 'alive' });

  turn('hidden');
  await vi.waitFor(() => expect(asked).toEqual(['subscribe', 'unsubscribe']));
  const count = told.length;
  feed?.({ kind: 'recorder', failure: null });
  await vi.advanceTimersByTimeAsync(120_000);
  expect(told).toHaveLength(count);
  expect(asked).toHaveLength(2);
  expect(vi.getTimerCount()).toBe(0);

  turn('visible');
  turn('hidden');
  turn('visible');
  await vi.waitFor(() => expect(asked.slice(2)).toEqual(['subscribe', 'unsubscribe', 'subscribe']));
});

test('news that cannot be had are told as such', async () => {
  mockIPC(() => Promise.reject({ code: 'io', message: 'The live view could not be started.' }));
  const told: Told[] = [];
  await tauri.subscribe((one) => told.push(one));
  await vi.waitFor(() => expect(told[0]).toMatchObject({ kind: 'unreadable', failure: { code: 'io' } }));
});

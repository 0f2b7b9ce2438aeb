/** How questions and news travel in a browser. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { over } from './api';
import { http } from './http';
import type { Told } from './backend';

/** The browser's own, as far as it is used: what a server says is said by the test. */
class Source {
  static readonly CLOSED = 2;
  static all: Source[] = [];
  readyState = 0;
  onmessage: ((event: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly #alive: (() => void)[] = [];

  constructor(readonly url: string) {
    Source.all.push(this);
  }

  addEventListener(kind: string, listener: () => void): void {
    if (kind === 'alive') this.#alive.push(listener);
  }

  /** The server says that there is nothing new. */
  live(): void {
    this.#alive.forEach((listener) => listener());
  }

  close(): void {
    this.readyState = Source.CLOSED;
  }
}

const answer = (status: number, body: unknown) =>
  vi.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(Response.json(body, { status })));

beforeEach(() => {
  Source.all = [];
  vi.useFakeTimers({ shouldAdvanceTime: true });
  vi.stubGlobal('EventSource', Source);
  vi.spyOn(document, 'addEventListener');
});

afterEach(() => {
  // It listens until the page goes away, which is after the other tests here.
  for (const [kind, listener] of vi.mocked(document.addEventListener).mock.calls)
    document.removeEventListener(kind, listener);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function turn(visibility: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visibility);
  document.dispatchEvent(new Event('visibilitychange'));
}

test('a question is sent as the server reads it, and its answer comes back', async () => {
  const fetched = answer(200, [{ id: 'a' }]);
  expect(await over(http).events(5, 10)).toEqual([{ id: 'a' }]);
  const [path, sent] = fetched.mock.lastCall ?? [];
  expect(path).toBe('/api/ask?language=en');
  expect(sent?.method).toBe('POST');
  expect(JSON.parse(String(sent?.body))).toEqual({ ask: 'events', since: 5, limit: 10 });
});

test('what the server refuses is told in its words, and its silence in ours', async () => {
  const failure = { code: 'not_allowed', message: 'This page may only look.' };
  answer(403, failure);
  await expect(over(http).resume()).rejects.toEqual(failure);
  vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('failed to fetch'));
  await expect(over(http).resume()).rejects.toMatchObject({ code: 'io', message: /does not answer/ });
  vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('<html>a proxy</html>', { status: 502 }));
  await expect(over(http).resume()).rejects.toMatchObject({ code: 'io' });
});

test('a page whose token is not known any more is asked for it again', async () => {
  const reload = vi.spyOn(window.location, 'reload').mockImplementation(() => undefined);
  answer(401, { code: 'sign_in', message: 'This browser has not said the token.' });
  await expect(over(http).resume()).rejects.toMatchObject({ code: 'sign_in' });
  expect(reload).toHaveBeenCalledTimes(1);
});

test('news come while somebody can see them, and a line that breaks is told', async () => {
  const news: Told[] = [];
  await http.subscribe((one) => news.push(one));
  expect(Source.all).toHaveLength(1);
  const [first] = Source.all;
  first?.onmessage?.({ data: '{"kind":"recorder","failure":null}' });
  expect(news).toEqual([{ kind: 'recorder', failure: null }]);
  first?.onerror?.();
  expect(news[1]).toMatchObject({ kind: 'lost', failure: { code: 'io' } });

  turn('hidden');
  expect(first?.readyState).toBe(Source.CLOSED);
  expect(Source.all).toHaveLength(1);
  turn('visible');
  expect(Source.all).toHaveLength(2);

  answer(503, { code: 'busy', message: '16 browsers look already.' });
  const second = Source.all[1];
  if (second) second.readyState = Source.CLOSED;
  second?.onerror?.();
  await vi.waitFor(() => expect(news.at(-1)).toMatchObject({ kind: 'lost', failure: { code: 'busy' } }));
  await vi.advanceTimersByTimeAsync(5000);
  expect(Source.all, 'it asks again').toHaveLength(3);
});

test('a line that breaks without a word is found by its silence, and begun anew', async () => {
  const told: Told[] = [];
  await http.subscribe((one) => told.push(one));
  for (let beats = 0; beats < 6; beats += 1) {
    await vi.advanceTimersByTimeAsync(5000);
    Source.all[0]?.live();
  }
  expect(told.every(({ kind }) => kind === 'alive')).toBe(true);
  expect(Source.all).toHaveLength(1);

  await vi.advanceTimersByTimeAsync(13_000);
  expect(told.at(-1)).toMatchObject({ kind: 'lost', failure: { code: 'io' } });
  expect(Source.all[0]?.readyState).toBe(Source.CLOSED);
  expect(Source.all).toHaveLength(2);
});

test('nobody pays for a page that nobody sees', async () => {
  const fetched = answer(503, { code: 'busy', message: '16 browsers look already.' });
  const told: Told[] = [];
  await http.subscribe((one) => told.push(one));
  const [first] = Source.all;
  if (first) first.readyState = Source.CLOSED;
  first?.onerror?.();
  turn('hidden');
  const asked = fetched.mock.calls.length;
  await vi.advanceTimersByTimeAsync(120_000);
  expect(Source.all).toHaveLength(1);
  expect(fetched.mock.calls.length).toBe(asked);
  expect(told, 'what was refused before is no news of the line that comes').toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

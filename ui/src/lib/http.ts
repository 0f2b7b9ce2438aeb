/** A browser's way to Hoofbeat, through `hoofbeat serve`: questions by HTTP, news as server-sent events. */

import type { Wire } from './api';
import { say, spoken } from './language';
import type { Failure } from './types/generated/Failure';
import type { News } from './types/generated/News';

const at = (path: string) => `${path}?language=${spoken()}`;
const NEWS = '/api/news';
/** Milliseconds until a browser that was refused asks again. */
const PATIENCE = 5000;
/** Nobody is there; said when it happens, because this runs before it is known which language the page speaks. */
const gone = (): Failure => ({
  code: 'io',
  message: say('Hoofbeat does not answer. Is `hoofbeat serve` still running, and this device in its network?'),
});

/** The server that this page came from. */
export const http: Wire = {
  subscribe(listener) {
    let source: EventSource | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const fail = (failure: Failure) => listener({ kind: 'unreadable', failure });
    const open = () => {
      const own = new EventSource(at(NEWS));
      source = own;
      own.onmessage = ({ data }) => listener(JSON.parse(data) as News);
      own.onerror = () => {
        // A line that broke is joined again by itself; a refusal is final, and only a question is told why.
        if (own.readyState !== EventSource.CLOSED) return fail(gone());
        retry = setTimeout(open, PATIENCE);
        void refusal().then(fail);
      };
    };
    // Nobody pays for news that nobody sees, least of all a phone.
    const turn = () => {
      source?.close();
      clearTimeout(retry);
      if (document.visibilityState === 'visible') open();
    };
    document.addEventListener('visibilitychange', turn);
    turn();
    return Promise.resolve();
  },

  async ask<T>(question: Parameters<Wire['ask']>[0]): Promise<T> {
    const body = JSON.stringify(question);
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(at('/api/ask'), { method: 'POST', headers, body }).catch(() => Promise.reject(gone()));
    if (!response.ok) throw await failureOf(response);
    return (await response.json().catch(() => Promise.reject(gone()))) as T;
  },
};

/** Why there are no news. */
async function refusal(): Promise<Failure> {
  const stop = new AbortController();
  try {
    const response = await fetch(at(NEWS), { signal: stop.signal });
    return response.ok ? gone() : await failureOf(response);
  } catch {
    return gone();
  } finally {
    // An answer that is none has no end.
    stop.abort();
  }
}

/** What a server that refuses says; what stands in between says it in other words. */
async function failureOf(response: Response): Promise<Failure> {
  // The token is another one by now: the server asks for it where the page begins.
  if (response.status === 401) window.location.reload();
  return (await response.json().catch(() => gone())) as Failure;
}

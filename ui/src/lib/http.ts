/** A browser's way to Hoofbeat, through `hoofbeat serve`: questions by HTTP, news as server-sent events. */

import type { Wire } from './api';
import { say, spoken } from './language';
import { whileSeen } from './sight';
import type { Failure } from './types/generated/Failure';
import type { News } from './types/generated/News';

const at = (path: string) => `${path}?language=${spoken()}`;
const NEWS = '/api/news';
/** Milliseconds until a browser that was refused asks again. */
const PATIENCE = 5000;
/** Milliseconds without a word after which a line is broken: the server says after five seconds that there is nothing new. */
const SILENCE = 12_000;
/** Nobody is there; said when it happens, because this runs before it is known which language the page speaks. */
const gone = (): Failure => ({
  code: 'io',
  message: say('Hoofbeat does not answer. Is `hoofbeat serve` still running, and this device in its network?'),
});

/** The server that this page came from. */
export const http: Wire = {
  subscribe(listener) {
    // Nobody pays for news that nobody sees, least of all a phone.
    whileSeen(() => {
      let source: EventSource | undefined;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const later = (pause: number, work: () => void) => {
        clearTimeout(timer);
        timer = setTimeout(work, pause);
      };
      const lost = (failure: Failure) => listener({ kind: 'lost', failure });
      const open = () => {
        source?.close();
        const own = new EventSource(at(NEWS));
        source = own;
        // A line may break without a word, where a phone leaves its network.
        const hear = () =>
          later(SILENCE, () => {
            lost(gone());
            open();
          });
        hear();
        own.onmessage = ({ data }) => {
          hear();
          listener(JSON.parse(data) as News);
        };
        own.addEventListener('alive', () => {
          hear();
          listener({ kind: 'alive' });
        });
        own.onerror = () => {
          // A line that broke is joined again by itself; a refusal is final, and only a question is told why.
          if (own.readyState !== EventSource.CLOSED) {
            hear();
            return lost(gone());
          }
          later(PATIENCE, open);
          void refusal().then((failure) => {
            if (own === source) lost(failure);
          });
        };
      };
      open();
      return () => {
        source?.close();
        source = undefined;
        clearTimeout(timer);
      };
    });
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

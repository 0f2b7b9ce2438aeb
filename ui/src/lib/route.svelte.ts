/**
 * Which page is shown, and what of it: the address says so (`#/history?metric=cpu.temperature`), so that back, forward
 * and a link work as everywhere.
 */

/** What an address asks for. */
export interface Place {
  page: string;
  params: URLSearchParams;
}

/** Reads an address's fragment. One that names no page is the first page. */
export function parse(hash: string, pages: readonly string[]): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return { page: pages.includes(path) ? path : (pages[0] ?? ''), params: new URLSearchParams(query) };
}

/** The fragment that leads to a page. */
export function address(page: string, params: Record<string, string> = {}): string {
  const query = new URLSearchParams(params).toString();
  return query === '' ? `#/${page}` : `#/${page}?${query}`;
}

/** What the page of the past is asked for, so that it shows a value: of which metric, and of which GPU. */
export function evidence(metric: string, source: string | null): Record<string, string> {
  return source?.startsWith('gpu:') ? { metric, gpu: source } : { metric };
}

/** Where the window is. */
export class Route {
  place: Place = $state.raw({ page: '', params: new URLSearchParams() });

  readonly #pages: readonly string[];

  /** `pages` are the ids of the pages; the first one is shown where the address names none. */
  constructor(pages: readonly string[]) {
    this.#pages = pages;
    this.#read();
  }

  /** Follows the address. Answers what ends that. */
  start(): () => void {
    const read = () => this.#read();
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }

  /** Shows a page. */
  go(page: string, params: Record<string, string> = {}): void {
    window.location.hash = address(page, params);
    // Browsers tell of it later, and what is asked for next is to see it already.
    this.#read();
  }

  /** Stays on the page and says something else of it; `null` leaves a word out. What is said already makes no new step back. */
  change(words: Record<string, string | null>): void {
    const params = new URLSearchParams(this.place.params);
    for (const [name, word] of Object.entries(words)) {
      if (word === null) params.delete(name);
      else params.set(name, word);
    }
    if (params.toString() !== this.place.params.toString()) this.go(this.place.page, Object.fromEntries(params));
  }

  #read(): void {
    this.place = parse(window.location.hash, this.#pages);
  }
}

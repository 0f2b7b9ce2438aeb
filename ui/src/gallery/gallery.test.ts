/** The gallery: every exhibit can be shown, nothing complains meanwhile, and no component is missing from it. */

import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import type { DetachedWindowAPI } from 'happy-dom';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NOW } from '../fixture/clock';
import { look } from '../lib/look.svelte';
import { enter } from './enter';
import { GROUPS } from './groups';
import { read, written } from './knobs';
import { addressOf, placeOf } from './place';
import Show from './Show.svelte';

/** Every component of the pages, by its file. */
const COMPONENTS = Object.keys(import.meta.glob('../{App,pages/*,lib/**/*}.svelte')).map((file) =>
  file.replace(/^\.\.\//, 'src/'),
);
const ALL = GROUPS.flatMap((group) => group.exhibits.map((exhibit) => ({ group, exhibit })));
const USUAL = read(new URLSearchParams());

/** What was complained of. */
let told: string[] = [];
/** The files of components of which anything was drawn. */
const drawn = new Set<string>();

beforeEach(() => {
  told = [];
  vi.useFakeTimers({ shouldAdvanceTime: true, now: NOW });
  for (const how of ['warn', 'error'] as const) {
    vi.spyOn(console, how).mockImplementation((...words: unknown[]) => void told.push(words.join(' ')));
  }
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  localStorage.clear();
  look.read();
  document.documentElement.removeAttribute('data-look-only');
  document.documentElement.removeAttribute('dir');
  document.body.replaceChildren();
});

/** What Svelte leaves at an element in development: the file that it comes from, and the files around it. */
interface Origin {
  __svelte_meta?: { loc: { file: string }; parent: Around | null };
}
interface Around {
  file: string;
  parent: Around | null;
}

function note(): void {
  for (const element of document.querySelectorAll<Element & Origin>('*')) {
    const { __svelte_meta: meta } = element;
    if (!meta) continue;
    const files = [meta.loc.file];
    for (let at = meta.parent; at; at = at.parent) files.push(at.file);
    for (const file of files) drawn.add(file.replace(/^.*?(?=src\/)/, ''));
  }
}

async function settle(): Promise<void> {
  await vi.waitFor(() => expect(screen.getByTestId('exhibit').dataset['state']).not.toBe('waiting'));
  await vi.advanceTimersByTimeAsync(700);
}

describe('every exhibit', () => {
  test.each(ALL.map(({ group, exhibit }) => [`${group.id}/${exhibit.id}`, exhibit] as const))(
    '%s is shown, and nothing complains',
    async (_, exhibit) => {
      window.location.hash = '';
      render(Show, { exhibit });
      await settle();
      note();
      expect(screen.getByTestId('exhibit').dataset['state'], document.body.textContent).toBe('shown');
      expect(document.querySelector('img')).toBeNull();
      cleanup();
      expect(told).toEqual([]);
    },
  );

  test('has an address of its own', () => {
    const addresses = ALL.map(({ group, exhibit }) => addressOf(group, exhibit, USUAL));
    expect(new Set(addresses).size).toBe(addresses.length);
    expect(ALL.map(({ group, exhibit }) => placeOf(addressOf(group, exhibit, USUAL)))).toEqual(
      ALL.map((one) => ({ ...one, knobs: USUAL })),
    );
  });
});

test('together they show every component', () => {
  expect(COMPONENTS.length).toBeGreaterThan(50);
  expect(COMPONENTS.filter((file) => !drawn.has(file))).toEqual([]);
});

test('what is turned stands in the address, and is read from it', () => {
  expect(written(USUAL)).toBe('');
  const turned = { ...USUAL, theme: 'dark', isRightToLeft: true, looksOnly: true } as const;
  expect(written(turned)).toBe('?theme=dark&rtl&look-only');
  expect(placeOf(`#/gallery/pieces/value${written(turned)}`)?.knobs).toEqual(turned);
  expect(placeOf('#/history')).toBeNull();
});

describe('an address', () => {
  let leave: () => void = () => undefined;

  async function visit(hash: string): Promise<void> {
    window.location.hash = hash;
    leave();
    const target = document.createElement('div');
    target.id = 'app';
    document.body.replaceChildren(target);
    leave = enter(target);
    await vi.advanceTimersByTimeAsync(50);
  }
  afterEach(() => {
    leave();
    leave = () => undefined;
  });

  test('that names one exhibit shows it alone, as it is to be looked at', async () => {
    await visit('#/gallery/pieces/value?fahrenheit&rtl&look-only&theme=dark&few-colors');
    await settle();
    expect(screen.getByTestId('exhibit').textContent).toMatch(/\d+°F/);
    const { documentElement: root } = document;
    expect([root.dir, root.style.colorScheme, 'lookOnly' in root.dataset]).toEqual(['rtl', 'dark', true]);
  });

  test('that names a group shows its exhibits, and what is turned for all of them', async () => {
    // The frames stay empty here; what is in them is mounted one by one.
    const { settings } = (window as unknown as { happyDOM: DetachedWindowAPI }).happyDOM;
    settings.enableIframePageLoading = true;
    settings.fetch.interceptor = { beforeAsyncRequest: async ({ window }) => new window.Response('') };
    await visit('#/gallery/pieces');
    const meter = () => screen.getByTestId('exhibit-meter-full');
    await vi.waitFor(() => expect(meter().querySelector('[role="meter"]')).not.toBeNull());
    await fireEvent.click(screen.getByText('dark'));
    await vi.waitFor(() => expect(document.documentElement.style.colorScheme).toBe('dark'));
    await fireEvent.input(screen.getByLabelText('Find an exhibit'), { target: { value: 'nearly' } });
    expect(document.querySelectorAll('figure')).toHaveLength(1);
    // What is squeezed needs a window of that width.
    await fireEvent.click(screen.getByText('360'));
    const frame = meter().querySelector('iframe');
    expect([frame?.getAttribute('src'), frame?.style.width]).toEqual([
      '#/gallery/pieces/meter-full?theme=dark',
      '360px',
    ]);
    await visit('#/gallery/windows');
    expect(document.querySelectorAll('figure iframe').length).toBeGreaterThan(20);
    expect(told).toEqual([]);
  });

  test('of the window shows the made-up machine', async () => {
    await visit('#/processes');
    expect(screen.getByTestId('headline').textContent).toMatch(/is.*busy/);
    expect(screen.getByTestId('processes')).toBeDefined();
  });
});

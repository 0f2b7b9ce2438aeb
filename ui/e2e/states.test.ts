/**
 * What a person sees where not all is well: each state of a real machine or recording, on every page, in plain words, by
 * day and by night, on a desktop and on a phone.
 */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DESKTOP,
  findings,
  go,
  graveComplaints,
  launch,
  nothing,
  open,
  PHONE,
  product,
  shoot,
  tooWide,
} from './browser';
import type { Served } from './running';
import { type Like, World } from './world';

const { ways: all } = product ?? { ways: [] };

/** Milliseconds until a state is there. */
const PATIENCE = 30_000;

/** What is said in a state: at the top of the window, and on pages by their id. */
interface Said {
  headline: RegExp;
  pages: Record<string, RegExp>;
}

let browser: Browser;
beforeAll(async () => {
  if (product !== null) browser = await launch();
});
afterAll(() => browser?.close());

/** Goes through all pages, and asks of each what is asked of every page. */
async function look(page: Page, name: string, said: Said): Promise<void> {
  const headline = page.getByTestId('headline');
  await expect.poll(() => headline.innerText(), { timeout: PATIENCE }).toMatch(said.headline);
  for (const { id } of all) {
    const where = `${name}, ${id}`;
    await page.setViewportSize(DESKTOP);
    await page.emulateMedia({ colorScheme: 'light' });
    await go(page, id);
    const words = said.pages[id];
    if (words) await expect.poll(() => page.locator('.window').innerText(), { timeout: PATIENCE }).toMatch(words);
    await shoot(page, `state-${name}-${id}`);
    nothing(await tooWide(page), `too wide: ${where}`);
    nothing(await findings(page), `axe, light: ${where}`);
    await page.emulateMedia({ colorScheme: 'dark' });
    nothing(await findings(page), `axe, dark: ${where}`);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(PHONE);
    // The other pages are kept on a phone where all is well.
    if (id === all[0]?.id) await shoot(page, `state-${name}-phone`);
    nothing(await tooWide(page), `too wide on a phone: ${where}`);
    nothing(await findings(page), `axe, phone: ${where}`);
  }
  nothing(graveComplaints(page), `complaints: ${name}`);
}

const MACHINES: { name: string; like: Like; isRecorded?: boolean; state: string; said: Said }[] = [
  {
    name: 'no-gpu',
    like: { captured: 'small-server', hasNoDriver: true },
    state: 'recording',
    said: { headline: /^No GPU was found\. Memory/, pages: {} },
  },
  {
    name: 'no-driver',
    like: { hasNoDriver: true },
    state: 'recording',
    said: { headline: /driver library .*is not installed/, pages: {} },
  },
  {
    name: 'asleep',
    like: { isAsleep: true },
    state: 'recording',
    said: { headline: /is asleep/, pages: {} },
  },
  {
    name: 'limited',
    like: {
      scenario: '[[fault]]\nat = 0\ncall = "nvmlDeviceGet*RunningProcesses*"\ncode = "NO_PERMISSION"\n',
    },
    state: 'recording',
    said: { headline: /62 % busy/, pages: { now: /does not let this user see who uses the GPU/ } },
  },
  {
    name: 'unseen',
    like: { scenario: '[[process]]\npid = 3999999\ndevice = 0\nkind = "C"\nmem_mib = 4096\nshare = 1.0\n' },
    state: 'recording',
    said: { headline: /62 % busy/, pages: { now: /not visible: other users or driver/ } },
  },
  {
    name: 'broken-config',
    like: { config: '[recording]\ntick = "often"\n' },
    state: 'recording',
    said: { headline: /busy/, pages: { now: /The settings have a mistake in line 2/ } },
  },
  {
    name: 'nothing',
    like: {},
    isRecorded: false,
    state: 'off',
    said: { headline: /Nothing is recorded yet/, pages: { now: /As soon as a recorder runs/ } },
  },
];

describe.skipIf(product === null).each(MACHINES)('$name', ({ name, like, isRecorded = true, state, said }) => {
  let world: World;
  let at: Served;

  beforeAll(async () => {
    world = new World(like);
    if (isRecorded) await world.record();
    at = await world.serve();
  });
  afterAll(() => world?.end());

  it('is said in plain words on every page, and looks as it should', async () => {
    const page = await open(browser, at, {}, state);
    await look(page, name, said);
    await page.context().close();
  });
});

describe.skipIf(product === null)('one recording, from its first second on', () => {
  let world: World;
  let at: Served;
  let page: Page;

  beforeAll(async () => {
    world = new World();
    await world.record();
    at = await world.serve();
    page = await open(browser, at);
  });
  afterAll(() => world?.end());

  it('is young', async () => {
    expect(await page.getByTestId('recorder-state').innerText()).toMatch(/Recording for \d+ s/);
    await look(page, 'young', { headline: /62 % busy/, pages: {} });
  });

  it('is being loaded', async () => {
    const context = await browser.newContext({ viewport: DESKTOP });
    await context.addCookies([{ ...at.cookie, url: at.url, httpOnly: true, sameSite: 'Strict' }]);
    const waiting = await context.newPage();
    await waiting.route('**/api/news?*', () => new Promise(() => undefined));
    await waiting.goto(at.url);
    await waiting.getByTestId('loading').waitFor({ state: 'attached' });
    await shoot(waiting, 'state-loading');
    nothing(await findings(waiting), 'axe, loading');
    nothing(await tooWide(waiting), 'too wide, loading');
    await waiting.setViewportSize(PHONE);
    nothing(await tooWide(waiting), 'too wide on a phone, loading');
    await context.close();
  });

  it('is paused', async () => {
    await page.setViewportSize(DESKTOP);
    await page.getByTestId('pause').click();
    await page.locator('[data-state="paused"]').waitFor();
    await look(page, 'paused', { headline: /Recording is paused until/, pages: {} });
    await page.getByTestId('resume').click();
    await page.locator('[data-state="recording"]').waitFor();
  });

  it('is silent', async () => {
    world.freeze();
    await page.locator('[data-state="stale"]').waitFor();
    await look(page, 'silent', {
      headline: /The recorder is silent/,
      pages: { now: /a disk that hangs looks like this/ },
    });
    world.thaw();
    await page.locator('[data-state="recording"]').waitFor();
  });

  it('is over', async () => {
    await world.stopRecording();
    await page.locator('[data-state="off"]').waitFor();
    await look(page, 'off', { headline: /the recorder is off since/, pages: {} });
  });

  it('was written by a newer Hoofbeat', async () => {
    world.makeNewer();
    await page.setViewportSize(DESKTOP);
    await go(page, 'now');
    await page.getByTestId('start').click();
    await look(page, 'newer', { headline: /the recorder is off/, pages: { now: /newer Hoofbeat/ } });
  });

  it('is damaged', async () => {
    await page.setViewportSize(DESKTOP);
    await go(page, 'now');
    world.damage();
    // What was read before stays, and is said to be old.
    await page.getByTestId('banner-unreadable').waitFor();
    await shoot(page, 'state-damaged-meanwhile');
    // A second thing that is wrong stands below the first, and both above the page.
    const below = await page.getByTestId('banner-unreadable').boundingBox();
    const main = await page.locator('main').boundingBox();
    expect((below?.y ?? NaN) + (below?.height ?? NaN)).toBeLessThanOrEqual(main?.y ?? NaN);
    nothing(await findings(page), 'axe, damaged meanwhile');
    await page.reload();
    await page.getByTestId('unreadable').waitFor();
    await look(page, 'damaged', { headline: /cannot be read/, pages: { now: /damaged/ } });
  });
});

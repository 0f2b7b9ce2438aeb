/** What a page shows while `hoofbeat serve` is away, and once it is back. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findings, go, graveComplaints, launch, nothing, open, PHONE, product, shoot, tooWide } from './browser';
import type { Served } from './running';
import { World } from './world';

/** Milliseconds until a page has noticed. */
const PATIENCE = 30_000;

describe.skipIf(product === null)('a server that goes and comes back', () => {
  let browser: Browser;
  let world: World;
  let at: Served;
  let page: Page;

  beforeAll(async () => {
    browser = await launch();
    world = new World();
    await world.record();
    at = await world.serve();
    page = await open(browser, at);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.end();
  });

  const shows = (state: string) => page.locator(`[data-state="${state}"]`).waitFor({ timeout: PATIENCE });

  it('is a line that is broken, and not a recorder that is silent', async () => {
    await shows('recording');
    await world.stopServing();
    await shows('lost');
    expect(await page.getByTestId('headline').innerText()).toMatch(/There is no connection to Hoofbeat/);
    expect(await page.getByTestId('banner-lost').innerText()).toMatch(/Hoofbeat does not answer/);
    expect(await page.getByTestId('banner-stale').count()).toBe(0);
    expect(await page.getByTestId('banner-unreadable').count()).toBe(0);
    expect(await page.getByTestId('pause').count(), 'nobody is there to be asked').toBe(0);
    await shoot(page, 'state-lost-now');
    nothing(await findings(page), 'axe, lost');
    await page.setViewportSize(PHONE);
    nothing(await tooWide(page), 'too wide on a phone, lost');
  });

  it('is joined again by itself, and the page goes on', async () => {
    await world.serveAgain(at);
    await shows('recording');
    expect(await page.getByTestId('banner-lost').count()).toBe(0);
    expect(await page.getByTestId('headline').innerText()).toMatch(/62 % busy/);
    await go(page, 'history');
    // That nobody answered for a while, a browser writes down wherever that is.
    nothing(
      graveComplaints(page).filter((told) => !told.includes('ERR_')),
      'complaints',
    );
  });

  it('is whole where the recorder is silent, which is told as that', async () => {
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().includes('/api/news')) asked += 1;
    });
    world.freeze();
    await shows('stale');
    expect(await page.getByTestId('banner-lost').count()).toBe(0);
    expect(asked, 'the same line says so').toBe(0);
    world.thaw();
    await shows('recording');
  });
});

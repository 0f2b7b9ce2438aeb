/** Every page of the navigation, whatever it is: alive, without complaints, by keyboard, on a phone, for every eye. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  complaints,
  DESKTOP,
  findings,
  go,
  launch,
  nothing,
  open,
  PHONE,
  product,
  settled,
  shoot,
  tooWide,
  unfold,
} from './browser';
import { focusWays, smallTargets } from './reach';

const { ways: all } = product ?? { ways: [] };

/** Milliseconds until another value was measured. */
const PATIENCE = 20_000;

describe.skipIf(product === null)('in a browser', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launch();
    page = await open(browser, product!.changing);
  });
  afterAll(() => browser?.close());

  it('a person who opens the address that was told sees the machine', async () => {
    const context = await browser.newContext();
    const fresh = await context.newPage();
    await fresh.goto(product!.changing.invitation);
    await fresh.locator('[data-state="recording"]').waitFor();
    expect(fresh.url()).not.toContain('token');
    await context.close();
  });

  it('the values are live', async () => {
    await go(page, 'now');
    await page.locator('main [data-testid^="card-gpu:"] [data-metric="gpu.utilization"] .number').first().waitFor();
    const values = page.locator('main [data-metric] .number');
    const before = await values.allInnerTexts();
    expect(before.join(' ')).toMatch(/\d/);
    await expect.poll(() => values.allInnerTexts(), { timeout: PATIENCE }).not.toEqual(before);
    expect(await page.locator('[data-testid="headline"]').innerText()).toMatch(/GPU/);
  });

  describe.each(all)('$title', ({ id, title, key }) => {
    it('is reached by its key, and shows what it has', async () => {
      await page.setViewportSize(DESKTOP);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.keyboard.press(key);
      await settled(page, id);
      expect(await page.title()).toBe(`${title} · Hoofbeat`);
      expect(await page.locator('nav a[aria-current="page"]').getAttribute('href')).toBe(`#/${id}`);
      // Whoever reads with the keyboard goes on in the page that was chosen.
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
      await shoot(page, `${id}-light`);
      nothing(complaints(page), 'complaints');
    });

    it('has nothing for axe, by day, with all that can be unfolded', async () => {
      await unfold(page);
      nothing(await findings(page), 'axe, light');
    });

    it('has nothing for axe, by night', async () => {
      await page.emulateMedia({ colorScheme: 'dark' });
      await settled(page, id);
      await shoot(page, `${id}-dark`);
      nothing(await findings(page), 'axe, dark');
      await page.emulateMedia({ colorScheme: 'light' });
    });

    it('shows where the focus is, all the way round', async () => {
      const found = await focusWays(page);
      nothing(found.unseen, 'focus that is not seen');
      nothing(found.jumps, 'an order that is another one than on the page');
      nothing(found.missed, 'what Tab does not reach');
    });

    it('fits a phone', async () => {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize(PHONE);
      await go(page, id);
      await shoot(page, `${id}-phone`);
      nothing(await tooWide(page), 'too wide');
      nothing(await smallTargets(page), 'too small for a finger');
      await unfold(page);
      nothing(await smallTargets(page), 'too small for a finger, of what can be unfolded');
      nothing(await findings(page), 'axe, phone');
      nothing(complaints(page), 'complaints');
    });

    it('is met there in the order in which it is seen', async () => {
      await page.setViewportSize(PHONE);
      await go(page, id);
      const found = await focusWays(page);
      nothing(found.unseen, 'focus that is not seen');
      nothing([...found.jumps, ...found.rises], 'an order that is another one than on the page');
      nothing(found.missed, 'what Tab does not reach');
      await page.setViewportSize(DESKTOP);
    });
  });

  it('the titles of charts of the past stand clear of their buttons', async () => {
    await page.setViewportSize(DESKTOP);
    await go(page, 'history');
    const heads = page.locator('[data-testid^="strip-"] .head');
    await expect.poll(() => heads.count(), { message: 'charts' }).toBeGreaterThan(0);
    const touching = await heads.evaluateAll((heads) =>
      heads.flatMap((head) => {
        const words = document.createRange();
        words.selectNodeContents(head.querySelector('h2')!);
        const buttons = head.querySelector('.deeds')!.getBoundingClientRect();
        const near = [...words.getClientRects()].filter(
          ({ right, top, bottom }) => right > buttons.left - 3 && top < buttons.bottom && bottom > buttons.top,
        );
        return near.length > 0 ? [head.querySelector('h2')!.textContent] : [];
      }),
    );
    expect(touching).toEqual([]);
  });

  describe('on a phone, in the longest words', () => {
    let german: Page;
    beforeAll(async () => {
      german = await open(browser, product!.changing, { locale: 'de-DE', viewport: PHONE });
    });
    afterAll(() => german?.context().close());

    /** Texts of these elements of which an end cannot be seen. */
    const cut = async (selector: string) => {
      const some = german.locator(selector);
      // Of none, none is cut.
      await expect.poll(() => some.count(), { message: selector }).toBeGreaterThan(0);
      return some.evaluateAll((all) =>
        all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent),
      );
    };

    it('the ways, the times and the names of processes are whole', async () => {
      await german.locator('nav a', { hasText: 'Einstellungen' }).waitFor();
      expect(await cut('nav a'), 'ways').toEqual([]);
      await go(german, 'history');
      await shoot(german, 'history-phone-de');
      expect(await cut('[role="toolbar"] .spans button'), 'times').toEqual([]);
      await go(german, 'processes');
      await shoot(german, 'processes-phone-de');
      const names = german.locator('[role="treegrid"] .body [aria-level="1"] .line .cut');
      await expect.poll(() => names.count()).toBeGreaterThan(3);
      // Strangers' names may be as long as they like.
      const short = (await cut('[role="treegrid"] .body [aria-level="1"] .line .cut')).filter(
        (name) => (name ?? '').length <= 24,
      );
      expect(short, 'names of processes').toEqual([]);
      for (const id of ['share', 'vram']) expect(await cut(`[role="treegrid"] .body .${id}`), id).toEqual([]);
    });

    it('the GPU comes before the chart', async () => {
      await go(german, 'now');
      const top = async (selector: string) => (await german.locator(selector).first().boundingBox())?.y ?? NaN;
      const chart = 'section:has(> header [data-testid="metric-picker"])';
      expect(await top('[data-testid^="card-gpu:"]')).toBeLessThan(await top(chart));
      await german.setViewportSize(DESKTOP);
      await expect.poll(() => german.locator('[data-testid^="card-gpu:"]').count(), { message: 'shown once' }).toBe(1);
    });
  });

  it('a value that is tapped on a phone brings its chart into sight', async () => {
    await page.setViewportSize(PHONE);
    await go(page, 'now');
    const value = page.locator('main [data-testid="card-memory"] [data-metric="memory.cache"]');
    const chart = page.locator('section:has(> header [data-testid="metric-picker"])');
    const top = async () => (await chart.boundingBox())?.y ?? NaN;
    await value.scrollIntoViewIfNeeded();
    expect(await top(), 'the chart is far above').toBeLessThan(-100);
    await value.click();
    // Browsers scroll to whole pixels, and a page is not laid out in them.
    await expect.poll(top).toBeGreaterThan(-1);
    expect(await page.getByTestId('metric-picker').inputValue()).toBe('memory.cache');
    await page.setViewportSize(DESKTOP);
  });
});

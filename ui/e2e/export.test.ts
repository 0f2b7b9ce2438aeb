/** What a person takes along: images and tables of charts and lists, as files and on the clipboard, with names of strangers in them. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, findings, go, launch, nothing, open, product, shoot, unfold } from './browser';
import { HOSTILE, TURNING } from './scene';

/** Milliseconds until a recorder that has only just begun has a whole minute of who used the GPU, and the page has read it. */
const PATIENCE = 120_000;
/** The first bytes of every PNG, and where its width and height stand. */
const PNG = '89504e470d0a1a0a';
const [WIDTH, HEIGHT] = [16, 20];

describe.skipIf(product === null)('charts and tables', () => {
  let browser: Browser;
  let page: Page;

  const button = (what: string) => page.getByRole('button', { name: `Copy or save: ${what}`, exact: true });
  const menu = () => page.locator('[popover]:popover-open');
  const deed = (words: string) => menu().getByRole('button', { name: words });

  /** Opens the menu of something. */
  async function wish(what: string): Promise<void> {
    await button(what).first().click();
    await menu().getByRole('button').first().waitFor();
  }

  /** What is saved, and under which name. */
  async function saved(what: string, words: string): Promise<{ name: string; bytes: Buffer }> {
    await wish(what);
    const [download] = await Promise.all([page.waitForEvent('download'), deed(words).click()]);
    const name = download.suggestedFilename();
    await menu().getByRole('status').filter({ hasText: name }).waitFor();
    const parts: Buffer[] = [];
    // The browser is another process, and its files are nobody else's.
    for await (const part of await download.createReadStream()) parts.push(part as Buffer);
    const bytes = Buffer.concat(parts);
    await page.keyboard.press('Escape');
    await menu().waitFor({ state: 'detached' });
    return { name, bytes };
  }

  /** A table by its lines; none of these cells holds a line break. */
  async function table(what: string): Promise<{ name: string; head: string; rows: string[] }> {
    const { name, bytes } = await saved(what, 'Save CSV');
    const [head = '', ...rows] = new TextDecoder('utf-8', { fatal: true }).decode(bytes).split('\r\n');
    expect(rows.pop(), 'the end of the last line').toBe('');
    expect(rows.length, what).toBeGreaterThan(0);
    return { name, head, rows };
  }

  /** How an SVG is read: its texts, and whether it is one and nothing else. */
  function parsed(svg: string): Promise<{ wrong: number; names: string[]; texts: string[]; lines: number }> {
    return page.evaluate((svg) => {
      const image = new DOMParser().parseFromString(svg, 'image/svg+xml');
      return {
        wrong: image.querySelectorAll('parsererror').length,
        names: [...new Set([...image.querySelectorAll('*')].map((one) => one.localName))],
        texts: [...image.querySelectorAll('text')].map((one) => one.textContent ?? ''),
        lines: image.querySelectorAll('path[fill="none"][d^="M"]').length,
      };
    }, svg);
  }

  beforeAll(async () => {
    browser = await launch();
    page = await open(browser, product!.changing);
    const rights = ['clipboard-read', 'clipboard-write'];
    await page.context().grantPermissions(rights, { origin: product!.changing.url });
  });
  afterAll(() => browser?.close());

  describe.each([
    ['now', 'GPU busy', 'gpu-utilization'],
    ['history?span=15m', 'GPU busy', 'gpu-utilization'],
    ['history?span=15m', 'all charts', 'history'],
  ])('on #/%s, %s', (address, what, file) => {
    beforeAll(() => page.evaluate((address) => (window.location.hash = `#/${address}`), address));

    it('is saved as PNG, twice as large as it is drawn', async () => {
      const { name, bytes } = await saved(what, 'Save PNG');
      expect(name).toMatch(new RegExp(`^hoofbeat-${file}-\\d{8}T\\d{4}-\\d{8}T\\d{4}\\.png$`));
      expect(bytes.subarray(0, 8).toString('hex')).toBe(PNG);
      expect(bytes.readUInt32BE(WIDTH)).toBe(2000);
      expect(bytes.readUInt32BE(HEIGHT)).toBeGreaterThan(600);
      // Not one colour only: it was drawn.
      const colors = await page.evaluate(
        async (url) => {
          const image = new Image();
          image.src = url;
          await image.decode();
          const canvas = document.createElement('canvas');
          [canvas.width, canvas.height] = [image.width, image.height];
          const brush = canvas.getContext('2d')!;
          brush.drawImage(image, 0, 0);
          return new Set(new Uint32Array(brush.getImageData(0, 0, image.width, image.height).data.buffer)).size;
        },
        `data:image/png;base64,${bytes.toString('base64')}`,
      );
      expect(colors).toBeGreaterThan(20);
    });

    it('is saved as SVG, with texts and lines', async () => {
      const { name, bytes } = await saved(what, 'Save SVG');
      expect(name).toMatch(/\.svg$/);
      const { wrong, names, texts, lines } = await parsed(bytes.toString('utf8'));
      expect(wrong).toBe(0);
      expect(names).not.toContain('script');
      expect(texts.join('\n')).toContain('GPU busy');
      expect(texts.join('\n')).toMatch(/\(UTC\+00:00\)/);
      expect(lines).toBeGreaterThan(0);
    });

    it('is saved as CSV, in base units, with times for people and for programs', async () => {
      const { head, rows } = await table(what);
      if (what === 'all charts') expect(head).toBe('ts,time,metric,unit,source,label,step (s),min,avg,max');
      else expect(head).toContain('gpu.utilization min (%),gpu.utilization avg (%),gpu.utilization max (%)');
      for (const row of rows) {
        const [ts, time, ...rest] = row.split(',');
        expect(Date.parse(time ?? '') / 1000, row).toBe(Number(ts));
        expect(time).toMatch(/[+-]\d\d:\d\d$/);
        const [low, mean, high] = rest.slice(-3).map(Number) as [number, number, number];
        expect(low <= mean && mean <= high, row).toBe(true);
      }
    });

    it('is copied, as a picture and as a table', async () => {
      const copied = (type: string) =>
        page.evaluate(async (type) => {
          const [item] = await navigator.clipboard.read();
          const blob = await item!.getType(type);
          return type === 'text/plain' ? blob.text() : String((await createImageBitmap(blob)).width);
        }, type);
      await wish(what);
      await deed('Copy image').click();
      await menu().getByText('Copied.').waitFor();
      expect(await copied('image/png')).toBe('2000');
      await deed('Copy as CSV').click();
      await expect.poll(() => copied('text/plain')).toMatch(/^ts,time,/);
      await page.keyboard.press('Escape');
    });
  });

  it(
    'names of strangers are text in images, and no formula in tables',
    async () => {
      await go(page, 'history');
      await button('who used the GPU').waitFor({ timeout: PATIENCE });
      const { bytes } = await saved('who used the GPU', 'Save SVG');
      const { wrong, texts } = await parsed(bytes.toString('utf8'));
      expect(wrong).toBe(0);
      expect(texts.join('\n')).not.toContain(TURNING);
      expect(texts.some((text) => text.startsWith(HOSTILE.slice(0, 8)))).toBe(true);
      const { rows } = await table('who used the GPU');
      expect(rows.join('\n')).toContain(HOSTILE);
      expect(rows.join('\n')).not.toContain(TURNING);
    },
    2 * PATIENCE,
  );

  it.each([
    ['processes', 'processes', /^ts,time,row,name,/],
    ['alerts', 'alerts', /^ts,time,rule,title,lasted \(s\),state$/],
    ['history', 'episodes', /^start,start time,end,end time,/],
  ])('#/%s: %s are saved as a table, and have no picture', async (id, what, columns) => {
    await go(page, id);
    await unfold(page);
    const { head, name } = await table(what);
    expect(head).toMatch(columns);
    expect(name).toMatch(new RegExp(`^hoofbeat-${what}-`));
    await wish(what);
    expect(await deed('Save PNG').count()).toBe(0);
    await page.keyboard.press('Escape');
  });

  it('who uses a GPU now is saved, with those who are not shown', async () => {
    await go(page, 'now');
    const name = await page.locator('[data-testid^="users-gpu:"] .take').first().getAttribute('aria-label');
    const { head, rows } = await table(name?.replace('Copy or save: ', '') ?? '');
    expect(head).toBe('ts,time,source,label,who,key,pids,share (%),memory (B)');
    expect(rows.join('\n')).toContain(HOSTILE);
  });

  it('is done with the keyboard alone, and leaves the focus where it was', async () => {
    await go(page, 'now');
    await button('GPU busy').focus();
    await page.keyboard.press('Enter');
    await deed('Copy image').and(page.locator(':focus')).waitFor();
    nothing(await findings(page), 'axe, menu');
    await shoot(page, 'export-menu');
    await page.keyboard.press('ArrowDown');
    await deed('Copy as CSV').and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Enter');
    await menu().getByText('Copied.').waitFor();
    await page.keyboard.press('Escape');
    await button('GPU busy').and(page.locator(':focus')).waitFor();
    nothing(complaints(page), 'complaints');
  });

  it('where a browser may not copy, the menu says so and saves', async () => {
    // What a browser leaves out where the address is another machine's and has no https.
    const other = await open(browser, product!.looking);
    await other.evaluate(() => {
      Object.defineProperty(window, 'isSecureContext', { value: false });
    });
    await other.getByRole('button', { name: 'Copy or save: GPU busy' }).click();
    const list = other.locator('[popover]:popover-open');
    await list.getByText(/only from this machine/).waitFor();
    expect(await list.getByRole('button').allInnerTexts()).toEqual(['Save PNG', 'Save SVG', 'Save CSV']);
    await other.context().close();
  });
});

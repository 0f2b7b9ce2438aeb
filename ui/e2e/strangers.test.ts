/** What strangers have a hand in stays text, nothing but the pages' own code runs, and who may only look sees only that. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, go, launch, nothing, open, PHONE, product, tooWide, unfold } from './browser';
import { ARABIC, HOSTILE, TURNING } from './scene';

/** Milliseconds until a browser says what it refused. */
const PATIENCE = 20_000;
const { ways: all } = product ?? { ways: [] };

describe.skipIf(product === null)('names from outside', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launch();
    page = await open(browser, product!.changing);
  });
  afterAll(() => browser?.close());

  it.each(all)('are text on $title', async ({ id }) => {
    await go(page, id);
    if (id === 'now' || id === 'processes') await page.getByText(HOSTILE).first().waitFor();
    const made = await page.evaluate(() => document.querySelectorAll('img, iframe, object, embed, [onerror]').length);
    expect(made, 'elements that no page of ours has').toBe(0);
    const text = await page.locator('body').innerText();
    // What would turn round the rest of the line is shown instead.
    expect(text).not.toContain(TURNING);
    nothing(complaints(page), 'complaints');
  });

  it('that are long break where a phone ends, also where all of a sentence is a link', async () => {
    const context = await browser.newContext({ viewport: PHONE });
    const { url, cookie } = product!.changing;
    await context.addCookies([{ ...cookie, url, httpOnly: true, sameSite: 'Strict' }]);
    const phone = await context.newPage();
    const title = `${HOSTILE.repeat(8)} is a name of two hundred letters, and what is told of it is a sentence of its own`;
    // As if the recorder had said so of each alert.
    await phone.addInitScript((title) => {
      const parse = JSON.parse.bind(JSON);
      JSON.parse = (text: string) =>
        parse(text.replace(/"title":"[^"]*"/g, `"title":${JSON.stringify(title)}`)) as unknown;
    }, title);
    await phone.goto(url);
    for (const id of ['now', 'alerts']) {
      await go(phone, id);
      await phone.locator('main .evidence', { hasText: 'a name of two hundred letters' }).first().waitFor();
      nothing(await tooWide(phone), `too wide: ${id}`);
    }
    await context.close();
  });

  it('that are written from right to left do not move the numbers beside them', async () => {
    await go(page, 'now');
    // Who uses the GPU, and not what happened.
    const row = page.locator('li:has(.name)', { hasText: ARABIC }).first();
    const places = await row.evaluate((li) => [...li.children].map((cell) => cell.getBoundingClientRect().left));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    // In a sentence: the name, and then its share.
    const order = await page.evaluate(
      (name) => {
        const line = document.createElement('p');
        line.textContent = `${name} 27 % and more`;
        document.body.append(line);
        const [words] = line.childNodes;
        const left = (word: string) => {
          const range = document.createRange();
          const at = line.textContent.indexOf(word);
          range.setStart(words!, at);
          range.setEnd(words!, at + word.length);
          return range.getBoundingClientRect().left;
        };
        const order = [left(name), left('27')];
        line.remove();
        return order;
      },
      (await row.locator('.name').innerText()).trim(),
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});

describe.skipIf(product === null)('code', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launch();
    page = await open(browser, product!.changing);
  });
  afterAll(() => browser?.close());

  /** What somebody would try who got markup into the page. */
  const TRIES: Record<string, () => void> = {
    'a script between its tags': () => {
      const script = document.createElement('script');
      script.textContent = 'hurt()';
      document.body.append(script);
    },
    'what an element does when it is clicked': () => {
      const button = document.createElement('button');
      button.setAttribute('onclick', 'hurt()');
      document.body.append(button);
      button.click();
      button.remove();
    },
    'what an image does that is missing': () => {
      const image = document.createElement('img');
      image.setAttribute('onerror', 'hurt()');
      image.src = 'data:,';
      document.body.append(image);
    },
    'an address that is code': () => {
      const link = document.createElement('a');
      link.href = 'javascript:hurt()';
      document.body.append(link);
      link.click();
      link.remove();
    },
    'a script made here, under our own origin': () => {
      const script = document.createElement('script');
      script.src = URL.createObjectURL(new Blob(['hurt()'], { type: 'text/javascript' }));
      document.body.append(script);
    },
    'a script from another server': () => {
      const script = document.createElement('script');
      script.src = 'http://127.0.0.1:9/hurt.js';
      document.body.append(script);
    },
    'a page in the page': () => {
      const frame = document.createElement('iframe');
      frame.srcdoc = '<script>parent.hurt()</script>';
      document.body.append(frame);
    },
    'a style that looks elsewhere': () => {
      const style = document.createElement('style');
      style.textContent = 'body { background: url(http://127.0.0.1:9/seen) }';
      document.head.append(style);
    },
  };

  it.each(Object.keys(TRIES))('is refused: %s', async (name) => {
    complaints(page);
    const told: string[] = [];
    const said = () => {
      told.push(...complaints(page));
      return told.join('\n');
    };
    await page.evaluate(TRIES[name]!);
    // What a browser refuses it says.
    await expect.poll(said, { timeout: PATIENCE }).toContain('Content Security Policy');
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
    expect(said()).not.toContain('ran as code');
  });

  it('is what the pages bring along, and it runs', async () => {
    await page.reload();
    await page.locator('[data-state="recording"]').waitFor();
    nothing(
      complaints(page).filter((told) => !/Content Security Policy/.test(told)),
      'complaints',
    );
  });
});

describe.skipIf(product === null)('who may only look', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launch();
    page = await open(browser, product!.looking);
  });
  afterAll(() => browser?.close());

  /** Words of deeds that change something. */
  const CHANGES =
    /\b(pause|resume|start|snooze|until it clears|take back|new|edit|end|kill|stop|save|delete|forget|trust|expect)\b/i;

  /** Who may look may take along what he sees. */
  const TAKES = /^Copy or save: /;

  it.each(all)('sees nothing to change on $title', async ({ id }) => {
    await go(page, id);
    expect(await page.getByTestId('looks-only').innerText()).toContain('view only');
    await unfold(page);
    const deeds = await page
      .locator('main button:visible, header button:visible, [role="switch"]:visible')
      .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? one.textContent?.trim() ?? ''));
    nothing(
      deeds.filter((name) => CHANGES.test(name) && !TAKES.test(name)),
      'what looks as if it could be done',
    );
    // What is set is seen, and cannot be typed into.
    if (id === 'settings') expect(await page.locator('main li input:enabled, main li select:enabled').count()).toBe(0);
    nothing(complaints(page), 'complaints');
  });

  it('is not offered it in the search, and refused it by the server', async () => {
    await page.keyboard.press('Control+k');
    await page.getByTestId('palette').getByRole('combobox').fill('recorder pause');
    await page.getByText('Nothing is called that.').waitFor();
    await page.keyboard.press('Escape');
    const status = await page.evaluate(async () => {
      const body = JSON.stringify({ ask: 'pause', until: 1 });
      const ask = await fetch('/api/ask', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return [ask.status, await ask.text()];
    });
    expect(status[0]).toBe(403);
    expect(status[1]).toContain('may only look');
  });
});

/** A person's own settings: language, direction, motion, colours. */

import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, DESKTOP, findings, go, launch, nothing, open, PHONE, product, shoot, tooWide } from './browser';

const { ways: all } = product ?? { ways: [] };

/** Milliseconds until something is drawn. */
const PATIENCE = 20_000;

/** What a browser says its language is, and the desktop's `LANG`. */
const LANGUAGES = [
  { lang: 'C', locale: undefined },
  { lang: 'de_DE.UTF-8', locale: 'de-DE' },
  { lang: 'ar_EG.UTF-8', locale: 'ar-EG' },
];

describe.skipIf(product === null).each(LANGUAGES)('under LANG=$lang', ({ lang, locale }) => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launch(lang);
    page = await open(browser, product!.changing, locale === undefined ? {} : { locale });
  });
  afterAll(() => browser?.close());

  it('times are written as there', async () => {
    await go(page, 'now');
    const text = await page.locator('main').innerText();
    expect(text).not.toMatch(/NaN|undefined|Invalid/);
    const told = await page.getByTestId('recorder-state').innerText();
    if (lang.startsWith('de')) expect(`${told} ${text}`).not.toMatch(/\d [AP]M\b/);
    if (lang.startsWith('ar')) expect(text).toMatch(/[٠-٩]{2}:[٠-٩]{2}/);
  });

  it.each(all)('$title says what it says', async ({ id }) => {
    await go(page, id);
    await shoot(page, `${id}-${lang.slice(0, 2)}`);
    nothing(complaints(page), 'complaints');
    nothing(await tooWide(page), 'too wide');
    // Words of another language are longer, and so are some of its times.
    await page.setViewportSize(PHONE);
    nothing(await tooWide(page), 'too wide, phone');
    await page.setViewportSize(DESKTOP);
  });
});

describe.skipIf(product === null)('from right to left', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launch('ar_EG.UTF-8');
    page = await open(browser, product!.changing, { locale: 'ar-EG' });
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  });
  afterAll(() => browser?.close());

  it.each(all)('$title stays readable', async ({ id }) => {
    await go(page, id);
    await shoot(page, `${id}-rtl`);
    nothing(await turned(page), 'words that stand the wrong way round');
    nothing(await tooWide(page), 'too wide');
    await page.setViewportSize(PHONE);
    nothing(await tooWide(page), 'too wide, phone');
    await page.setViewportSize(DESKTOP);
  });
});

describe.skipIf(product === null)('for eyes that need it', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const look = (options: BrowserContextOptions) => open(browser, product!.changing, options);

  it.each([
    ['Dark', 'light'],
    ['Light', 'dark'],
  ] as const)('%s is chosen where the desktop is %s', async (theme, colorScheme) => {
    const page = await look({ colorScheme });
    const ground = () =>
      page.evaluate(() => {
        const parts = getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g)?.map(Number) ?? [];
        return parts.slice(0, 3).reduce((sum, part) => sum + part, 0) / 3 > 128 ? 'light' : 'dark';
      });
    expect(await ground()).toBe(colorScheme);
    await go(page, 'settings');
    await page.getByRole('radio', { name: theme }).check({ force: true });
    await expect.poll(ground).toBe(theme.toLowerCase());
    await page.context().close();
  });

  it('nothing moves where motion is unwelcome', async () => {
    const page = await look({ reducedMotion: 'reduce' });
    for (const { id } of all) {
      await go(page, id);
      const moving = await page.evaluate(() =>
        document.getAnimations().map((one) => String(one.effect && (one.effect as KeyframeEffect).target?.className)),
      );
      nothing(moving, id);
    }
    await page.context().close();
  });

  it.each(['light', 'dark'] as const)(
    'with few colours of their own, %s, everything is still there',
    async (colorScheme) => {
      const page = await look({ forcedColors: 'active', colorScheme });
      for (const { id } of all) {
        await go(page, id);
        await shoot(page, `${id}-contrast-${colorScheme}`);
        nothing(await washedOut(page), `${id}: filled with the colour of the ground`);
      }
      const chosen = await page.locator('nav a[aria-current]').evaluate((link) => getComputedStyle(link).outlineStyle);
      expect(chosen).toBe('solid');
      await go(page, 'now');
      // Text has one colour there, but lines are told apart by theirs.
      await expect.poll(() => colored(page), { timeout: PATIENCE }).toBeGreaterThan(50);
      await page.context().close();
    },
  );

  it.each(['light', 'dark'] as const)('where more contrast is asked for, %s, no ink is soft', async (colorScheme) => {
    const page = await look({ contrast: 'more', colorScheme });
    const told = await page.evaluate(contrasts);
    // As much as text needs where its contrast is enhanced, and for what is no text as much as text needs at all.
    for (const name of ['--soft', '--accent', '--good', '--warn', '--bad']) {
      expect(told[name], name).toBeGreaterThanOrEqual(7);
    }
    for (const name of ['--hair', '--faint']) expect(told[name], name).toBeGreaterThanOrEqual(4.5);
    for (const { id } of all) {
      await go(page, id);
      nothing(await findings(page), `axe: ${id}`);
    }
    await page.context().close();
  });
});

/** How many pixels of the chart are of a colour, and not between the ground and the ink. */
function colored(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('main .frame canvas');
    const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let count = 0;
    for (let at = 0; at < pixels.length; at += 4) {
      const [r = 0, g = 0, b = 0, alpha = 0] = pixels.slice(at, at + 4);
      if (alpha > 128 && Math.max(r, g, b) - Math.min(r, g, b) > 64) count += 1;
    }
    return count;
  });
}

/** The contrast of each of the page's inks with its cards. */
function contrasts(): Record<string, number> {
  const probe = document.createElement('span');
  document.body.append(probe);
  const light = (name: string) => {
    probe.style.color = `var(${name})`;
    const parts =
      getComputedStyle(probe)
        .color.match(/[\d.]+/g)
        ?.map(Number) ?? [];
    const [r = 0, g = 0, b = 0] = parts.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const names = ['--hair', '--soft', '--faint', '--accent', '--good', '--warn', '--bad'];
  const ground = light('--card');
  const all = names.map((name) => {
    const own = light(name);
    return [name, (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05)] as const;
  });
  probe.remove();
  return Object.fromEntries(all);
}

/** Latin words and values whose second part stands left of the first: "GiB 24", "GeForce NVIDIA". */
function turned(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent ?? '';
      const place = (from: number, to: number) => {
        const range = document.createRange();
        range.setStart(node, from);
        range.setEnd(node, to);
        return range.getBoundingClientRect();
      };
      for (const match of text.matchAll(/([\d.]+|[A-Za-z]{2,})\s(%|°C|[KMGT]?i?B|[A-Za-z]{3,})/g)) {
        const [, first = '', second = ''] = match;
        const end = match.index + match[0].length;
        const [left, right] = [place(match.index, match.index + first.length), place(end - second.length, end)];
        const isSeen = left.width > 0 && right.width > 0 && Math.abs(left.top - right.top) < 2;
        if (isSeen && right.left < left.left) found.push(match[0]);
      }
    }
    return found;
  });
}

/** Bars and dots that have no words, and no colour either. */
function washedOut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const ground = getComputedStyle(document.documentElement).backgroundColor;
    return [...document.querySelectorAll('header .dot, main .part, main .bar > span, main .busy, main .swatch')]
      .filter((one) => one.checkVisibility() && one.getBoundingClientRect().width > 1)
      .filter((one) => getComputedStyle(one).backgroundColor === ground)
      .map((one) => `${one.tagName}.${one.className} in ${one.parentElement?.className}`);
  });
}

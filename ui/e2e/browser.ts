/** A real browser on the real pages, and what is asked of every page. */

import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import type { Product } from './product';
import type { Served } from './running';
import { ARGUMENTS } from './scene';

/** `null` where there is no browser: what needs one is skipped. */
export const product = inject('product');

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };

/** What went wrong on a page, by itself. */
const troubles = new WeakMap<Page, string[]>();

/** The browser that all tests share, or one of its own under a language of the system. */
export function launch(lang?: string): Promise<Browser> {
  const { browser, chromium: executablePath, env } = needed();
  if (lang === undefined) return chromium.connect(browser);
  return chromium.launch({ executablePath, env: { ...env, LANG: lang }, args: ARGUMENTS });
}

/** A page of a browser that has said the token, once the recorder is in a state; what it complains of is kept. */
export async function open(
  browser: Browser,
  at: Served,
  options: BrowserContextOptions = {},
  state = 'recording',
): Promise<Page> {
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: 'light', ...options });
  await context.addCookies([{ ...at.cookie, url: at.url, httpOnly: true, sameSite: 'Strict' }]);
  const page = await context.newPage();
  const told: string[] = [];
  troubles.set(page, told);
  page.on('console', (message) => {
    if (message.type() === 'error') told.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => told.push(String(error)));
  page.on('dialog', (dialog) => {
    told.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  // A name that were taken for markup would call this.
  await page.exposeFunction('hurt', () => told.push('a name from outside ran as code'));
  await page.goto(at.url);
  await page.locator(`[data-state="${state}"]`).waitFor();
  return page;
}

/** What a page complained of since this was asked last: errors on its console, what the CSP refused, and code of strangers. */
export function complaints(page: Page): string[] {
  return troubles.get(page)?.splice(0) ?? [];
}

/** The same without that a question was refused, which a browser writes down wherever that is what is to be seen. */
export function graveComplaints(page: Page): string[] {
  return complaints(page).filter(
    (told) => !/^Failed to load resource: .*\/api\/(ask|news)\?language=\w+\)$/.test(told),
  );
}

/** Unfolds all that a page keeps folded. */
export async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
}

/** Goes to a page by its address, and waits until it shows more than that it is loading. */
export async function go(page: Page, id: string): Promise<void> {
  await page.evaluate((id) => (window.location.hash = `#/${id}`), id);
  await settled(page, id);
}

export async function settled(page: Page, id: string): Promise<void> {
  await page.locator(`main[data-page="${id}"]`).waitFor();
  await page.waitForFunction(() => {
    const main = document.querySelector('main');
    const loads = main?.querySelector('[data-testid="loading"], .frame.busy, [aria-busy="true"]');
    return main !== null && !loads && main.innerText.trim().length > 40;
  });
  // What is drawn on a canvas is drawn with the next picture.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Keeps a picture of what is seen now, to be looked at. */
export async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(needed().screenshots, `browser-${name}.png`), animations: 'disabled' });
}

/** What axe finds, a line each; with `rules`, of these alone. */
export async function findings(page: Page, ...rules: string[]): Promise<string[]> {
  // It is half a megabyte, which a page keeps until it is left.
  if (await page.evaluate(() => !('axe' in window))) await page.evaluate(axe.source);
  const violations = await page.evaluate(async (rules) => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    const only = rules.length > 0 ? { runOnly: rules } : {};
    const { violations } = await axe.run(document, { resultTypes: ['violations'], ...only });
    return violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map((node) => [node.html, node.failureSummary]),
    }));
  }, rules);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(([html, why]) => `${id}: ${help}: ${html?.slice(0, 160)} (${why?.replace(/\s+/g, ' ')})`),
  );
}

/** So long a page may take to fit a window that has just become narrower: charts are measured and drawn anew. */
const TO_FIT_MS = 5000;

/** What makes a page wider than the window, and stays so: a person would have to push it to and fro. */
export async function tooWide(page: Page): Promise<string[]> {
  const until = Date.now() + TO_FIT_MS;
  let wide = await wider(page);
  while (wide.length > 0 && Date.now() < until) {
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
    wide = await wider(page);
  }
  return wide;
}

function wider(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const rolls = (element: Element | null): boolean =>
      element !== null &&
      (/auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX) || rolls(element.parentElement));
    const places = [document.documentElement, ...document.querySelectorAll('.window, main, main > :not(.unseen)')];
    const wide = places.filter((place) => place.scrollWidth > place.clientWidth + 1 && place.clientWidth > 0);
    const beyond = [...document.querySelectorAll('#app *')].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      return width > 0 && (right > window.innerWidth + 1 || left < -1) && !rolls(element.parentElement);
    });
    return [...wide, ...beyond].slice(0, 8).map((element) => {
      const { left, right } = element.getBoundingClientRect();
      return `${element.tagName}.${element.className} ${left}..${right}, ${element.scrollWidth} wide: ${element.textContent?.slice(0, 40)}`;
    });
  });
}

/** Fails with everything that is found, not with the first. */
export function nothing(found: readonly string[], what: string): void {
  expect(found.join('\n'), what).toBe('');
}

function needed(): Product {
  if (product === null) throw new Error('there is no browser, and what needs one is to be skipped');
  return product;
}

/** What a person does without a mouse. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, findings, go, launch, nothing, open, product, settled } from './browser';
import { RULE } from './scene';

describe.skipIf(product === null)('with the keyboard alone', () => {
  let browser: Browser;
  let page: Page;

  const field = () => page.getByTestId('palette').getByRole('combobox');
  const focused = () =>
    page.evaluate(() => {
      const at = document.activeElement;
      return at?.getAttribute('aria-label') ?? at?.textContent?.trim() ?? '';
    });
  /** Presses a key until what has the focus is called so. */
  async function reach(key: string, name: RegExp): Promise<void> {
    for (let steps = 0; steps < 200; steps += 1) {
      if (name.test(await focused())) return;
      await page.keyboard.press(key);
    }
    throw new Error(`${key} does not lead to ${name}, but at last to ${await focused()}`);
  }

  beforeAll(async () => {
    browser = await launch();
    page = await open(browser, product!.changing);
  });
  afterAll(() => browser?.close());

  it('a page is found by its name', async () => {
    await page.keyboard.press('Control+k');
    await field().waitFor();
    nothing(await findings(page), 'axe, search');
    await page.keyboard.type('process');
    await page.getByRole('option', { name: 'Processes' }).first().waitFor();
    await page.keyboard.press('Enter');
    await settled(page, 'processes');
    await page.getByTestId('palette').waitFor({ state: 'detached' });
  });

  it('Escape leads back to where one was', async () => {
    await go(page, 'now');
    await reach('Tab', /^History$/);
    await page.keyboard.press('Control+k');
    await field().waitFor();
    await page.keyboard.type('zzz');
    await page.getByText('Nothing is called that.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByTestId('palette').waitFor({ state: 'detached' });
    expect(await focused()).toBe('History');
  });

  it('the keys that opened the search close it, and lead back, too', async () => {
    expect(await focused()).toBe('History');
    await page.keyboard.press('Control+k');
    await field().waitFor();
    await page.keyboard.press('Control+k');
    await page.getByTestId('palette').waitFor({ state: 'detached' });
    expect(await focused()).toBe('History');
  });

  it('digits that are typed into a field stay there', async () => {
    await page.keyboard.press('Control+k');
    await field().waitFor();
    await page.keyboard.type('2');
    expect(await field().inputValue()).toBe('2');
    await page.keyboard.press('Escape');
    await page.getByTestId('palette').waitFor({ state: 'detached' });
    expect(await page.locator('main').getAttribute('data-page')).toBe('now');
  });

  it('a chart that was searched for is shown', async () => {
    await page.keyboard.press('Control+k');
    await field().waitFor();
    await page.keyboard.type('chart cpu.load.1m');
    await page.getByTestId('palette').getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await settled(page, 'history');
  });

  it('an alert is snoozed, and the snooze taken back', async () => {
    const alert = page.getByTestId(`alert-${RULE}`);
    await go(page, 'alerts');
    await alert.waitFor();
    await reach('Tab', /^Snooze 1 h: /);
    await page.keyboard.press('Enter');
    await alert.and(page.locator('[data-snoozed="true"]')).waitFor();
    // The button is gone; who pressed it stands at the one that took its place.
    await expect.poll(focused).toMatch(/^Take back/);
    await page.keyboard.press('Enter');
    await alert.and(page.locator('[data-snoozed="false"]')).waitFor();
    await expect.poll(focused).toMatch(/^Snooze 1 h: /);
    nothing(complaints(page), 'complaints');
  });

  it('a rule is opened, and left as it was', async () => {
    await reach('Tab', /^Rules \(/);
    await page.keyboard.press('Enter');
    await reach('Tab', new RegExp(`^Edit rule ${RULE}$`));
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    nothing(await findings(page), 'axe, rule');
    // A form is not left for the search, nor for another page.
    await page.keyboard.press('Control+k');
    expect(await page.getByTestId('palette').count()).toBe(0);
    expect(await page.getByRole('dialog').count()).toBe(1);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(focused).toBe(`Edit rule ${RULE}`);
  });
});

/** A person ends processes of their own from a browser, and nobody does who may only look. */

import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, findings, go, launch, nothing, open, product } from './browser';

describe.skipIf(product === null)('ending a process', () => {
  let browser: Browser;
  let folder: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hoofbeat-ending-'));
    browser = await launch();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    await browser?.close();
  });

  /** A program of this name, which waits for the end of its input. */
  function begin(name: string): { child: ChildProcess; pid: number } {
    const program = join(folder, name);
    copyFileSync('/bin/bash', program);
    const child = spawn(program, ['-c', 'read -r _'], { stdio: ['pipe', 'ignore', 'ignore'] });
    children.push(child);
    if (child.pid === undefined) throw new Error(`${name} did not start`);
    return { child, pid: child.pid };
  }

  const isThere = ({ child }: { child: ChildProcess }) => child.exitCode === null && child.signalCode === null;

  /** When a process began, in clock ticks since boot. */
  function started(pid: number): number {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  }

  /** Unfolds what the process belongs to, and asks whether to end it. */
  async function askTo(page: Page, pid: number): Promise<void> {
    await go(page, 'processes');
    await page.getByRole('searchbox').fill(String(pid));
    const row = page.locator('[role=row][aria-level="1"]').first();
    if ((await row.getAttribute('aria-expanded')) === 'false') await row.click();
    await page.getByRole('button', { name: `(${pid})`, exact: false }).click();
    await page.getByTestId('end-dialog').waitFor();
    nothing(await findings(page), 'axe');
  }

  it('ends it once a person has said yes, and the keyboard goes on where others are looked for', async () => {
    const page = await open(browser, product!.ending);
    const one = begin('patient');
    await askTo(page, one.pid);
    expect(await page.getByTestId('end-dialog').innerText()).toContain(`End patient (${one.pid})?`);
    expect(isThere(one)).toBe(true);
    await page.getByTestId('end-sure').click();
    await expect
      .poll(() => page.getByTestId('end-receipt').innerText(), { timeout: 30_000 })
      .toContain(`patient (${one.pid}) ended by itself`);
    await expect.poll(() => one.child.signalCode).toBe('SIGTERM');
    await page.getByTestId('processes-none').waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('search');
    nothing(complaints(page), 'complaints');
    await page.context().close();
  });

  it('asks once more about a part of the desktop, and leaves it where nobody says yes again', async () => {
    const page = await open(browser, product!.ending);
    const one = begin('sway');
    for (const again of ['end-cancel', 'end-sure']) {
      await askTo(page, one.pid);
      await page.getByTestId('end-sure').click();
      await page.getByText('This is a part of your desktop.').waitFor();
      expect(isThere(one)).toBe(true);
      await page.getByTestId(again).click();
      await page.getByTestId('end-dialog').waitFor({ state: 'detached' });
      await page.getByRole('searchbox').fill('');
    }
    await expect.poll(() => one.child.signalCode).toBe('SIGTERM');
    nothing(complaints(page), 'complaints');
    await page.context().close();
  });

  it('is refused to who may only look, also where the question is written by hand', async () => {
    const page = await open(browser, product!.looking);
    const one = begin('safe');
    const ask = (at: { started: number; sure: boolean }) =>
      page.evaluate(
        async ({ pid, started, sure }) => {
          const body = JSON.stringify({ ask: 'end_process', pid, started, sure });
          const headers = { 'content-type': 'application/json' };
          const answer = await fetch('/api/ask', { method: 'POST', headers, body });
          return [answer.status, await answer.text()] as const;
        },
        { pid: one.pid, ...at },
      );
    for (const sure of [false, true]) {
      const [status, text] = await ask({ started: started(one.pid), sure });
      expect(status).toBe(403);
      expect(text).toContain('may only look');
    }
    expect(isThere(one)).toBe(true);
    // The same question is understood where changes are allowed: what refused it was not its form.
    const { url, cookie } = product!.ending;
    const answer = await fetch(`${url}/api/ask`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, cookie: `${cookie.name}=${cookie.value}` },
      body: JSON.stringify({ ask: 'end_process', pid: one.pid, started: started(one.pid), sure: false }),
    });
    expect([answer.status, await answer.json()]).toMatchObject([200, { kind: 'ended', killed: false }]);
    await expect.poll(() => isThere(one)).toBe(false);
    await page.context().close();
  });
});

/**
 * Starts what the tests look at: the scripted GPU with its processes, the recorder on it, and servers: one that allows
 * changes, one that only shows, and one on this machine itself, where processes can be ended. All of it in folders that are gone afterwards, in an environment made from scratch.
 */

import { appendFileSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserServer, chromium as playwright } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { built, inPath, read, ROOT, Running, served, type Served, TARGET, until } from './running';
import { ALL_NAMES, ARGUMENTS, CONFIG, HOSTILE } from './scene';

/** A way of the navigation. */
export interface Way {
  id: string;
  title: string;
  key: string;
}

/** What the tests get. */
export interface Product {
  /** Where the browser that they share is reached, and the program and environment for others. */
  browser: string;
  chromium: string;
  env: Record<string, string>;
  /** The pages, as the navigation itself has them: a new one is covered by itself. */
  ways: Way[];
  screenshots: string;
  changing: Served;
  looking: Served;
  /** On this machine itself, whose processes can be ended; it allows changes. */
  ending: Served;
}

declare module 'vitest' {
  interface ProvidedContext {
    product: Product | null;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const chromium = inPath('chromium');
  if (chromium === null) {
    // `make test` has installed it, so there its absence is a failure.
    if (process.env['HOOFBEAT_NEED_DESKTOP']) throw new Error('chromium is missing: apt-get install chromium');
    project.provide('product', null);
    return () => Promise.resolve();
  }
  const hoofbeat = built('hoofbeat');
  built('hoofbeat-serve');
  const folder = mkdtempSync(join(tmpdir(), 'hoofbeat-e2e-'));
  for (const name of ['home', 'run', 'data', 'stage']) mkdirSync(join(folder, name), { mode: 0o700 });
  const stage = join(folder, 'stage');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: join(folder, 'home'),
    XDG_RUNTIME_DIR: join(folder, 'run'),
    HOOFBEAT_DATA_DIR: join(folder, 'data'),
    HOOFBEAT_CONFIG: join(folder, 'config.toml'),
    HOOFBEAT_NVML: built('libnvml_standin.so'),
    NVML_STANDIN: join(stage, 'evening.toml'),
    // Minimal machines say `C`; what breaks there must break here.
    LANG: 'C',
    TZ: 'UTC',
  };
  const all: Running[] = [];
  const start = (name: string, program: string, args: string[]) => {
    const one = new Running(program, args, env, join(folder, `${name}.log`));
    all.push(one);
    return one;
  };
  let server: BrowserServer | undefined;
  const end = async () => {
    await server?.close();
    for (const one of all.reverse()) await one.end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    writeFileSync(env.HOOFBEAT_CONFIG, CONFIG);
    const play = start('stage', join(ROOT, 'scripts/demo'), ['stage', stage]);
    await until(
      'the scripted GPU',
      play,
      () => existsSync(env.NVML_STANDIN) && read(env.NVML_STANDIN).includes('epoch'),
    );
    for (const [at, name] of ALL_NAMES.entries()) {
      const program = join(stage, 'programs', name);
      copyFileSync('/bin/bash', program);
      // It waits for the end of its input, which comes with the end of this one.
      const one = start(`stranger-${at}`, program, ['-c', 'read -r _']);
      const share = name === HOSTILE ? 0.3 : 0.1;
      const lines = [
        '',
        '[[process]]',
        `pid = ${one.pid}`,
        'device = 0',
        'kind = "C"',
        'mem_mib = 2048',
        `share = ${share}`,
      ];
      appendFileSync(env.NVML_STANDIN, `${lines.join('\n')}\n`);
    }
    const machine = join(stage, 'machine');
    const watch = start('watch', hoofbeat, ['--root', machine, 'watch', '--headless']);
    await until('the recording', watch, () => existsSync(join(env.HOOFBEAT_DATA_DIR, 'hoofbeat.db')));
    const serve = (name: string, root: string[], more: string[]) =>
      served(start(name, hoofbeat, [...root, 'serve', '--bind', '127.0.0.1:0', ...more]));
    const [changing, looking, ending] = [
      await serve('serve', ['--root', machine], ['--allow-changes']),
      await serve('look', ['--root', machine], []),
      await serve('end', [], ['--allow-changes']),
    ];
    const screenshots = join(TARGET, 'screenshots');
    mkdirSync(screenshots, { recursive: true });
    server = await playwright.launchServer({ executablePath: chromium, env, args: ARGUMENTS });
    const browser = server.wsEndpoint();
    project.provide('product', {
      browser,
      chromium,
      env,
      screenshots,
      changing,
      looking,
      ending,
      ways: await ways(browser, changing),
    });
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}

async function ways(browser: string, at: Served): Promise<Way[]> {
  const one = await playwright.connect(browser);
  const page = await one.newPage();
  await page.goto(at.invitation);
  await page.locator('nav a').first().waitFor();
  const ways = await page.locator('nav a').evaluateAll((links) =>
    links.map((link) => ({
      id: link.getAttribute('href')?.replace(/^#\//, '') ?? '',
      // Beside the title there may stand how many alerts there are.
      title: link.firstChild?.textContent?.trim() ?? '',
      key: link.getAttribute('aria-keyshortcuts') ?? '',
    })),
  );
  await one.close();
  return ways;
}

/** The real programs, started for a test and ended with it, and what they say of themselves. */

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, appendFileSync, closeSync, constants, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a browser looks, and how it is known there. */
export interface Served {
  url: string;
  /** With the token, as it is told to a person. */
  invitation: string;
  cookie: { name: string; value: string };
}

export const ROOT = join(import.meta.dirname, '../..');
export const TARGET = process.env['CARGO_TARGET_DIR'] ?? join(ROOT, 'target');
/** Seconds until something has to be there. */
const PATIENCE = 60;

/** A program in a process group of its own, so that what it starts ends with it. */
export class Running {
  readonly #child: ChildProcess;
  readonly #log: string;

  constructor(program: string, args: string[], env: Record<string, string>, log: string) {
    const out = openSync(log, 'w');
    this.#child = spawn(program, args, { env, stdio: ['pipe', out, out], detached: true });
    this.#child.on('error', (error) => appendFileSync(log, String(error)));
    closeSync(out);
    this.#log = log;
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#child.spawnfile} did not start: ${this.said}`);
    return this.#child.pid;
  }

  get said(): string {
    return read(this.#log);
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async end(): Promise<void> {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (this.hasEnded) return;
      const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
      process.kill(-this.pid, signal);
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5000).unref())]);
    }
  }
}

/** Where a server is, and the cookie that it gives to who knows the token. */
export async function served(server: Running): Promise<Served> {
  const told = /http:\/\/\S+\?token=\S+/;
  await until('the server', server, () => told.test(server.said));
  const invitation = told.exec(server.said)?.[0] ?? '';
  const cookie = (await fetch(invitation)).headers.get('set-cookie') ?? '';
  const [, name = '', value = ''] = /^([^=]+)=([^;]+)/.exec(cookie) ?? [];
  return { url: new URL(invitation).origin, invitation, cookie: { name, value } };
}

export async function until(what: string, of: Running, holds: () => boolean): Promise<void> {
  for (let tenths = 0; !holds(); tenths += 1) {
    if (of.hasEnded || tenths > PATIENCE * 10) throw new Error(`${what} did not come: ${of.said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export function built(name: string): string {
  const file = join(TARGET, 'debug', name);
  if (!existsSync(file)) throw new Error(`${file} is missing: run \`cargo build --workspace\` first`);
  return file;
}

export function inPath(name: string): string | null {
  const files = (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, name));
  return files.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

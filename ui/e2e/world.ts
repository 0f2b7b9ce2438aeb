/** A machine of a test's own, with a recorder and a server on it, so that what goes wrong there harms no other test. */

import {
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { built, ROOT, Running, served, type Served, until } from './running';

const CARD = '0000:01:00.0';

/** A card of NVIDIA's that works for somebody; more can be said of it. */
const SCENARIO = `
[driver]
version = "580.95.05"
nvml = "13.580.95.05"
cuda = 13000
sysfs_root = "machine/sys"
[[device]]
profile = "geforce-rtx-4090"
uuid = "GPU-0b0b0b0b-1c1c-2d2d-3e3e-4f4f4f4f4f4f"
pci = "${CARD}"
display_active = false
[device.curve]
util = 62
power_w = 280
temp_c = 66
`;

/** What a machine is like. */
export interface Like {
  /** One of `tests/machines`, instead of a machine with a card of NVIDIA's. */
  captured?: string;
  /** Whether the card sleeps. */
  isAsleep?: boolean;
  /** Whether its driver is not installed. */
  hasNoDriver?: boolean;
  /** What else the driver does. */
  scenario?: string;
  config?: string;
}

export class World {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hoofbeat-world-'));
  readonly #machine: string;
  readonly #env: Record<string, string>;
  readonly #programs: Running[] = [];
  #recorder: Running | undefined;
  #server: Running | undefined;

  constructor({ captured, isAsleep = false, hasNoDriver = false, scenario = '', config = '' }: Like = {}) {
    const at = (name: string) => join(this.#folder, name);
    for (const name of ['home', 'run', 'data']) mkdirSync(at(name), { mode: 0o700 });
    this.#machine = captured === undefined ? at('machine') : join(ROOT, 'tests/machines', captured);
    if (captured === undefined) withCard(this.#machine, isAsleep);
    writeFileSync(at('scenario.toml'), SCENARIO + scenario);
    writeFileSync(at('config.toml'), config);
    this.#env = {
      PATH: process.env['PATH'] ?? '',
      HOME: at('home'),
      XDG_RUNTIME_DIR: at('run'),
      HOOFBEAT_DATA_DIR: at('data'),
      HOOFBEAT_CONFIG: at('config.toml'),
      HOOFBEAT_NVML: hasNoDriver ? at('libnvidia-ml.so.1') : built('libnvml_standin.so'),
      NVML_STANDIN: at('scenario.toml'),
      LANG: 'C',
      TZ: 'UTC',
    };
  }

  get #database(): string {
    return join(this.#folder, 'data/hoofbeat.db');
  }

  /** Starts a recorder. */
  async record(): Promise<void> {
    const recorder = this.#start('watch', '--headless');
    this.#recorder = recorder;
    await until('the recording', recorder, () => existsSync(this.#database));
  }

  /** Starts a server whose pages may change everything. */
  serve(): Promise<Served> {
    this.#server = this.#start('serve', '--bind', '127.0.0.1:0', '--allow-changes');
    return served(this.#server);
  }

  async stopServing(): Promise<void> {
    await this.#server?.end();
  }

  /** Starts it again where it was, with the token that browsers know. */
  async serveAgain(at: Served): Promise<void> {
    const { host, searchParams } = new URL(at.invitation);
    const file = join(this.#folder, 'token');
    writeFileSync(file, searchParams.get('token') ?? '', { mode: 0o600 });
    const server = this.#start('serve', '--bind', host, '--allow-changes', '--token-file', file);
    this.#server = server;
    await until('the server', server, () => server.said.includes(host));
  }

  /** The recorder holds its lock and does nothing, as where a disk hangs. */
  freeze(): void {
    if (this.#recorder) process.kill(this.#recorder.pid, 'SIGSTOP');
  }

  thaw(): void {
    if (this.#recorder && !this.#recorder.hasEnded) process.kill(this.#recorder.pid, 'SIGCONT');
  }

  async stopRecording(): Promise<void> {
    this.thaw();
    await this.#recorder?.end();
  }

  /** The database says that a Hoofbeat wrote it that knows more than this one. */
  makeNewer(): void {
    // The number of its schema, where SQLite keeps a `user_version`.
    this.#overwrite(60, Buffer.from([0, 0, 39, 15]));
  }

  /** The beginning of the database is lost. */
  damage(): void {
    this.#overwrite(0, Buffer.alloc(4096, 0x5a));
  }

  #overwrite(at: number, bytes: Buffer): void {
    const file = openSync(this.#database, 'r+');
    writeSync(file, bytes, 0, bytes.length, at);
    closeSync(file);
  }

  #start(...args: string[]): Running {
    const log = join(this.#folder, `program-${this.#programs.length}.log`);
    const one = new Running(built('hoofbeat'), ['--root', this.#machine, ...args], this.#env, log);
    this.#programs.push(one);
    return one;
  }

  async end(): Promise<void> {
    this.thaw();
    for (const one of this.#programs.reverse()) await one.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** This machine, with a card of NVIDIA's instead of what it has itself. */
function withCard(machine: string, isAsleep: boolean): void {
  const device = join(machine, 'sys/bus/pci/devices', CARD);
  mkdirSync(join(device, 'power'), { recursive: true });
  mkdirSync(join(machine, 'dev'));
  symlinkSync('/proc', join(machine, 'proc'));
  for (const entry of readdirSync('/sys')) {
    if (entry !== 'bus') symlinkSync(join('/sys', entry), join(machine, 'sys', entry));
  }
  const files = {
    vendor: '0x10de',
    class: '0x030000',
    'power/control': 'auto',
    'power/runtime_status': isAsleep ? 'suspended' : 'active',
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(device, file), `${text}\n`);
  writeFileSync(join(machine, 'dev/nvidia0'), '');
}

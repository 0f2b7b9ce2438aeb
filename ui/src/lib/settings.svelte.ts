/** The settings of the config file: read when they are looked at, changed one by one. */

import { asFailure, type Backend } from './backend';
import { isLanguage } from './settings';
import type { AboutInfo } from './types/generated/AboutInfo';
import type { DataInfo } from './types/generated/DataInfo';
import type { Failure } from './types/generated/Failure';
import type { SettingInfo } from './types/generated/SettingInfo';
import type { Settings } from './types/generated/Settings';

/** Milliseconds without a key press after which a text is judged. */
const PAUSE = 150;

/** What the file says, and what else is told below it. */
export class Desk {
  /** `null` before they were read. */
  settings = $state.raw<Settings | null>(null);
  /** Why the file cannot be read; the settings are then the last good ones. */
  failure = $state.raw<Failure | null>(null);
  data = $state.raw<DataInfo | null>(null);
  /** Why it is not known what the recording takes. */
  dataFailure = $state.raw<Failure | null>(null);
  about = $state.raw<AboutInfo | null>(null);

  readonly backend: Backend;
  /** Told when another language was saved. */
  readonly #turned: () => void;

  constructor(backend: Backend, turned: () => void = () => undefined) {
    this.backend = backend;
    this.#turned = turned;
  }

  /** Reads everything anew. */
  async read(): Promise<void> {
    await Promise.all([this.#readSettings(), this.readData()]);
  }

  /** Reads anew what the recording takes. */
  async readData(): Promise<void> {
    try {
      this.data = await this.backend.data();
      this.dataFailure = null;
    } catch (thrown) {
      this.dataFailure = asFailure(thrown);
    }
  }

  /** Has what is more than so many days old deleted, or everything. Answers what went wrong. */
  async delete(olderThanDays: number | null): Promise<Failure | null> {
    try {
      await this.backend.deleteHistory(olderThanDays);
    } catch (thrown) {
      return asFailure(thrown);
    } finally {
      await this.readData();
    }
    return null;
  }

  /** Saves a setting, or lets its default hold again. Answers what went wrong. */
  async save(setting: SettingInfo, value: string | null): Promise<Failure | null> {
    const { section, key } = setting;
    let failure: Failure | null = null;
    try {
      await this.backend.saveSetting(section, key, value, this.settings?.version ?? '');
      if (isLanguage(setting)) this.#turned();
    } catch (thrown) {
      failure = asFailure(thrown);
    }
    // Also after a failure: the file may be another one by now.
    await this.#readSettings();
    return failure;
  }

  async #readSettings(): Promise<void> {
    const [settings, about] = await Promise.allSettled([this.backend.settings(), this.backend.about()]);
    if (settings.status === 'fulfilled') {
      this.settings = settings.value;
      this.failure = null;
    } else {
      this.failure = asFailure(settings.reason);
    }
    if (about.status === 'fulfilled') this.about = about.value;
  }
}

/** One setting while it is typed. The judge is Hoofbeat, not the page. */
export class SettingField {
  /** What is typed; `null` while nothing is. */
  typed = $state<string | null>(null);
  /** What is wrong with it. */
  problem = $state<string | null>(null);
  /** Why it was not saved. */
  failure = $state.raw<Failure | null>(null);
  isSaving = $state(false);

  readonly #desk: Desk;
  /** Goes up with every change, so that an answer to what was typed before is dropped. */
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Something was typed. */
  type(setting: SettingInfo, text: string): void {
    this.stop();
    this.failure = null;
    this.typed = text;
    const turn = this.#turn;
    this.#timer = setTimeout(() => void this.#judge(setting, text, turn), PAUSE);
  }

  /** What was typed is not meant. */
  revert(): void {
    this.stop();
    this.typed = null;
    this.problem = null;
    this.failure = null;
  }

  /** Saves this text; what is the default is not written. False where that failed. */
  async save(setting: SettingInfo, text: string | null): Promise<boolean> {
    this.stop();
    this.isSaving = true;
    const value = text === null || text.trim() === setting.default ? null : text.trim();
    this.failure = await this.#desk.save(setting, value);
    this.isSaving = false;
    if (this.failure !== null) return false;
    this.typed = null;
    this.problem = null;
    return true;
  }

  /** No answer is waited for any more. */
  stop(): void {
    this.#turn += 1;
    clearTimeout(this.#timer);
  }

  async #judge({ section, key }: SettingInfo, text: string, turn: number): Promise<void> {
    try {
      const problem = await this.#desk.backend.checkSetting(section, key, text.trim());
      if (turn === this.#turn) this.problem = problem;
    } catch (thrown) {
      if (turn === this.#turn) this.failure = asFailure(thrown);
    }
  }
}

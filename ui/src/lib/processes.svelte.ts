/** The processes, read again and again for as long as a person can see them: nobody pays for a list that nobody sees. */

import { asFailure, type Backend } from './backend';
import { isSeen, whileSeen } from './sight';
import type { Failure } from './types/generated/Failure';
import type { ProcessList } from './types/generated/ProcessList';

/** Milliseconds between two looks. */
const PERIOD = 2000;
/** The second look comes sooner: how much CPU is used is known only from then on. */
const FIRST_PERIOD = 1000;

/** The live list. */
export class LiveProcesses {
  list = $state.raw<ProcessList | null>(null);
  /** Why the last look failed; the list is then the one before. */
  failure = $state.raw<Failure | null>(null);
  /** The ids of the rows whose processes are told one by one, with the keys of their identities. */
  open = $state.raw<ReadonlySet<string>>(new Set());

  readonly #backend: Backend;
  readonly #keys = new Map<string, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Goes up when looking begins or ends: an answer to an earlier question starts no second row of looks. */
  #round = 0;

  readonly #now: () => number;

  /** `now` is the second that it is on the machine: its day is the one of which is told what they did. */
  constructor(backend: Backend, now = () => Date.now() / 1000) {
    this.#backend = backend;
    this.#now = now;
  }

  /** Looks while the page is visible. Answers what ends it. */
  start(): () => void {
    return whileSeen(() => {
      this.#begin(FIRST_PERIOD);
      return () => this.#end();
    });
  }

  /** Opens a row or closes it. What is in it, is asked at once. */
  turn({ id, key }: { id: string; key: string }, isOpen: boolean): void {
    if (isOpen === this.open.has(id)) return;
    const open = new Set(this.open);
    if (isOpen) {
      this.open = open.add(id);
      this.#keys.set(id, key);
      this.look();
    } else {
      open.delete(id);
      this.open = open;
      this.#keys.delete(id);
    }
  }

  /** Looks now. */
  look(): void {
    if (isSeen()) this.#begin(PERIOD);
  }

  #begin(next: number): void {
    this.#end();
    void this.#look(this.#round, next);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#round += 1;
  }

  async #look(round: number, next: number): Promise<void> {
    try {
      const today = Math.floor(new Date(this.#now() * 1000).setHours(0, 0, 0, 0) / 1000);
      const list = await this.#backend.processes(today, [...new Set(this.#keys.values())]);
      if (round === this.#round) [this.list, this.failure] = [list, null];
    } catch (thrown) {
      if (round === this.#round) this.failure = asFailure(thrown);
    }
    if (round === this.#round) this.#timer = setTimeout(() => void this.#look(round, PERIOD), next);
  }
}

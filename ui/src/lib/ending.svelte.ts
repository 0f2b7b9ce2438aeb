/** A person ends a process: the question, the second one where more ends with it, the waiting, and the receipt. */

import { asFailure, type Backend } from './backend';
import type { MemberRow } from './processes';
import { receipts, SECONDS, type Receipt } from './receipt';
import type { Doubt } from './types/generated/Doubt';
import type { Ending } from './types/generated/Ending';
import type { Failure } from './types/generated/Failure';

/** Until a recorder has written the last second of them, in milliseconds. */
const WAIT = (SECONDS + 3) * 1000;

/** How far it is. */
export type Step =
  | { kind: 'asking' }
  | { kind: 'foreign' }
  | { kind: 'doubted'; doubt: Doubt }
  | { kind: 'waiting' }
  | { kind: 'failed'; failure: Failure };

/** What has become of a process, and of its GPUs. */
export interface Outcome {
  row: MemberRow;
  ending: Exclude<Ending, { kind: 'doubted' }>;
  /** `null` until it is known; empty where it used no GPU. */
  receipts: readonly Receipt[] | null;
  /** Why there is none. */
  failure: Failure | null;
}

/** One at a time: a dialog is modal. */
export class Endings {
  row = $state.raw<MemberRow | null>(null);
  step = $state.raw<Step>({ kind: 'asking' });
  outcome = $state.raw<Outcome | null>(null);

  readonly #backend: Backend;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Asks a person whether they mean it; `own` is the user whose processes can be ended. */
  ask(row: MemberRow, own: number | null): void {
    this.row = row;
    this.step = row.uid === own && row.started !== null ? { kind: 'asking' } : { kind: 'foreign' };
  }

  /** Lets it be. What it was asked already, it stays asked. */
  close(): void {
    this.row = null;
  }

  /** They do. */
  async end(): Promise<void> {
    const { row, step } = this;
    if (row === null || row.started === null || step.kind === 'waiting') return;
    this.step = { kind: 'waiting' };
    try {
      const ending = await this.#backend.endProcess(row.pid, row.started, step.kind === 'doubted');
      if (ending.kind === 'doubted') {
        if (this.row === row) this.step = ending;
        return;
      }
      if (this.row === row) this.close();
      this.#conclude(row, ending);
    } catch (thrown) {
      if (this.row === row) this.step = { kind: 'failed', failure: asFailure(thrown) };
    }
  }

  /** Nobody wants to read it any more. */
  dismiss(): void {
    clearTimeout(this.#timer);
    this.outcome = null;
  }

  #conclude(row: MemberRow, ending: Outcome['ending']): void {
    clearTimeout(this.#timer);
    const none = row.gpus.length === 0 || ending.kind === 'stuck';
    const outcome: Outcome = { row, ending, receipts: none ? [] : null, failure: null };
    this.outcome = outcome;
    if (ending.kind === 'stuck' || none) return;
    this.#timer = setTimeout(async () => {
      let known: Partial<Outcome>;
      try {
        known = { receipts: await receipts(this.#backend, row.gpus, ending.asked, ending.ended) };
      } catch (thrown) {
        known = { failure: asFailure(thrown) };
      }
      if (this.outcome === outcome) this.outcome = { ...outcome, ...known };
    }, WAIT);
  }
}

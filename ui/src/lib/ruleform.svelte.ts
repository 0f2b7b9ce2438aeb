/** A rule while it is typed: what is wrong with it, and what it would have said. The judge is Hoofbeat, not the page. */

import { asFailure, type Backend } from './backend';
import { draftOf } from './rules';
import type { DraftInfo } from './types/generated/DraftInfo';
import type { Failure } from './types/generated/Failure';
import type { FieldProblem } from './types/generated/FieldProblem';
import type { Rehearsed } from './types/generated/Rehearsed';
import type { RuleDraft } from './types/generated/RuleDraft';
import type { RuleInfo } from './types/generated/RuleInfo';

/** Milliseconds without a key press after which a draft is judged. */
const PAUSE = 150;
/** Milliseconds after that, after which it is tried on the past, which is more work. */
const LONGER_PAUSE = 350;

/** What is known of how often a draft would have fired. */
export type Preview =
  | { kind: 'none' }
  | { kind: 'running' }
  | { kind: 'told'; rehearsed: Rehearsed }
  | { kind: 'failed'; failure: Failure };

/** One rule in a form. */
export class RuleForm {
  /** What the form began with; `null` for a new rule. */
  readonly rule: RuleInfo | null;
  draft: RuleDraft = $state({ id: '', is_new: true, enabled: true, values: {} });
  /** What is to be said of the draft; `null` until it was judged first. */
  info = $state.raw<DraftInfo | null>(null);
  preview = $state.raw<Preview>({ kind: 'none' });
  /** Why it was not saved. */
  failure = $state.raw<Failure | null>(null);
  isSaving = $state(false);
  /** The keys that a person has typed in. */
  touched = $state.raw<ReadonlySet<string>>(new Set());

  readonly #backend: Backend;
  /** Goes up with every change, so that an answer to what was typed before is dropped. */
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(backend: Backend, rule: RuleInfo | null) {
    this.#backend = backend;
    this.rule = rule;
    this.draft = draftOf(rule);
    this.#later(0);
  }

  /** Something was typed. */
  type(key: string, text: string): void {
    if (key === 'id') this.draft.id = text;
    else this.draft.values[key] = text;
    this.touched = new Set([...this.touched, key]);
    this.failure = null;
    this.preview = { kind: 'none' };
    this.#later(PAUSE);
  }

  /** What is wrong with a field. What nobody has filled in yet is not wrong. */
  problem(key: string): string | null {
    return this.#shown.find((problem) => problem.field === key)?.message ?? null;
  }

  /** What is wrong with the whole, or is still to be filled in. */
  get rest(): string | null {
    return this.#problems.find((problem) => !this.#shown.includes(problem))?.message ?? null;
  }

  /** Saves it. False where that failed. */
  save(version: string): Promise<boolean> {
    return this.#write((backend) => backend.saveRule($state.snapshot(this.draft), version));
  }

  /** Takes what the file says of it away. False where that failed. */
  remove(version: string): Promise<boolean> {
    return this.#write((backend) => backend.removeRule(this.draft.id, version));
  }

  /** No answer is waited for any more. */
  stop(): void {
    this.#turn += 1;
    clearTimeout(this.#timer);
  }

  get #problems(): readonly FieldProblem[] {
    return this.info?.kind === 'wrong' ? this.info.problems : [];
  }

  /** Those that stand at their field. */
  get #shown(): FieldProblem[] {
    return this.#problems.filter(({ field }) => field !== null && this.#isFilled(field));
  }

  #isFilled(key: string): boolean {
    const text = key === 'id' ? this.draft.id : (this.draft.values[key] ?? '');
    return this.touched.has(key) || text !== '';
  }

  async #write(call: (backend: Backend) => Promise<void>): Promise<boolean> {
    this.failure = null;
    this.isSaving = true;
    try {
      await call(this.#backend);
      return true;
    } catch (thrown) {
      this.failure = asFailure(thrown);
      return false;
    } finally {
      this.isSaving = false;
    }
  }

  #later(pause: number): void {
    this.stop();
    const turn = this.#turn;
    this.#timer = setTimeout(() => void this.#judge(turn), pause);
  }

  async #judge(turn: number): Promise<void> {
    try {
      const info = await this.#backend.checkRule($state.snapshot(this.draft));
      if (turn !== this.#turn) return;
      this.info = info;
      if (info.kind === 'wrong') return;
      this.preview = { kind: 'running' };
      this.#timer = setTimeout(() => void this.#rehearse(turn), LONGER_PAUSE);
    } catch (thrown) {
      if (turn === this.#turn) this.failure = asFailure(thrown);
    }
  }

  async #rehearse(turn: number): Promise<void> {
    let preview: Preview;
    try {
      const rehearsed = await this.#backend.rehearseRule($state.snapshot(this.draft));
      preview = rehearsed === null ? { kind: 'none' } : { kind: 'told', rehearsed };
    } catch (thrown) {
      preview = { kind: 'failed', failure: asFailure(thrown) };
    }
    if (turn === this.#turn) this.preview = preview;
  }
}

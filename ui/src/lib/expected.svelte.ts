/** Who may use a GPU: read while it is looked at, and what a person says of it. */

import { asFailure, type Backend } from './backend';
import { draftOf, habitId } from './expected';
import type { Expected } from './types/generated/Expected';
import type { ExpectProblem } from './types/generated/ExpectProblem';
import type { Failure } from './types/generated/Failure';
import type { ForecastInfo } from './types/generated/ForecastInfo';
import type { HabitInfo } from './types/generated/HabitInfo';
import type { Habits } from './types/generated/Habits';

/** Milliseconds without a key press after which a form is judged. */
const PAUSE = 150;

/** What is declared and what was learnt. */
export class Expectations {
  /** `null` before it was read. */
  expected = $state.raw<Expected | null>(null);
  /** Why the declarations cannot be read. */
  failure = $state.raw<Failure | null>(null);
  habits = $state.raw<Habits | null>(null);
  /** Why it is not known what was learnt. */
  habitsFailure = $state.raw<Failure | null>(null);
  forecast = $state.raw<ForecastInfo | null>(null);
  /** What a person has said that the recorder has not learnt yet, by habit. */
  said = $state.raw<ReadonlyMap<string, 'trust' | 'forget'>>(new Map());
  /** What the last thing that a person asked for failed with. */
  askFailure = $state.raw<Failure | null>(null);

  readonly backend: Backend;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  /** Reads all but the forecast anew. */
  async read(): Promise<void> {
    const [expected, habits] = await Promise.allSettled([this.backend.expected(), this.backend.habits()]);
    if (expected.status === 'fulfilled') [this.expected, this.failure] = [expected.value, null];
    else this.failure = asFailure(expected.reason);
    if (habits.status === 'rejected') {
      this.habitsFailure = asFailure(habits.reason);
      return;
    }
    [this.habits, this.habitsFailure] = [habits.value, null];
    const known = new Map(habits.value.habits.map((one) => [habitId(one), one]));
    const waits = ([id, word]: [string, string]) => {
      const one = known.get(id);
      return one !== undefined && (word === 'forget' || one.is_unanswered);
    };
    this.said = new Map([...this.said].filter(waits));
  }

  /** Reads how many alarms are to be expected, which takes a moment. */
  async foretell(): Promise<void> {
    // Without a forecast the page says less, and what is wrong is said by the rest.
    this.forecast = await this.backend.forecastHabits().catch(() => null);
  }

  /** Says that what alarmed of it is expected. */
  trust(habit: HabitInfo): Promise<boolean> {
    return this.#say(habit, 'trust', (backend) => backend.trust(habit.key, habit.uid));
  }

  /** Says that what was learnt of it does not count any more. */
  forget(habit: HabitInfo): Promise<boolean> {
    return this.#say(habit, 'forget', (backend) => backend.forget(habit.key, habit.uid));
  }

  trustAll(): Promise<boolean> {
    return this.#ask((backend) => backend.trustAll());
  }

  remove(id: string): Promise<boolean> {
    return this.#ask((backend) => backend.removeExpectation(id));
  }

  async #say(habit: HabitInfo, word: 'trust' | 'forget', call: (backend: Backend) => Promise<void>): Promise<boolean> {
    const id = habitId(habit);
    this.said = new Map([...this.said, [id, word]]);
    const done = await this.#ask(call);
    if (!done) this.said = new Map([...this.said].filter(([one]) => one !== id));
    return done;
  }

  async #ask(call: (backend: Backend) => Promise<void>): Promise<boolean> {
    this.askFailure = null;
    try {
      await call(this.backend);
    } catch (thrown) {
      this.askFailure = asFailure(thrown);
    }
    await this.read();
    return this.askFailure === null;
  }
}

/** An expectation while it is typed. The judge is Hoofbeat, not the page. */
export class ExpectForm {
  values: Record<string, string> = $state({});
  problem = $state.raw<ExpectProblem | null>(null);
  /** Why it was not saved. */
  failure = $state.raw<Failure | null>(null);
  isSaving = $state(false);
  /** Whether anything was judged yet. */
  isJudged = $state(false);

  readonly #backend: Backend;
  /** Goes up with every change, so that an answer to what was typed before is dropped. */
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(backend: Backend, habit: HabitInfo | null) {
    this.#backend = backend;
    this.values = draftOf(habit);
    this.#later(0);
  }

  /** Something was typed. */
  type(key: string, text: string): void {
    this.values[key] = text;
    this.failure = null;
    this.#later(PAUSE);
  }

  /** Saves it. False where that failed. */
  async save(): Promise<boolean> {
    this.stop();
    this.isSaving = true;
    this.failure = null;
    try {
      await this.#backend.addExpectation($state.snapshot(this.values));
    } catch (thrown) {
      this.failure = asFailure(thrown);
    }
    this.isSaving = false;
    return this.failure === null;
  }

  /** No answer is waited for any more. */
  stop(): void {
    this.#turn += 1;
    clearTimeout(this.#timer);
  }

  #later(pause: number): void {
    this.stop();
    const turn = this.#turn;
    this.#timer = setTimeout(() => void this.#judge(turn), pause);
  }

  async #judge(turn: number): Promise<void> {
    try {
      const problem = await this.#backend.checkExpectation($state.snapshot(this.values));
      if (turn !== this.#turn) return;
      this.problem = problem;
      this.isJudged = true;
    } catch (thrown) {
      if (turn === this.#turn) this.failure = asFailure(thrown);
    }
  }
}

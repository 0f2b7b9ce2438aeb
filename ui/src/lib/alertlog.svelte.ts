/** What alerts did lately and which rules there are: read when it is looked at, not with every push. */

import { asFailure, type Backend } from './backend';
import type { EventInfo } from './types/generated/EventInfo';
import type { Failure } from './types/generated/Failure';
import type { RuleInfo } from './types/generated/RuleInfo';

/** How far back alerts are told. */
const SPAN = 7 * 86400;
/** The most events that are read; a machine with more of them in that time tells of less time. */
const MOST_EVENTS = 1000;

/** The last days of alerts. */
export class AlertLog {
  /** Newest first. */
  events = $state.raw<readonly EventInfo[]>([]);
  /** Unix seconds from which on `events` holds all that happened. */
  since = $state(0);
  /** `null` before they were read. */
  rules = $state.raw<readonly RuleInfo[] | null>(null);
  /** The version of the file that the rules are from; what is saved names it. */
  version = $state('');
  /** Why the rules cannot be read; they are then the last good ones, as in the recorder. */
  failure = $state.raw<Failure | null>(null);

  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Reads it anew. What cannot be read stays as it was; what is wrong with the store is told by the status. */
  async read(now: number): Promise<void> {
    const [events, rules] = await Promise.allSettled([
      this.#backend.events(now - SPAN, MOST_EVENTS),
      this.#backend.rules(),
    ]);
    if (events.status === 'fulfilled') {
      this.events = events.value;
      const oldest = events.value.at(-1)?.ts;
      this.since = events.value.length >= MOST_EVENTS && oldest !== undefined ? oldest : now - SPAN;
    }
    if (rules.status === 'fulfilled') {
      this.rules = rules.value.rules;
      this.version = rules.value.version;
      this.failure = null;
    } else {
      this.failure = asFailure(rules.reason);
    }
  }
}

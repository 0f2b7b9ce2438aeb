/** What the page may ask of the rest of Hoofbeat. The window answers through Tauri (`api.ts`), tests through a fixture. */

import type { DraftInfo } from './types/generated/DraftInfo';
import type { EventInfo } from './types/generated/EventInfo';
import type { Failure } from './types/generated/Failure';
import type { History } from './types/generated/History';
import type { MetricInfo } from './types/generated/MetricInfo';
import type { News } from './types/generated/News';
import type { ProcessList } from './types/generated/ProcessList';
import type { Rehearsed } from './types/generated/Rehearsed';
import type { RuleDraft } from './types/generated/RuleDraft';
import type { Rules } from './types/generated/Rules';

/** A stretch of history, in Unix seconds: `since` inclusive, `until` exclusive. */
export interface HistoryQuery {
  metric: string;
  source: string | null;
  since: number;
  until: number;
  points: number;
}

/** Every call rejects with a {@link Failure}. */
export interface Backend {
  /** Calls `listener` with news until the page goes away. */
  subscribe(listener: (news: News) => void): Promise<void>;
  history(query: HistoryQuery): Promise<History>;
  metrics(): Promise<MetricInfo[]>;
  /** Events from `since` on, newest first. */
  events(since: number, limit: number): Promise<EventInfo[]>;
  /** The processes now. CPU is what they used since the call before, and unknown at the first. */
  processes(): Promise<ProcessList>;
  pause(until: number): Promise<void>;
  resume(): Promise<void>;
  /** Every rule, and the version of the file that they are from. */
  rules(): Promise<Rules>;
  /** What is to be said of a rule as it is typed. */
  checkRule(draft: RuleDraft): Promise<DraftInfo>;
  /** What it would have said of the last days; `null` where a newer question has made this one outdated. */
  rehearseRule(draft: RuleDraft): Promise<Rehearsed | null>;
  /** Saves a rule, if the file still is of this version. */
  saveRule(draft: RuleDraft, version: string): Promise<void>;
  /** A built-in rule is then as it is built in, another one is gone. */
  removeRule(id: string, version: string): Promise<void>;
  /** Says nothing of a rule's alerts on a source until a Unix second; `null` is until they are over. */
  snooze(rule: string, source: string, until: number | null): Promise<void>;
  /** Takes back the snooze that names exactly this rule and this source. */
  unsnooze(rule: string, source: string): Promise<void>;
  startRecorder(): Promise<void>;
}

/** Whatever was thrown, as a failure that can be shown. */
export function asFailure(thrown: unknown): Failure {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    return thrown as Failure;
  }
  return { code: 'io', message: thrown instanceof Error ? thrown.message : String(thrown) };
}

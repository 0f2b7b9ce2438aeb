/** What the page may ask of the rest of Hoofbeat. Hoofbeat answers through `api.ts`, tests through a fixture. */

import type { AboutInfo } from './types/generated/AboutInfo';
import type { Changes } from './types/generated/Changes';
import type { DataInfo } from './types/generated/DataInfo';
import type { DraftInfo } from './types/generated/DraftInfo';
import type { EpisodeInfo } from './types/generated/EpisodeInfo';
import type { Ending } from './types/generated/Ending';
import type { EventInfo } from './types/generated/EventInfo';
import type { Expected } from './types/generated/Expected';
import type { ExpectProblem } from './types/generated/ExpectProblem';
import type { Failure } from './types/generated/Failure';
import type { ForecastInfo } from './types/generated/ForecastInfo';
import type { Habits } from './types/generated/Habits';
import type { Happened } from './types/generated/Happened';
import type { History } from './types/generated/History';
import type { MetricInfo } from './types/generated/MetricInfo';
import type { News } from './types/generated/News';
import type { ProcessList } from './types/generated/ProcessList';
import type { Rehearsed } from './types/generated/Rehearsed';
import type { Ribbons } from './types/generated/Ribbons';
import type { RuleDraft } from './types/generated/RuleDraft';
import type { Rules } from './types/generated/Rules';
import type { Settings } from './types/generated/Settings';

/** So many episodes are told at once. */
export const MOST_EPISODES = 200;

/** A stretch of history, in Unix seconds: `since` inclusive, `until` exclusive. */
export interface HistoryQuery {
  metric: string;
  source: string | null;
  since: number;
  until: number;
  points: number;
}

/**
 * What a page hears: the news, and how it is with the line on which they come. `alive` says that it is whole though there is
 * nothing new, `lost` that nobody is at its other end; whatever comes after that says that it is whole again.
 */
export type Told = News | { kind: 'alive' } | { kind: 'lost'; failure: Failure };

/** Every call rejects with a {@link Failure}. */
export interface Backend {
  /** Calls `listener` with news while the page can be seen, until it goes away. */
  subscribe(listener: (told: Told) => void): Promise<void>;
  history(query: HistoryQuery): Promise<History>;
  metrics(): Promise<MetricInfo[]>;
  /** Events from `since` on, newest first. */
  events(since: number, limit: number): Promise<EventInfo[]>;
  /** What happened in a stretch of time, newest first: of these kinds, or of all where none is named. */
  happened(since: number, until: number, kinds: readonly string[], limit: number): Promise<Happened>;
  /** What charts of a stretch of time are marked with, newest first. */
  marks(since: number, until: number): Promise<EventInfo[]>;
  /** Who used a GPU, as ribbons below its chart. */
  ribbons(source: string, since: number, until: number, points: number): Promise<Ribbons>;
  /** When a GPU was used, and by whom, newest first, the last {@link MOST_EPISODES} of them. */
  episodes(source: string | null, since: number, until: number): Promise<EpisodeInfo[]>;
  /** What a GPU was used for that is otherwise than in the time before. */
  changes(source: string, since: number, until: number): Promise<Changes>;
  /** The processes now, those of the keys that are `unfolded` one by one, with what they did on GPUs from `since` on. CPU
   * is what they used since the call before, and unknown at the first. */
  processes(since: number, unfolded: readonly string[]): Promise<ProcessList>;
  /** Ends the process that has this number and began at this tick; comes back when it has ended, which may take seconds. */
  endProcess(pid: number, started: number, sure: boolean): Promise<Ending>;
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
  /** Says nothing of a rule's alerts on a source (with a key: of that identity's) until a Unix second, or until they are over. */
  snooze(rule: string, source: string, key: string | null, until: number | null): Promise<void>;
  /** Takes back the snooze that names exactly this. */
  unsnooze(rule: string, source: string, key: string | null): Promise<void>;
  /** What is declared of who may use a GPU, and what differs from it now. */
  expected(): Promise<Expected>;
  /** What was learnt of who uses GPUs. */
  habits(): Promise<Habits>;
  /** How many alarms a week the history foretells. */
  forecastHabits(): Promise<ForecastInfo>;
  /** What is wrong with an expectation as it is typed; `null` where nothing is. */
  checkExpectation(values: Record<string, string>): Promise<ExpectProblem | null>;
  addExpectation(values: Record<string, string>): Promise<void>;
  removeExpectation(id: string): Promise<void>;
  /** What alarmed of an identity is expected. */
  trust(key: string, uid: number | null): Promise<void>;
  /** What was learnt of one user's identity does not count any more. */
  forget(key: string, uid: number | null): Promise<void>;
  /** All that was seen so far is expected. */
  trustAll(): Promise<void>;
  /** Every setting, and the version of the file that they are from. */
  settings(): Promise<Settings>;
  /** What is wrong with a setting as it is typed; `null` where nothing is. */
  checkSetting(section: string, key: string, value: string): Promise<string | null>;
  /** Saves a setting, if the file still is of this version; `null` is the default. */
  saveSetting(section: string, key: string, value: string | null, version: string): Promise<void>;
  /** How much the recording takes, and how far back it reaches. */
  data(): Promise<DataInfo>;
  /** Has the recorder delete what is more than so many days old; `null` is everything. */
  deleteHistory(olderThanDays: number | null): Promise<void>;
  /** Whether the recorder starts with the session; `null` where nothing tells. Only the window may ask. */
  startsAtLogin(): Promise<boolean | null>;
  startAtLogin(on: boolean): Promise<void>;
  /** What Hoofbeat is, and whom it tells of alerts. */
  about(): Promise<AboutInfo>;
  startRecorder(): Promise<void>;
}

/** Whatever was thrown, as a failure that can be shown. */
export function asFailure(thrown: unknown): Failure {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    return thrown as Failure;
  }
  return { code: 'io', message: thrown instanceof Error ? thrown.message : String(thrown) };
}

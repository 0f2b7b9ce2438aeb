/**
 * The questions and answers of `src-tauri/page/src/question.rs`, whichever way they travel:
 * `tauri.ts` in the window, `http.ts` in a browser.
 */

import type { Backend, Told } from './backend';
import type { Language } from './types/generated/Language';
import type { Question } from './types/generated/Question';

/** A way to Hoofbeat. Both reject with a {@link Failure}. */
export interface Wire {
  /** Calls `listener` with news while the page can be seen, until it goes away. */
  subscribe(listener: (told: Told) => void): Promise<void>;
  /** The answer has the shape that its question asks for: both ends are made from the same Rust. */
  ask<T>(question: Question): Promise<T>;
}

/** The language that a person chose for every page; `null` where none, or nobody answers. */
export function chosen(wire: Wire): Promise<Language | null> {
  return wire.ask<Language | null>({ ask: 'language' }).catch(() => null);
}

/** What the page may ask, over a wire. */
export function over(wire: Wire): Backend {
  return {
    subscribe: (listener) => wire.subscribe(listener),
    history: (query) => wire.ask({ ask: 'history', ...query }),
    metrics: () => wire.ask({ ask: 'metrics' }),
    events: (since, limit) => wire.ask({ ask: 'events', since, limit }),
    happened: (since, until, kinds, limit) => wire.ask({ ask: 'happened', since, until, kinds: [...kinds], limit }),
    marks: (since, until) => wire.ask({ ask: 'marks', since, until }),
    ribbons: (source, since, until, points) => wire.ask({ ask: 'ribbons', source, since, until, points }),
    episodes: (source, since, until) => wire.ask({ ask: 'episodes', source, since, until }),
    changes: (source, since, until) => wire.ask({ ask: 'changes', source, since, until }),
    processes: (since, unfolded) => wire.ask({ ask: 'processes', since, unfolded: [...unfolded] }),
    endProcess: (pid, started, sure) => wire.ask({ ask: 'end_process', pid, started, sure }),
    pause: (until) => wire.ask({ ask: 'pause', until }),
    resume: () => wire.ask({ ask: 'resume' }),
    rules: () => wire.ask({ ask: 'rules' }),
    checkRule: (draft) => wire.ask({ ask: 'check_rule', draft }),
    rehearseRule: (draft) => wire.ask({ ask: 'rehearse_rule', draft }),
    saveRule: (draft, version) => wire.ask({ ask: 'save_rule', draft, version }),
    removeRule: (id, version) => wire.ask({ ask: 'remove_rule', id, version }),
    snooze: (rule, source, key, until) => wire.ask({ ask: 'snooze', rule, source, key, until }),
    unsnooze: (rule, source, key) => wire.ask({ ask: 'unsnooze', rule, source, key }),
    expected: () => wire.ask({ ask: 'expected' }),
    habits: () => wire.ask({ ask: 'habits' }),
    forecastHabits: () => wire.ask({ ask: 'forecast_habits' }),
    checkExpectation: (values) => wire.ask({ ask: 'check_expectation', values }),
    addExpectation: (values) => wire.ask({ ask: 'add_expectation', values }),
    removeExpectation: (id) => wire.ask({ ask: 'remove_expectation', id }),
    trust: (key, uid) => wire.ask({ ask: 'trust', key, uid }),
    forget: (key, uid) => wire.ask({ ask: 'forget', key, uid }),
    trustAll: () => wire.ask({ ask: 'trust_all' }),
    settings: () => wire.ask({ ask: 'settings' }),
    checkSetting: (section, key, value) => wire.ask({ ask: 'check_setting', section, key, value }),
    saveSetting: (section, key, value, version) => wire.ask({ ask: 'save_setting', section, key, value, version }),
    data: () => wire.ask({ ask: 'data' }),
    deleteHistory: (days) => wire.ask({ ask: 'delete_history', older_than_days: days }),
    startsAtLogin: () => wire.ask({ ask: 'starts_at_login' }),
    startAtLogin: (on) => wire.ask({ ask: 'start_at_login', on }),
    about: () => wire.ask({ ask: 'about' }),
    startRecorder: () => wire.ask({ ask: 'start_recorder' }),
  };
}

/** The window's way to Hoofbeat: the only file that knows Tauri. */

import { Channel, invoke } from '@tauri-apps/api/core';
import type { Backend } from './backend';
import type { News } from './types/generated/News';

/** The commands of `src-tauri/app/commands.rs`. */
export const tauri: Backend = {
  subscribe: (listener) => invoke('subscribe', { channel: new Channel<News>(listener) }),
  history: (query) => invoke('history', { ...query }),
  metrics: () => invoke('metrics'),
  events: (since, limit) => invoke('events', { since, limit }),
  processes: () => invoke('processes'),
  pause: (until) => invoke('pause', { until }),
  resume: () => invoke('resume'),
  rules: () => invoke('rules'),
  checkRule: (draft) => invoke('check_rule', { draft }),
  rehearseRule: (draft) => invoke('rehearse_rule', { draft }),
  saveRule: (draft, version) => invoke('save_rule', { draft, version }),
  removeRule: (id, version) => invoke('remove_rule', { id, version }),
  snooze: (rule, source, until) => invoke('snooze', { rule, source, until }),
  unsnooze: (rule, source) => invoke('unsnooze', { rule, source }),
  startRecorder: () => invoke('start_recorder'),
};

/** The window's way to Hoofbeat: the only file that knows Tauri. */

import { Channel, invoke } from '@tauri-apps/api/core';
import type { Wire } from './api';
import type { News } from './types/generated/News';

/** The commands of `src-tauri/app/commands.rs`. */
export const tauri: Wire = {
  subscribe: (listener) => invoke('subscribe', { channel: new Channel<News>(listener) }),
  ask: (question) => invoke('ask', { question }),
};

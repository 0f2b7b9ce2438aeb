/** The window's way to Hoofbeat: the only file that knows Tauri. */

import { Channel, invoke } from '@tauri-apps/api/core';
import type { Wire } from './api';
import { spoken } from './language';
import type { News } from './types/generated/News';

/** The commands of `src-tauri/app/commands.rs`. */
export const tauri: Wire = {
  subscribe: (listener) => invoke('subscribe', { channel: new Channel<News>(listener), language: spoken() }),
  ask: (question) => invoke('ask', { question, language: spoken() }),
};

/** Whether the page is shown in the window, and not in a browser. */
export const inWindow = () => '__TAURI_INTERNALS__' in window;

/** Saves a new file in the folder for downloads; where it lies, as a person says it. */
export const save = (name: string, bytes: Uint8Array): Promise<string> =>
  invoke('save', bytes, { headers: { name, language: spoken() } });

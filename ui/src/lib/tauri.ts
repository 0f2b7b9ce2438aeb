/** The window's way to Hoofbeat: the only file that knows Tauri. */

import { Channel, invoke } from '@tauri-apps/api/core';
import type { Wire } from './api';
import { asFailure } from './backend';
import { spoken } from './language';
import { whileSeen } from './sight';
import type { News } from './types/generated/News';

/** Milliseconds after which it is said that the line is whole: news that there are have come by then. */
const ALIVE = 5000;

/** The commands of `src-tauri/app/commands.rs`. */
export const tauri: Wire = {
  subscribe(listener) {
    // One after another: what is said last is to be so.
    let last: Promise<unknown> = Promise.resolve();
    whileSeen(() => {
      let isOver = false;
      const channel = new Channel<News>((news) => {
        if (!isOver) listener(news);
      });
      last = last
        .then(() => invoke('subscribe', { channel, language: spoken() }))
        .catch((thrown) => listener({ kind: 'unreadable', failure: asFailure(thrown) }));
      // Nothing lies in between that could break.
      const timer = setInterval(() => listener({ kind: 'alive' }), ALIVE);
      return () => {
        isOver = true;
        clearInterval(timer);
        last = last.then(() => invoke('unsubscribe')).catch(() => undefined);
      };
    });
    return Promise.resolve();
  },
  ask: (question) => invoke('ask', { question, language: spoken() }),
};

/** Whether the page is shown in the window, and not in a browser. */
export const inWindow = () => '__TAURI_INTERNALS__' in window;

/** Saves a new file in the folder for downloads; where it lies, as a person says it. */
export const save = (name: string, bytes: Uint8Array): Promise<string> =>
  invoke('save', bytes, { headers: { name, language: spoken() } });

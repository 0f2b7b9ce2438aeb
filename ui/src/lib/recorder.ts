/** What can be asked of the recorder in the state that it is in: one thing at a time, the same on every button. */

import type { Backend } from './backend';
import type { Condition } from './condition';
import { say } from './language';

const PAUSE_SECONDS = 3600;

/** Something that can be asked of it. */
export interface Wish {
  id: 'pause' | 'resume' | 'start';
  /** On a button beside its state. */
  label: string;
  /** Where it stands alone. */
  words: string;
  /** Whether it is likely what a person came for. */
  primary: boolean;
  call: (backend: Backend, now: number) => Promise<void>;
}

const PAUSE: Wish = {
  id: 'pause',
  label: say('Pause 1 h'),
  words: say('Pause recording for 1 h'),
  primary: false,
  call: (backend, now) => backend.pause(now + PAUSE_SECONDS),
};
const RESUME: Wish = {
  id: 'resume',
  label: say('Resume'),
  words: say('Resume recording'),
  primary: true,
  call: (backend) => backend.resume(),
};
const START: Wish = {
  id: 'start',
  label: say('Start recording'),
  words: say('Start recording'),
  primary: true,
  call: (backend) => backend.startRecorder(),
};

/** What can be asked of a recorder in this state; of one that has said nothing yet, that it starts, and of one out of reach nothing. */
export function wishOf(condition: Condition | null): Wish | null {
  switch (condition?.kind) {
    case 'recording':
    case 'stale':
      return PAUSE;
    case 'paused':
      return RESUME;
    case 'lost':
      return null;
    default:
      return START;
  }
}

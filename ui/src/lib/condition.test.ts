/** What the page may say of values by the state of the recorder and their age. */

import { expect, test } from 'vitest';
import { judge } from './condition';
import type { Status } from './types/generated/Status';

function status(
  state: 'recording' | 'paused' | 'off',
  ts: number | null,
  since: number | null,
  until: number | null = null,
  tick: number | null = 1,
): Status {
  return { schema: 1, ts, recorder: { state, since, until, tick }, sources: [] };
}

test.each([
  ['a fresh tick', status('recording', 1000, 10), 1001, { kind: 'recording', since: 10 }],
  ['six seconds are no silence', status('recording', 1000, 10), 1006, { kind: 'recording', since: 10 }],
  ['fourteen are', status('recording', 1000, 10), 1014, { kind: 'stale', age: 14 }],
  ['not on battery', status('recording', 1000, 10, null, 5), 1014, { kind: 'recording', since: 10 }],
  ['nor before the tick is known', status('recording', 1000, 10, null, null), 1014, { kind: 'recording', since: 10 }],
  [
    'two minutes are none where a tick a minute is wished',
    status('recording', 1000, 10, null, 60),
    1120,
    { kind: 'recording', since: 10 },
  ],
  ['but four are', status('recording', 1000, 10, null, 60), 1240, { kind: 'stale', age: 240 }],
  ['a recorder that has just started', status('recording', 100, 1000), 1002, { kind: 'recording', since: 1000 }],
  ['a clock that was set back', status('recording', 5000, 10), 1000, { kind: 'recording', since: 10 }],
  ['a pause is no silence', status('paused', 1000, 1000, 4600), 3000, { kind: 'paused', until: 4600 }],
  ['off since its last tick', status('off', 900, null), 1000, { kind: 'off', since: 900 }],
  ['off since it said so', status('off', 900, 950), 1000, { kind: 'off', since: 950 }],
] as const)('%s', (_, status, now, expected) => {
  expect(judge(status, now)).toEqual(expected);
});

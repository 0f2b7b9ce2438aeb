/** What happened, in words, also where details are missing. */

import { expect, test } from 'vitest';
import { METRICS } from '../fixture/metrics';
import { moment } from './format';
import type { EventInfo } from './types/generated/EventInfo';
import { sentence, tone } from './words';

const around = { now: 0, sources: [], metrics: METRICS };

function event(kind: string, detail: EventInfo['detail'] = {}, source: string | null = null): EventInfo {
  return { ts: 0, kind, source, detail };
}

function holder(identity: string) {
  return { pid: 1, identity };
}

test.each([
  [event('recorder_started'), 'The recorder started'],
  [
    event('recorder_started', { in_order: false, since: 60, seconds: 180 }),
    `The recorder ended unexpectedly (${moment(60, 0)}) and was away for 3 min`,
  ],
  [event('clock_step', { seconds: -3600 }), 'The clock was set back by 1 h'],
  [event('clock_step', { seconds: 90 }), 'The clock was set forward by 1 min 30 s'],
  [event('clock_step', { seconds: 'many' }), 'The clock was set'],
  [event('suspend', { seconds: 252 }), 'The machine slept for 4 min 12 s'],
  [
    event('alert_fired', { rule: 'hot', metric: 'gpu.temperature', value: 91, limit: 87 }, 'gpu:0'),
    'gpu:0 at 91 °C, limit 87 °C',
  ],
  [event('alert_fired', { rule: 'busy', metric: 'cpu.utilization', limit: 90 }), 'CPU busy past 90 %'],
  [event('alert_fired', { rule: 'hot', value: 91 }), 'hot: past its limit at 91'],
  [event('alert_fired', { rule: 'hot' }, 'a\u202e'), 'hot, a\ufffd: past its limit'],
  [event('alert_fired'), 'Alert: past its limit'],
  [
    event('alert_fired', { rule: 'hot', value: 91, title: 'RTX\u202e held back for 5 min' }),
    'RTX\ufffd held back for 5 min',
  ],
  [event('alert_cleared', { rule: 'hot', title: 'RTX back to normal' }), 'RTX back to normal'],
  [
    event('alert_cleared', { rule: 'hot', metric: 'gpu.temperature', value: 79, seconds: 420 }, 'gpu:0'),
    'gpu:0 back to 79 °C after 7 min',
  ],
  [event('alert_cleared', { metric: 'gpu.temperature', value: null }, 'gpu:0'), 'gpu:0 back to normal'],
  [event('alert_cleared', { rule: 'hot', seconds: 420 }), 'hot: over after 7 min'],
  [event('store_recovered', { lost: 0 }), 'History is written again; nothing was lost'],
  [event('store_recovered', { lost: 3 }), 'History is written again; 3 samples were lost'],
  [event('database_set_aside', { file: 'a\u202e.db' }), 'A damaged database was set aside as a\ufffd.db'],
  [event('gpu_woke', {}, 'gpu:0'), 'gpu:0 woke'],
  [event('gpu_woke', { seconds: 7200 }), 'A GPU woke after 2 h asleep'],
  [
    event('gpu_woke', { seconds: 90, holders: [{ pid: 7, identity: 'Ollama' }] }, 'gpu:0'),
    'gpu:0 woke after 1 min 30 s asleep; Ollama has it open',
  ],
  [
    event('gpu_woke', { holders: [holder('a\u202e'), holder('b'), holder('b'), holder('c'), holder('d')], more: 2 }),
    'A GPU woke; a\ufffd, b, c and 3 more have it open',
  ],
  [event('gpu_woke', { holders: [holder('a')], more: 2 }), 'A GPU woke; a and 2 more have it open'],
  [event('gpu_woke', { holders: [] }), 'A GPU woke; no program has it open'],
  [
    event('gpu_woke', { holders: [], hidden: 12 }),
    'A GPU woke; who woke it cannot be seen, other users’ programs are hidden',
  ],
  [event('gpu_woke', { holders: 'x' }), 'A GPU woke'],
  [event('gpu_woke', { seconds: 5, untold: 37 }), 'A GPU woke after 5 s asleep (and 37 times more before)'],
  [event('gpu_slept', { seconds: 300 }, 'gpu:0'), 'gpu:0 fell asleep after 5 min awake'],
  [event('gpu_slept'), 'A GPU fell asleep'],
  [
    event('gpu_kept_awake', { seconds: 60, holders: [holder('Xorg'), holder("Hoofbeat's window"), { pid: 1 }] }),
    "A GPU is idle and does not fall asleep; Xorg, Hoofbeat's window have it open",
  ],
  [
    event('gpu_kept_awake', { sound: true, holders: [] }),
    'A GPU is idle and does not fall asleep; its sound device is awake; no program has it open',
  ],
  [event('gpu_turned_blue'), 'gpu turned blue'],
  [
    event('xid', { code: 79, meaning: 'the GPU has fallen off the bus' }, 'gpu:0'),
    'gpu:0: driver error 79 (Xid): the GPU has fallen off the bus',
  ],
  [event('xid', { code: 999 }, 'gpu:0'), 'gpu:0: driver error 999 (Xid)'],
  [event('xid', { code: 'x', meaning: 'a\u202e' }), 'Driver error: a\ufffd'],
  [
    event('unexpected_use', { why: 'denied', identity: 'a\u202e', expectation: 'no-games' }, 'gpu:0'),
    'a\ufffd uses gpu:0, which it must not (“no-games”)',
  ],
  [
    event('unexpected_use', { why: 'outside_hours', identity: 'X', expectation: 'x' }),
    'X uses a GPU outside its hours (“x”)',
  ],
  [event('unexpected_use', { why: 'over_limit', identity: 'X' }, 'gpu:0'), 'X uses gpu:0 more than it may'],
  [event('unexpected_use', { why: 'missing', expectation: 'backup' }), 'What must use a GPU does not (“backup”)'],
  [event('unexpected_use', { why: 'new', identity: 'X' }, 'gpu:0'), 'X uses gpu:0 and was never seen here before'],
  [event('unexpected_use', { why: 'odd_hour', identity: 'X' }), 'X uses a GPU at an hour at which it never did'],
  [
    event('unexpected_use', { why: 'changed_binary', identity: 'X', path: '/usr/bin/x' }),
    'X runs from another file than before at /usr/bin/x',
  ],
  [event('unexpected_use', { why: 7 }), 'A program uses a GPU, which is unexpected'],
  [
    event('presence', { state: 'away', why: 'locked', since: 0 }),
    'The screen was locked, and nobody was there any more',
  ],
  [event('presence', { state: 'away', why: 'idle' }), 'The session was idle, and nobody was there any more'],
  [event('presence', { state: 'back', since: 7200, away_since: 0, why: 'locked' }), 'Somebody was back after 2 h'],
  [event('presence', { state: 'back', since: 'x' }), 'Somebody was back'],
  [event('presence'), 'Somebody left this machine or came back'],
  [event('gpu_went_to_sleep'), 'gpu went to sleep'],
])('%j', (event, expected) => {
  expect(sentence(event, around)).toBe(expected);
});

test('what matters has a colour', () => {
  expect(tone(event('alert_fired', { severity: 'critical' }))).toBe('bad');
  expect(tone(event('alert_fired', { severity: 'warning' }))).toBe('warn');
  expect(tone(event('alert_fired', { severity: 'info' }))).toBe('plain');
  expect(tone(event('xid', { code: 79 }))).toBe('warn');
  expect(tone(event('recorder_started'))).toBe('plain');
  expect(tone(event('recorder_started', { since: 0, seconds: 180 }))).toBe('warn');
  expect(tone(event('gpu_woke'))).toBe('plain');
  expect(tone(event('gpu_kept_awake'))).toBe('warn');
  expect(tone(event('unexpected_use', { why: 'new' }))).toBe('warn');
  expect(tone(event('unexpected_use', { why: 'new', digest: true }))).toBe('plain');
});

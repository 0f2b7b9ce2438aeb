/** Who may use a GPU, in words. */

import { expect, test } from 'vitest';
import {
  aboutHabit,
  draftOf,
  foretold,
  hoursInWords,
  learning,
  limits,
  newcomers,
  regulars,
  summary,
  usualHours,
} from './expected';
import type { DeclaredInfo } from './types/generated/DeclaredInfo';
import type { HabitInfo } from './types/generated/HabitInfo';

const DAY = 86400;
const NOW = 1_795_000_000;

function habit(identity: string, ago: number, more: Partial<HabitInfo> = {}): HabitInfo {
  const hours = Array.from({ length: 24 }, () => 0);
  const base = { identity, key: `program:${identity}`, uid: 1000, user: 'ada', first: NOW - ago * DAY };
  return { ...base, days: ago, hours, is_unanswered: false, ...more };
}

const declared: DeclaredInfo = {
  ...{ id: 'a', policy: 'allow', whom: [['program', 'x']], hours: null, share: null, vram: null, grace: null, now: [] },
};

test('hours are stretches of the day, which may pass midnight', () => {
  const at = (...busy: number[]) =>
    hoursInWords(Array.from({ length: 24 }, (_, hour) => (busy.includes(hour) ? 2 : 0.2)));
  expect([at(9, 10, 11), at(22, 23, 0, 1), at(23), at(3, 8, 9)]).toEqual(['09–12', '22–02', '23–00', '03–04, 08–10']);
  expect([at(), at(...Array.from({ length: 24 }, (_, hour) => hour))]).toEqual(['', 'at all hours']);
});

test('what was seen on one day is no habit', () => {
  const hours = Array.from({ length: 24 }, (_, hour) => (hour === 20 ? 3 : 0));
  const [once, twice] = [1, 2].map((days) => habit('a', 0, { days, hours }));
  expect(usualHours(once!)).toEqual([]);
  expect(aboutHabit(once!, NOW)).toMatch(/^ada · first .* · on one day so far$/);
  expect(usualHours(twice!)).toBe(hours);
  expect(aboutHabit(twice!, NOW)).toMatch(/ · 2 days · usually 20–21$/);
});

test('what waits for an answer is new however old it is, and comes first', () => {
  const all = [habit('old', 40), habit('older', 60), habit('fresh', 2), habit('waits', 30, { is_unanswered: true })];
  expect(newcomers(all, NOW).map((one) => one.identity)).toEqual(['waits', 'fresh']);
  expect(regulars(all, NOW).map((one) => one.identity)).toEqual(['older', 'old']);
});

test('what matters most is said first', () => {
  const learnt = (habits: HabitInfo[]) => ({ began: NOW, tells_from: NOW, reports: true, habits });
  const waits = habit('a', 1, { is_unanswered: true });
  const broken = { ...declared, now: ['x: must not run'] };
  expect(summary([], learnt([])).words).toContain('Nothing was learnt yet');
  expect(summary([declared], learnt([habit('a', 9)]))).toEqual({ words: 'Everything is as expected.', tone: 'good' });
  expect(summary([], learnt([waits])).words).toBe('One use waits for your answer.');
  expect(summary([broken], learnt([waits, waits])).words).toBe(
    'One use differs from what you declared, and 2 uses wait for your answer.',
  );
  expect(summary([declared], null).tone).toBe('plain');
});

test('learning and the future are told as far as they are known', () => {
  const learnt = { began: NOW - DAY, tells_from: NOW + DAY, reports: true as boolean | null, habits: [] };
  expect(learning(learnt, NOW)).toContain('It still learns until');
  expect(learning({ ...learnt, tells_from: NOW - 1 }, NOW)).toContain('It has learnt since');
  expect(learning({ ...learnt, reports: false }, NOW)).toContain('is off');
  expect(learning({ ...learnt, reports: null }, NOW)).toBe('');
  const known = { days: 44.7, identities: 6, once: 2, new_a_week: 0.31, odd_hours_a_week: 0 };
  expect(foretold(known)).toBe(
    'To be expected a week: about 0.3 alerts about new programs, hardly an alert about odd hours (from 44 days of history).',
  );
  expect(foretold({ ...known, odd_hours_a_week: null })).not.toContain('odd hours');
  expect(foretold({ ...known, days: 0.5, new_a_week: null })).toContain('after a day of history');
  expect(foretold({ ...known, days: 0, new_a_week: null })).toBe('');
});

test('limits and drafts leave out what is not known', () => {
  expect(limits(declared)).toBe('');
  expect(limits({ ...declared, hours: '22:00-07:00', share: 80, vram: 8 * 1024 ** 3, grace: 300 })).toBe(
    '22:00-07:00, at most 80 % of the GPU, at most 8 GiB of its memory, missing for 5 min at most',
  );
  expect(draftOf(habit('<b>Big\u202eApp 2', 1))).toEqual({
    ...{ id: 'b-big-app-2', policy: 'allow', identity: '<b>Big\u202eApp 2', user: 'ada' },
  });
  expect(draftOf(habit('日本', 1, { user: null }))).toEqual({ id: '', policy: 'allow', identity: '日本' });
});

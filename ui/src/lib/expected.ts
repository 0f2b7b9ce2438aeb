/** Who may use a GPU, in words. What is expected and what is not, Hoofbeat decides. */

import { decimal, duration, moment, text } from './format';
import { say, sayCount } from './language';
import { processName, visible } from './names';
import type { DeclaredInfo } from './types/generated/DeclaredInfo';
import type { Failure } from './types/generated/Failure';
import type { ForecastInfo } from './types/generated/ForecastInfo';
import type { HabitInfo } from './types/generated/HabitInfo';
import type { Habits } from './types/generated/Habits';

const WEEK = 7 * 86400;

/** Each policy in words, with a shape that says the same. */
export const POLICIES: Record<DeclaredInfo['policy'], { words: string; shape: string; tone: string }> = {
  allow: { words: say('may run'), shape: '✓', tone: 'good' },
  deny: { words: say('must not run'), shape: '✕', tone: 'bad' },
  must_run: { words: say('must run'), shape: '●', tone: 'plain' },
};

/** What each field of an expectation is called in its form; one that is not here is called as in the file. */
export const LABELS: Readonly<Record<string, string>> = {
  id: say('Name'),
  policy: say('Policy'),
  identity: say('Identity'),
  program: say('Program'),
  unit: say('Unit'),
  container: say('Container'),
  user: say('User'),
  gpu: say('GPU'),
  hours: say('Only at'),
  share: say('Share'),
  vram: say('VRAM'),
  grace: say('Grace'),
};

/** By what an expectation means somebody, with what it names. */
const WHOM: Readonly<Record<string, (name: string) => string>> = {
  identity: (name) => say('identity {name}', { name }),
  program: (name) => say('program {name}', { name }),
  unit: (name) => say('unit {name}', { name }),
  container: (name) => say('container {name}', { name }),
  user: (name) => say('user {name}', { name }),
  gpu: (name) => say('gpu {name}', { name }),
};

/** What tells one habit from all others. */
export function habitId({ key, uid }: HabitInfo): string {
  return `${uid ?? ''} ${key}`;
}

/** Those that were seen for the first time in the last seven days or wait for an answer: these first, then the newest. */
export function newcomers(habits: readonly HabitInfo[], now: number): HabitInfo[] {
  return habits
    .filter((one) => one.is_unanswered || now - one.first < WEEK)
    .sort((a, b) => Number(b.is_unanswered) - Number(a.is_unanswered) || b.first - a.first);
}

/** All others, those of most days first. */
export function regulars(habits: readonly HabitInfo[], now: number): HabitInfo[] {
  const fresh = new Set(newcomers(habits, now));
  return habits.filter((one) => !fresh.has(one)).sort((a, b) => b.days - a.days);
}

/** Whom an expectation means: "program train.py, user ada". */
export function whom({ whom }: DeclaredInfo): string {
  return whom.map(([key, pattern]) => WHOM[key]?.(visible(pattern)) ?? `${key} ${visible(pattern)}`).join(', ');
}

/** Its times and limits; empty where it has none. */
export function limits({ hours, share, vram, grace }: DeclaredInfo): string {
  const parts = [
    hours,
    share === null ? null : say('at most {share} of the GPU', { share: text(share, '%') }),
    vram === null ? null : say('at most {vram} of its memory', { vram: text(vram, 'B') }),
    grace === null ? null : say('missing for {duration} at most', { duration: duration(grace) }),
  ];
  return parts.filter((part) => part !== null).join(', ');
}

/** At which hours of the day somebody comes, in words: "09–13, 22–02". */
export function hoursInWords(hours: readonly number[]): string {
  const count = hours.length;
  const busy = (at: number) => (hours[(at + count) % count] ?? 0) >= 0.5;
  const begins = hours.flatMap((_, at) => (busy(at) && !busy(at - 1) ? [at] : []));
  if (begins.length === 0) return hours.some((_, at) => busy(at)) ? say('at all hours') : '';
  const two = (hour: number) => String(hour % 24).padStart(2, '0');
  return begins
    .map((begin) => {
      let end = begin + 1;
      while (busy(end)) end += 1;
      return `${two(begin)}–${two(end)}`;
    })
    .join(', ');
}

/** The hours at which somebody usually comes; none before there is a second day: what happened once is no habit. */
export function usualHours({ days, hours }: HabitInfo): readonly number[] {
  return days > 1 ? hours : [];
}

/** What is known of somebody's habit: "ada · first Nov 3, 21:10 · 9 days · usually 09–13". */
export function aboutHabit(habit: HabitInfo, now: number): string {
  const { user, first, days } = habit;
  const usual = hoursInWords(usualHours(habit));
  const parts = [
    user === null ? '' : visible(user),
    say('first {when}', { when: moment(first, now) }),
    days > 1 ? say('{days} days', { days }) : say('on one day so far'),
    usual === '' ? '' : say('usually {hours}', { hours: usual }),
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** What a person should know first. */
export function summary(
  declared: readonly DeclaredInfo[],
  habits: Habits | null,
  failure: Failure | null = null,
): { words: string; tone: 'good' | 'warn' | 'bad' | 'plain' } {
  const broken = declared.flatMap((one) => one.now).length;
  const waiting = habits?.habits.filter((one) => one.is_unanswered).length ?? 0;
  const differs = sayCount(
    broken,
    'One use differs from what you declared',
    '{count} uses differ from what you declared',
    { count: broken },
  );
  if (broken > 0 && waiting > 0) {
    const waits = sayCount(waiting, 'one use waits for your answer', '{count} uses wait for your answer', {
      count: waiting,
    });
    return { words: say('{differs}, and {waits}.', { differs, waits }), tone: 'bad' };
  }
  if (broken > 0) return { words: `${differs}.`, tone: 'bad' };
  if (waiting > 0) {
    const words = sayCount(waiting, 'One use waits for your answer.', '{count} uses wait for your answer.', {
      count: waiting,
    });
    return { words, tone: 'warn' };
  }
  if (failure?.code === 'no_recording') return { words: say('Nobody was seen on a GPU yet.'), tone: 'plain' };
  if (habits === null) return { words: say('What was learnt cannot be read.'), tone: 'plain' };
  if (habits.habits.length === 0) {
    return { words: say('Nothing was learnt yet: nobody has worked on a GPU for half a minute.'), tone: 'plain' };
  }
  return { words: say('Everything is as expected.'), tone: 'good' };
}

/** How far the learning is. */
export function learning({ began, tells_from: from, reports }: Habits, now: number): string {
  if (reports === null) return '';
  if (!reports) return say('New uses are only learnt: [baseline] report is off in the settings.');
  if (began === null || from === null) return '';
  if (from > now) {
    const when = moment(from, now);
    return say('It still learns until {when}: what is new is listed, and raises no alert.', { when });
  }
  return say('It has learnt since {when}.', { when: moment(began, now) });
}

/** How many alarms are to be expected. */
export function foretold({ days, new_a_week: fresh, odd_hours_a_week: odd }: ForecastInfo): string {
  if (fresh === null) {
    return days === 0 ? '' : say('How many alerts are to be expected can be told after a day of history.');
  }
  const known = { programs: often(fresh), days: Math.floor(days) };
  return odd === null
    ? say('To be expected a week: {programs} about new programs (from {days} days of history).', known)
    : say(
        'To be expected a week: {programs} about new programs, {hours} about odd hours (from {days} days of history).',
        { ...known, hours: often(odd) },
      );
}

function often(aWeek: number): string {
  return aWeek < 0.05 ? say('hardly an alert') : say('about {number} alerts', { number: decimal(aWeek) });
}

/** What a form for an identity begins with. */
export function draftOf(habit: HabitInfo | null): Record<string, string> {
  if (habit === null) return { policy: 'allow' };
  const id = processName(habit.identity)
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48);
  return { id, policy: 'allow', identity: habit.identity, ...(habit.user === null ? {} : { user: habit.user }) };
}

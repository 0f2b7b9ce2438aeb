/** What settings are called. */

import { expect, test } from 'vitest';
import { choice, named, NAMES, words } from './settings';
import type { SettingInfo } from './types/generated/SettingInfo';

const setting = (section: string, key: string): SettingInfo => ({
  ...{ section, key, default: '', doc: '', value: null, form: { kind: 'text' } },
});

test('a setting that a person knows by a name is called in English as its key reads', () => {
  for (const [key, name] of Object.entries(NAMES)) expect(name).toBe(words(key));
  expect(named('gpu_of_tomorrow')).toBe('GPU of tomorrow');
});

test('what can be chosen has a name for people where the file has a code, and is said as it stands there elsewhere', () => {
  const language = setting('text', 'language');
  expect(['auto', 'en', 'de', 'fr'].map((word) => choice(language, word))).toEqual([
    'As the desktop or browser',
    'English',
    'Deutsch',
    'fr',
  ]);
  expect(choice(setting('notify.webhook', 'format'), 'ntfy')).toBe('ntfy');
});

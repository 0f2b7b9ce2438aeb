/** What settings are called. */

import { expect, test } from 'vitest';
import { SettingsDesk } from '../fixture/settings';
import { choice, matching, named, words } from './settings';
import type { SettingInfo } from './types/generated/SettingInfo';

const setting = (section: string, key: string): SettingInfo => ({
  ...{ section, key, default: '', doc: '', value: null, form: { kind: 'text' } },
});

test('a setting has a name for people, and is found by it and by its place in the file', () => {
  const settings = new SettingsDesk().all().settings;
  // These are what people say, too.
  const same = ['tray.icon', 'text.language', 'energy.currency'];
  const asInFile = settings
    .filter((one) => named(one) === words(one.key))
    .map(({ section, key }) => `${section}.${key}`);
  expect(asInFile).toEqual(same);
  const found = (typed: string) => matching(settings, typed).map(({ key }) => key);
  expect([found('space on disk'), found('keep.cap')]).toEqual([['cap'], ['cap']]);
  expect(named(setting('gpus', 'gpu_of_tomorrow'))).toBe('GPU of tomorrow');
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

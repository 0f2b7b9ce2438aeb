/** Settings in words and groups. Which there are, what they mean and what they may be, Hoofbeat tells. */

import { SEVERITIES } from './alerts';
import { LANGUAGES, say } from './language';
import type { SettingInfo } from './types/generated/SettingInfo';

/** The settings of one section of the file. */
export interface Group {
  section: string;
  title: string;
  settings: readonly SettingInfo[];
}

/** What a person calls a section; one that is not here is called as in the file. */
const TITLES: Record<string, string> = {
  recording: say('Recording'),
  keep: say('What is kept'),
  notify: say('Notifications'),
  'notify.command': say('Alerts to a program'),
  'notify.webhook': say('Alerts to a web server'),
  tray: say('Tray'),
  text: say('Text'),
  energy: say('What energy costs'),
  sessions: say('What counts as use'),
  baseline: say('Learning who uses GPUs'),
};

/** What a person calls a setting; in English, what `words` makes of its key. */
export const NAMES: Readonly<Record<string, string>> = {
  tick: say('Tick'),
  tick_on_battery: say('Tick on battery'),
  raw: say('Raw'),
  minutes: say('Minutes'),
  hours: say('Hours'),
  usage: say('Usage'),
  cap: say('Cap'),
  enabled: say('Enabled'),
  quiet: say('Quiet'),
  burst: say('Burst'),
  window: say('Window'),
  max_per_hour: say('Max per hour'),
  run: say('Run'),
  timeout: say('Timeout'),
  severity: say('Severity'),
  url: say('URL'),
  format: say('Format'),
  secret_file: say('Secret file'),
  insecure: say('Insecure'),
  icon: say('Icon'),
  language: say('Language'),
  price: say('Price'),
  currency: say('Currency'),
  share: say('Share'),
  vram: say('VRAM'),
  for: say('For'),
  bridge: say('Bridge'),
  report: say('Report'),
  learn: say('Learn'),
};

/** What a person calls what can be chosen, by setting; a word that is not here is said as it stands in the file. */
const CHOICES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'notify.command.severity': SEVERITIES,
  'notify.webhook.severity': SEVERITIES,
  'tray.icon': { bar: say('bar'), digits: say('digits') },
  'text.language': { auto: say('As the desktop or browser'), ...LANGUAGES },
};

/** The setting that says in which language this page speaks. */
export function isLanguage({ section, key }: SettingInfo): boolean {
  return section === 'text' && key === 'language';
}

/** The sections, in the order of the file. */
export function groups(settings: readonly SettingInfo[]): Group[] {
  const sections = [...new Set(settings.map((one) => one.section))];
  return sections.map((section) => ({
    section,
    title: TITLES[section] ?? words(section.replaceAll('.', ', ')),
    settings: settings.filter((one) => one.section === section),
  }));
}

/** Those that hold every word that was typed, in name, section or meaning. */
export function matching(settings: readonly SettingInfo[], typed: string): readonly SettingInfo[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return settings.filter(({ section, key, doc }) => {
    const whole = `${section}.${key} ${TITLES[section] ?? ''} ${words(key)} ${named(key)} ${doc}`.toLowerCase();
    return wanted.every((word) => whole.includes(word));
  });
}

/** What a setting is called. */
export function named(key: string): string {
  return NAMES[key] ?? words(key);
}

/** What can be chosen of a setting, as a person says it. */
export function choice({ section, key }: SettingInfo, word: string): string {
  return CHOICES[`${section}.${key}`]?.[word] ?? word;
}

/** A name of the file as a person says it: "tick_on_battery" is "Tick on battery". */
export function words(key: string): string {
  const words = key.replaceAll('_', ' ').replace(/\b(cpu|gpu|url|vram)\b/g, (short) => short.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What is in force without a person's doing, in words: an empty text is none. */
export function standard(setting: SettingInfo): string {
  const { default: text } = setting;
  return text === '' || text === '[]' ? say('none') : choice(setting, text);
}

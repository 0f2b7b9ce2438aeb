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

/** What a person calls a setting, by its place in the file; one that is not here is called as there. */
const NAMES: Readonly<Record<string, string>> = {
  'recording.tick': say('Read every'),
  'recording.tick_on_battery': say('On battery, read every'),
  'keep.raw': say('Every sample'),
  'keep.minutes': say('Summaries by minute'),
  'keep.hours': say('Summaries by hour'),
  'keep.usage': say('What programs used'),
  'keep.cap': say('Most space on disk'),
  'notify.enabled': say('Show notifications'),
  'notify.quiet': say('Quiet hours'),
  'notify.burst': say('Most at once'),
  'notify.window': say('At once means within'),
  'notify.max_per_hour': say('Most an hour'),
  'notify.command.run': say('Program'),
  'notify.command.timeout': say('Longest run'),
  'notify.command.severity': say('Tell from this severity on'),
  'notify.webhook.url': say('Web address'),
  'notify.webhook.severity': say('Tell from this severity on'),
  'notify.webhook.format': say('Format of messages'),
  'notify.webhook.secret_file': say('File with the token'),
  'notify.webhook.insecure': say('Allow unencrypted http'),
  'tray.icon': say('Icon'),
  'text.language': say('Language'),
  'energy.price': say('Price of a kilowatt-hour'),
  'energy.currency': say('Currency'),
  'sessions.share': say('Share of the GPU'),
  'sessions.vram': say('Memory on the GPU'),
  'sessions.for': say('For at least'),
  'sessions.bridge': say('Longest pause'),
  'baseline.report': say('Tell of new and odd uses'),
  'baseline.learn': say('Time to learn'),
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
  return settings.filter((one) => {
    const whole = `${named(one)} ${around(one)}`.toLowerCase();
    return wanted.every((word) => whole.includes(word));
  });
}

/** What a setting is called. */
export function named({ section, key }: Pick<SettingInfo, 'section' | 'key'>): string {
  return NAMES[placeOf({ section, key })] ?? words(key);
}

/** Further words under which a setting is found: its place in the file, its section and what it means. */
export function around(setting: SettingInfo): string {
  const { section, key, doc } = setting;
  return `${placeOf(setting)} ${TITLES[section] ?? ''} ${words(key)} ${doc}`;
}

/** Where a setting stands in the file: "keep.raw". */
export function placeOf({ section, key }: Pick<SettingInfo, 'section' | 'key'>): string {
  return `${section}.${key}`;
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

/** Settings in words and groups. Which there are, what they mean and what they may be, Hoofbeat tells. */

import type { SettingInfo } from './types/generated/SettingInfo';

/** The settings of one section of the file. */
export interface Group {
  section: string;
  title: string;
  settings: readonly SettingInfo[];
}

/** What a person calls a section; one that is not here is called as in the file. */
const TITLES: Record<string, string> = {
  recording: 'Recording',
  keep: 'What is kept',
  notify: 'Notifications',
  'notify.command': 'Alerts to a program',
  'notify.webhook': 'Alerts to a web server',
  energy: 'What energy costs',
  sessions: 'What counts as use',
  baseline: 'Learning who uses GPUs',
};

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
    const whole = `${section}.${key} ${TITLES[section] ?? ''} ${words(key)} ${doc}`.toLowerCase();
    return wanted.every((word) => whole.includes(word));
  });
}

/** A name of the file as a person says it: "tick_on_battery" is "Tick on battery". */
export function words(key: string): string {
  const words = key.replaceAll('_', ' ').replace(/\b(cpu|gpu|url|vram)\b/g, (short) => short.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What is in force, in words: an empty text is none. */
export function shown(text: string): string {
  return text === '' || text === '[]' ? 'none' : text;
}

/** What can be searched for by its name and done at once. A new kind of thing is one function and one line in `KINDS`. */

import { isTold, SNOOZE_SECONDS } from './alerts';
import { looksOnly, type Stage } from './context';
import { isDrawable } from './format';
import { say } from './language';
import { look, THEME_NAMES, THEMES } from './look.svelte';
import { sourceName, titleOf, visible } from './names';
import { PAGES } from './pages';
import { PANELS } from './panels';
import { wishOf } from './recorder';
import { evidence } from './route.svelte';
import { around, named, placeOf } from './settings';
import type { SettingInfo } from './types/generated/SettingInfo';

/** Something that can be done. */
export interface Deed {
  /** Tells it apart from all others. */
  id: string;
  /** What it is, in a word. */
  kind: string;
  words: string;
  /** Further words under which it is found. */
  about?: string;
  run: () => void;
}

/** Whether these keys ask for the search. */
export function isSearch(event: KeyboardEvent): boolean {
  return (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k';
}

/** Everything that can be done now. */
export function deeds(stage: Stage): Deed[] {
  return KINDS.flatMap((kind) => kind(stage));
}

const KINDS: readonly ((stage: Stage) => Deed[])[] = [pages, recorder, charts, silence, themes];

function pages({ route }: Stage): Deed[] {
  return PAGES.map(({ id, title, about }) => ({
    id: `page ${id}`,
    kind: say('Page'),
    words: title,
    about,
    run: () => route.go(id),
  }));
}

function recorder({ board }: Stage): Deed[] {
  if (looksOnly()) return [];
  const wish = wishOf(board.condition);
  if (wish === null) return [];
  const { id, words, call } = wish;
  return [{ id, kind: say('Recorder'), words, run: () => void board.ask((backend) => call(backend, board.now)) }];
}

/** Every metric that is recorded here: of the machine, and of each source that has it where they are few. */
function charts({ board, chart, route }: Stage): Deed[] {
  const FEW = 8;
  return board.metrics
    .filter(({ key }) => isDrawable(key))
    .flatMap((metric) => {
      const sources = board.sources.filter((source) => metric.key in source.metrics);
      if (sources.length === 0) return [];
      const words = titleOf(metric, PANELS.find((panel) => panel.id === metric.panel)?.title ?? metric.panel);
      const deed = (source: string | null, name: string): Deed => ({
        id: `chart ${metric.key} ${source ?? ''}`,
        kind: say('Chart'),
        words: name === '' ? words : say('{chart} of {source}', { chart: words, source: name }),
        about: metric.key,
        run: () => {
          chart.show(metric.key, source);
          route.go('history', evidence(metric.key, source));
        },
      });
      if (sources.length === 1 || sources.length > FEW) return [deed(null, '')];
      return [deed(null, ''), ...sources.map((source) => deed(source.id, sourceName(source, board.sources)))];
    });
}

/** Alerts that stand can be silenced. */
function silence({ board }: Stage): Deed[] {
  if (looksOnly()) return [];
  const loud = board.alerts.filter((one) => isTold(one) && one.snoozes.length === 0);
  return loud.map(({ alert }) => ({
    id: `snooze ${alert.rule} ${alert.source} ${alert.key ?? ''}`,
    kind: say('Alert'),
    words: say('Snooze for 1 h: {title}', { title: visible(alert.title) }),
    run: () =>
      void board.ask((backend) => backend.snooze(alert.rule, alert.source, alert.key, board.now + SNOOZE_SECONDS)),
  }));
}

function themes(): Deed[] {
  return THEMES.map((theme) => ({
    id: `theme ${theme}`,
    kind: say('Look'),
    words: say('Theme: {name}', { name: THEME_NAMES[theme] }),
    about: theme,
    run: () => (look.theme = theme),
  }));
}

/** Every setting can be gone to; which there are, only Hoofbeat knows. */
export function ofSettings({ route }: Stage, settings: readonly SettingInfo[]): Deed[] {
  return settings.map((setting) => ({
    id: `setting ${placeOf(setting)}`,
    kind: say('Setting'),
    words: named(setting),
    about: around(setting),
    run: () => route.go('settings', { setting: placeOf(setting) }),
  }));
}

/** Those that hold every word that was typed; what begins with it comes first, then the order in which they stand. */
export function found(all: readonly Deed[], typed: string): Deed[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = (deed: Deed): number | null => {
    const words = deed.words.toLowerCase();
    const whole = `${words} ${deed.kind.toLowerCase()} ${deed.about?.toLowerCase() ?? ''}`;
    if (!wanted.every((word) => whole.includes(word))) return null;
    const first = wanted[0] ?? '';
    if (words.startsWith(first)) return 0;
    return words.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(first)) ? 1 : 2;
  };
  const ranked = all.flatMap((deed, at) => {
    const place = rank(deed);
    return place === null ? [] : [{ deed, place, at }];
  });
  return ranked.sort((a, b) => a.place - b.place || a.at - b.at).map(({ deed }) => deed);
}

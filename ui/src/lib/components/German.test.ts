/** The pages of alerts, expectations and settings in German. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
// Compiled before the first test, whose time that would take.
import '../../App.svelte';
import { NOW, onOneClock } from '../../fixture/clock';
import type { AlertNow } from '../types/generated/AlertNow';
import type { Rehearsed } from '../types/generated/Rehearsed';
import german from '../../../../languages/de.json';

const SECONDS = NOW.getTime() / 1000;
const DAY = 86400;

onOneClock();
// Texts stand in tables, which are made when the page is loaded: it is loaded anew, in German.
beforeEach(async () => {
  vi.resetModules();
  (await import('../language')).learn('de', german);
});
afterEach(async () => {
  (await import('@testing-library/svelte')).cleanup();
  (await import('../language')).learn('en', {});
  vi.resetModules();
});

/** A page on the made-up machine, with what it says. */
async function show(page: string, open?: string) {
  window.location.hash = `#/${page}`;
  const { fireEvent, render, screen } = await import('@testing-library/svelte');
  const { Fixture } = await import('../../fixture/fixture');
  const { default: App } = await import('../../App.svelte');
  render(App, { backend: new Fixture() });
  await vi.advanceTimersByTimeAsync(50);
  if (open !== undefined) await fireEvent.click(screen.getByTestId(open));
  await vi.advanceTimersByTimeAsync(600);
  const said = (id: string) => screen.getByTestId(id).textContent?.replace(/\s+/g, ' ').trim() ?? '';
  return { said, screen };
}

test('alerts and rules', async () => {
  const { said, screen } = await show('alerts', 'rule-new');
  expect(said('alerts-none')).toMatch(/^Keine Alarme\. \d+ Regeln wachen\.$/);
  expect(said('rule-of-gpu-hot')).toMatch(/gpu-hot · kritisch · eingebaut · 1× in 24 h Bearbeiten$/);
  expect(said('rule-of-own-disk')).toMatch(/· Warnung · eigene · nicht in 24 h/);
  expect(screen.getByLabelText('Regel gpu-hot bearbeiten')).toBeDefined();
  expect(said('rule-form')).toMatch(/^Neue Regel .*Abbrechen Speichern$/);
  // What stands in braces in the file, too, is nothing to translate.
  expect(said('rule-text-note')).toBe('mit {source}, {value}, {limit}, {for}, {who} darin');
});

test('who may use a GPU', async () => {
  const { said, screen } = await show('expected', 'expect-new');
  expect(said('expected-summary')).toMatch(
    /Eine Nutzung weicht vom Festgelegten ab, und 2 Nutzungen warten auf Antwort\.$/,
  );
  expect(said('expected-learning')).toMatch(
    /^Gelernt wird seit .*Pro Woche zu erwarten: etwa 0,3 Alarme wegen neuer Programme, etwa/,
  );
  expect(said('declared-no-miners')).toContain('darf nicht laufen');
  expect(screen.getByLabelText('Vertrauen: xmrig').textContent).toBe('Vertrauen');
  expect(said('expect-form')).toMatch(/^Neue Erwartung Name \(nötig\)/);
});

test('settings', async () => {
  const { said, screen } = await show('settings');
  expect(screen.getByLabelText('Im Akkubetrieb messen alle')).toBe(
    screen.getByTestId('setting-recording.tick_on_battery'),
  );
  expect(said('row-keep.raw')).toContain('Standard: 30d');
  expect(said('row-text.language')).toContain('Wie Desktop oder Browser');
  expect(said('row-notify.webhook.severity')).toContain('HinweisWarnungkritisch');
  // The value that is saved is that of the file.
  expect(screen.getByTestId<HTMLSelectElement>('setting-notify.webhook.severity').value).toBe('warning');
  expect(said('delete-said')).toContain('Ganze Tage werden gelöscht');
  expect(said('about-network')).toContain('Nichts verlässt diesen Rechner.');
});

test('an alert says since when it stands and until when it is silent', async () => {
  const { alertSentence, covered, lasting } = await import('../alerts');
  const alert: AlertNow['alert'] = {
    ...{ rule: 'cpu-hot', source: 'cpu', key: null, identity: null, severity: 'warning', phase: 'firing' },
    ...{ title: '{when} bei 96 °C', metric: null, value: null, peak: 96, unit: '°C', limit: 95, is_back: false },
    since: SECONDS - 1800,
  };
  const snooze = { rule: 'cpu-hot', source: 'cpu', key: 'x', identity: '{alerts}\u202e', until: null };
  const words = (now: AlertNow) =>
    alertSentence(now, SECONDS)
      .map((piece) => piece.text)
      .join('')
      .replaceAll('\u00a0', ' ');
  expect(words({ alert, snoozes: [snooze] })).toMatch(/^\{when\} bei 96 °C seit 14:00 \(stumm bis es vorbei ist\)$/);
  expect(words({ alert: { ...alert, is_back: true }, snoozes: [] })).toMatch(/°C, Alarm seit 14:00$/);
  expect(covered(snooze, [])).toBe('Alarme der Regel cpu-hot durch {alerts}\ufffd auf cpu');
  expect(lasting({ rule: 'a', lasted: null }, new Set())).toBe('Ende unbekannt');
});

test('what a rule would have said', async () => {
  const { beside, note, wouldHave } = await import('../rules');
  const told: Rehearsed['draft'] = {
    ...{ since: SECONDS - 30 * DAY, minutes_until: null, is_replayed: true },
    ...{ times: 2, last: SECONDS - DAY, lasted: 420 },
  };
  const rehearsed = (draft: Partial<typeof told>, in_force: Partial<typeof told> = {}): Rehearsed => ({
    ...{ draft: { ...told, ...draft }, in_force: { ...told, ...in_force }, is_about_nothing: false },
  });
  expect(wouldHave(rehearsed({}), SECONDS)).toMatch(
    /^Hätte in den letzten 30 Tagen zweimal ausgelöst, zuletzt gestern um 14:30 für 7 min\.$/,
  );
  expect(wouldHave(rehearsed({ times: 0, last: null, since: SECONDS - 3600 }), SECONDS)).toBe(
    'Hätte in den aufgezeichneten 1 h nicht ausgelöst.',
  );
  expect(wouldHave(rehearsed({ is_replayed: false, times: 7, lasted: null }), SECONDS)).toMatch(
    /Sie hat in den letzten 30 Tagen 7-mal ausgelöst, zuletzt gestern um .* und noch andauernd\.$/,
  );
  expect(beside(rehearsed({}, { times: 0 }), SECONDS)).toBe('Die geltende Regel hätte nicht ausgelöst.');
  expect(note(null, { key: 'for', label: '', hint: 'vorher', empty: 'sofort' })).toBe('vorher; leer: sofort');
});

/** German where it is made of pieces, of tables, or of names from outside. */

import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import german from '../../../languages/de.json';
import App from '../App.svelte';
import { NOW as CLOCK, onOneClock } from '../fixture/clock';
import { Fixture } from '../fixture/fixture';
import { METRICS } from '../fixture/metrics';
import { verdicts } from '../fixture/verdicts';
import { reasonOf, stateWord } from './condition';
import { headline, type Piece } from './headline';
import { learn } from './language';
import type { EventInfo } from './types/generated/EventInfo';
import type { SourceStatus } from './types/generated/SourceStatus';
import type { VerdictInfo } from './types/generated/VerdictInfo';
import { gpuSentences } from './verdicts';
import { sentence } from './words';

onOneClock();
beforeEach(() => learn('de', german));
afterEach(() => {
  cleanup();
  learn('en', {});
});

const now = CLOCK.getTime() / 1000;
const plain = (pieces: readonly Piece[]) => pieces.map((piece) => piece.text + (piece.after ?? '')).join('');

function source(id: string, kind: string, metrics: Record<string, [number, string]>): SourceStatus {
  const values = Object.entries(metrics).map(([key, [value, unit]]) => [key, { value, unit }]);
  const fixed = { part_of: null, health: 'ok' as const, reason: '', ts: now, processes: [] };
  return { id, kind, label: id, ...fixed, metrics: Object.fromEntries(values) as SourceStatus['metrics'] };
}

function verdict(state: VerdictInfo['state'], more: Partial<VerdictInfo> = {}): VerdictInfo {
  const value = (metric: string, value: number, unit: string) => ({ id: metric, metric, ts: now, value, unit });
  return {
    ...{ source: 'gpu:1', label: 'RTX', state, cause: 'plain', reason: null, culprits: [], busy: 94, remainder: null },
    ...{ cost: null, monthly_cost: null, confidence: 0.9 },
    evidence: [value('gpu.temperature', 71, '°C'), value('gpu.power', 50, 'W'), value('gpu.remainder', 30, '%')],
    ...more,
  };
}

function by(identity: string, share: number | null = 40): VerdictInfo['culprits'][number] {
  return { identity, key: identity, uid: 1000, pids: [7], share, vram: 18 * 1024 ** 3, since: null, energy: null };
}

const said = (told: VerdictInfo) =>
  plain(gpuSentences([told], [source('gpu:1', 'gpu', {})], now).flat()).replaceAll('\u00a0', ' ');

test.each([
  ['gpu:1 94 % ausgelastet, 71 °C: Blender', verdict('one', { culprits: [by('Blender')] })],
  ['gpu:1 94 % ausgelastet, 71 °C: \ufffd{who}<b>', verdict('one', { culprits: [by('\u202e{who}<b>')] })],
  [
    'gpu:1 94 % ausgelastet, 71 °C: a 40 %, b 40 % und 1 weiteres; 30 % nicht sichtbar',
    verdict('several', { culprits: ['a', 'b', 'c'].map((name) => by(name)), remainder: 30 }),
  ],
  ['gpu:1 94 % ausgelastet, 71 °C: nur der Desktop, Shell', verdict('display', { culprits: [by('Shell')] })],
  [
    'gpu:1 untätig und nimmt 50 W auf: Ollama belegt 18 GiB',
    verdict('idle-expensive', { cause: 'held', culprits: [by('Ollama')] }),
  ],
  [
    'gpu:1 94 % ausgelastet, 71 °C, und der Treiber verrät nicht, durch wen: er meldet keine Anteile; Ollama belegt 18 GiB',
    verdict('unattributed', { cause: 'no-shares', culprits: [by('Ollama', null)] }),
  ],
  ['gpu:1 untätig, 71 °C', verdict('idle', { busy: 0 })],
  ['gpu:1 schläft', verdict('asleep', { busy: null })],
])('%s', (expected, told) => {
  expect(said(told)).toBe(expected);
});

test('numbers still lead to their evidence', () => {
  const told = verdict('one', { culprits: [by('Blender')], remainder: 30 });
  const pieces = gpuSentences([told], [source('gpu:1', 'gpu', {})], now).flat();
  expect(pieces.flatMap((piece) => piece.metric ?? [])).toEqual([
    'gpu.utilization',
    'gpu.temperature',
    'gpu.remainder',
  ]);
});

test('the headline is German from alert to disk', () => {
  const sources = [
    source('cpu', 'cpu', { 'cpu.utilization': [12, '%'], 'cpu.temperature': [54, '°C'] }),
    source('memory', 'memory', { 'memory.used': [6 * 1024 ** 3, 'B'] }),
    source('/home{share}', 'filesystem', { 'disk.used': [95, 'B'], 'disk.total': [100, 'B'] }),
  ];
  const recorder = { state: 'recording', since: now - 3600, until: null, tick: 1 } as const;
  const status = { schema: 1, ts: now, recorder, sources };
  const alerts = ['A', 'B', 'C'].map((text) => [{ text }]);
  const news = { status, verdicts: verdicts(sources), alerts };
  expect(plain(headline(news, { kind: 'recording', since: now - 3600 }, now))).toBe(
    'A. B\u00a0· 1 weiterer Alarm. Keine GPU gefunden. CPU 12 % ausgelastet, 54 °C. Arbeitsspeicher 6 GiB. ' +
      '/home{share} zu 95 % voll.',
  );
  expect(plain(headline(news, { kind: 'off', since: null }, now))).toBe(
    'Nichts wird aufgezeichnet: Der Rekorder ist aus.',
  );
});

function event(kind: string, detail: EventInfo['detail'] = {}, source: string | null = null): EventInfo {
  return { ts: 0, kind, source, detail };
}

test.each([
  [event('clock_step', { seconds: -3600 }), 'Die Uhr wurde um 1 h zurückgestellt'],
  [
    event('gpu_woke', { seconds: 90, holders: [{ identity: 'a\u202e{news}' }], more: 1 }, 'gpu:0'),
    'gpu:0 ist nach 1 min 30 s Schlaf aufgewacht; geöffnet von a\ufffd{news} und 1 weiteres',
  ],
  [
    event('unexpected_use', { why: 'denied', identity: 'X', expectation: 'no-games' }),
    'X nutzt eine GPU, obwohl das verboten ist („no-games“)',
  ],
  [event('alert_cleared', { rule: 'hot', seconds: 420 }), 'hot: vorbei nach 7 min'],
  [event('presence', { state: 'back', since: 7200, away_since: 0 }), 'Nach 2 h war wieder jemand da'],
  [event('xid', { code: 79 }, 'gpu:0'), 'gpu:0: Treiberfehler 79 (Xid)'],
])('%j', (event, expected) => {
  expect(sentence(event, { now, sources: [], metrics: METRICS })).toBe(expected);
});

test('what the recorder let go is known by its English, and told in German', () => {
  const released = { ...source('gpu:1', 'gpu', {}), health: 'asleep' as const, reason: 'idle, letting it sleep' };
  expect([stateWord(released), reasonOf(released)]).toEqual(['untätig', 'untätig, darf einschlafen']);
  const asleep = { ...released, reason: '' };
  expect([stateWord(asleep), reasonOf(asleep)]).toEqual([
    'schläft',
    'Zum Lesen wird sie nicht geweckt; ihre Werte kommen, wenn sie arbeitet.',
  ]);
});

/** The module as a German page loads it: its tables are made while German is spoken. */
function loadGerman(): Promise<typeof import('./names')> {
  const own = './names?german';
  return import(/* @vite-ignore */ own) as Promise<typeof import('./names')>;
}

test('a metric has its short name on its card under its German one', async () => {
  const { shortLabel, titleOf, labelOf } = await loadGerman();
  const texts: Readonly<Record<string, string>> = german;
  for (const text of Object.keys(texts).filter((text) => text.includes(' → '))) {
    const [label = '', short] = [text.split(' → ')[0], texts[text]?.split(' → ')[1]];
    expect(texts[text]?.split(' → ')[0]).toBe(texts[label]);
    expect(shortLabel(texts[label] ?? '')).toBe(short);
  }
  expect(shortLabel('Auslastung des GPU-Speicherbusses')).toBe('Speicherbus');
  const metric = { key: 'disk.utilization', unit: '%', label: 'Laufwerksauslastung', panel: 'disk' };
  expect(titleOf(metric, 'Laufwerke')).toBe('Laufwerksauslastung');
  expect(titleOf({ ...metric, label: 'Gelesen' }, 'Laufwerke')).toBe('Laufwerke · Gelesen');
  expect(labelOf({ id: 'cpu:3', kind: 'core', label: 'Core 3' })).toBe('Kern 3');
});

test('what the window says as it goes is German; its tables were made before', async () => {
  render(App, { backend: new Fixture('fine') });
  await vi.advanceTimersByTimeAsync(50);
  expect(screen.getByRole('navigation', { name: 'Seiten' })).toBeTruthy();
  expect(screen.getByTestId('headline').textContent).toContain('ausgelastet');
  expect(screen.getByTestId('recorder-state').textContent).toMatch(/Zeichnet seit .* auf/);
  expect(screen.getByRole('heading', { name: 'Ereignisse' })).toBeTruthy();
  expect(screen.getByRole('group', { name: 'Zeitraum' })).toBeTruthy();
});

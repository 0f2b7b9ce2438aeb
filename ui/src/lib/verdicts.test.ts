/** The words of each verdict, and the evidence that their numbers lead to. */

import { expect, test } from 'vitest';
import type { SourceStatus } from './types/generated/SourceStatus';
import type { VerdictInfo } from './types/generated/VerdictInfo';
import { gpuSentences } from './verdicts';

const NOW = new Date(2026, 10, 21, 14, 30).getTime() / 1000;

type Culprit = VerdictInfo['culprits'][number];

function by(identity: string, more: Partial<Culprit> = {}): Culprit {
  return {
    identity,
    key: identity,
    uid: 1000,
    pids: [7],
    share: 40,
    vram: 18 * 1024 ** 3,
    since: null,
    energy: null,
    ...more,
  };
}

function verdict(state: VerdictInfo['state'], more: Partial<VerdictInfo> = {}): VerdictInfo {
  const value = (metric: string, value: number, unit: string) => ({ id: metric, metric, ts: NOW, value, unit });
  return {
    source: 'gpu:1',
    label: 'RTX',
    state,
    cause: 'plain',
    reason: null,
    culprits: [],
    busy: 94,
    remainder: null,
    cost: null,
    monthly_cost: null,
    confidence: 0.9,
    evidence: [value('gpu.temperature', 71, '°C'), value('gpu.power', 50, 'W'), value('gpu.throttle', 2, '')],
    ...more,
  };
}

function gpu(id: string, label: string): SourceStatus {
  return { id, kind: 'gpu', label, part_of: null, health: 'ok', reason: '', ts: NOW, metrics: {}, processes: [] };
}

function say(...verdicts: VerdictInfo[]): string {
  const sentences = gpuSentences(verdicts, [gpu('gpu:1', 'RTX'), gpu('gpu:2', 'Arc')], NOW);
  const words = sentences.map((pieces) => pieces.map((piece) => piece.text).join(''));
  return words.join('. ').replaceAll('\u00a0', ' ');
}

test.each<[string, VerdictInfo]>([
  ['RTX is asleep', verdict('asleep')],
  ['RTX is idle', verdict('idle', { cause: 'let-go', busy: null })],
  ['RTX is idle, 71 °C', verdict('idle', { busy: 1 })],
  ['RTX is gone', verdict('lost', { busy: null })],
  ['RTX cannot be read: not yours', verdict('driver', { cause: 'said', reason: 'not yours', busy: null })],
  [
    "RTX cannot be read: NVIDIA's driver library (libnvidia-ml.so.1) is not installed; install NVIDIA's driver",
    verdict('driver', {
      ...{ cause: 'said', busy: null },
      reason: "NVIDIA's driver library (libnvidia-ml.so.1) is not installed; install NVIDIA's driver",
    }),
  ],
  [
    'RTX is idle and takes 50 W: Ollama holds 18 GiB',
    verdict('idle-expensive', { cause: 'held', culprits: [by('Ollama')] }),
  ],
  ['RTX is idle and takes 50 W: its screens keep its clocks up', verdict('idle-expensive', { cause: 'screens' })],
  [
    'RTX is idle and takes 50 W: its clocks stay up, and nobody is seen to use it',
    verdict('idle-expensive', { cause: 'clocks' }),
  ],
  ['RTX is without work and hot, 71 °C: look at its fan and at the air around it', verdict('hot-idle')],
  [
    'RTX is idle and takes 50 W: Ollama holds 18 GiB; about 11 EUR a month',
    verdict('idle-expensive', {
      cause: 'held',
      culprits: [by('Ollama')],
      monthly_cost: { amount: 10.94, currency: 'EUR' },
    }),
  ],
  [
    'RTX is 94 % busy, 71 °C: Blender, about 0.3 EUR',
    verdict('one', { culprits: [by('Blender', { energy: 3_600_000 })], cost: { amount: 0.3, currency: 'EUR' } }),
  ],
  [
    'RTX is 94 % busy, 71 °C: Blender',
    verdict('one', { culprits: [by('Blender', { energy: 350 })], cost: { amount: 0.00003, currency: 'EUR' } }),
  ],
  ['RTX is 94 % busy, 71 °C: Blender', verdict('one', { culprits: [by('Blender')] })],
  [
    'RTX is 94 % busy, 71 °C: a 40 %, b 40 % and 2 more',
    verdict('several', { culprits: ['a', 'b', 'c', 'd'].map((name) => by(name)) }),
  ],
  ['RTX is 94 % busy, 71 °C: only the desktop, Shell', verdict('display', { culprits: [by('Shell')] })],
  ['RTX is 94 % busy, 71 °C, held back by heat: Blender', verdict('throttled', { culprits: [by('Blender')] })],
  ['RTX is 94 % busy, 71 °C; who used it then is not recorded', verdict('unattributed', { cause: 'unrecorded' })],
  [
    'RTX is 94 % busy, 71 °C, and the driver does not say by whom: other users, work that ended meanwhile, or the kernel',
    verdict('unattributed', { cause: 'unseen' }),
  ],
  [
    "RTX is 94 % busy, 71 °C, and the driver does not say by whom: it tells nobody's share; Ollama holds 18 GiB",
    verdict('unattributed', { cause: 'no-shares', culprits: [by('Ollama', { share: null })] }),
  ],
  [
    'RTX is at 71 °C, and the driver does not say by whom: it is cut into instances (MIG)',
    verdict('unattributed', { cause: 'instances', busy: null }),
  ],
  ['RTX is 94 % busy, 71 °C: \ufffd<b>', verdict('one', { culprits: [by('\u202e<b>')] })],
])('%s', (expected, told) => {
  expect(say(told)).toBe(expected);
});

test('since when and at what cost is said once it is worth it', () => {
  const words = say(verdict('one', { culprits: [by('Blender', { since: NOW - 3600, energy: 36_000 })] }));
  expect(words).toMatch(/^RTX is 94 % busy, 71 °C: Blender since .*30.*, about 10 Wh$/);
  const now = say(verdict('one', { culprits: [by('Blender', { since: NOW - 30, energy: 100 })] }));
  expect(now).toBe('RTX is 94 % busy, 71 °C: Blender');
});

test('the busiest is the one whose users are named, and one that is awake is the news', () => {
  const arc = verdict('one', { source: 'gpu:2', busy: 20, culprits: [by('x')] });
  expect(say(arc, verdict('one', { culprits: [by('Blender')] }))).toBe(
    'Arc is 20 % busy, 71 °C. RTX is 94 % busy, 71 °C: Blender',
  );
  expect(say(verdict('asleep', { busy: null }), arc)).toBe('Arc is 20 % busy, 71 °C: x');
  expect(say(verdict('one', { source: 'gpu:9' }))).toBe('');
});

test('what nobody explains is a number that leads to its evidence', () => {
  const evidence = [{ id: 'x', metric: 'gpu.remainder', ts: NOW, value: 30, unit: '%' }];
  const told = verdict('one', { culprits: [by('Blender')], remainder: 30, evidence });
  const pieces = gpuSentences([told], [gpu('gpu:1', 'RTX')], NOW).flat();
  expect(pieces.filter((piece) => piece.metric).map((piece) => `${piece.source} ${piece.metric}`)).toEqual([
    'gpu:1 gpu.utilization',
    'gpu:1 gpu.remainder',
  ]);
  expect(pieces.map((piece) => piece.text).join('')).toMatch(/Blender; 30\s% not visible$/);
});

test('of many, one that is held back comes before those that are only busy', () => {
  const all = Array.from({ length: 8 }, (_, at) => gpu(`gpu:${at}`, `G${at}`));
  const judged = all.map(({ id }, at) => {
    const state = ({ 5: 'throttled', 6: 'idle', 7: 'idle-expensive' } as const)[at as 5] ?? 'one';
    return verdict(state, { source: id, busy: at > 5 ? 0 : 90 + (at % 5) });
  });
  const words = gpuSentences(judged, all, NOW).map((pieces) => pieces.map((piece) => piece.text).join(''));
  expect(words).toEqual([
    'G5 is 90 % busy, 71 °C, held back by heat',
    'G4 is 94 % busy, 71 °C',
    '6 more GPUs: 4 busy, 2 idle',
  ]);
});

/** Temperatures in the unit that a person likes, and a theme that stays. */

import { afterEach, expect, test } from 'vitest';
import { alertSentence } from './alerts';
import { ticks } from './axis';
import { text, unitOf } from './format';
import { look } from './look.svelte';

afterEach(() => {
  look.temperature = '°C';
  look.theme = 'system';
  look.digits = true;
});

test('a temperature moves its zero, and a difference does not', () => {
  const margin = unitOf('gpu.temperature.margin', '°C');
  expect([text(90, unitOf('gpu.temperature', '°C')), text(5, margin)]).toEqual(['90 °C', '5 °C']);
  look.temperature = '°F';
  expect([text(90, unitOf('gpu.temperature', '°C')), text(5, margin)]).toEqual(['194 °F', '9 °F']);
  expect(ticks('°C', [20, 80], 6).map((tick) => text(tick, '°C'))).toEqual([
    '80 °F',
    '100 °F',
    '120 °F',
    '140 °F',
    '160 °F',
  ]);
});

test('an alert says its value in that unit, though its sentence was written in another', () => {
  look.temperature = '°F';
  const alert = {
    ...{ rule: 'gpu-hot', source: 'gpu:1', key: null, identity: null, severity: 'critical' as const },
    ...{ phase: 'firing' as const, title: 'GPU at 91 °C', metric: 'gpu.temperature', value: 91, unit: '°C' },
    ...{ limit: 87, since: 0, peak: null, is_back: false },
  };
  const words = alertSentence({ alert, snoozes: [] }, 60).map((piece) => piece.text.replaceAll('\u00a0', ' '));
  expect(words.slice(0, 2)).toEqual(['GPU at ', '196 °F']);
});

test('what was chosen is kept, and what somebody else put there is not taken', () => {
  look.temperature = '°F';
  look.theme = 'dark';
  look.digits = false;
  expect(document.documentElement.style.colorScheme).toBe('dark');
  const kept = localStorage.getItem('hoofbeat.look') ?? '';
  look.temperature = '°C';
  look.theme = 'system';
  look.digits = true;
  expect(document.documentElement.style.colorScheme).toBe('');
  localStorage.setItem('hoofbeat.look', kept);
  look.read();
  expect([look.temperature, look.theme, look.digits]).toEqual(['°F', 'dark', false]);
  for (const odd of ['', '[1', '7', 'null', '{"temperature":"K","theme":1}']) {
    localStorage.setItem('hoofbeat.look', odd);
    look.read();
    expect([look.temperature, look.theme, look.digits]).toEqual(['°C', 'system', true]);
  }
});

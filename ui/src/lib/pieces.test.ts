/** Sentences with links in them, in the order of any language. */

import { expect, test } from 'vitest';
import { pieced } from './pieces';

const share = { text: '94 %', metric: 'gpu.utilization', source: 'gpu:1' };

test('pieces stand where the text has their places, and plain text is one piece', () => {
  expect(pieced('{gpu} is {share} busy', { gpu: 'RTX', share })).toEqual([
    { text: 'RTX is ' },
    share,
    { text: ' busy' },
  ]);
  const state = [{ text: 'RTX ' }, share];
  expect(pieced('{share}: {state}, {state}', { state, share })).toEqual([
    ...[share, { text: ': RTX ' }, share],
    ...[{ text: ', RTX ' }, share],
  ]);
});

test('a name is no text with places', () => {
  expect(pieced('{gpu} is idle', { gpu: '{share}<b>', share })).toEqual([{ text: '{share}<b> is idle' }]);
  expect(pieced('{gpu} {other}', { gpu: '' })).toEqual([{ text: ' {other}' }]);
});

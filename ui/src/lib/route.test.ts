/** Addresses and the pages that they lead to. */

import { expect, test } from 'vitest';
import { address, parse } from './route.svelte';

test('an address leads to its page, with what it asks for, and to the first page where there is none', () => {
  const at = (hash: string) => {
    const { page, params } = parse(hash, ['now', 'history']);
    return [page, ...params];
  };
  expect(at('')).toEqual(['now']);
  expect(at('#')).toEqual(['now']);
  expect(at('#/history')).toEqual(['history']);
  expect(at('#history')).toEqual(['history']);
  expect(at('#/nowhere?from=1')).toEqual(['now', ['from', '1']]);
  expect(at('#/history?from=1&to=2')).toEqual(['history', ['from', '1'], ['to', '2']]);
});

test('what an address is made of is what is read from it', () => {
  for (const text of ['', 'a b', 'ä&=?#%/+', '<script>', '\u202e']) {
    const { page, params } = parse(address('history', { source: text }), ['now', 'history']);
    expect([page, params.get('source')]).toEqual(['history', text]);
  }
  expect(address('now')).toBe('#/now');
});

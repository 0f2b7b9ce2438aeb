/** What the menu says: where a file lies, what cannot be done here, and what went wrong. */

import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import Menu from './Menu.svelte';
import type { Matter } from './matter';

const matter = (): Matter => ({
  kind: 'alerts',
  alerts: [{ rule: 'gpu-hot', title: 'hot', since: 1_795_359_600, lasted: 60 }],
  standing: new Set(),
  now: 1_795_359_600,
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** A window as Tauri opens it, or one that refuses. */
function inTauri(invoke: (command: string, bytes: Uint8Array, options: { headers: { name: string } }) => unknown) {
  vi.stubGlobal('__TAURI_INTERNALS__', { invoke });
}

function copying(writeText: (text: string) => Promise<void>) {
  vi.stubGlobal('isSecureContext', true);
  vi.spyOn(navigator, 'clipboard', 'get').mockReturnValue({ writeText } as unknown as Clipboard);
}

async function press(words: string): Promise<string> {
  await fireEvent.click(screen.getByRole('button', { name: words }));
  await vi.waitFor(() => expect(screen.getByRole('status').textContent).not.toBe(''));
  return screen.getByRole('status').textContent;
}

test('the window is told where the file lies', async () => {
  const saved: [string, string, string][] = [];
  inTauri((command, bytes, { headers }) => {
    saved.push([command, headers.name, new TextDecoder().decode(bytes)]);
    return Promise.resolve('~/Downloads/a.csv');
  });
  render(Menu, { matter });
  expect(await press('Save CSV')).toBe('Saved as ~/Downloads/a.csv.');
  const [command, name, text] = saved[0] ?? [];
  expect([command, name]).toEqual(['save', 'hoofbeat-alerts-20261122T1500.csv']);
  expect(text).toMatch(/^ts,time,rule,.*\r\n1795359600,2026-11-22T15:00:00\+00:00,gpu-hot,hot,60,over\r\n$/);
});

test('why a file could not be saved is said', async () => {
  const message = 'a.csv cannot be saved in /mnt: Read-only file system. Copying works without a file.';
  inTauri(() => Promise.reject({ code: 'io', message }));
  render(Menu, { matter });
  expect(await press('Save CSV')).toBe(`That did not work: ${message}`);
});

test('a table is copied, and has no picture', async () => {
  const copied: string[] = [];
  copying((text) => Promise.resolve(void copied.push(text)));
  render(Menu, { matter });
  expect(screen.getAllByRole('button').map((one) => one.textContent)).toEqual(['Copy as CSV', 'Save CSV']);
  expect(await press('Copy as CSV')).toBe('Copied.');
  expect(copied[0]).toMatch(/^ts,time,rule,/);
});

test('what a browser refuses is said', async () => {
  copying(() => Promise.reject(new Error('Write permission denied.')));
  render(Menu, { matter });
  expect(await press('Copy as CSV')).toBe('That did not work: Write permission denied.');
});

test('where nothing can be copied there is no button for it, but the reason', () => {
  vi.stubGlobal('isSecureContext', false);
  render(Menu, { matter });
  expect(screen.getAllByRole('button').map((one) => one.textContent)).toEqual(['Save CSV']);
  expect(screen.getByText(/only from this machine’s own address or over https/)).toBeDefined();
});

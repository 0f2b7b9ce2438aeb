/** Ending a process, in German: the question, why it cannot be asked, and what became of it. */

import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import german from '../../../../../languages/de.json';
import App from '../../../App.svelte';
import { onOneClock } from '../../../fixture/clock';
import { Fixture, type Scene } from '../../../fixture/fixture';
import { foreign, restarter } from '../../ending';
import { learn } from '../../language';

onOneClock('processes');
beforeEach(() => learn('de', german));
afterEach(() => learn('en', {}));

async function show(scene: Scene) {
  render(App, { backend: new Fixture(scene) });
  await vi.advanceTimersByTimeAsync(50);
  return within(screen.getByTestId('processes'));
}

const told = (place: string) => screen.queryByTestId(place)?.textContent?.replace(/\s+/g, ' ').trim() ?? '';

test('a process is ended, and the receipt says so', async () => {
  const page = await show('fine');
  expect(told('processes-count')).toMatch(/^\d+ Prozesse in 2\d Gruppen, 9 nutzen die GPU$/);
  const heads = page.getAllByRole('columnheader').map((head) => head.textContent?.replace(/[↓↑\s]|\d\d:\d\d/g, ''));
  expect(heads).toEqual([
    ...['Name', 'Benutzer', 'GPU', 'VRAM', 'CPU', 'RAM', 'Seit', 'GPUheutebis', 'Herkunft', 'Beenden'],
  ]);
  await fireEvent.click(page.getAllByRole('row').find((row) => row.textContent?.includes('Blender')) as Element);
  await vi.advanceTimersByTimeAsync(50);
  await fireEvent.click(page.getByRole('button', { name: 'blender (4211) beenden' }));
  expect(told('end-dialog')).toMatch(/^blender \(4211\) beenden\?.*Weiterlaufen lassen Prozess beenden$/);
  expect(told('end-dialog')).toContain('gestartet von GNOME Shell (1200)');
  await fireEvent.click(screen.getByTestId('end-sure'));
  expect(told('end-dialog')).toContain('blender (4211) wird beendet');
  await vi.advanceTimersByTimeAsync(15_000);
  expect(told('end-receipt')).toMatch(/^blender \(4211\) hat sich (nach \d s )?selbst beendet\./);
  expect(told('end-receipt')).toMatch(/10 Sekunden davor und danach ?Auslastung .*% ?Arbeitsspeicher .*GiB ?Leistung /);
});

test('whose it is, and who may start it again; names stay text', async () => {
  expect(foreign({ user: '{pid}', pid: 7, started: 1 })).toBe(
    'Er gehört {pid}. Hoofbeat beendet nur Prozesse des Benutzers, unter dem es läuft. ' +
      'Wer darf, kann ihn im Terminal beenden: sudo kill 7',
  );
  expect(foreign({ user: null, pid: 7, started: 1 })).toMatch(/^Er gehört jemand anderem\. /);
  expect(foreign({ user: null, pid: 7, started: null })).toMatch(/^Nur der Treiber der GPU meldet ihn: /);
  expect(restarter({ place: '{unit}.service' })).toBe(
    'systemd startet ihn womöglich neu, als Teil von {unit}.service.',
  );
  await show('hostile');
  expect(document.querySelector('img')).toBeNull();
});

import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import App from '../../../App.svelte';
import { onOneClock } from '../../../fixture/clock';
import { Fixture, type Scene } from '../../../fixture/fixture';

onOneClock('processes');

/** Shows the page, unfolds a row, and asks whether to end one of its processes. */
async function askTo(end: number, of: RegExp, scene: Scene = 'fine') {
  const machine = new Fixture(scene);
  const asked = vi.spyOn(machine, 'endProcess');
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  const grid = screen.getByRole('treegrid', { name: 'Processes' });
  const group = within(grid)
    .getAllByRole('row')
    .find((row) => of.test(row.textContent ?? ''));
  if (group) await fireEvent.click(group);
  await vi.advanceTimersByTimeAsync(50);
  await fireEvent.click(within(grid).getByRole('button', { name: new RegExp(`^End .*\\(${end}\\)$`) }));
  return { machine, asked, grid };
}

/** What stands somewhere; empty where there is no such place. */
const told = (place: string) => screen.queryByTestId(place)?.textContent?.replace(/\s+/g, ' ').trim() ?? '';
const dialog = () => told('end-dialog');
const receipt = () => told('end-receipt');

test('nothing is ended before a person has said yes', async () => {
  const { asked } = await askTo(4211, /Blender/);
  expect(dialog()).toContain('End blender (4211)?');
  expect(dialog()).toContain('started by GNOME Shell (1200)');
  expect(document.activeElement?.textContent?.trim()).toBe('Leave it running');
  await fireEvent.click(screen.getByTestId('end-cancel'));
  expect(dialog()).toBe('');
  expect(asked).not.toHaveBeenCalled();
});

test('one that obeys is gone, and the receipt comes when both sides are known', async () => {
  const { asked, machine, grid } = await askTo(4211, /Blender/);
  const history = vi.spyOn(machine, 'history');
  await fireEvent.click(screen.getByTestId('end-sure'));
  expect(dialog()).toContain('It was asked to end.');
  await vi.advanceTimersByTimeAsync(900);
  expect(asked).toHaveBeenCalledExactlyOnceWith(4211, 5211, false);
  expect(dialog()).toBe('');
  expect(receipt()).toContain('blender (4211) ended by itself');
  expect(receipt()).toContain('is shown in 10 seconds');
  expect(grid.textContent).not.toContain('Blender');
  history.mockClear();
  await vi.advanceTimersByTimeAsync(14_000);
  expect(history.mock.calls.map(([query]) => [query.source, query.metric])).toEqual([
    ['gpu:GPU-1c7a', 'gpu.utilization'],
    ['gpu:GPU-1c7a', 'gpu.memory.used'],
    ['gpu:GPU-1c7a', 'gpu.power'],
  ]);
  expect(receipt()).toMatch(
    /RTX 4090, 10 seconds before and after ?Busy \d+ % → \d+ % ?Memory .* GiB ?Power \d+ W → \d+ W/,
  );
  await fireEvent.click(screen.getByRole('button', { name: /^Dismiss/ }));
  expect(receipt()).toBe('');
});

test('who looks at another page meanwhile finds the receipt when they come back', async () => {
  await askTo(4211, /Blender/);
  await fireEvent.click(screen.getByTestId('end-sure'));
  await vi.advanceTimersByTimeAsync(900);
  await fireEvent.keyDown(document.body, { key: '1' });
  await vi.advanceTimersByTimeAsync(50);
  expect(screen.queryByTestId('processes')).toBeNull();
  await vi.advanceTimersByTimeAsync(14_000);
  await fireEvent.keyDown(document.body, { key: '3' });
  await vi.advanceTimersByTimeAsync(50);
  expect(receipt()).toMatch(/blender \(4211\) ended by itself.*RTX 4090, 10 seconds before and after/);
  // And a question that was left open is not asked again.
  expect(dialog()).toBe('');
});

test('one that does not listen is ended at once, and that is said', async () => {
  await askTo(5120, /Ollama/);
  expect(dialog()).toContain('systemd may start it again, as a part of ollama.service.');
  await fireEvent.click(screen.getByTestId('end-sure'));
  await vi.advanceTimersByTimeAsync(5100);
  expect(receipt()).toContain('ollama (5120) did not end by itself in 5 seconds, and was ended at once.');
});

test('what would take more with it is asked about once more', async () => {
  const { asked } = await askTo(1200, /^\s*GNOME Shell/);
  await fireEvent.click(screen.getByTestId('end-sure'));
  await vi.advanceTimersByTimeAsync(10);
  expect(dialog()).toContain('This is a part of your desktop.');
  expect(asked).toHaveBeenLastCalledWith(1200, 2200, false);
  await fireEvent.click(screen.getByTestId('end-sure'));
  await vi.advanceTimersByTimeAsync(900);
  expect(asked).toHaveBeenLastCalledWith(1200, 2200, true);
  expect(dialog()).toBe('');
});

test('whose it is, is said of one that belongs to somebody else, and it is not asked to end', async () => {
  const { asked } = await askTo(700, /sshd/);
  expect(dialog()).toContain('Not yours to end: sshd (700)');
  expect(dialog()).toContain('It belongs to root.');
  expect(screen.queryByTestId('end-sure')).toBeNull();
  expect(asked).not.toHaveBeenCalled();
});

test('why it failed is said, and names from outside are text', async () => {
  const { machine } = await askTo(4211, /Blender/, 'hostile');
  expect(document.querySelector('img')).toBeNull();
  const failure = { code: 'cannot_end', message: 'It has ended already.' };
  vi.spyOn(machine, 'endProcess').mockRejectedValueOnce(failure);
  await fireEvent.click(screen.getByTestId('end-sure'));
  await vi.advanceTimersByTimeAsync(10);
  expect(within(screen.getByTestId('end-dialog')).getByRole('alert').textContent).toBe(failure.message);
  expect(screen.queryByTestId('end-sure')).toBeNull();
});

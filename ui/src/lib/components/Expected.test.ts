/** Who may use a GPU, as a person sees and changes it. The judge behind it is made up. */

import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import App from '../../App.svelte';
import { onOneClock } from '../../fixture/clock';
import { Fixture, type Scene } from '../../fixture/fixture';

onOneClock('expected');

async function show(scene: Scene = 'fine') {
  const machine = new Fixture(scene);
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  return machine;
}

const row = (key: string) => within(screen.getByTestId(`habit-${key}`));
const summary = () => screen.getByTestId('expected-summary').textContent?.replace(/\s+/g, ' ').trim();

test('what differs and what waits is said first, then what is declared and what was learnt', async () => {
  await show();
  expect(summary()).toBe('▲ One use differs from what you declared, and 2 uses wait for your answer.');
  expect(screen.getByTestId('declared-no-miners').textContent).toContain(
    'Now: xmrig-miner on gpu:GPU-1c7a: must not run',
  );
  expect(screen.getByTestId('declared-night-training').textContent).toContain('22:00-07:00, at most 80 % of the GPU');
  expect(row('program:blender').getByText(/usually 09–12, 13–18/)).toBeDefined();
  expect(screen.getByTestId('expected-learning').textContent).toContain('about 0.3 alerts about new programs');
});

test('what waits is trusted at once, and what was learnt is forgotten at the second press', async () => {
  const machine = await show();
  const trust = vi.spyOn(machine, 'trust');
  const forget = vi.spyOn(machine, 'forget');
  await fireEvent.click(row('program:ffmpeg').getByText('Trust'));
  expect(trust).toHaveBeenCalledExactlyOnceWith('program:ffmpeg', 1000);
  await waitFor(() => expect(summary()).toContain('and one use waits'));

  const button = () => row('program:steam').getByRole('button', { name: /^Forget/ });
  await fireEvent.click(button());
  expect(button().textContent).toBe('Forget it?');
  await fireEvent.blur(button());
  expect(button().textContent).toBe('Forget');
  await fireEvent.click(button());
  await fireEvent.click(button());
  expect(forget).toHaveBeenCalledExactlyOnceWith('program:steam', 1000);
  await waitFor(() => expect(screen.queryByTestId('habit-program:steam')).toBeNull());
});

test('a word that the recorder has not heard yet stays in sight, and one that failed is taken back', async () => {
  const machine = await show();
  vi.spyOn(machine, 'trust').mockResolvedValueOnce();
  await fireEvent.click(row('program:xmrig').getByText('Trust'));
  await waitFor(() => expect(row('program:xmrig').getByRole('status').textContent).toBe('Trusted …'));
  await machine.trust('program:xmrig', 1001);
  await vi.advanceTimersByTimeAsync(6000);
  expect(row('program:xmrig').queryByRole('status')).toBeNull();

  vi.spyOn(machine, 'trust').mockRejectedValueOnce({ code: 'busy', message: 'The database is busy.' });
  await fireEvent.click(row('program:ffmpeg').getByText('Trust'));
  await waitFor(() => expect(screen.getByTestId('expected-ask-failure').textContent).toContain('is busy'));
  await waitFor(() => expect(row('program:ffmpeg').queryByText('Trust')).not.toBeNull());
});

test('all that was seen is trusted at the second press', async () => {
  const machine = await show();
  const all = vi.spyOn(machine, 'trustAll');
  await fireEvent.click(screen.getByTestId('trust-all'));
  expect(all).not.toHaveBeenCalled();
  await fireEvent.click(screen.getByTestId('trust-all'));
  await waitFor(() => expect(screen.queryByTestId('trust-all')).toBeNull());
  expect(all).toHaveBeenCalledOnce();
});

test('an expectation for somebody begins with who that is, is judged, and stands among the others', async () => {
  const machine = await show();
  const add = vi.spyOn(machine, 'addExpectation');
  const opener = row('program:blender').getByRole('button', { name: /^Declare/ });
  opener.focus();
  await fireEvent.click(opener);
  const field = (key: string) => screen.getByTestId<HTMLInputElement>(`expect-${key}`);
  expect([field('id').value, field('identity').value, field('user').value]).toEqual(['blender', 'Blender', 'ada']);
  await fireEvent.input(field('hours'), { target: { value: 'late' } });
  await vi.advanceTimersByTimeAsync(200);
  expect(field('hours').getAttribute('aria-invalid')).toBe('true');
  expect(screen.getByTestId<HTMLButtonElement>('expect-save').disabled).toBe(true);
  await fireEvent.input(field('hours'), { target: { value: '09:00-18:00' } });
  await vi.advanceTimersByTimeAsync(200);
  await fireEvent.click(screen.getByTestId('expect-save'));
  await waitFor(() => expect(screen.queryByTestId('expect-form')).toBeNull());
  expect(add).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ id: 'blender', policy: 'allow', hours: '09:00-18:00' }),
  );
  expect(screen.getByTestId('declared-blender').textContent).toContain('may run');
  await waitFor(() => expect(document.activeElement).toBe(opener));
});

test('a new expectation needs somebody, and can be removed again at the second press', async () => {
  await show();
  await fireEvent.click(screen.getByTestId('expect-new'));
  await fireEvent.input(screen.getByTestId('expect-id'), { target: { value: 'mine' } });
  await vi.advanceTimersByTimeAsync(200);
  expect(screen.getByTestId('expect-said').textContent).toContain('names nobody');
  await fireEvent.input(screen.getByTestId('expect-program'), { target: { value: 'x' } });
  await vi.advanceTimersByTimeAsync(200);
  await fireEvent.click(screen.getByTestId('expect-save'));
  await waitFor(() => expect(screen.queryByTestId('declared-mine')).not.toBeNull());
  const remove = () => within(screen.getByTestId('declared-mine')).getByRole('button');
  await fireEvent.click(remove());
  await fireEvent.click(remove());
  await waitFor(() => expect(screen.queryByTestId('declared-mine')).toBeNull());
});

test('what there is not, is said with the reason', async () => {
  await show('young');
  expect(screen.getByTestId('new-none').textContent).toContain('Nobody has used a GPU for the first time');
  expect(screen.getByTestId('declared-none').textContent).toContain('Nothing is declared');
  expect(screen.getByTestId('learnt-none').textContent).toContain('learnt by itself');
});

test('it is said that nobody is watched while nothing is recorded', async () => {
  await show('paused');
  expect(screen.getByTestId('expected-learning').textContent).toContain('Nobody is watched while recording is paused.');
});

test('before anything is recorded, expectations can be declared', async () => {
  await show('none');
  expect(screen.getByTestId('habits-failure').textContent).toContain('As soon as a recorder runs');
  expect(summary()).toBe('○ Nobody was seen on a GPU yet.');
  expect(screen.getByTestId<HTMLButtonElement>('expect-new').disabled).toBe(false);
});

test('a file with a mistake keeps what was learnt, and changes nothing', async () => {
  const machine = new Fixture('fine');
  vi.spyOn(machine, 'expected').mockRejectedValue({ code: 'bad_config', message: 'config.toml:3:1: no.' });
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  expect(screen.getByTestId('expected-failure').textContent).toContain('config.toml:3:1: no.');
  expect(screen.getByTestId<HTMLButtonElement>('expect-new').disabled).toBe(true);
  expect(row('program:blender').getByText('Forget')).toBeDefined();
});

test('names from outside stay text', async () => {
  await show('hostile');
  expect(document.querySelector('[data-testid="expected"] img')).toBeNull();
  const words = screen.getByTestId('expected').textContent ?? '';
  expect(words).toContain('<img src=x');
  expect([...words].filter((c) => c === '\u0007' || c === '\u202e')).toEqual([]);
});

/** The rules, as a person changes them. The judge behind them is made up; what counts is what the page makes of it. */

import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import App from '../../App.svelte';
import { NOW, onOneClock } from '../../fixture/clock';
import { Fixture, type Scene } from '../../fixture/fixture';
import { nearest } from '../rules';
import type { Compared } from '../types/generated/Compared';
import type { Rehearsed } from '../types/generated/Rehearsed';
import type { SourceStatus } from '../types/generated/SourceStatus';

onOneClock('alerts');

/** The page with its rules in. */
async function show(scene: Scene = 'fine') {
  const machine = new Fixture(scene);
  const spies = {
    check: vi.spyOn(machine, 'checkRule'),
    rehearse: vi.spyOn(machine, 'rehearseRule'),
    save: vi.spyOn(machine, 'saveRule'),
    remove: vi.spyOn(machine, 'removeRule'),
  };
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  return { machine, ...spies };
}

const row = (id: string) => within(screen.getByTestId(`rule-of-${id}`));
const field = (key: string) => screen.getByTestId<HTMLInputElement>(`rule-${key}`);
const said = (id: string) => screen.queryByTestId(id)?.textContent?.replace(/\s+/g, ' ').trim();

async function edit(id: string) {
  const button = row(id).getByText('Edit');
  button.focus();
  await fireEvent.click(button);
  await vi.advanceTimersByTimeAsync(10);
  return button;
}

async function type(key: string, value: string, wait = 600) {
  await fireEvent.input(field(key), { target: { value } });
  await vi.advanceTimersByTimeAsync(wait);
}

test('a switch turns a rule off at once, and shows what holds where that failed', async () => {
  const { save } = await show();
  const turn = () => row('gpu-hot').getByRole<HTMLInputElement>('switch');
  expect(turn().checked).toBe(true);
  await fireEvent.click(turn());
  expect(save).toHaveBeenCalledWith(expect.objectContaining({ id: 'gpu-hot', enabled: false, is_new: false }), '1');
  await waitFor(() => expect(row('gpu-hot').getByText(/· off$/)).toBeDefined());

  save.mockRejectedValueOnce({ code: 'bad_config', message: 'config.toml:3:1: no.' });
  await waitFor(() => expect(turn().disabled).toBe(false));
  await fireEvent.click(turn());
  await waitFor(() => expect(screen.getByTestId('banner-failure').textContent).toContain('config.toml:3:1: no.'));
  await waitFor(() => expect(turn().checked).toBe(false));
});

test('a form begins with what holds, says what it means, and how often it would have fired', async () => {
  const { check, rehearse } = await show();
  await edit('gpu-hot');
  expect(screen.getByTestId('rule-form').textContent).toContain('Close to the point');
  expect([field('fire').value, field('keep').value, field('source').value]).toEqual(['< 5', '1m', '']);
  await vi.advanceTimersByTimeAsync(600);
  expect(check).toHaveBeenCalledOnce();
  expect(rehearse).toHaveBeenCalledOnce();
  expect(said('rule-preview')).toMatch(
    /^Would have fired 5 times in the last 30 days, last yesterday 0?1:30.PM for 7 min\. The same as the rule in force\.$/,
  );
  await type('fire', '< 9');
  expect(said('rule-sentence')).toBe('Margin to slowdown below 9 °C for 1 min.');
  expect(said('rule-preview')).toMatch(/^Would have fired twice .* The rule in force would have fired 5 times, last/);
});

test('what is wrong stands at its field, is tied to it, and keeps the rule from being saved', async () => {
  const { save, rehearse } = await show();
  await edit('gpu-hot');
  await type('fire', '5');
  const input = field('fire');
  expect(input.getAttribute('aria-invalid')).toBe('true');
  const note = document.getElementById(input.getAttribute('aria-describedby') ?? '');
  expect(note?.textContent).toMatch(/^▲\sPut > or < before it: > 5 is above\.$/);
  expect(field('for').getAttribute('aria-invalid')).toBe('false');
  expect(screen.getByTestId('rule-save')).toHaveProperty('disabled', true);
  expect(rehearse).not.toHaveBeenCalled();
  await fireEvent.submit(input.form as HTMLFormElement);
  expect(save).not.toHaveBeenCalled();
  await type('fire', '< 6');
  expect(input.getAttribute('aria-invalid')).toBe('false');
  expect(note?.textContent).toBe('for example > 87 or < 500 MiB; empty: as built in');
});

test('each field shows its own mistake, all of them at once', async () => {
  await show();
  await edit('gpu-hot');
  await type('fire', '5');
  await type('for', 'long');
  expect(said('rule-fire-note')).toMatch(/^▲\sPut > or < before it/);
  expect(said('rule-for-note')).toMatch(/^▲\sWrite a number and s, m, h or d/);
  expect(said('rule-wrong')).toBe('Not right yet: Fires at, Must last');
  await type('fire', '< 6');
  expect(field('fire').getAttribute('aria-invalid')).toBe('false');
  expect(said('rule-wrong')).toBe('Not right yet: Must last');
});

test('only the last of many keys is asked about, and an outdated answer is dropped', async () => {
  const { check, rehearse } = await show();
  await edit('gpu-hot');
  await vi.advanceTimersByTimeAsync(600);
  check.mockClear();
  let answer: (rehearsed: Rehearsed) => void = () => {};
  rehearse.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
  for (const text of ['< ', '< 8']) await type('fire', text, 50);
  await vi.advanceTimersByTimeAsync(600);
  expect(check).toHaveBeenCalledOnce();
  expect(said('rule-preview')).toMatch(/^Trying it/);
  await type('fire', '< 2');
  const told = { is_replayed: true, times: 77, last: null, lasted: null, since: 0, minutes_until: null };
  answer({ draft: told, in_force: null, is_about_nothing: false });
  await vi.advanceTimersByTimeAsync(10);
  expect(said('rule-preview')).toMatch(/^Would have fired twice/);
});

test('a rule that cannot be tried says so, and so does a question that failed', async () => {
  const { rehearse } = await show();
  await edit('gpu-lost');
  expect(screen.queryByTestId('rule-fire')).toBeNull();
  await vi.advanceTimersByTimeAsync(600);
  expect(said('rule-preview')).toMatch(/^It cannot be tried on the past: .* It did not fire in the last 30 days\.$/);
  await type('source', 'nothing');
  expect(said('rule-caveat')).toBe('No source that is known here has such an id now.');
  rehearse.mockRejectedValueOnce({ code: 'busy', message: 'The database is locked.' });
  await type('source', 'gpu:1');
  expect(said('rule-preview')).toBe('It could not be tried: The database is locked.');
});

test('it is saved with Enter, the list shows it, and the focus is where it was', async () => {
  const { save } = await show();
  const button = await edit('gpu-hot');
  await type('fire', '< 8');
  await fireEvent.submit(field('fire').form as HTMLFormElement);
  expect(save).toHaveBeenCalledWith(
    expect.objectContaining({ id: 'gpu-hot', values: expect.objectContaining({ fire: '< 8', clear: '> 10' }) }),
    '1',
  );
  await waitFor(() => expect(screen.queryByTestId('rule-form')).toBeNull());
  expect(row('gpu-hot').getByText('Margin to slowdown below 8 °C for 1 min')).toBeDefined();
  expect(row('gpu-hot').getByText(/built in, changed/)).toBeDefined();
  expect(document.activeElement).toBe(button);

  await edit('gpu-hot');
  await fireEvent.click(screen.getByTestId('rule-remove'));
  await waitFor(() => expect(screen.queryByTestId('rule-form')).toBeNull());
  expect(row('gpu-hot').getByText(/· built in ·/)).toBeDefined();
});

test('closing it changes nothing and gives the focus back', async () => {
  const { save } = await show();
  const button = await edit('own-disk');
  await type('fire', '> 99');
  await fireEvent.click(screen.getByText('Cancel'));
  await waitFor(() => expect(screen.queryByTestId('rule-form')).toBeNull());
  expect(save).not.toHaveBeenCalled();
  expect(document.activeElement).toBe(button);
});

test('a rule that failed to be saved stays in the form, with the reason and a second chance', async () => {
  const { machine, save } = await show();
  await edit('gpu-hot');
  await machine.saveRule({ id: 'cpu-hot', is_new: false, enabled: false, values: {} }, '1');
  await type('for', '5m');
  await fireEvent.click(screen.getByTestId('rule-save'));
  await waitFor(() => expect(said('rule-failure')).toMatch(/was changed meanwhile/));
  expect(field('for').value).toBe('5m');
  await waitFor(() => expect(screen.getByTestId('rule-save')).toHaveProperty('disabled', false));
  await fireEvent.click(screen.getByTestId('rule-save'));
  await waitFor(() => expect(screen.queryByTestId('rule-form')).toBeNull());
  expect(save).toHaveBeenLastCalledWith(expect.objectContaining({ id: 'gpu-hot' }), '2');
});

test('a new rule is asked for its name first, and nothing is wrong before it is typed', async () => {
  const { save } = await show();
  await fireEvent.click(screen.getByTestId('rule-new'));
  await vi.advanceTimersByTimeAsync(10);
  expect(document.querySelectorAll('[aria-invalid="true"]')).toHaveLength(0);
  expect(said('rule-rest')).toMatch(/^Give the rule a name/);
  const choices = [...field('metric').querySelectorAll('option')].map((option) => option.textContent);
  expect(choices).toContain('CPU temperature (°C)');
  await type('id', 'mine');
  await fireEvent.change(field('metric'), { target: { value: 'cpu.temperature' } });
  await type('fire', '> 80');
  expect(said('rule-sentence')).toBe('CPU temperature above 80 °C.');
  expect(said('rule-preview')).toMatch(/^Would have fired 3 times .* for 7 min\.$/);
  await fireEvent.click(screen.getByTestId('rule-save'));
  await waitFor(() => expect(row('mine').getByText('CPU temperature above 80 °C')).toBeDefined());
  const values = { metric: 'cpu.temperature', severity: 'warning', fire: '> 80' };
  expect(save).toHaveBeenCalledWith({ id: 'mine', is_new: true, enabled: true, values }, '1');
});

test('a rule of ones own is removed only by a second click', async () => {
  const { remove } = await show();
  await edit('own-disk');
  await fireEvent.click(screen.getByTestId('rule-remove'));
  expect(remove).not.toHaveBeenCalled();
  await fireEvent.click(screen.getByText('Remove it for good'));
  await waitFor(() => expect(screen.queryByTestId('rule-of-own-disk')).toBeNull());
  expect(document.activeElement).toBe(screen.getByTestId('rule-new'));
});

test('rules that cannot be read are told, and stay as they were', async () => {
  const { machine } = await show();
  vi.spyOn(machine, 'rules').mockRejectedValue({ code: 'bad_config', message: 'config.toml:1:1: broken.' });
  vi.setSystemTime(NOW.getTime() + 61_000);
  machine.push();
  await waitFor(() => expect(said('rules-failure')).toMatch(/^config\.toml:1:1: broken\. Rules can be changed/));
  expect(row('gpu-hot').getByText('Edit')).toHaveProperty('disabled', true);
});

test('texts from outside are text, whatever they say', async () => {
  await show('hostile');
  expect(screen.getByTestId('rule-of-gpu-lost').textContent).toContain('<img src=x onerror=alert(1)>\ufffd');
  await edit('gpu-hot');
  await vi.advanceTimersByTimeAsync(600);
  expect(field('text').value).toContain('<img src=x onerror=alert(1)>');
  expect(document.querySelector('img')).toBeNull();
});

test('a rule is as near to its limit as the source of its own that is the nearest', () => {
  const source = (id: string, used: number, total: number, health: SourceStatus['health'] = 'ok') =>
    ({
      ...{ id, health },
      metrics: { 'disk.used': { value: used, unit: '%' }, 'disk.total': { value: total, unit: '%' } },
    }) as unknown as SourceStatus;
  const sources = [
    source('disk:a', 40, 50),
    source('disk:b', 90, 300),
    source('disk:c', 99, 99, 'lost'),
    source('cpu', 95, 0),
  ];
  const plain: Compared = { metric: 'disk.used', of: null, above: true, source: null, without: null };
  const near = (more: Partial<Compared>) => nearest({ compared: { ...plain, ...more } }, sources);
  expect(near({})).toEqual({ words: '95 %', source: sources[3] });
  expect(near({ source: 'disk:*' })?.source.id).toBe('disk:b');
  expect(near({ source: 'disk:*', above: false })?.words).toBe('40 %');
  expect(near({ of: 'disk.total' }), 'in percent of another').toEqual({ words: '80 %', source: sources[0] });
  expect(near({ source: 'disk' }), 'a pattern means all of an id').toBeNull();
  expect(near({ without: 'disk.total' }), 'another rule is for these').toBeNull();
  expect(near({ metric: 'gpu.power' })).toBeNull();
  expect(nearest({ compared: null }, sources), 'a state is no reading').toBeNull();
});

test('what a rule is about is compiled once, and not where it is about every source', () => {
  const { sources } = new Fixture('fine').status();
  const plain: Compared = { metric: 'disk.read', of: null, above: true, source: null, without: null };
  let compiled = 0;
  vi.stubGlobal(
    'RegExp',
    class extends RegExp {
      constructor(pattern: string | RegExp, flags?: string) {
        super(pattern, flags);
        compiled += 1;
      }
    },
  );
  try {
    expect(nearest({ compared: plain }, sources)).not.toBeNull();
    expect(compiled).toBe(0);
    expect(nearest({ compared: { ...plain, source: 'disk:*' } }, sources)).not.toBeNull();
    expect(compiled).toBe(1);
  } finally {
    vi.unstubAllGlobals();
  }
});

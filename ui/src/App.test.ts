/** The whole page on a made-up machine, as a person uses it. */

import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import App from './App.svelte';
import { NOW, onOneClock } from './fixture/clock';
import { Fixture, type Scene } from './fixture/fixture';
import type { AlertInfo } from './lib/types/generated/AlertInfo';
import type { VerdictInfo } from './lib/types/generated/VerdictInfo';

onOneClock();

/** The page on a made-up machine, with its first answers in. */
async function show(scene: Scene) {
  const machine = new Fixture(scene);
  const spies = {
    history: vi.spyOn(machine, 'history'),
    pause: vi.spyOn(machine, 'pause'),
    resume: vi.spyOn(machine, 'resume'),
    startRecorder: vi.spyOn(machine, 'startRecorder'),
  };
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  return { machine, ...spies };
}

const headline = () => screen.getByTestId('headline').textContent?.replace(/\s+/g, ' ').trim();
const recorder = () => screen.getByTestId('recorder-state');

test('every source has a card, with its label and its values', async () => {
  const { machine } = await show('fine');
  for (const source of machine.status().sources) {
    // Cores are bars of one card, and a chip without channels is a card of its own.
    if (source.kind === 'core') continue;
    const card = screen.getAllByTestId(`card-${source.id}`)[0];
    expect(card, source.id).toBeDefined();
    expect(card?.textContent).toContain(source.label);
  }
  expect(screen.getByTestId('card-cpu').querySelectorAll('.core')).toHaveLength(16);
  expect(screen.getByTestId('card-gpu:0000:00:02.0').textContent).toMatch(/asleep.*D3cold since 13:10/s);
  expect(screen.getByTestId('card-hwmon:spd').textContent).toMatch(/no permission.*refused/s);
  expect(headline()).toMatch(
    /^NVIDIA GeForce RTX 4090 is \d+ % busy, \d+ °C: Blender \d+ % and Ollama \d+ % since .*, about \d+ Wh\. CPU is .*\. Memory .* of 31\.2 GiB\./,
  );
  expect(headline()).toContain('/home is 94 % full.');
});

test('a GPU says who uses it, and by name what holds it back', async () => {
  await show('fine');
  const card = screen.getByTestId('card-gpu:GPU-1c7a');
  const list = screen.getByTestId('users-gpu:GPU-1c7a');
  const lines = [...list.querySelectorAll('li')].map((line) => line.textContent?.replace(/\s+/g, ' ').trim());
  expect(lines).toHaveLength(10);
  expect(lines[0]).toMatch(/^Blender 8\.1 GiB 4\d %$/);
  expect(lines[1]).toMatch(/^Ollama ×2 6\.4 GiB 20 %$/);
  expect(lines[8]).toBe('and 2 more');
  expect(lines[9]).toMatch(/^not visible: other users or driver [678](\.\d)? %$/);
  expect(list.querySelector('li[title^="a_training_script"]')?.getAttribute('title')).toMatch(/\(process 6100\)$/);
  expect(card.querySelector('[data-metric="gpu.throttle"]')?.textContent).toMatch(/power limit, heat/);
  expect(card.querySelector('[data-metric="gpu.remainder"]')).toBeNull();
});

test('a GPU that sleeps, or is let go, has a calm word and no empty places', async () => {
  await show('fine');
  const badge = (id: string) => within(screen.getByTestId(id)).getByTestId('health').textContent?.trim();
  expect(badge('card-gpu:0000:00:02.0')).toBe('asleep');
  expect(badge('card-gpu:0000:03:00.0')).toBe('idle');
  const card = screen.getByTestId('card-gpu:0000:03:00.0');
  expect(card.textContent).toContain('so that it may sleep');
  expect(card.querySelector('[data-metric]')).toBeNull();
});

test('values move with every push', async () => {
  const { machine } = await show('fine');
  const reading = () =>
    screen.getByTestId('card-cpu').querySelector('[data-metric="cpu.load.1m"] .number')?.textContent;
  const before = reading();
  machine.now = () => NOW.getTime() / 1000 + 700;
  machine.push();
  await waitFor(() => expect(reading()).not.toBe(before));
});

test('a click on a value shows it in the chart', async () => {
  const { history } = await show('fine');
  expect(history).toHaveBeenCalledWith(expect.objectContaining({ metric: 'gpu.utilization' }));
  const value = screen.getByTestId('card-cpu').querySelector('[data-metric="cpu.temperature"]');
  await fireEvent.click(value as Element);
  await vi.advanceTimersByTimeAsync(20);
  expect(screen.getByTestId('metric-picker')).toHaveProperty('value', 'cpu.temperature');
  expect(value?.getAttribute('aria-pressed')).toBe('true');
  expect(screen.getByTestId('chart').getAttribute('aria-label')).toMatch(
    /^CPU temperature over the last hour\. AMD Ryzen 9 7950X: between \d+ °C and \d+ °C, on average \d+ °C\.$/,
  );
});

test('what holds a GPU back is told by name and is nothing to draw', async () => {
  const { history } = await show('fine');
  const value = screen.getByTestId('card-gpu:GPU-1c7a').querySelector('[data-metric="gpu.throttle"]');
  await fireEvent.click(value as Element);
  expect(value?.tagName).toBe('DIV');
  expect(history).not.toHaveBeenCalledWith(expect.objectContaining({ metric: 'gpu.throttle' }));
  expect(within(screen.getByTestId('metric-picker')).queryByText('Throttle reasons')).toBeNull();
});

test('the picker offers only what some source has, by panel, and a range asks for its history', async () => {
  const { history } = await show('fine');
  const picker = screen.getByTestId('metric-picker');
  const groups = [...picker.querySelectorAll('optgroup')].map((group) => group.label);
  expect(groups).toEqual(['GPU', 'CPU', 'Memory', 'Disks', 'Network', 'Sensors', 'Hoofbeat itself']);
  expect(within(picker).queryByText('Shared memory used')).toBeNull();
  await fireEvent.click(screen.getByTestId('range-30d'));
  await vi.advanceTimersByTimeAsync(20);
  const query = history.mock.lastCall?.[0];
  expect(query && query.until - query.since).toBe(30 * 86400 + 1);
  expect(screen.getByTestId('range-30d').getAttribute('aria-pressed')).toBe('true');
});

test('of many sources five are named and the rest is one line', async () => {
  const { history } = await show('many');
  await fireEvent.click(screen.getByLabelText(/^128 cores, the busiest at/));
  await vi.advanceTimersByTimeAsync(20);
  const rows = () =>
    [...document.querySelectorAll('.legend tbody tr')].map((row) => row.querySelector('th')?.textContent?.trim());
  expect(rows()).toHaveLength(6);
  expect(rows().at(-1)).toBe('123 others');
  expect(history.mock.lastCall?.[0].points, 'fewer points for more lines').toBeLessThan(400);
  const label = [...document.querySelectorAll('.choice label')].find((label) => !label.querySelector('input')?.checked);
  await fireEvent.click(label?.querySelector('input') as Element);
  expect(rows()).toContain(label?.textContent?.trim());
  expect(rows()).toHaveLength(5);
});

test('names from outside are text, whatever they say', async () => {
  await show('hostile');
  expect(screen.getByTestId('card-net:enp6s0')).toBeDefined();
  expect(document.querySelector('img')).toBeNull();
  expect(screen.getByTestId('users-gpu:GPU-1c7a').textContent).toContain('<img src=x onerror=alert(1)>\ufffdgnp.');
  expect(screen.getByTestId('card-disk:nvme0').textContent).toContain(
    '<img src=x onerror=alert(1)>\ufffdgnp.\ufffdexe',
  );
});

test('the worst alert is told first, with the value of now', async () => {
  await show('alarm');
  expect(headline()).toMatch(
    /^NVIDIA GeForce RTX 4090 at 91.°C since.*\. NVIDIA GeForce RTX 4090 held back for 5 min since.* · 1 more alert\. /,
  );
  await fireEvent.click(within(screen.getByTestId('headline')).getByText(/91.°C/));
  expect(screen.getByTestId('metric-picker')).toHaveProperty('value', 'gpu.temperature');
});

test('a value brings the chart that shows it into sight, also one that it shows already', async () => {
  await show('fine');
  const panel = screen.getByTestId('metric-picker').closest('section') as HTMLElement;
  const sight = vi.spyOn(panel, 'scrollIntoView');
  const load = screen.getByTestId('card-cpu').querySelector('[data-metric="cpu.load.1m"]') as Element;
  for (const times of [1, 2]) {
    await fireEvent.click(load);
    await waitFor(() => expect(sight).toHaveBeenCalledTimes(times));
  }
});

test('what holds a GPU back leads from the sentence to its lane in the past', async () => {
  const machine = new Fixture('fine');
  const subscribe = machine.subscribe.bind(machine);
  const bits = { id: 'throttle', metric: 'gpu.throttle', ts: NOW.getTime() / 1000, value: 2, unit: '' };
  const throttled = (all: readonly VerdictInfo[]): VerdictInfo[] =>
    all.map((one, at) => (at > 0 ? one : { ...one, state: 'throttled', evidence: [...one.evidence, bits] }));
  machine.subscribe = (listener) =>
    subscribe((news) => listener(news.kind === 'status' ? { ...news, verdicts: throttled(news.verdicts) } : news));
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  await fireEvent.click(within(screen.getByTestId('headline')).getByText('heat'));
  await waitFor(() => expect(document.querySelector('main')?.dataset['page']).toBe('history'));
  await waitFor(() => expect(screen.getByTestId('held-row').dataset['asked']).toBe('true'));
});

describe('alerts', () => {
  onOneClock('alerts');

  const page = () => within(screen.getByTestId('alerts'));

  test('each that stands says how much it matters in a word, and what is not yet one stands apart', async () => {
    await show('alarm');
    const rows = page().getAllByTestId(/^alert-(gpu|cpu)/);
    const words = rows.map((row) => row.querySelector('.severity')?.textContent?.replace(/\s+/g, ' ').trim());
    expect(words).toEqual(['◆ critical', '▲ warning', '● info']);
    expect(page().getByTestId('alert-pending').textContent).toMatch(/^Memory used at 30 GiB, not for long enough/);
  });

  test('one can be snoozed for an hour, or until it clears, and that can be taken back', async () => {
    const machine = new Fixture('alarm');
    const [snooze, unsnooze] = [vi.spyOn(machine, 'snooze'), vi.spyOn(machine, 'unsnooze')];
    render(App, { backend: machine });
    await vi.advanceTimersByTimeAsync(50);
    await fireEvent.click(page().getByLabelText('Snooze 1 h: NVIDIA GeForce RTX 4090 at 91 °C'));
    expect(snooze).toHaveBeenCalledWith('gpu-hot', 'gpu:GPU-1c7a', null, NOW.getTime() / 1000 + 3600);
    await waitFor(() => expect(page().getByTestId('alert-gpu-hot').dataset.snoozed).toBe('true'));
    expect(page().getByTestId('alert-gpu-hot').textContent).toMatch(/\(snoozed.until/);
    expect(page().queryByTestId('snoozes'), 'it stands at its alert already').toBeNull();
    expect(headline()).toMatch(/^NVIDIA GeForce RTX 4090 held back/);

    await waitFor(() => expect(page().getByLabelText('Snooze until it clears: CPU busy at 99 %')).toBeDefined());
    await fireEvent.click(page().getByLabelText('Snooze until it clears: CPU busy at 99 %'));
    expect(snooze).toHaveBeenLastCalledWith('cpu-busy', 'cpu', null, null);

    await fireEvent.click(page().getByLabelText('Take back the snooze: NVIDIA GeForce RTX 4090 at 91 °C'));
    expect(unsnooze).toHaveBeenCalledWith('gpu-hot', 'gpu:GPU-1c7a', null);
    await waitFor(() => expect(page().getByTestId('alert-gpu-hot').dataset.snoozed).toBe('false'));
    expect(headline()).toMatch(/^NVIDIA GeForce RTX 4090 at 91/);
  });

  test('of a rule that tells people apart, one can be snoozed and the others stay loud', async () => {
    const machine = new Fixture('alarm');
    const use = (key: string, identity: string) => ({
      ...(machine.alerts[1] as AlertInfo),
      ...{ rule: 'unexpected-use', key, identity, title: `${identity} uses RTX and never did before` },
    });
    machine.alerts = [use('program:x', 'xmrig'), use('program:b', 'Blender')];
    const [snooze, unsnooze] = [vi.spyOn(machine, 'snooze'), vi.spyOn(machine, 'unsnooze')];
    render(App, { backend: machine });
    await vi.advanceTimersByTimeAsync(50);
    await fireEvent.click(page().getByLabelText('Snooze 1 h: xmrig uses RTX and never did before'));
    expect(snooze).toHaveBeenCalledWith('unexpected-use', 'gpu:GPU-1c7a', 'program:x', NOW.getTime() / 1000 + 3600);
    const snoozed = () =>
      page()
        .getAllByTestId('alert-unexpected-use')
        .map((row) => row.dataset.snoozed);
    await waitFor(() => expect(snoozed()).toEqual(['false', 'true']));
    expect(headline()).toMatch(/^Blender uses RTX/);

    // It is over, and the snooze is told by itself.
    machine.alerts = machine.alerts.slice(1);
    machine.push();
    await waitFor(() => {
      const told = page().getByTestId('snoozes').textContent;
      expect(told).toMatch(/Alerts of unexpected-use by xmrig on NVIDIA GeForce RTX 4090, until/);
    });
    await fireEvent.click(page().getByLabelText(/^Take back: Alerts of unexpected-use by xmrig/));
    expect(unsnooze).toHaveBeenCalledWith('unexpected-use', 'gpu:GPU-1c7a', 'program:x');
    await waitFor(() => expect(page().queryByTestId('snoozes')).toBeNull());
  });

  test('a snooze that fails is told', async () => {
    const machine = new Fixture('alarm');
    vi.spyOn(machine, 'snooze').mockRejectedValue({ code: 'read_only', message: 'The database cannot be written.' });
    render(App, { backend: machine });
    await vi.advanceTimersByTimeAsync(50);
    await fireEvent.click(page().getByLabelText(/^Snooze 1 h: CPU/));
    await waitFor(() => expect(screen.getByTestId('banner-failure').textContent).toContain('cannot be written'));
  });

  test('where there is none, it says what is watched, what was, and how often each rule fired', async () => {
    await show('fine');
    expect(page().getByTestId('alerts-none').textContent).toBe('No alerts. 4 rules watched.');
    expect(page().getByTestId<HTMLDetailsElement>('alerts-rules').open, 'nothing else is to be said').toBe(true);
    const now = (rule: string) => page().getByTestId(rule).querySelector('.now')?.textContent?.trim();
    expect(now('rule-of-cpu-hot')).toMatch(/^now \d+ °C$/);
    expect(now('rule-of-gpu-lost'), 'it compares no value').toBe('');
    expect(page().getByTestId('alerts-latest').querySelectorAll('tbody tr')).toHaveLength(1);
    const earlier = page().getByTestId<HTMLDetailsElement>('alerts-past');
    earlier.open = true;
    await fireEvent(earlier, new Event('toggle'));
    const rows = (id: string) =>
      [...page().getByTestId(id).querySelectorAll('tbody tr')].map((row) =>
        [...row.querySelectorAll('td')].slice(1).map((cell) => cell.textContent?.trim()),
      );
    expect(rows('alerts-past')).toEqual([['NVIDIA GeForce RTX 4090 at 91 °C', '7 min']]);
    const rules = [...page().getByTestId('alerts-rules').querySelectorAll('li')].map((row) =>
      row.querySelector('.words')?.textContent?.replace(/\s+/g, ' ').trim(),
    );
    expect(rules).toEqual([
      'Margin to slowdown below 5 °C for 1 min gpu-hot · critical · built in · 1× in 24 h',
      'CPU temperature above 95 °C for 2 min cpu-hot · warning · built in, changed · not in 24 h',
      'Disk temperature above 60 °C own-disk · warning · your own · not in 24 h',
      'A source is lost for 30 s, on gpu:* gpu-lost · critical · built in · not in 24 h',
    ]);
  });

  test('where some stand, their rules say so, and are folded', async () => {
    await show('alarm');
    const rules = page().getByTestId<HTMLDetailsElement>('alerts-rules');
    const now = (rule: string) => page().getByTestId(`rule-of-${rule}`).querySelector('.now')?.textContent?.trim();
    expect(rules.open).toBe(false);
    expect(now('gpu-hot')).toContain('fires');
    expect(now('cpu-hot'), 'no value is looked for that nobody sees').toBe('');
    rules.open = true;
    await fireEvent(rules, new Event('toggle'));
    expect(now('cpu-hot')).toMatch(/^now \d+ °C$/);
  });

  test('while nobody records nothing is watched', async () => {
    await show('off');
    expect(page().getByTestId('alerts-none').textContent).toBe('Nothing is watched while the recorder is off.');
  });
});

test('the legend shows the value of now while there is one, and the last one once the recorder is gone', async () => {
  const { machine } = await show('fine');
  await fireEvent.click(screen.getByTestId('card-cpu').querySelector('[data-metric="cpu.utilization"]') as Element);
  await vi.advanceTimersByTimeAsync(20);
  const value = () => document.querySelector('.legend tbody td')?.textContent;
  const status = machine.status();
  const cpu = status.sources.find((source) => source.id === 'cpu');
  if (cpu) cpu.metrics = { ...cpu.metrics, 'cpu.utilization': { value: 98.4, unit: '%' } };
  vi.spyOn(machine, 'status').mockImplementation(() => structuredClone(status));
  machine.push();
  await waitFor(() => expect(value()).toBe('98 %'));
  expect(screen.getByTestId('cursor-time').textContent).toBe('now');

  if (cpu) cpu.metrics = {};
  machine.push();
  await waitFor(() => expect(value()).toBe('–'));

  status.recorder.state = 'off';
  machine.push();
  await waitFor(() => expect(screen.getByTestId('cursor-time').textContent).toBe('last'));
  expect(value()).toMatch(/^\d/);
});

test('what a machine never reports is neither drawn nor said', async () => {
  const machine = new Fixture('server');
  const status = machine.status();
  for (const source of status.sources) if (source.kind === 'cpu' || source.kind === 'core') source.metrics = {};
  vi.spyOn(machine, 'status').mockReturnValue(status);
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  expect(screen.getByTestId('metric-picker')).toHaveProperty('value', 'memory.used');
  expect(document.querySelector('.cores')).toBeNull();
});

test('a recording that has just begun opens with minutes, and with one message at most', async () => {
  const machine = new Fixture('young');
  vi.spyOn(machine, 'history').mockImplementation(({ metric }) =>
    Promise.resolve({ schema: 1, metric, unit: '%', series: [] }),
  );
  render(App, { backend: machine });
  await vi.advanceTimersByTimeAsync(50);
  expect(screen.getByTestId('range-5m').getAttribute('aria-pressed')).toBe('true');
  expect(screen.getByTestId('chart-young')).toBeDefined();
  expect(screen.queryByTestId('chart-empty')).toBeNull();
});

describe('states', () => {
  test('recording: it can be paused, and resumed', async () => {
    const { pause, resume } = await show('fine');
    expect(recorder().dataset.state).toBe('recording');
    await fireEvent.click(screen.getByTestId('pause'));
    expect(pause).toHaveBeenCalledWith(NOW.getTime() / 1000 + 3600);
    await waitFor(() => expect(recorder().dataset.state).toBe('paused'));
    expect(headline()).toMatch(/^Recording is paused until .*\.$/);
    await fireEvent.click(screen.getByTestId('resume'));
    expect(resume).toHaveBeenCalled();
    await waitFor(() => expect(recorder().dataset.state).toBe('recording'));
  });

  test('off: it says since when, greys what is old, and can be started', async () => {
    const { startRecorder } = await show('off');
    expect(headline()).toMatch(/^Nothing is recorded: the recorder is off since .*\.$/);
    expect(document.querySelector('main.greyed')).not.toBeNull();
    await fireEvent.click(screen.getByTestId('start'));
    expect(startRecorder).toHaveBeenCalled();
    await waitFor(() => expect(recorder().dataset.state).toBe('recording'));
    expect(document.querySelector('main.greyed')).toBeNull();
  });

  test('stale: it says for how long', async () => {
    const { machine } = await show('stale');
    machine.push();
    // Until two ticks were seen, the longest tick is assumed.
    await vi.advanceTimersByTimeAsync(3000);
    expect(screen.getByTestId('banner-stale').textContent).toMatch(/No data for 1\d s\./);
    expect(recorder().dataset.state).toBe('stale');
  });

  test('the first minute: the chart says that it fills', async () => {
    await show('young');
    expect(screen.getByTestId('chart-young').textContent).toBe('Recording for 12 s; the chart fills as time passes.');
    expect(recorder().textContent).toContain('Recording for 12 s');
    expect(screen.getByTestId('chart').parentElement?.contains(screen.getByTestId('chart-young'))).toBe(false);
  });

  test('nothing recorded yet', async () => {
    await show('none');
    expect(headline()).toBe('Nothing is recorded yet.');
    expect(screen.getByTestId('unreadable').dataset.code).toBe('no_recording');
    expect(screen.getByTestId('start')).toBeDefined();
  });

  test('settings with a mistake: where, why, what to do, and what holds meanwhile', async () => {
    const machine = new Fixture('fine');
    render(App, { backend: machine });
    await vi.advanceTimersByTimeAsync(50);
    expect(screen.queryByTestId('banner-config')).toBeNull();
    const reason = 'There is no metric "gpu.temp\u202e".';
    const trouble = {
      file: '/home/anna/.config/hoofbeat/config.toml',
      line: 12,
      reason,
      remedy: 'Write "gpu.temperature".',
    };
    machine.tell({ kind: 'config', trouble: { ...trouble, in_force: 'last_good' } });
    const banner = await screen.findByTestId('banner-config');
    const words = () => banner.textContent?.replace(/\s+/g, ' ').trim();
    expect(words()).toBe(
      'The settings have a mistake in line 12. There is no metric "gpu.temp\ufffd". Write "gpu.temperature". ' +
        '/home/anna/.config/hoofbeat/config.toml · ' +
        'Until that is mended, the last settings without a mistake hold.',
    );
    machine.tell({ kind: 'config', trouble: { ...trouble, line: null, in_force: 'defaults' } });
    await waitFor(() =>
      expect(words()).toMatch(/^The settings have a mistake\. .*config\.toml · .* built-in rules hold\.$/),
    );
    machine.tell({ kind: 'config', trouble: null });
    await waitFor(() => expect(screen.queryByTestId('banner-config')).toBeNull());
  });

  test('a recorder that cannot be started: the reason in words, and details to hand on', async () => {
    await show('broken-start');
    const banner = screen.getByTestId('banner-start');
    expect(banner.textContent).toContain('The recorder could not be started');
    expect(banner.querySelector('code')?.textContent).toMatch(/^Hoofbeat: recorder_start: /);
  });

  test('history that cannot be read: the reason, and another try', async () => {
    const { history } = await show('failing');
    expect(screen.getByTestId('chart-failure').textContent).toContain('The database is damaged');
    const asked = history.mock.calls.length;
    await fireEvent.click(screen.getByText('Try again'));
    expect(history.mock.calls.length).toBe(asked + 1);
  });

  test('before anything has arrived there is a skeleton, not a blank', async () => {
    const machine = new Fixture('fine');
    vi.spyOn(machine, 'subscribe').mockReturnValue(new Promise(() => {}));
    render(App, { backend: machine });
    expect(screen.getByTestId('loading')).toBeDefined();
  });

  test('a metric that goes absent keeps its place and shows a dash', async () => {
    const { machine } = await show('fine');
    const status = machine.status();
    const cpu = status.sources.find((source) => source.id === 'cpu');
    delete cpu?.metrics['cpu.frequency'];
    vi.spyOn(machine, 'status').mockImplementation(() => structuredClone(status));
    machine.push();
    const value = () => screen.getByTestId('card-cpu').querySelector('[data-metric="cpu.frequency"] .number');
    await waitFor(() => expect(value()?.textContent).toBe('–'));
    expect(value()?.getAttribute('aria-label')).toBe('not read');
  });
});

test('only changes of state are spoken', async () => {
  const { machine } = await show('fine');
  const spoken = () => document.querySelector('[aria-live="polite"]')?.textContent;
  expect(spoken()).toBe('Recording');
  machine.now = () => NOW.getTime() / 1000 + 5;
  machine.push();
  await vi.advanceTimersByTimeAsync(2000);
  expect(spoken()).toBe('Recording');
});

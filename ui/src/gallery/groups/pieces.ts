/** The small ones, of which others are made. */

import { mount } from 'svelte';
import Cores from '../../lib/components/Cores.svelte';
import Details from '../../lib/components/Details.svelte';
import HealthBadge from '../../lib/components/HealthBadge.svelte';
import HourStrip from '../../lib/components/HourStrip.svelte';
import Logo from '../../lib/components/Logo.svelte';
import Meter from '../../lib/components/Meter.svelte';
import Sentence from '../../lib/components/Sentence.svelte';
import Sparkline from '../../lib/components/Sparkline.svelte';
import Sure from '../../lib/components/Sure.svelte';
import Users from '../../lib/components/Users.svelte';
import Value from '../../lib/components/Value.svelte';
import type { SourceStatus } from '../../lib/types/generated/SourceStatus';
import Menu from '../../lib/export/Menu.svelte';
import type { Matter } from '../../lib/export/matter';
import { exhibit, first, GPU, sourceOf, type Exhibit, type Group, type Setting } from '../exhibit';

const WIDTH = 304;

function piece(id: string, title: string, draw: Exhibit['draw'], more: Partial<Exhibit> = {}): Exhibit {
  return exhibit(id, title, draw, { width: WIDTH, ...more });
}

function metric({ board }: Setting, key: string) {
  const found = board.metric(key);
  if (!found) throw new Error(`the table has no metric ${key}`);
  return found;
}

const value = (id: string, title: string, key: string, more: { big?: boolean; isAbsent?: boolean } = {}) =>
  piece(id, title, (at, setting) => {
    const source = sourceOf(setting, GPU, more.isAbsent ? { metrics: {} } : {});
    return mount(Value, { ...at, props: { source, metric: metric(setting, key), big: more.big ?? false } });
  });

const users = (id: string, title: string, more: (source: SourceStatus) => Partial<SourceStatus>, scene?: 'hostile') =>
  exhibit(
    id,
    title,
    (at, setting) => {
      const source = sourceOf(setting, GPU);
      return mount(Users, { ...at, props: { source: { ...source, ...more(source) } } });
    },
    scene ? { scene } : {},
  );

const meter = (id: string, title: string, part: number) =>
  piece(id, title, (at) => mount(Meter, { ...at, props: { part, whole: 100, label: 'Space used' } }));

const hours = (id: string, title: string, count: (hour: number) => number) =>
  piece(id, title, (at) =>
    mount(HourStrip, { ...at, props: { hours: Array.from({ length: 24 }, (_, at) => count(at)) } }),
  );

const badge = (health: SourceStatus['health'], reason = '') =>
  piece(
    `badge-${health}${reason === '' ? '' : '-idle'}`,
    `Health: ${health}${reason === '' ? '' : ', idle'}`,
    (at, setting) => mount(HealthBadge, { ...at, props: { source: sourceOf(setting, GPU, { health, reason }) } }),
  );

const cores = (id: string, title: string, scene: 'fine' | 'many', isRead = true) =>
  exhibit(
    id,
    title,
    (at, { board }) => {
      const all = board.sources.filter((source) => source.kind === 'core');
      return mount(Cores, { ...at, props: { cores: isRead ? all : all.map((core) => ({ ...core, metrics: {} })) } });
    },
    { scene },
  );

const FAILURE = { code: 'full', message: 'The disk is full.' } as const;
const sure = (id: string, title: string, more: Partial<Exhibit> = {}, disabled = false) =>
  piece(
    id,
    title,
    (at) => mount(Sure, { ...at, props: { label: 'Forget', sure: 'Forget it?', disabled, act: () => undefined } }),
    more,
  );

/** What is taken along: of a GPU's users a table, and of the chart a picture, too. */
const menu = (id: string, title: string, matter: (setting: Setting) => Matter) =>
  piece(id, title, (at, setting) => mount(Menu, { ...at, props: { matter: () => matter(setting) } }));

export const pieces: Group = {
  id: 'pieces',
  title: 'Pieces',
  about: 'Values, bars, lines, badges and buttons: what cards and lists are made of.',
  exhibits: [
    value('value', 'Value', 'gpu.temperature'),
    value('value-big', 'Value: large', 'gpu.utilization', { big: true }),
    value('value-words', 'Value: in words', 'gpu.throttle'),
    value('value-absent', 'Value: not read', 'gpu.power', { isAbsent: true }),
    piece('spark', 'Last minutes', (at) =>
      mount(Sparkline, { ...at, props: { source: GPU, metric: 'gpu.utilization' } }),
    ),
    piece('spark-none', 'Last minutes: none', (at) =>
      mount(Sparkline, { ...at, props: { source: 'gpu:unknown', metric: 'gpu.utilization' } }),
    ),
    meter('meter-empty', 'Part of a whole: nothing', 0),
    meter('meter', 'Part of a whole', 42),
    meter('meter-full', 'Part of a whole: nearly all', 96),
    menu('take-picture', 'Copy or save: a chart', ({ board, chart }) => ({ kind: 'chart', board, chart, colors: [] })),
    menu('take-table', 'Copy or save: a table', (setting) => ({
      kind: 'users',
      source: sourceOf(setting, GPU),
      now: setting.board.now,
    })),
    badge('asleep'),
    badge('asleep', 'idle; let go, so that it may sleep'),
    badge('lost'),
    badge('denied'),
    badge('unsupported'),
    badge('stale'),
    users('users', 'Who uses it', () => ({})),
    users('users-hostile', 'Who uses it: names of strangers', () => ({}), 'hostile'),
    users('users-unseen', 'Who uses it: nobody that can be seen', ({ metrics }) => ({
      processes: [],
      metrics: { ...metrics, 'gpu.remainder': { value: 93, unit: '%' } },
    })),
    users('users-unshared', 'Who uses it: shares not told', ({ processes }) => ({
      processes: processes.slice(0, 3).map((one) => ({ ...one, share: null })),
    })),
    cores('cores', 'Cores', 'fine'),
    cores('cores-many', 'Cores: 128', 'many'),
    cores('cores-unread', 'Cores: not read now', 'fine', false),
    hours('hours', 'Hours of the day', (hour) => (hour > 8 && hour < 18 ? 3 + (hour % 4) : 0)),
    hours('hours-all', 'Hours of the day: all', () => 2),
    hours('hours-none', 'Hours of the day: no habit', () => 0),
    sure('sure', 'Sure? asked once'),
    sure('sure-twice', 'Sure? pressed', { act: (root) => first(root, 'button').click() }),
    sure('sure-locked', 'Sure? not now', {}, true),
    piece('details', 'Details: folded', (at) => mount(Details, { ...at, props: { failure: FAILURE } })),
    piece('details-open', 'Details', (at) => mount(Details, { ...at, props: { failure: FAILURE } }), {
      act: (root) => first(root, 'details').setAttribute('open', ''),
    }),
    piece('sentence', 'Sentence: each tone', (at) =>
      mount(Sentence, {
        ...at,
        props: {
          pieces: [
            { text: 'The GPU is at ' },
            { text: '91 °C', metric: 'gpu.temperature', source: GPU, tone: 'bad', after: ',' },
            { text: ' ' },
            { text: '/home', tone: 'warn' },
            { text: ' is full, and the fan is ' },
            { text: 'back at work', tone: 'good', after: '.' },
          ],
        },
      }),
    ),
    piece('logo', 'Mark', (at) => mount(Logo, at)),
  ],
};

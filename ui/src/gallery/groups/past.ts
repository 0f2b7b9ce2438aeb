/** The parts of the page of the past. */

import { mount } from 'svelte';
import type { Fixture } from '../../fixture/fixture';
import type { Scene } from '../../fixture/machine';
import Bar from '../../lib/components/past/Bar.svelte';
import Changed from '../../lib/components/past/Changed.svelte';
import Episodes from '../../lib/components/past/Episodes.svelte';
import Happened from '../../lib/components/past/Happened.svelte';
import HeldBack from '../../lib/components/past/HeldBack.svelte';
import Marks from '../../lib/components/past/Marks.svelte';
import Ribbons from '../../lib/components/past/Ribbons.svelte';
import Stack from '../../lib/components/past/Stack.svelte';
import { grouped, marksOf } from '../../lib/past/marks';
import { Past, type Found } from '../../lib/past/past.svelte';
import { gaps, Scale } from '../../lib/past/scale';
import { living, SPANS } from '../../lib/past/stretch';
import History from '../../pages/History.svelte';
import { exhibit, first, never, type Exhibit, type Group, type Place, type Setting } from '../exhibit';

const WIDTH = 1080;

/** A part of the page, once the last day has been read. */
function part(
  id: string,
  title: string,
  draw: (at: Place, past: Past, found: Found, setting: Setting) => Record<string, unknown>,
  more: Partial<Exhibit> & { span?: string } = {},
): Exhibit {
  const read = async (at: Place, setting: Setting) => {
    const past = new Past(setting.board, setting.route);
    const span = SPANS.find((one) => one.id === (more.span ?? '6h'));
    await past.load(span ? living(span, setting.board.now) : past.stretch());
    if (!past.found) throw new Error('nothing was found');
    return draw(at, past, past.found, setting);
  };
  return exhibit(id, title, read, { width: WIDTH, ...more });
}

const stack = (id: string, title: string, scene: Scene, more: Partial<Exhibit> & { span?: string } = {}) =>
  part(id, title, (at, past, found) => mount(Stack, { ...at, props: { past, found } }), { scene, ...more });

const episodes = (id: string, title: string, scene: Scene, change: (found: Found) => Partial<Found> = () => ({})) =>
  part(
    id,
    title,
    (at, _, found) =>
      mount(Episodes, { ...at, props: { found: { ...found, ...change(found) }, show: () => undefined } }),
    { scene, width: 760, span: '7d' },
  );

const ribbons = (id: string, title: string, cursor: (found: Found) => number | null) =>
  part(id, title, (at, _, found) => {
    const { from, to } = found.stretch;
    if (!found.ribbons) throw new Error('the machine tells no ribbons');
    const holes = gaps(found.strips[0]?.lines[0], from, to);
    const props = { ribbons: found.ribbons, stretch: [from, to] as const, cursor: cursor(found), holes };
    return mount(Ribbons, { ...at, props });
  });

const happened = (id: string, title: string, scene: Scene) =>
  part(id, title, (at, past, found) => mount(Happened, { ...at, props: { past, found } }), { scene, width: 416 });

const changed = (id: string, title: string, more: Partial<NonNullable<Found['changes']>>, scene: Scene = 'fine') =>
  part(
    id,
    title,
    (at, _, { changes }) => {
      if (!changes) throw new Error('the machine tells no changes');
      return mount(Changed, { ...at, props: { changes: { ...changes, ...more } } });
    },
    { scene, width: 416 },
  );

/** Nothing of one metric can be read. */
function withoutPower(machine: Fixture): void {
  const history = machine.history.bind(machine);
  machine.history = (query) =>
    query.metric === 'gpu.power'
      ? Promise.reject({ code: 'damaged', message: 'The database is damaged: page 17 is not what its checksum says.' })
      : history(query);
}

const scaleOf = ({ stretch }: Found) => new Scale(stretch.from, stretch.to, WIDTH - 24);

export const past: Group = {
  id: 'past',
  title: 'History',
  about: 'Charts below each other, who used the GPU, what happened, and what was otherwise.',
  exhibits: [
    part('bar', 'What is shown', (at, past) => mount(Bar, { ...at, props: { past } })),
    part('bar-open', 'What is shown: another time', (at, past) => mount(Bar, { ...at, props: { past } }), {
      height: 260,
      act: (root) => first(root, '[data-testid="past-words"]').click(),
    }),
    part('bar-server', 'What is shown: no GPU', (at, past) => mount(Bar, { ...at, props: { past } }), {
      scene: 'server',
    }),
    stack('stack', 'Charts of 6 hours, with a gap', 'fine'),
    stack('stack-hour', 'Charts of an hour', 'fine', { span: '1h' }),
    stack('stack-hostile', 'Charts: names of strangers', 'hostile'),
    stack('stack-server', 'Charts: no GPU', 'server'),
    stack('stack-young', 'Charts: the first minute', 'young', { span: '15m' }),
    stack('stack-failing', 'Charts: one cannot be read', 'fine', { prepare: withoutPower }),
    ribbons('ribbons', 'Who used it', () => null),
    ribbons('ribbons-cursor', 'Who used it: at a moment', ({ stretch }) => stretch.to - 1800),
    part(
      'marks',
      'What happened',
      (at, _, found, { board }) => {
        const around = { now: found.stretch.to, sources: board.sources, metrics: board.metrics };
        const all = marksOf(found.marks, [found.stretch.from, found.stretch.to], found.gpu, around);
        const scale = scaleOf(found);
        const marks = grouped(all, scale.seconds(16));
        // The first one tells its story.
        const pointed = marks[0]?.events.map(({ key }) => key) ?? [];
        return mount(Marks, { ...at, props: { marks, scale, now: board.now, pointed, point: () => undefined } });
      },
      { height: 140 },
    ),
    part('held', 'What held it back', (at, _, found) => {
      const { from, to } = found.stretch;
      const held = [
        { from, to: from + 7200, bits: 0b11 },
        { from: to - 3600, to: to - 3500, bits: 0b1 },
      ];
      return mount(HeldBack, { ...at, props: { held, scale: scaleOf(found), pointed: [], point: () => undefined } });
    }),
    episodes('episodes', 'Episodes', 'fine'),
    episodes('episodes-hostile', 'Episodes: names of strangers', 'hostile'),
    episodes('episodes-many', 'Episodes: many', 'fine', ({ episodes: few }) => ({
      episodes: Array.from({ length: 29 }, () => few)
        .flat()
        .map((one, id) => ({ ...one, id })),
    })),
    episodes('episodes-none', 'Episodes: none', 'fine', () => ({ episodes: [] })),
    happened('happened', 'Events', 'fine'),
    happened('happened-hostile', 'Events: names of strangers', 'hostile'),
    happened('happened-young', 'Events: the first minute', 'young'),
    changed('changed', 'What changed', {}),
    changed('changed-hostile', 'What changed: names of strangers', {}, 'hostile'),
    changed('changed-none', 'What changed: nothing', { changes: [] }),
    changed('changed-first', 'What changed: no time before', { before: null, changes: [] }),
    exhibit('loading', 'The history is being read', (at) => mount(History, at), {
      ...{ width: WIDTH, height: 520 },
      prepare: (machine) => (machine.history = never),
    }),
  ],
};

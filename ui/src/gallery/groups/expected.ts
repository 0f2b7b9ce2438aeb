/** Who may use a GPU: what is declared, what was learnt, and the form. */

import { mount } from 'svelte';
import type { Scene } from '../../fixture/machine';
import DeclaredRows from '../../lib/components/DeclaredRows.svelte';
import ExpectEditor from '../../lib/components/ExpectEditor.svelte';
import HabitRows from '../../lib/components/HabitRows.svelte';
import { Expectations } from '../../lib/expected.svelte';
import { exhibit, first, never, type, type Exhibit, type Group, type Place, type Setting } from '../exhibit';

const WIDTH = 860;
const BROKEN = { code: 'bad_config', message: 'config.toml, line 12: the expectation has no name.' } as const;

/** Something that is drawn of what was read. */
function read(
  id: string,
  title: string,
  draw: (at: Place, desk: Expectations, setting: Setting) => Record<string, unknown>,
  more: Partial<Exhibit> = {},
): Exhibit {
  const after = async (at: Place, setting: Setting) => {
    const desk = new Expectations(setting.machine);
    await desk.read();
    return draw(at, desk, setting);
  };
  return exhibit(id, title, after, { width: WIDTH, ...more });
}

const declared = (id: string, title: string, scene: Scene) =>
  read(
    id,
    title,
    (at, desk) => mount(DeclaredRows, { ...at, props: { declared: desk.expected?.declared ?? [], desk } }),
    { scene },
  );

const habits = (id: string, title: string, more: Partial<Exhibit> = {}) =>
  read(
    id,
    title,
    (at, desk) =>
      mount(HabitRows, { ...at, props: { habits: desk.habits?.habits ?? [], desk, declare: () => undefined } }),
    more,
  );

const form = (id: string, title: string, whose: string | null, more: Partial<Exhibit> = {}) =>
  read(
    id,
    title,
    (at, desk) => {
      const habit = desk.habits?.habits.find((one) => one.key === whose) ?? null;
      const props = {
        keys: desk.expected?.keys ?? [],
        habit,
        onadded: () => Promise.resolve(),
        onclosed: () => undefined,
      };
      return mount(ExpectEditor, { ...at, props });
    },
    { width: 760, height: 640, isFramed: true, ...more },
  );

export const expected: Group = {
  id: 'expected',
  title: 'Expected',
  about: 'Who may, must and must not use a GPU, who was seen there, and what a person says of it.',
  exhibits: [
    declared('declared', 'Declared: one differs now', 'fine'),
    declared('declared-hostile', 'Declared: names of strangers', 'hostile'),
    habits('habits', 'Seen: two wait for an answer'),
    habits('habits-hostile', 'Seen: names of strangers', { scene: 'hostile' }),
    habits('habits-said', 'Seen: an answer is under way', {
      prepare: (machine) => (machine.trust = never),
      act: (root) => first(root, '[data-testid="habit-program:xmrig"] .primary').click(),
    }),
    habits('habits-paused', 'Seen: an answer that waits for the recorder', {
      scene: 'paused',
      prepare: (machine) => (machine.trust = never),
      act: (root) => first(root, '[data-testid="habit-program:xmrig"] .primary').click(),
    }),
    form('form', 'A new expectation', null),
    form('form-known', 'An expectation for somebody', 'program:steam'),
    form('form-wrong', 'An expectation with a mistake', 'program:steam', {
      act: (root) => type(first(root, '[data-testid="expect-hours"]'), 'late'),
    }),
    form('form-refused', 'An expectation that cannot be saved', 'program:steam', {
      prepare: (machine) => {
        machine.addExpectation = () => Promise.reject(BROKEN);
      },
      act: (root) => first(root, '[data-testid="expect-save"]').click(),
    }),
  ],
};

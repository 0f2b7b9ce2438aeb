/** Settings one by one, and the cards below them. */

import { mount } from 'svelte';
import type { Fixture } from '../../fixture/fixture';
import type { Scene } from '../../fixture/machine';
import AboutCard from '../../lib/components/AboutCard.svelte';
import DataCard from '../../lib/components/DataCard.svelte';
import LoginCard from '../../lib/components/LoginCard.svelte';
import LookCard from '../../lib/components/LookCard.svelte';
import SettingRow from '../../lib/components/SettingRow.svelte';
import { Desk } from '../../lib/settings.svelte';
import { exhibit, first, type, type Exhibit, type Group, type Place, type Setting } from '../exhibit';

const BROKEN = { code: 'bad_config', message: 'config.toml, line 3: "tick" is given twice; take one out.' } as const;

const LOCKED = {
  code: 'io',
  message: 'Starting at login is not changed: ~/.config/autostart/hoofbeat.desktop: Permission denied.',
} as const;

/** Something that is drawn of what was read. */
function read(
  id: string,
  title: string,
  draw: (at: Place, desk: Desk, setting: Setting) => Record<string, unknown>,
  more: Partial<Exhibit> = {},
): Exhibit {
  const after = async (at: Place, setting: Setting) => {
    const desk = new Desk(setting.machine);
    await desk.read();
    return draw(at, desk, setting);
  };
  return exhibit(id, title, after, { width: 720, ...more });
}

/** The row of one setting, by its section and key. */
const row = (id: string, title: string, name: string, more: Partial<Exhibit> = {}) =>
  read(
    id,
    title,
    (at, desk) => {
      const setting = desk.settings?.settings.find(({ section, key }) => `${section}.${key}` === name);
      if (!setting) throw new Error(`the made-up machine has no setting ${name}`);
      return mount(SettingRow, { ...at, props: { setting, desk } });
    },
    more,
  );

const data = (id: string, title: string, more: Partial<Exhibit> & { scene?: Scene } = {}) =>
  read(id, title, (at, desk) => mount(DataCard, { ...at, props: { desk } }), more);

const about = (id: string, title: string, more: Partial<Exhibit> = {}) =>
  read(id, title, (at, desk) => mount(AboutCard, { ...at, props: { desk } }), more);

async function deleting(machine: Fixture): Promise<void> {
  const told = machine.data;
  machine.data = async () => ({ ...(await told()), awaits_deletion: true });
}

/** The file gets a mistake after it was read. */
function breaks(machine: Fixture): void {
  machine.saveSetting = () => Promise.reject(BROKEN);
}

export const settings: Group = {
  id: 'settings',
  title: 'Settings',
  about: 'A setting of each form in each state, what the recording takes, how pages look, and what Hoofbeat is.',
  exhibits: [
    row('text', 'Text: the default', 'recording.tick'),
    row('text-set', 'Text: set', 'keep.raw'),
    row('text-typed', 'Text: typed', 'keep.raw', { act: (root) => type(first(root, 'input'), '21d') }),
    row('text-wrong', 'Text: a mistake', 'keep.raw', { act: (root) => type(first(root, 'input'), 'for ever') }),
    row('text-refused', 'Text: cannot be saved', 'notify.enabled', {
      prepare: breaks,
      act: (root) => first(root, 'input').click(),
    }),
    row('number', 'Number', 'energy.price'),
    row('switch', 'Switch', 'baseline.report'),
    row('choice', 'Choice', 'notify.webhook.severity'),
    row('list', 'List', 'notify.command.run'),
    row('address', 'Address: none', 'notify.webhook.url'),
    row('address-set', 'Address: only its server is told', 'notify.webhook.url', {
      prepare: (machine) => void machine.saveSetting('notify.webhook', 'url', 'https://chat.example/hook/1', '1'),
    }),
    data('data', 'Data'),
    data('data-young', 'Data: the first minute', { scene: 'young' }),
    data('data-none', 'Data: nothing recorded', { scene: 'none' }),
    data('data-deleting', 'Data: it is being deleted', { prepare: (machine) => void deleting(machine) }),
    data('data-deleting-off', 'Data: deleted once the recorder runs', {
      scene: 'off',
      prepare: (machine) => void deleting(machine),
    }),
    data('data-sure', 'Data: sure?', { act: (root) => first(root, '[data-testid="delete"]').click() }),
    exhibit('look', 'Look', (at) => mount(LookCard, at), { width: 720 }),
    exhibit('login', 'Start: off', (at) => mount(LoginCard, at), { width: 720 }),
    exhibit('login-on', 'Start: on', (at) => mount(LoginCard, at), {
      width: 720,
      act: (root) => first(root, 'input').click(),
    }),
    exhibit('login-unknown', 'Start: nothing tells', (at) => mount(LoginCard, at), {
      width: 720,
      prepare: (machine) => {
        machine.startsAtLogin = async () => null;
      },
    }),
    exhibit('login-refused', 'Start: cannot be changed', (at) => mount(LoginCard, at), {
      width: 720,
      prepare: (machine) => {
        machine.startAtLogin = () => Promise.reject(LOCKED);
      },
      act: (root) => first(root, 'input').click(),
    }),
    about('about', 'About: nothing leaves'),
    about('about-server', 'About: alerts are sent away', {
      prepare: (machine) => void machine.saveSetting('notify.webhook', 'url', 'https://chat.example/hook/1', '1'),
    }),
    about('about-off', 'About: the recorder is off', { scene: 'off' }),
    about('about-broken', 'About: the file cannot be read', {
      prepare: (machine) => {
        machine.settings = () => Promise.reject(BROKEN);
      },
    }),
  ],
};

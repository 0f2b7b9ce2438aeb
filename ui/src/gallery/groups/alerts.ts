/** Alerts, what silences them, what happened, and the rules. */

import { mount } from 'svelte';
import type { Fixture } from '../../fixture/fixture';
import type { Scene } from '../../fixture/machine';
import Alerts from '../../lib/components/Alerts.svelte';
import Away from '../../lib/components/Away.svelte';
import Events from '../../lib/components/Events.svelte';
import RuleEditor from '../../lib/components/RuleEditor.svelte';
import Standing from '../../lib/components/Standing.svelte';
import { exhibit, first, GPU, type, type Exhibit, type Group } from '../exhibit';

const BROKEN = {
  code: 'bad_config',
  message: 'config.toml, line 12: the rule "gpu-warm" fires at "> hot"; write > or < and a number.',
} as const;

const list = (id: string, title: string, scene: Scene, more: Partial<Exhibit> = {}) =>
  exhibit(id, title, (at) => mount(Alerts, at), { scene, width: 820, ...more });

const unfold = (testid: string) => (root: HTMLElement) =>
  first(root, `[data-testid="${testid}"]`).setAttribute('open', '');

const rules = (id: string, title: string, scene: Scene, more: Partial<Exhibit> = {}) =>
  list(id, title, scene, { act: unfold('alerts-rules'), ...more });

/** One of the rules in the form; `null` is a new one. */
const form = (id: string, title: string, rule: string | null, more: Partial<Exhibit> = {}) =>
  exhibit(
    id,
    title,
    async (at, { machine }) => {
      const all = await machine.rules();
      const props = {
        rule: all.rules.find((one) => one.id === rule) ?? null,
        version: all.version,
        onchanged: () => Promise.resolve(),
        onclosed: () => undefined,
      };
      return mount(RuleEditor, { ...at, props });
    },
    { width: 760, height: 680, isFramed: true, ...more },
  );

/** The first alert recovers: it is below its limit, but not for long enough. */
function recovering(machine: Fixture): void {
  machine.alerts = machine.alerts.map((alert, at) =>
    at === 0
      ? { ...alert, is_back: true, value: 79, peak: 91, title: 'NVIDIA GeForce RTX 4090 at 79 °C, was 91 °C' }
      : alert,
  );
}

function snoozed(machine: Fixture): void {
  void machine.snooze('gpu-hot', GPU, null, machine.now() + 2400);
  void machine.snooze('cpu-busy', 'cpu', null, null);
  void machine.snooze('*', 'disk:nvme0', null, machine.now() + 86400);
}

/** More than there is room for, with names of strangers. */
function crowded(machine: Fixture): void {
  const [one] = machine.alerts;
  if (!one) return;
  const name = '<img src=x onerror=alert(1)>\u202egnp.exe a_training_script_with_a_name_that_nobody_types_twice.py';
  const more = Array.from({ length: 6 }, (_, at) => ({
    ...{ ...one, rule: 'unexpected-use', key: `program:${at}`, identity: name, severity: 'warning' as const },
    ...{ title: `${name} uses NVIDIA GeForce RTX 4090 and was never seen here before`, metric: null, value: null },
  }));
  machine.alerts = [...machine.alerts, ...more];
}

const shown = (id: string, title: string, component: typeof Events, scene: Scene, more: Partial<Exhibit> = {}) =>
  exhibit(id, title, (at) => mount(component, at), { scene, width: 520, ...more });

export const alerts: Group = {
  id: 'alerts',
  title: 'Alerts',
  about: 'What stands, what is snoozed, what was, the rules and their form, and events.',
  exhibits: [
    list('none', 'None', 'fine'),
    list('firing', 'Three fire, one is not long enough yet', 'alarm'),
    list('recovering', 'One recovers', 'alarm', { prepare: recovering }),
    list('snoozed', 'Some are snoozed', 'alarm', { prepare: snoozed }),
    list('crowded', 'Many, with names of strangers', 'alarm', { prepare: crowded }),
    list('paused', 'Paused', 'paused'),
    list('off', 'The recorder is off', 'off'),
    list('past', 'What was', 'fine', { act: unfold('alerts-past') }),
    list('past-none', 'What was: nothing', 'young', { act: unfold('alerts-past') }),
    rules('rules', 'Rules', 'fine'),
    rules('rules-hostile', 'Rules: texts of strangers', 'hostile'),
    rules('rules-broken', 'Rules: a mistake in the file', 'fine', {
      prepare: (machine) => {
        machine.rules = () => Promise.reject(BROKEN);
      },
    }),
    form('rule', 'A built-in rule', 'gpu-hot'),
    form('rule-changed', 'A rule that was changed', 'cpu-hot'),
    form('rule-own', 'A rule of one’s own', 'own-disk'),
    form('rule-new', 'A new rule', null, { height: 760 }),
    form('rule-wrong', 'A rule with a mistake', 'cpu-hot', {
      act: (root) => type(first(root, '[data-testid="rule-fire"]'), 'hot'),
    }),
    form('rule-refused', 'A rule that cannot be saved', 'cpu-hot', {
      prepare: (machine) => {
        machine.saveRule = () => Promise.reject(BROKEN);
      },
      act: (root) => first(root, '[data-testid="rule-save"]').click(),
    }),
    shown('away', 'While nobody was there', Away, 'fine', { width: 820 }),
    shown('away-hostile', 'While nobody was there: names of strangers', Away, 'hostile', { width: 820 }),
    shown('standing', 'On the first page', Standing, 'alarm'),
    shown('standing-crowded', 'On the first page: many', Standing, 'alarm', { prepare: crowded }),
    shown('events', 'Events', Events, 'fine'),
    shown('events-none', 'Events: none', Events, 'young'),
  ],
};

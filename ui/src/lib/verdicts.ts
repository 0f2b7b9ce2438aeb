/**
 * The verdict on each GPU as a sentence, made of plain text and of numbers that link to their evidence.
 *
 * What a GPU does and who makes it is decided in core (`why`), as for the command line and for the tray; here are only the
 * words, which are those of `sentence.rs` where there is no reason for others.
 */

import { aboutEnergy, aboutMoney, moment, text, throttleReasons } from './format';
import type { Piece } from './headline';
import { say, sayCount } from './language';
import { brief, processName, sourceName, visible } from './names';
import { pieced } from './pieces';
import type { CulpritInfo } from './types/generated/CulpritInfo';
import type { MoneyInfo } from './types/generated/MoneyInfo';
import type { SourceStatus } from './types/generated/SourceStatus';
import type { VerdictInfo } from './types/generated/VerdictInfo';

/** Use of less than this many seconds began just now. */
const LONG = 60;
/** Joules that are worth a word. */
const WORTH_TELLING = 360;
/** The most characters of why a GPU cannot be read. */
const LONG_REASON = 160;
/** A remainder that is worth a word, in percent. */
const UNSEEN = 10;

/** So many GPUs are told of in full; of more the others are only counted, so that what is said first stays short. */
const MOST_GPUS = 2;

/** A GPU with what is judged of it. */
interface Judged {
  verdict: VerdictInfo;
  gpu: SourceStatus;
  name: string;
}

/** What the GPUs do; who makes the busiest of them. Those that cannot be read are news only where no other can. */
export function gpuSentences(verdicts: readonly VerdictInfo[], all: readonly SourceStatus[], now: number): Piece[][] {
  const told = verdicts.flatMap((verdict): Judged[] => {
    const gpu = all.find((source) => source.id === verdict.source);
    return gpu ? [{ verdict, gpu, name: brief(sourceName(gpu, all)) }] : [];
  });
  const sentence = (one: Judged, isNamed: boolean) => awakeSentence(one.verdict, one.gpu, one.name, isNamed, now);
  const awake = told.filter((one) => sentence(one, false).length > 0);
  const [shown, rest] = foremost(awake.length > 0 ? awake : told);
  if (awake.length === 0) {
    return [...shown.map(({ verdict, name }) => [{ text: unreadWords(verdict, name) }]), ...counted(rest)];
  }
  const busiest = shown.toSorted((a, b) => (b.verdict.busy ?? -1) - (a.verdict.busy ?? -1))[0];
  return [...shown.map((one) => sentence(one, one === busiest)), ...counted(rest)];
}

/** Those that are told of, and the others: of many, first what is held back, hot or gone, then the busiest. */
function foremost(all: readonly Judged[]): [shown: readonly Judged[], rest: readonly Judged[]] {
  if (all.length <= MOST_GPUS) return [all, []];
  const urgent = ({ verdict }: Judged) => Number(URGENT.has(verdict.state));
  const first = all.toSorted(
    (a, b) => urgent(b) - urgent(a) || (b.verdict.busy ?? -1) - (a.verdict.busy ?? -1) || weight(b) - weight(a),
  );
  return [first.slice(0, MOST_GPUS), first.slice(MOST_GPUS)];
}

/** A GPU in such a state needs somebody. */
const URGENT = new Set<VerdictInfo['state']>(['throttled', 'hot-idle', 'lost', 'driver']);

/** Of those that are as busy as each other, one that costs something comes before one that does not. */
function weight({ verdict }: Judged): number {
  return verdict.state === 'idle-expensive' ? 1 : 0;
}

/** How many others there are, and what they do. */
function counted(rest: readonly Judged[]): Piece[][] {
  if (rest.length === 0) return [];
  const known = DOING.map(({ states, words }) => {
    const count = rest.filter(({ verdict }) => states?.includes(verdict.state) ?? !NAMED.has(verdict.state)).length;
    return count === 0 ? '' : words(count);
  });
  const doing = known.filter((words) => words !== '').join(', ');
  const places = { count: rest.length, doing };
  return [[{ text: sayCount(rest.length, '1 more GPU: {doing}', '{count} more GPUs: {doing}', places) }]];
}

/** What GPUs that are only counted do; those of no such state work. */
const DOING: readonly { states?: readonly VerdictInfo['state'][]; words: (count: number) => string }[] = [
  { states: ['throttled'], words: (count) => say('{count} held back', { count }) },
  { words: (count) => say('{count} busy', { count }) },
  { states: ['idle', 'idle-expensive', 'hot-idle'], words: (count) => say('{count} idle', { count }) },
  { states: ['asleep'], words: (count) => say('{count} asleep', { count }) },
  { states: ['lost'], words: (count) => say('{count} gone', { count }) },
  { states: ['driver', 'none'], words: (count) => say('{count} not read', { count }) },
];
const NAMED = new Set(DOING.flatMap(({ states }) => states ?? []));

/** Of a GPU that was read; nothing of one that was not. */
function awakeSentence(verdict: VerdictInfo, gpu: SourceStatus, name: string, named: boolean, now: number): Piece[] {
  const warm = evidence(verdict, 'gpu.temperature');
  const power = evidence(verdict, 'gpu.power');
  switch (verdict.state) {
    case 'asleep':
    case 'lost':
    case 'none':
      return [];
    case 'driver': {
      // It tells something, if not what it does.
      const value = gpu.health === 'ok' ? gpu.metrics['gpu.temperature'] : undefined;
      const piece = value && { text: text(value.value, value.unit), metric: 'gpu.temperature', source: gpu.id };
      return piece ? pieced(say('{gpu} is at {temperature}'), { gpu: name, temperature: piece }) : [];
    }
    case 'idle': {
      if (verdict.cause === 'let-go') return [];
      const places = { gpu: name, idle: { ...busy(verdict), text: say('idle') } };
      return warm
        ? pieced(say('{gpu} is {idle}, {temperature}'), { ...places, temperature: warm })
        : pieced(say('{gpu} is {idle}'), places);
    }
    case 'idle-expensive': {
      const idle = power
        ? pieced(say('{gpu} is idle and takes {power}'), { gpu: name, power })
        : pieced(say('{gpu} is idle'), { gpu: name });
      return monthly(verdict, [...idle, ...costly(verdict)]);
    }
    case 'hot-idle':
      return warm
        ? pieced(say('{gpu} is without work and hot, {temperature}: look at its fan and at the air around it'), {
            gpu: name,
            temperature: warm,
          })
        : pieced(say('{gpu} is without work and hot: look at its fan and at the air around it'), { gpu: name });
    default: {
      const head = heldBack(verdict, working(verdict, name, warm));
      return named ? who(verdict, head, now) : head;
    }
  }
}

/** Of a GPU that works, as far as it tells. */
function working(verdict: VerdictInfo, gpu: string, warm: Piece | null): Piece[] {
  if (verdict.busy === null) {
    return warm ? pieced(say('{gpu} is at {temperature}'), { gpu, temperature: warm }) : [{ text: gpu }];
  }
  const places = { gpu, share: busy(verdict) };
  return warm
    ? pieced(say('{gpu} is {share} busy, {temperature}'), { ...places, temperature: warm })
    : pieced(say('{gpu} is {share} busy'), places);
}

/** Of a GPU that was not read. */
function unreadWords(verdict: VerdictInfo, gpu: string): string {
  // It is a sentence of the recorder's, and often the only one that says what to do.
  const because = (words: string) =>
    verdict.reason ? `${words}: ${brief(visible(verdict.reason), LONG_REASON)}` : words;
  switch (verdict.state) {
    case 'asleep':
      return say('{gpu} is asleep', { gpu });
    case 'idle':
      return say('{gpu} is idle', { gpu });
    case 'lost':
      return because(say('{gpu} is gone', { gpu }));
    default:
      return because(say('{gpu} cannot be read', { gpu }));
  }
}

/** What it does, with who works on it, since when and at what cost, or why nobody is named. */
function who(verdict: VerdictInfo, state: readonly Piece[], now: number): Piece[] {
  const { culprits, cause } = verdict;
  const names = culprits.map((one) => nameOf(one) + (culprits.length > 1 ? ofGpu(one) : ''));
  const [first, second, ...more] = names;
  if (cause === 'unrecorded') return pieced(say('{state}; who used it then is not recorded'), { state });
  if (verdict.state === 'unattributed' || cause === 'no-shares') {
    const others = cause === 'no-shares' ? culprits.map((one) => holding(one, 0)) : names;
    const why = [unknown(verdict), ...others.slice(0, 2)].join('; ');
    return pieced(say('{state}, and the driver does not say by whom: {why}'), { state, why });
  }
  if (first === undefined) return [...state];
  const people = second === undefined ? first : several(first, second, more.length);
  const since = culprits[0]?.since ?? null;
  const long = since !== null && now - since >= LONG;
  const lasting = long ? say('{who} since {time}', { who: people, time: moment(since, now) }) : people;
  const alone = verdict.state === 'display' ? say('only the desktop, {who}', { who: lasting }) : lasting;
  const joules = culprits.reduce((sum, one) => sum + (one.energy ?? 0), 0);
  const cost = verdict.cost ? money(verdict.cost) : aboutEnergy(joules);
  const energy = joules >= WORTH_TELLING ? `, ${cost}` : '';
  const unseen = evidence(verdict, 'gpu.remainder');
  const told = [...state, { text: `: ${alone}${energy}` }];
  if (!unseen || (verdict.remainder ?? 0) < UNSEEN) return told;
  return pieced(say('{who}; {share} not visible'), { who: told, share: unseen });
}

function several(first: string, second: string, count: number): string {
  if (count === 0) return say('{first} and {second}', { first, second });
  const places = { first, second, count };
  return sayCount(count, '{first}, {second} and 1 more', '{first}, {second} and {count} more', places);
}

function unknown(verdict: VerdictInfo): string {
  switch (verdict.cause) {
    case 'said':
      return visible(verdict.reason ?? '');
    case 'instances':
      return say('it is cut into instances (MIG)');
    case 'elsewhere':
      return say('processes that this machine does not show, of another container');
    case 'no-shares':
      return say("it tells nobody's share");
    default:
      return say('other users, work that ended meanwhile, or the kernel');
  }
}

/** What keeps an idle GPU awake. */
function costly({ cause, culprits }: VerdictInfo): Piece[] {
  const [first, ...rest] = culprits;
  switch (cause) {
    case 'held':
      return first ? [{ text: `: ${holding(first, rest.length)}` }] : [];
    case 'screens':
      return [{ text: `: ${say('its screens keep its clocks up')}` }];
    case 'clocks':
      return [{ text: `: ${say('its clocks stay up, and nobody is seen to use it')}` }];
    default:
      return [];
  }
}

/** Who holds memory of a GPU, and how many others do. */
function holding(one: CulpritInfo, count: number): string {
  const who = nameOf(one);
  if (one.vram === null) {
    if (count === 0) return say('{who} holds', { who });
    return sayCount(count, '{who} and 1 more hold', '{who} and {count} more hold', { who, count });
  }
  const memory = text(one.vram, 'B');
  if (count === 0) return say('{who} holds {memory}', { who, memory });
  const places = { who, count, memory };
  return sayCount(count, '{who} and 1 more hold {memory}', '{who} and {count} more hold {memory}', places);
}

/** What it costs to leave it so, where a price is known. */
function monthly({ monthly_cost: cost }: VerdictInfo, idle: Piece[]): Piece[] {
  return cost === null ? idle : pieced(say('{idle}; {cost} a month'), { idle, cost: money(cost) });
}

/** So much money, as an estimate. */
export function money({ amount, currency }: MoneyInfo): string {
  return aboutMoney(amount, visible(currency));
}

function heldBack(verdict: VerdictInfo, state: Piece[]): Piece[] {
  const bits = verdict.evidence.find((one) => one.metric === 'gpu.throttle');
  if (verdict.state !== 'throttled' || !bits) return state;
  const limits = { text: throttleReasons(bits.value), metric: bits.metric, source: verdict.source };
  return pieced(say('{state}, held back by {limits}'), { state, limits });
}

function nameOf(one: CulpritInfo): string {
  return brief(processName(one.identity).trim() || say('process {pid}', { pid: one.pids[0] ?? '' }).trim());
}

function ofGpu(one: CulpritInfo): string {
  return one.share === null ? '' : ` ${text(one.share, '%')}`;
}

function busy(verdict: VerdictInfo): Piece {
  return { text: text(verdict.busy ?? 0, '%'), metric: 'gpu.utilization', source: verdict.source };
}

function evidence(verdict: VerdictInfo, metric: string): Piece | null {
  const sample = verdict.evidence.find((one) => one.metric === metric);
  return sample ? { text: text(sample.value, sample.unit), metric, source: verdict.source } : null;
}

/**
 * The verdict on each GPU as a sentence, made of plain text and of numbers that link to their evidence.
 *
 * What a GPU does and who makes it is decided in core (`why`), as for the command line and for the tray; here are only the
 * words, which are those of `sentence.rs` where there is no reason for others.
 */

import { aboutEnergy, aboutMoney, moment, text, throttleReasons } from './format';
import type { Piece } from './headline';
import { brief, sourceName, visible } from './names';
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

/** What the GPUs do; who makes the busiest of them. Those that cannot be read are news only where no other can. */
export function gpuSentences(verdicts: readonly VerdictInfo[], all: readonly SourceStatus[], now: number): Piece[][] {
  const busiest = [...verdicts].sort((a, b) => (b.busy ?? -1) - (a.busy ?? -1))[0];
  const told = verdicts.flatMap((verdict) => {
    const gpu = all.find((source) => source.id === verdict.source);
    return gpu ? [{ verdict, gpu, name: brief(sourceName(gpu, all)) }] : [];
  });
  const awake = told.map((one) => awakeSentence(one.verdict, one.gpu, one.name, one.verdict === busiest, now));
  const said = awake.filter((sentence) => sentence.length > 0);
  return said.length > 0 ? said : told.map(({ verdict, name }) => [{ text: `${name} ${unreadWords(verdict)}` }]);
}

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
      return piece ? [{ text: `${name} is at ` }, piece] : [];
    }
    case 'idle':
      if (verdict.cause === 'let-go') return [];
      return [{ text: `${name} is ` }, { ...busy(verdict), text: 'idle' }, ...after(', ', warm)];
    case 'idle-expensive':
      return [{ text: `${name} is idle` }, ...after(' and takes ', power), ...costly(verdict), ...monthly(verdict)];
    case 'hot-idle':
      return [
        { text: `${name} is without work and hot` },
        ...after(', ', warm),
        { text: ': look at its fan and at the air around it' },
      ];
    default: {
      const does =
        verdict.busy === null
          ? [{ text: name }, ...after(' is at ', warm)]
          : [{ text: `${name} is ` }, busy(verdict), { text: ' busy' }, ...after(', ', warm)];
      const head = [...does, ...heldBack(verdict)];
      return named ? [...head, ...who(verdict, now)] : head;
    }
  }
}

/** Of a GPU that was not read. */
function unreadWords(verdict: VerdictInfo): string {
  // It is a sentence of the recorder's, and often the only one that says what to do.
  const reason = verdict.reason ? `: ${brief(visible(verdict.reason), LONG_REASON)}` : '';
  switch (verdict.state) {
    case 'asleep':
      return 'is asleep';
    case 'idle':
      return 'is idle';
    case 'lost':
      return `is gone${reason}`;
    default:
      return `cannot be read${reason}`;
  }
}

/** Who works on it, since when and at what cost, or why nobody is named. */
function who(verdict: VerdictInfo, now: number): Piece[] {
  const { culprits, cause, state } = verdict;
  const names = culprits.map((one) => nameOf(one) + (culprits.length > 1 ? ofGpu(one) : ''));
  const [first, second, ...more] = names;
  if (cause === 'unrecorded') return [{ text: '; who used it then is not recorded' }];
  if (state === 'unattributed' || cause === 'no-shares') {
    const others = cause === 'no-shares' ? culprits.map((one) => `${nameOf(one)} holds${memory(one)}`) : names;
    const rest = others.slice(0, 2).map((words) => `; ${words}`);
    return [{ text: `, and the driver does not say by whom: ${unknown(verdict)}${rest.join('')}` }];
  }
  if (first === undefined) return [];
  const people =
    second === undefined
      ? first
      : more.length > 0
        ? `${first}, ${second} and ${more.length} more`
        : `${first} and ${second}`;
  const since = culprits[0]?.since ?? null;
  const long = since !== null && now - since >= LONG ? ` since ${moment(since, now)}` : '';
  const joules = culprits.reduce((sum, one) => sum + (one.energy ?? 0), 0);
  const cost = verdict.cost ? money(verdict.cost) : aboutEnergy(joules);
  const energy = joules >= WORTH_TELLING ? `, ${cost}` : '';
  const unseen = evidence(verdict, 'gpu.remainder');
  const left = unseen && (verdict.remainder ?? 0) >= UNSEEN ? [{ text: '; ' }, unseen, { text: ' not visible' }] : [];
  const only = state === 'display' ? 'only the desktop, ' : '';
  return [{ text: `: ${only}${people}${long}${energy}` }, ...left];
}

function unknown(verdict: VerdictInfo): string {
  switch (verdict.cause) {
    case 'said':
      return visible(verdict.reason ?? '');
    case 'instances':
      return 'it is cut into instances (MIG)';
    case 'elsewhere':
      return 'processes that this machine does not show, of another container';
    case 'no-shares':
      return "it tells nobody's share";
    default:
      return 'other users, work that ended meanwhile, or the kernel';
  }
}

/** What keeps an idle GPU awake. */
function costly({ cause, culprits }: VerdictInfo): Piece[] {
  const [first, ...rest] = culprits;
  switch (cause) {
    case 'held': {
      if (!first) return [];
      const more = rest.length > 0 ? ` and ${rest.length} more hold` : ' holds';
      return [{ text: `: ${nameOf(first)}${more}${memory(first)}` }];
    }
    case 'screens':
      return [{ text: ': its screens keep its clocks up' }];
    case 'clocks':
      return [{ text: ': its clocks stay up, and nobody is seen to use it' }];
    default:
      return [];
  }
}

/** What it costs to leave it so, where a price is known. */
function monthly({ monthly_cost: cost }: VerdictInfo): Piece[] {
  return cost === null ? [] : [{ text: `; ${money(cost)} a month` }];
}

/** So much money, as an estimate. */
export function money({ amount, currency }: MoneyInfo): string {
  return aboutMoney(amount, visible(currency));
}

function heldBack(verdict: VerdictInfo): Piece[] {
  const bits = verdict.evidence.find((one) => one.metric === 'gpu.throttle');
  if (verdict.state !== 'throttled' || !bits) return [];
  return [
    { text: ', held back by ' },
    { text: throttleReasons(bits.value), metric: bits.metric, source: verdict.source },
  ];
}

function nameOf(one: CulpritInfo): string {
  return brief(visible(one.identity).trim() || `process ${one.pids[0] ?? ''}`.trim());
}

function ofGpu(one: CulpritInfo): string {
  return one.share === null ? '' : ` ${text(one.share, '%')}`;
}

function memory(one: CulpritInfo): string {
  return one.vram === null ? '' : ` ${text(one.vram, 'B')}`;
}

function busy(verdict: VerdictInfo): Piece {
  return { text: text(verdict.busy ?? 0, '%'), metric: 'gpu.utilization', source: verdict.source };
}

function evidence(verdict: VerdictInfo, metric: string): Piece | null {
  const sample = verdict.evidence.find((one) => one.metric === metric);
  return sample ? { text: text(sample.value, sample.unit), metric, source: verdict.source } : null;
}

function after(before: string, piece: Piece | null): Piece[] {
  return piece ? [{ text: before }, piece] : [];
}

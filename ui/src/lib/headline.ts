/**
 * The sentence at the top: what this machine is doing now. Pure, so that every state of the machine can be a test.
 *
 * It is made of plain text and of numbers that link to their evidence.
 */

import type { Condition } from './condition';
import { moment, ofWhole, text } from './format';
import { say, sayCount } from './language';
import { brief, visible } from './names';
import { pieced } from './pieces';
import type { SourceStatus } from './types/generated/SourceStatus';
import type { Status } from './types/generated/Status';
import type { VerdictInfo } from './types/generated/VerdictInfo';
import { gpuSentences } from './verdicts';
import type { Tone } from './words';

/** A piece of the sentence; one with a metric links to it in the chart. */
export interface Piece {
  text: string;
  /** Punctuation that must not begin a line. */
  after?: string;
  metric?: string;
  source?: string;
  tone?: Tone;
}

/** More alerts than this are only counted. */
const MOST_ALERTS = 2;
/** A file system fuller than this is part of the sentence. */
const FULL = 0.9;
/** More of them than this are only counted. */
const MOST_FULL = 2;

/** What the sentence is made of: `alerts` are those that are firing now, in words, the worst first. */
export interface News {
  status: Status;
  verdicts: readonly VerdictInfo[];
  alerts: readonly Piece[][];
}

/** The sentence. */
export function headline(news: News, condition: Condition, now: number): Piece[] {
  switch (condition.kind) {
    case 'off':
      return [{ text: off(condition.since, now) }];
    case 'stale':
      return [{ text: say('The recorder is silent. What you see is old.') }];
    case 'lost':
      return [{ text: say('There is no connection to Hoofbeat. What you see is old.') }];
    case 'paused':
      return [{ text: paused(condition.until, now) }];
    case 'recording':
      return machine(news, now);
  }
}

function machine({ status, verdicts, alerts }: News, now: number): Piece[] {
  const sources = status.sources.filter((source) => source.health === 'ok');
  const urgent = told(alerts);
  const said = new Set(urgent.flat().map(evidence));
  const rest = [
    ...gpuSentences(verdicts, status.sources, now),
    ...sources.filter((source) => source.kind === 'cpu').map(cpuSentence),
    ...sources.filter((source) => source.kind === 'memory').map(memorySentence),
    ...fullSentences(sources.filter((source) => source.kind === 'filesystem')),
  ];
  const sentences = [...urgent, ...rest.filter((sentence) => isNew(sentence, said))];
  if (sentences.length === 0) {
    const read = sources.some((source) => Object.keys(source.metrics).length > 0);
    const words = read
      ? say('Recording; nothing here tells how busy this machine is.')
      : say('Waiting for the first values.');
    return [{ text: words }];
  }
  // Whoever has one, and looks for it here, is to know that it is not seen.
  if (!status.sources.some((source) => source.kind === 'gpu')) {
    sentences.splice(urgent.length, 0, [{ text: say('No GPU was found') }]);
  }
  return sentences.flatMap((sentence, at): Piece[] => {
    const last = sentence.at(-1);
    return [...(at > 0 ? [{ text: ' ' }] : []), ...sentence.slice(0, -1), ...(last ? [{ ...last, after: '.' }] : [])];
  });
}

/** The first alerts in full, and how many more there are. */
function told(alerts: readonly Piece[][]): Piece[][] {
  const count = alerts.length - MOST_ALERTS;
  return alerts.slice(0, MOST_ALERTS).map((alert, at) => {
    if (count <= 0 || at < MOST_ALERTS - 1) return alert;
    const more = sayCount(count, '\u{a0}· {count} more alert', '\u{a0}· {count} more alerts', { count });
    return [...alert, { text: more }];
  });
}

/** Whether a sentence says anything that an alert has not said already. */
function isNew(sentence: readonly Piece[], news: ReadonlySet<string>): boolean {
  const values = sentence.filter((piece) => piece.metric);
  return sentence.length > 0 && (values.length === 0 || values.some((piece) => !news.has(evidence(piece))));
}

function evidence(piece: Piece): string {
  return piece.metric ? `${piece.source} ${piece.metric}` : '';
}

function cpuSentence(cpu: SourceStatus): Piece[] {
  const busy = piece(cpu, 'cpu.utilization');
  const warm = piece(cpu, 'cpu.temperature');
  if (busy && warm) return pieced(say('CPU is {share} busy, {temperature}'), { share: busy, temperature: warm });
  if (busy) return pieced(say('CPU is {share} busy'), { share: busy });
  return warm ? pieced(say('CPU is at {temperature}'), { temperature: warm }) : [];
}

function memorySentence(memory: SourceStatus): Piece[] {
  const [used, total] = [memory.metrics['memory.used'], memory.metrics['memory.total']];
  if (!used) return [];
  const words = total ? ofWhole(used.value, total.value, used.unit) : text(used.value, used.unit);
  return pieced(say('Memory {used}'), { used: { text: words, metric: 'memory.used', source: memory.id } });
}

/** The fullest file systems, and how many others are nearly full. */
function fullSentences(all: readonly SourceStatus[]): Piece[][] {
  const full = all
    .map((filesystem) => ({ filesystem, share: fullness(filesystem) }))
    .filter(({ share }) => share >= FULL)
    .sort((a, b) => b.share - a.share);
  const count = full.length - MOST_FULL;
  const told = full.slice(0, MOST_FULL).map(({ filesystem, share }) => fullSentence(filesystem, share));
  if (count <= 0) return told;
  const more = sayCount(count, '1 more file system is nearly full', '{count} more file systems are nearly full', {
    count,
  });
  return [...told, [{ text: more }]];
}

/** How much of a file system is used; 0 where that is not known. */
function fullness({ metrics }: SourceStatus): number {
  const { 'disk.used': used, 'disk.usable': usable, 'disk.total': whole } = metrics;
  // What is set aside for root is no room for anybody else; earlier recorders did not tell it apart.
  const total = usable ?? whole;
  return used && total && total.value > 0 ? used.value / total.value : 0;
}

function fullSentence(filesystem: SourceStatus, used: number): Piece[] {
  const share = text(Math.floor(used * 100), '%');
  const name = brief(visible(filesystem.label) || filesystem.id);
  const evidence: Piece = { text: share, metric: 'disk.used', source: filesystem.id, tone: 'warn' };
  return pieced(say('{name} is {share} full'), { name, share: evidence });
}

function piece(source: SourceStatus, metric: string): Piece | null {
  const value = source.metrics[metric];
  return value ? { text: text(value.value, value.unit), metric, source: source.id } : null;
}

function off(ts: number | null, now: number): string {
  if (ts === null) return say('Nothing is recorded: the recorder is off.');
  return say('Nothing is recorded: the recorder is off since {moment}.', { moment: moment(ts, now) });
}

function paused(ts: number | null, now: number): string {
  if (ts === null) return say('Recording is paused.');
  return say('Recording is paused until {moment}.', { moment: moment(ts, now) });
}

/**
 * Every table that can be taken along: its columns, in base units, and its rows. A new one is a function and a line here.
 *
 * Heads, and whatever is one of a few words, are English in every language: programs read them. Names and remarks are as
 * the page shows them.
 */

import type { Board } from '../board.svelte';
import { REASONS, whyIn } from '../past/episodes';
import type { Found } from '../past/past.svelte';
import { nameOf } from '../past/strips';
import type { Row } from '../processes';
import type { Line } from '../series';
import type { EpisodeInfo } from '../types/generated/EpisodeInfo';
import { everyUser } from '../users';
import { csv, MOMENT, moment, type Cell } from './csv';
import type { Matter } from './matter';

/** What is shown, as CSV. */
export function table(matter: Matter): string {
  switch (matter.kind) {
    case 'chart': {
      const { board, chart } = matter;
      // Where the chart folds lines into one because colours end, a table need not.
      return readings(board, chart.metric, chart.chosen ? chart.drawn : chart.lines);
    }
    case 'strip':
      return readings(matter.board, matter.strip.metric, matter.strip.lines);
    case 'stack':
      return everything(matter.board, matter.found);
    case 'ribbons':
      return ribbons(matter.found);
    case 'episodes':
      return episodes(matter.found);
    case 'processes':
      return processes(matter.rows, matter.now);
    case 'users':
      return users(matter);
    case 'alerts':
      return alerts(matter);
  }
}

/** A unit as the metric table has it: on the page, a difference of temperatures has one of its own. */
function unitOf(board: Board, metric: string): string {
  return (board.metric(metric)?.unit ?? '').replace('Δ', '');
}

/** One metric: its key and its unit stand in the head. */
function readings(board: Board, metric: string, lines: readonly Line[]): string {
  const unit = unitOf(board, metric);
  const values = ['min', 'avg', 'max'].map((of) => `${metric} ${of}${unit === '' ? '' : ` (${unit})`}`);
  return csv([...MOMENT, 'source', 'label', 'step (s)', ...values], points(board, lines));
}

/** Several metrics below each other: each row says which one, and its unit. */
function everything(board: Board, { strips, throttle }: Found): string {
  const all = throttle ? [...strips, { metric: 'gpu.throttle', lines: [throttle] }] : strips;
  const rows = all.flatMap(({ metric, lines }) =>
    points(board, lines).map((row) => [...row.slice(0, 2), metric, unitOf(board, metric), ...row.slice(2)]),
  );
  return csv([...MOMENT, 'metric', 'unit', 'source', 'label', 'step (s)', 'min', 'avg', 'max'], rows);
}

/** What was not recorded has no row. */
function points(board: Board, lines: readonly Line[]): Cell[][] {
  return lines.flatMap((line) =>
    line.points.map(([ts, low, mean, high]) => [
      ...[...moment(ts), line.source, nameOf(board, line), line.step],
      ...[low, mean, high],
    ]),
  );
}

function ribbons({ ribbons }: Found): string {
  const { lanes = [], step = 0, source = '' } = ribbons ?? {};
  const rows = lanes.flatMap(({ of, identity, key, uid, count, points }) =>
    points.map(([ts, share]) => [...moment(ts), source, of, identity, key, uid, count, step, share]),
  );
  return csv([...MOMENT, 'source', 'of', 'who', 'key', 'uid', 'identities', 'step (s)', 'share (%)'], rows);
}

function episodes({ episodes, marks }: Found): string {
  const head = [
    ...['start', 'start time', 'end', 'end time', 'ended', 'source', 'label', 'who', 'duration (s)', 'busy (s)'],
    ...['explained (s)', 'not explained (s)', 'held back (s)', 'energy (J)', 'highest temperature (°C)'],
    ...['highest power (W)', 'unexpected'],
  ];
  const reason = (one: EpisodeInfo) => {
    const why = whyIn(one, marks);
    return why && REASONS[why];
  };
  const rows = episodes.map((one) => [
    ...[...moment(one.start), ...moment(one.end), one.ended ?? 'goes on', one.source, one.label, everybody(one)],
    ...[one.end - one.start, one.busy, one.explained, one.remainder, one.throttled, one.energy, one.temperature],
    ...[one.power, reason(one)],
  ]);
  return csv(head, rows);
}

/** Whoever used it most first, and each once. */
function everybody({ sessions }: EpisodeInfo): string {
  const all = [...sessions].sort((a, b) => (b.busy ?? 0) - (a.busy ?? 0));
  return [...new Set(all.map(({ identity }) => identity))].join(' + ');
}

function processes(rows: readonly Row[], now: number): string {
  const head = [
    ...[...MOMENT, 'row', 'name', 'part', 'user', 'uid', 'pids', 'GPU share (%)', 'GPU memory (B)', 'CPU (%)'],
    ...['memory (B)', 'since', 'since time', 'GPU time today (s)', 'GPU energy today (J)', 'belongs to', 'why'],
  ];
  const all = rows.map((row): Cell[] => {
    const group = row.kind === 'group' ? row : null;
    return [
      ...[...moment(now), group ? 'group' : 'process', row.name, row.kind === 'member' ? row.part : '', row.user],
      ...[row.uid, row.kind === 'member' ? String(row.pid) : row.pids.join(' '), row.share, row.vram, row.cpu],
      ...[row.memory, ...(row.since === null ? [null, null] : moment(row.since)), group?.busy ?? null],
      ...[group?.energy ?? null, row.place, row.why],
    ];
  });
  return csv(head, all);
}

function users({ source, now }: Matter & { kind: 'users' }): string {
  const at = source.ts ?? now;
  const rows: Cell[][] = everyUser(source).map(({ key, name, pids, share, vram }) => [
    ...[...moment(at), source.id, source.label, name, key, pids.join(' '), share, vram],
  ]);
  const remainder = source.metrics['gpu.remainder']?.value;
  if (remainder !== undefined)
    rows.push([...moment(at), source.id, source.label, 'not visible', '', '', remainder, null]);
  return csv([...MOMENT, 'source', 'label', 'who', 'key', 'pids', 'share (%)', 'memory (B)'], rows);
}

function alerts({ alerts, standing }: Matter & { kind: 'alerts' }): string {
  const rows = alerts.map(({ rule, title, since, lasted }) => {
    const state = lasted !== null ? 'over' : standing.has(rule) ? 'goes on' : 'end unknown';
    return [...moment(since), rule, title, lasted, state];
  });
  return csv([...MOMENT, 'rule', 'title', 'lasted (s)', 'state'], rows);
}

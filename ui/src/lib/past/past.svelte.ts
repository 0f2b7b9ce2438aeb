/**
 * What the page of the past shows: a stretch of time, the charts of it, and what else is known of it.
 *
 * What is asked for is asked when it changes, and again from time to time where the stretch ends now; never while nobody
 * can see the page.
 */

import { asFailure } from '../backend';
import type { Board } from '../board.svelte';
import { isDrawable } from '../format';
import { sayCount } from '../language';
import type { Route } from '../route.svelte';
import { fold, rank, toLine, type Line } from '../series';
import type { Changes } from '../types/generated/Changes';
import type { EpisodeInfo } from '../types/generated/EpisodeInfo';
import type { EventInfo } from '../types/generated/EventInfo';
import type { Failure } from '../types/generated/Failure';
import type { Ribbons } from '../types/generated/Ribbons';
import { MOST_CHARTS, remember, remembered } from './chosen';
import { linesOf, MOST_LISTED, SORTS, type Line as HappenedLine } from './happened';
import { heldBack, type Held } from './scale';
import { fitting, OPENING, read, SHORTEST, written, type Stretch } from './stretch';

/** About the width of a chart in pixels. */
const POINTS = 900;
/** Ribbons are read coarser: a bar of one pixel cannot be seen. */
const RIBBON_POINTS = 360;
/** Points of all lines of a chart together, and lines that can be told apart by colour. */
const MOST_POINTS = 20_000;
const MOST_LINES = 5;
/** What is shown where nothing was chosen: on a machine with a GPU, and on one without. */
const GPU_METRICS = ['gpu.utilization', 'gpu.temperature', 'gpu.power', 'gpu.memory.used'];
const CPU_METRICS = ['cpu.utilization', 'cpu.temperature', 'memory.used', 'disk.busy'];
/** A stretch that ends now is read again after a point's width, and within these seconds. */
const [SOONEST, LATEST] = [10, 600];

/** One chart. */
export interface Strip {
  metric: string;
  lines: readonly Line[];
  failure: Failure | null;
}

/** What is known of a stretch; all of it of the same one. */
export interface Found {
  stretch: Stretch;
  gpu: string | null;
  strips: readonly Strip[];
  ribbons: Ribbons | null;
  episodes: readonly EpisodeInfo[];
  marks: readonly EventInfo[];
  /** What held the GPU back, as it was read. */
  throttle: Line | null;
  /** When the GPU was held back. */
  held: readonly Held[];
  /** What happened, narrowed to this sort of it, newest first. */
  lines: readonly HappenedLine[];
  sort: string | null;
  /** How many events of each kind there were. */
  counts: Record<string, number>;
  changes: Changes | null;
  failure: Failure | null;
}

/** The page of the past. */
export class Past {
  /** What is shown; what was shown before stays until it has arrived. */
  found = $state.raw<Found | null>(null);
  loading = $state(false);
  /** The moment under the crosshair. */
  cursor = $state<number | null>(null);
  /** The keys of what is pointed at among what happened, in the list or on the charts. */
  pointed = $state.raw<readonly string[]>([]);
  /** What is being chosen. */
  brushed = $state.raw<readonly [number, number] | null>(null);
  /** Whence a person came by choosing a stretch, the last one at the end. */
  trail = $state.raw<readonly Stretch[]>([]);

  /** GPUs that are or were here. */
  gpus = $derived.by(() => this.board.sources.filter((source) => source.kind === 'gpu'));
  /** The GPU that is looked at. */
  gpu: string | null = $derived.by(() => {
    const wanted = this.route.place.params.get('gpu');
    const known = this.gpus.find((gpu) => gpu.id === wanted) ?? this.gpus.find((gpu) => gpu.health === 'ok');
    return (known ?? this.gpus[0])?.id ?? null;
  });
  /** What the list of what happened is narrowed to. */
  sort: string | null = $derived.by(() => {
    const wanted = this.route.place.params.get('events');
    return SORTS.find(({ id }) => id === wanted)?.id ?? null;
  });
  /** The charts, the first one on top. */
  metrics: readonly string[] = $derived.by(() => {
    const own = this.#chosen ?? (this.gpu === null ? this.#ofCpu.split(' ') : GPU_METRICS);
    const first = this.gpu === null ? [] : ['gpu.utilization'];
    const wanted = this.route.place.params.get('metric');
    const asked = wanted !== null && isDrawable(wanted) && this.board.metric(wanted) ? [wanted] : [];
    return [...new Set([...first, ...own.filter((key) => isDrawable(key)), ...asked])];
  });

  /**
   * What a machine without a GPU has of its usual charts: many have no sensor for how warm the CPU is. In one text, so that
   * it is another one only where they are others.
   */
  #ofCpu = $derived.by(() => {
    const { board } = this;
    const had = CPU_METRICS.filter((key) => board.sources.some((source) => board.knows(source, key)));
    return (had.length > 0 ? had : CPU_METRICS).join(' ');
  });

  readonly board: Board;
  readonly route: Route;
  #chosen = $state.raw<readonly string[] | null>(remembered());
  /** What a page opens with that nobody asked anything of. */
  #opening: string | null = null;
  #asked = 0;
  #loaded = 0;
  #key = '';

  constructor(board: Board, route: Route) {
    this.board = board;
    this.route = route;
  }

  /** The stretch that the address asks for. */
  stretch(): Stretch {
    return read(this.route.place.params, this.board.now, this.#opening ?? OPENING);
  }

  /** Shows a stretch. One that was chosen within another can be left again. */
  show(stretch: Stretch, within = false): void {
    this.brushed = null;
    this.cursor = null;
    this.trail = within ? [...this.trail, this.stretch()] : [];
    this.route.change(written(stretch));
  }

  /** Shows what was shown before something in it was chosen. */
  back(): void {
    const last = this.trail.at(-1);
    if (!last) return;
    this.trail = this.trail.slice(0, -1);
    this.brushed = null;
    this.route.change(written(last));
  }

  /** Shows what is brushed, where that is meant. */
  zoom(): void {
    const { brushed } = this;
    this.brushed = null;
    if (!brushed) return;
    const [from, to] = [Math.floor(Math.min(...brushed)), Math.ceil(Math.max(...brushed))];
    if (to - from >= SHORTEST) this.show({ span: null, from, to }, true);
  }

  choose(gpu: string): void {
    this.route.change({ gpu });
  }

  /** Narrows the list of what happened; to everything where no such sort is known. */
  narrow(sort: string): void {
    this.route.change({ events: sort === '' ? null : sort });
  }

  /** Points at something that happened, wherever it is shown; a moment brings the crosshair there. */
  point(keys: readonly string[], ts: number | null): void {
    this.pointed = keys;
    this.cursor = ts;
  }

  /** Adds a chart. */
  add(metric: string): void {
    this.#choose([...this.metrics, metric].slice(-MOST_CHARTS));
  }

  /** Takes a chart away. */
  remove(metric: string): void {
    this.#choose(this.metrics.filter((other) => other !== metric));
    if (this.route.place.params.get('metric') === metric) this.route.change({ metric: null });
  }

  #choose(metrics: readonly string[]): void {
    this.#chosen = metrics;
    remember(metrics);
  }

  /** Reads what is not read yet, or is old. Called whenever time passes, or something was chosen. */
  refresh(): void {
    const { board, gpu, metrics } = this;
    const { params } = this.route.place;
    const stretch = this.stretch();
    const key = JSON.stringify([
      written(stretch),
      gpu,
      metrics,
      this.sort,
      params.get('metric'),
      board.status?.recorder.state,
    ]);
    const age = board.now - this.#loaded;
    const due = Math.min(LATEST, Math.max(SOONEST, (stretch.to - stretch.from) / POINTS));
    const lives = stretch.span !== null || stretch.to > this.#loaded;
    if (key === this.#key && !(lives && (age >= due || age < 0))) return;
    this.#key = key;
    void this.load(stretch);
  }

  /** Reads everything of a stretch. */
  async load(stretch: Stretch = this.stretch()): Promise<void> {
    const ask = ++this.#asked;
    const { board, gpu, metrics, sort } = this;
    const { backend } = board;
    this.#loaded = board.now;
    this.loading = true;
    const { from, to } = stretch;
    const [since, until] = [from, to + 1];
    const of = (metric: string) => this.#strip(metric, gpu, stretch);
    const limits =
      gpu === null ? null : backend.history({ metric: 'gpu.throttle', source: gpu, since, until, points: POINTS });
    const kinds = SORTS.find(({ id }) => id === sort)?.kinds ?? [];
    const [marks, happened, ribbons, episodes, changes, throttled, ...strips] = await Promise.allSettled([
      backend.marks(since, until),
      backend.happened(since, until, kinds, sort === 'held' ? 0 : MOST_LISTED),
      gpu === null ? null : backend.ribbons(gpu, since, until, RIBBON_POINTS),
      gpu === null ? [] : backend.episodes(gpu, since, until),
      gpu === null ? null : backend.changes(gpu, since, until),
      limits,
      ...metrics.map(of),
    ] as const);
    // Something else was asked for meanwhile: this answer is old.
    if (ask !== this.#asked) return;
    const all = [marks, happened, ribbons, episodes, changes, throttled];
    const wrong = all.find((answer) => answer.status === 'rejected');
    const value = <T>(answer: PromiseSettledResult<T>, otherwise: T): T =>
      answer.status === 'fulfilled' ? answer.value : otherwise;
    const bits = value(throttled, null)?.series[0];
    // What lies nearer together than three pixels is one.
    const throttle = bits ? toLine(bits) : null;
    const held = heldBack(throttle, [from, to], ((to - from) / POINTS) * 3);
    const { events, counts } = value(happened, { events: [], counts: {} });
    const told = sort === null || sort === 'held' ? held : [];
    this.found = {
      stretch,
      gpu,
      strips: strips.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])),
      ribbons: value(ribbons, null),
      episodes: value(episodes, []),
      marks: value(marks, []),
      throttle,
      held,
      lines: linesOf(events, told, { now: to, sources: board.sources, metrics: board.metrics }),
      sort,
      counts,
      changes: value(changes, null),
      failure: wrong ? asFailure(wrong.reason) : null,
    };
    this.loading = false;
    this.#open(stretch);
  }

  /** Once it is known how old the recording is, the page opens with a stretch that fits it. */
  #open(stretch: Stretch): void {
    const { condition } = this.board;
    const first = this.found?.strips.flatMap(({ lines }) => lines.flatMap((line) => line.points[0]?.[0] ?? [])) ?? [];
    // A recorder that has only just begun may have no point of a long stretch yet.
    if (first.length === 0 && condition?.kind === 'recording' && condition.since !== null) first.push(condition.since);
    if (this.#opening !== null || first.length === 0) return;
    this.#opening = fitting(Math.min(...first), stretch.to);
    const { params } = this.route.place;
    if (this.#opening !== stretch.span?.id && !params.has('span') && !params.has('from')) void this.load();
  }

  /** One chart; what it fails with is said in its place. */
  async #strip(metric: string, gpu: string | null, { from, to }: Stretch): Promise<Strip> {
    const source = metric.startsWith('gpu.') ? gpu : null;
    const count = source === null ? this.board.sources.filter((one) => metric in one.metrics).length : 1;
    const points = Math.max(60, Math.min(POINTS, Math.floor(MOST_POINTS / Math.max(1, count))));
    try {
      const history = await this.board.backend.history({ metric, source, since: from, until: to + 1, points });
      return { metric, lines: few(history.series.map(toLine)), failure: null };
    } catch (thrown) {
      return { metric, lines: [], failure: asFailure(thrown) };
    }
  }
}

/** Those that lie highest, and all others as one. */
function few(lines: readonly Line[]): readonly Line[] {
  const drawn = lines.filter((line) => line.points.length > 0);
  if (drawn.length <= MOST_LINES) return drawn;
  const named = new Set(rank(drawn).slice(0, MOST_LINES));
  const rest = drawn.filter((line) => !named.has(line.source));
  const others = sayCount(rest.length, '{count} other', '{count} others', { count: rest.length });
  return [...drawn.filter((line) => named.has(line.source)), fold(rest, others)];
}

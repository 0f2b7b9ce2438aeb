/** What the chart shows: which metric, over which range, of which sources, and the history behind it. */

import { untrack } from 'svelte';
import { asFailure } from './backend';
import type { Board } from './board.svelte';
import { isLive, isTorn } from './condition';
import { isDrawable } from './format';
import { say } from './language';
import { sourceName } from './names';
import { append, catchUp, fold, rank, summarize, toLine, trim, type Line } from './series';
import type { Failure } from './types/generated/Failure';
import type { MetricInfo } from './types/generated/MetricInfo';
import type { Status } from './types/generated/Status';

/** What the chart opens with: the first of these that some source has. */
const OPENING = ['gpu.utilization', 'cpu.utilization', 'memory.used', 'disk.read', 'cpu.temperature'] as const;

/** A range that a person may choose. */
export interface Span {
  id: '5m' | '1h' | '24h' | '30d';
  label: string;
  words: string;
  seconds: number;
  /** Seconds after which the history is read again. */
  reload: number;
}

/** The ranges, shortest first. */
export const SPANS: readonly Span[] = [
  { id: '5m', label: '5 min', words: say('the last 5 minutes'), seconds: 300, reload: 60 },
  { id: '1h', label: '1 h', words: say('the last hour'), seconds: 3600, reload: 60 },
  { id: '24h', label: '24 h', words: say('the last 24 hours'), seconds: 86400, reload: 60 },
  { id: '30d', label: '30 d', words: say('the last 30 days'), seconds: 30 * 86400, reload: 600 },
];

const [MINUTES, HOUR] = SPANS as [Span, Span, ...Span[]];
/** In a recording younger than this, in seconds, an hour is mostly empty. */
const YOUNG = 600;
/** Lines of longer ranges are not extended between reloads: a second is less than a pixel of them. */
const LIVE_SECONDS = 3600;

/** Lines beyond this many cannot be told apart by colour. */
export const MOST_LINES = 5;
/** Points of all lines together: more would be megabytes of JSON for a machine with hundreds of cores. */
const MOST_POINTS = 40_000;
/** The most points of one line; about the chart's width in pixels. */
const LINE_POINTS = 720;
/** Seconds after which the sentence about a chart that grows is said anew. */
const SAID_SECONDS = 10;
/** The line that stands for all others. */
export const OTHERS = '';

/** What the chart shows. */
export class Chart {
  metric = $state('cpu.utilization');
  span = $state.raw<Span>(HOUR);
  /** The source whose value a person clicked. */
  focus = $state<string | null>(null);
  /** The sources that a person chose to see; `null` lets the chart choose. */
  chosen = $state.raw<readonly string[] | null>(null);
  /** Every line of the metric, as read and extended. */
  lines = $state.raw<readonly Line[]>([]);
  /** How often a person asked to be shown something; each time the chart comes into view. */
  wishes = $state(0);
  loading = $state(true);
  failure = $state.raw<Failure | null>(null);

  info: MetricInfo | undefined = $derived.by(() => this.board.metric(this.metric));
  /** The lines that are drawn: at most five by name, the rest folded into one. */
  drawn: readonly Line[] = $derived(this.#draw(this.lines));

  /** Seconds that a pixel of it stands for. */
  #pixel = $derived(Math.max(1, Math.floor(this.span.seconds / LINE_POINTS)));
  /** Its right edge, which moves by pixels: in between, time alone changes nothing of the picture. */
  to = $derived.by(() => Math.ceil(this.board.now / this.#pixel) * this.#pixel);
  /** Changes when what it shows is to be summed up anew. */
  #occasion = $derived(Math.floor(this.to / SAID_SECONDS));

  readonly board: Board;
  /** Sources by how high their lines lay when the history was read; ranking at each tick would shuffle the colours. */
  #order = $state.raw<readonly string[]>([]);
  #asked = 0;
  #met = false;
  /** Whether a person has said what to show. */
  #isChosen = false;
  /** Whether the range is still the one that the page opened with. */
  #first = true;
  #loaded = 0;
  /** The last status that was heard of. */
  #before: Status | null = null;

  constructor(board: Board) {
    this.board = board;
  }

  /** Shows another metric, where it can be drawn, and one of its sources before the others. */
  show(metric: string, source: string | null = null): void {
    if (!isDrawable(metric)) return;
    this.#isChosen = true;
    this.focus = source;
    this.wishes += 1;
    this.#turn(metric);
  }

  /** Shows another range. */
  choose(span: Span): void {
    this.#isChosen = true;
    this.#reach(span);
  }

  #reach(span: Span): void {
    this.#first = false;
    if (span === this.span) return;
    this.span = span;
    this.lines = [];
    void this.load();
  }

  /** Shows or hides one source's line. */
  toggle(source: string): void {
    this.#isChosen = true;
    const shown = this.drawn.map((line) => line.source).filter((other) => other !== OTHERS);
    if (shown.includes(source)) this.chosen = shown.filter((other) => other !== source);
    else this.chosen = [...shown.slice(-(MOST_LINES - 1)), source];
  }

  /** Reads the history of what is shown. */
  async load(): Promise<void> {
    const ask = ++this.#asked;
    const { metric, span } = this;
    const now = this.board.now;
    this.loading = true;
    try {
      const count = this.board.sources.filter((source) => metric in source.metrics).length;
      const points = Math.max(60, Math.min(LINE_POINTS, Math.floor(MOST_POINTS / Math.max(1, count))));
      const query = { metric, source: null, since: now - span.seconds, until: now + 1, points };
      const history = await this.board.backend.history(query);
      // Another question was asked meanwhile: this answer is old.
      if (ask !== this.#asked) return;
      const older = new Map(this.lines.map((line) => [line.source, line]));
      this.lines = history.series.map((series) => {
        const line = { ...toLine(series), label: this.#name(series) };
        catchUp(line, older.get(line.source), this.board.now);
        return line;
      });
      this.#order = rank(this.lines);
      this.failure = null;
      this.#loaded = now;
      if (this.#first) this.#open(now);
    } catch (thrown) {
      if (ask === this.#asked) this.failure = asFailure(thrown);
    } finally {
      if (ask === this.#asked) this.loading = false;
    }
  }

  /** Shortens the range that the page opened with where most of it would be empty. */
  #open(now: number): void {
    const { condition } = this.board;
    const points = this.lines.flatMap((line) => line.points[0]?.[0] ?? []);
    // A recorder that has only just begun has no history yet.
    const begun = points.length > 0 ? Math.min(...points) : condition?.kind === 'recording' ? condition.since : null;
    if (begun === null) return;
    this.#first = false;
    if (condition?.kind === 'recording' && now - begun < YOUNG) this.#reach(MINUTES);
  }

  /** Takes in a new status: extends the hour's lines, and reads everything again once that is due. */
  hear(status: Status): void {
    const { now } = this.board;
    this.#settle(status);
    const isTornOff = this.#before !== null && isTorn(this.#before, status);
    this.#before = status;
    if (now - this.#loaded >= this.span.reload || isTornOff || (now < this.#loaded && !this.loading)) {
      this.#loaded = now;
      void this.load();
      return;
    }
    if (this.span.seconds > LIVE_SECONDS || status.recorder.state !== 'recording') return;
    const lines = [...this.lines];
    let isMore = false;
    for (const source of status.sources) {
      const value = source.metrics[this.metric];
      if (!value || source.ts === null || !isLive(source)) continue;
      let line = lines.find((line) => line.source === source.id);
      if (!line) {
        const step = lines[0]?.step ?? Math.ceil(this.span.seconds / LINE_POINTS);
        line = { source: source.id, label: sourceName(source, status.sources), step, points: [] };
        lines.push(line);
      }
      isMore = append(line, source.ts, value.value) || isMore;
      trim(line, now - this.span.seconds);
    }
    if (isMore) this.lines = lines;
  }

  /**
   * Opens with what the machine is about: its GPU, where that tells how busy it is; and never an empty chart. What tells
   * more may come later: a GPU that sleeps, and a CPU whose first value takes two readings.
   */
  #settle(status: Status): void {
    if (this.#isChosen || (this.#met && this.metric === OPENING[0])) return;
    const place = (metric: string) => OPENING.findIndex((one) => one === metric);
    const best = OPENING.find((metric) => status.sources.some((source) => metric in source.metrics));
    if (!this.#met) {
      this.#met = true;
      this.metric = best ?? this.metric;
      // A GPU that sleeps now may have worked a minute ago.
      if (best !== OPENING[0] && status.sources.some(({ kind }) => kind === 'gpu')) void this.#remember(OPENING[0]);
    } else if (best !== undefined && place(best) < place(this.metric)) this.#turn(best);
  }

  /** Opens with this metric where it has a history within the range. */
  async #remember(metric: string): Promise<void> {
    const { now } = this.board;
    const query = { metric, source: null, since: now - this.span.seconds, until: now + 1, points: 60 };
    // What cannot be read is said where the chart itself is read.
    const history = await this.board.backend.history(query).catch(() => null);
    const isKnown = history?.series.some(({ points }) => points.length > 0) ?? false;
    if (isKnown && !this.#isChosen) this.#turn(metric);
  }

  #turn(metric: string): void {
    if (metric === this.metric) return;
    this.metric = metric;
    this.chosen = null;
    this.lines = [];
    void this.load();
  }

  /** The chart in one sentence, for those who do not see it. Nobody hears one that is another each second. */
  summary(speak: (value: number) => string): string {
    void [this.#occasion, this.metric, this.span, this.loading, this.chosen, this.focus, this.info];
    return untrack(() => this.#sum(speak));
  }

  #sum(speak: (value: number) => string): string {
    const label = this.info?.label ?? this.metric;
    const lines = this.drawn.flatMap((line) => {
      const sum = summarize(line);
      if (!sum) return [];
      const [low, high, mean] = [speak(sum.low), speak(sum.high), speak(sum.mean)];
      return [say('{source}: between {low} and {high}, on average {mean}', { source: line.label, low, high, mean })];
    });
    const title = say('{title} over {span}', { title: label, span: this.span.words });
    return lines.length === 0 ? say('{title}: nothing was recorded.', { title }) : `${title}. ${lines.join('. ')}.`;
  }

  #name(line: Pick<Line, 'source' | 'label'>): string {
    const source = this.board.sources.find((source) => source.id === line.source);
    return source ? sourceName(source, this.board.sources) : line.label || line.source;
  }

  #draw(lines: readonly Line[]): readonly Line[] {
    const { chosen, focus } = this;
    const automatic = (): readonly string[] => {
      if (lines.length <= MOST_LINES) return lines.map((line) => line.source);
      const others = this.#order.filter((source) => source !== focus);
      return (focus === null ? others : [focus, ...others]).slice(0, MOST_LINES);
    };
    const named = new Set(chosen ?? automatic());
    const shown = lines.filter((line) => named.has(line.source));
    // A person who chose lines chose to leave the others out.
    const rest = chosen ? [] : lines.filter((line) => !named.has(line.source));
    return rest.length > 0
      ? [...shown, { ...fold(rest, say('{count} others', { count: rest.length })), source: OTHERS }]
      : shown;
  }
}

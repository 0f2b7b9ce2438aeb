/** What the page knows about the machine now: the last status, the last minutes for the sparklines, events, and time. */

import { asFailure, type Backend, type Told } from './backend';
import { isLive, isTorn, judge, type Condition } from './condition';
import { unitOf, wholeMinutes } from './format';
import { speaksOtherThan } from './language';
import { append, catchUp, cut, toLine, trim, type Line } from './series';
import { whileSeen } from './sight';
import type { AlertNow } from './types/generated/AlertNow';
import type { AwayInfo } from './types/generated/AwayInfo';
import type { ConfigTrouble } from './types/generated/ConfigTrouble';
import type { EventInfo } from './types/generated/EventInfo';
import type { Failure } from './types/generated/Failure';
import type { MetricInfo } from './types/generated/MetricInfo';
import type { SnoozeInfo } from './types/generated/SnoozeInfo';
import type { SourceStatus } from './types/generated/SourceStatus';
import type { Status } from './types/generated/Status';
import type { VerdictInfo } from './types/generated/VerdictInfo';

/** Seconds that a sparkline shows. */
export const SPARK_SECONDS = 180;
/** The most sources of one metric that get a sparkline; a machine may have hundreds of cores. */
const MOST_SPARKS = 64;
/** How far back, and how many, events are read. */
const EVENT_SECONDS = 30 * 86400;
const MOST_EVENTS = 200;
/** While statuses come at least this often, the page needs no clock of its own. */
const FRESH_MS = 1500;
/** Events are read again after this many seconds; a push tells of values, not of events. */
const EVENT_PERIOD = 10;

/** The machine, now. */
export class Board {
  status = $state.raw<Status | null>(null);
  /** Why each GPU does what it does; of the same moment. */
  verdicts = $state.raw<readonly VerdictInfo[]>([]);
  /** What is not over, worst first; of the same moment. */
  alerts = $state.raw<readonly AlertNow[]>([]);
  /** What people do not want to hear of for a while, oldest first. */
  snoozes = $state.raw<readonly SnoozeInfo[]>([]);
  /** Why the recording cannot be read. */
  unreadable = $state.raw<Failure | null>(null);
  /** Why no news can come. */
  lost = $state.raw<Failure | null>(null);
  /** Why no recorder could be started. */
  startFailure = $state.raw<Failure | null>(null);
  /** What the last thing that a person asked for failed with. */
  askFailure = $state.raw<Failure | null>(null);
  /** What is wrong with the config file. */
  configTrouble = $state.raw<ConfigTrouble | null>(null);
  /** Whether another language was chosen for every page since this one was opened. */
  isOtherLanguage = $state(false);
  /** What the GPUs did while nobody was there, while that is news. */
  away = $state.raw<AwayInfo | null>(null);
  metrics = $state.raw<readonly MetricInfo[]>([]);
  /** Newest first. */
  events = $state.raw<readonly EventInfo[]>([]);
  /** Unix seconds by the clock of the machine that is shown, advancing while nothing else happens. */
  now = $state(Math.floor(Date.now() / 1000));
  /** Goes up whenever the sparklines' lines changed in place. */
  beat = $state(0);

  /** When it was last known that news would come if there were any. */
  #whole = $state(0);

  condition: Condition | null = $derived(
    this.status && (this.lost ? { kind: 'lost' } : judge(this.status, this.now, this.#whole)),
  );
  sources: readonly SourceStatus[] = $derived(this.status?.sources ?? []);
  /** Until when whole minutes are counted: none is while nobody records. */
  counted = $derived(wholeMinutes(Math.min(this.now, this.status?.ts ?? this.now)));

  readonly backend: Backend;
  readonly #sparks: readonly string[];
  readonly #lines = new Map<string, Line>();
  /** Metrics that a source has had since the page opened: a card keeps their place while they are absent. */
  readonly #known = new Map<string, Set<string>>();
  #eventsRead = 0;
  #lacksMetrics = false;
  /** Milliseconds at which the last status came. */
  #heard = 0;
  /** Milliseconds by which the clock of the machine is ahead of the one here: a phone's is its own. */
  #ahead = 0;

  /** `sparks` are the metrics that have a sparkline. */
  constructor(backend: Backend, sparks: readonly string[]) {
    this.backend = backend;
    this.#sparks = sparks;
  }

  /** Begins to listen. Answers what ends it. */
  start(): () => void {
    this.backend.subscribe((told) => this.#hear(told)).catch((thrown) => (this.unreadable = asFailure(thrown)));
    this.#readMetrics();
    // Whatever is done again after a while on a page is done by this clock: while nobody sees the page, it stands still.
    return whileSeen(() => {
      this.#passTime();
      const timer = setInterval(() => this.#passTime(), 1000);
      return () => clearInterval(timer);
    });
  }

  /** Reads the table of metrics, without which next to nothing can be shown. */
  #readMetrics(): void {
    this.#lacksMetrics = false;
    this.backend
      .metrics()
      .then((metrics) => (this.metrics = metrics.map((one) => ({ ...one, unit: unitOf(one.key, one.unit) }))))
      .catch((thrown) => {
        this.askFailure = asFailure(thrown);
        // With the next status somebody answers again.
        this.#lacksMetrics = true;
      });
  }

  /** A metric's line of the table. */
  metric(key: string): MetricInfo | undefined {
    return this.metrics.find((metric) => metric.key === key);
  }

  /** The metrics that a source has or had, in the table's order. */
  metricsOf(source: SourceStatus): readonly MetricInfo[] {
    return this.metrics.filter(({ key }) => this.knows(source, key));
  }

  /** Whether a source has or had a metric. */
  knows(source: SourceStatus, key: string): boolean {
    return key in source.metrics || this.#known.get(source.id)?.has(key) === true;
  }

  /** The last minutes of one metric of one source. Read `beat` to hear of changes. */
  recent(source: string, metric: string): Line | undefined {
    return this.#lines.get(lineKey(source, metric));
  }

  /** Asks for something and remembers what it failed with. */
  async ask(call: (backend: Backend) => Promise<void>): Promise<void> {
    this.askFailure = null;
    try {
      await call(this.backend);
    } catch (thrown) {
      this.askFailure = asFailure(thrown);
    }
  }

  #hear(told: Told): void {
    switch (told.kind) {
      case 'status':
        this.verdicts = told.verdicts;
        this.alerts = told.alerts;
        this.snoozes = told.snoozes;
        this.#heard = Date.now();
        this.#ahead = told.now * 1000 - this.#heard;
        this.#isWhole();
        this.#take(told.status);
        break;
      case 'unreadable':
        this.#isWhole();
        this.unreadable = told.failure;
        break;
      case 'alive':
        this.#isWhole();
        break;
      case 'lost':
        this.lost = told.failure;
        break;
      case 'recorder':
        this.startFailure = told.failure;
        break;
      case 'config':
        this.configTrouble = told.trouble;
        break;
      case 'language':
        this.isOtherLanguage = speaksOtherThan(told.language);
        break;
      case 'away':
        this.away = told.away;
        break;
    }
  }

  /** The line is whole now. */
  #isWhole(): void {
    this.lost = null;
    this.now = this.#whole = this.#time();
  }

  /** What time it is on the machine, as far as it has said. */
  #time(): number {
    return Math.floor((Date.now() + this.#ahead) / 1000);
  }

  #take(status: Status): void {
    const before = this.status;
    this.unreadable = null;
    for (const source of status.sources) {
      for (const [metric, value] of Object.entries(source.metrics)) value.unit = unitOf(metric, value.unit);
      const known = this.#known.get(source.id) ?? new Set();
      Object.keys(source.metrics).forEach((metric) => known.add(metric));
      this.#known.set(source.id, known);
    }
    this.status = status;
    if (this.#lacksMetrics) this.#readMetrics();
    const isTornOff = before !== null && isTorn(before, status);
    if (isTornOff) this.#lines.forEach((line) => cut(line, this.now));
    if (before !== null) this.#extend(status);
    // What was not pushed was recorded all the same: a gap that is none is not to be seen.
    if (before === null || isTornOff) void this.#readSparks(this.now);
    if (before?.recorder.state !== status.recorder.state) this.#eventsRead = 0;
    this.#refreshEvents();
  }

  #passTime(): void {
    // Everything that shows time was just drawn: once a second is enough.
    if (Date.now() - this.#heard < FRESH_MS) return;
    this.now = this.#time();
    if (this.status) this.#refreshEvents();
  }

  #refreshEvents(): void {
    if (this.now - this.#eventsRead < EVENT_PERIOD) return;
    this.#eventsRead = this.now;
    this.backend
      .events(this.now - EVENT_SECONDS, MOST_EVENTS)
      .then((events) => {
        // Charts are marked with them: the same ones again are nothing to draw.
        if (JSON.stringify(events) !== JSON.stringify(this.events)) this.events = events;
      })
      // The list keeps what it has; what is wrong with the store is told by the status.
      .catch(() => (this.#eventsRead = 0));
  }

  async #readSparks(now: number): Promise<void> {
    const query = { source: null, since: now - SPARK_SECONDS, until: now + 1, points: SPARK_SECONDS };
    const wanted = this.#sparks.filter((metric) => {
      const count = this.sources.filter((source) => metric in source.metrics).length;
      return count > 0 && count <= MOST_SPARKS;
    });
    const answers = await Promise.allSettled(wanted.map((metric) => this.backend.history({ ...query, metric })));
    for (const answer of answers) {
      if (answer.status === 'rejected') continue;
      for (const series of answer.value.series) {
        const line = toLine(series);
        const key = lineKey(series.source, answer.value.metric);
        catchUp(line, this.#lines.get(key), this.now);
        this.#lines.set(key, line);
      }
    }
    this.beat += 1;
  }

  #extend(status: Status): void {
    for (const source of status.sources) {
      if (source.ts === null || !isLive(source)) continue;
      for (const metric of this.#sparks) {
        const value = source.metrics[metric];
        if (!value) continue;
        const key = lineKey(source.id, metric);
        const line = this.#lines.get(key) ?? { source: source.id, label: source.label, step: 1, points: [] };
        append(line, source.ts, value.value);
        trim(line, this.now - SPARK_SECONDS);
        this.#lines.set(key, line);
      }
    }
    this.beat += 1;
  }
}

function lineKey(source: string, metric: string): string {
  return `${metric} ${source}`;
}

/** When calls count as a spike. */
export interface SpikeThreshold {
  /** Calls within any hour, at least. */
  readonly floor: number;
  /** And more than so many times the most that the principal did in an hour before. */
  readonly times: number;
}

/** An uninterrupted time of too many calls by one principal. */
export interface Spike {
  readonly series: string;
  /** The most in any hour of it. */
  readonly count: number;
  /** The most in any hour before it; 0 if there was none. */
  readonly usual: number;
  /** Seconds since 1970 of the first call in the hour that told it, and of the last call that was too many. */
  readonly first: number;
  readonly last: number;
  /** Calls by key, the most first. */
  readonly keys: readonly { readonly key: string; readonly calls: number }[];
}

const HOUR = 3600;
/** Time and key are kept in one number: that many keys a series tells apart. */
const KEYS = 2 ** 16;

/**
 * Counts calls in hours that slide: at each call, those of the 3,600 seconds that end with it.
 *
 * A principal's own rate is the most that it did in any hour that was over when the hour in question began, so that a day's rhythm is no spike. A spike
 * is history once it is over, as whatever else happened. Calls may come in any order; `settle` says up to when all have come.
 */
export class SlidingRates {
  private readonly series = new Map<string, Series>();

  constructor(private readonly threshold: SpikeThreshold, private readonly history: ReadonlyMap<string, number> = new Map()) {}

  add(name: string, second: number, key: string): void {
    let series = this.series.get(name);
    if (!series) this.series.set(name, series = new Series(name, this.threshold, this.history.get(name) ?? 0));
    series.add(second, key);
  }

  /** Nothing older comes any more: what is that old is counted and let go. */
  settle(until: number): void {
    for (const series of this.series.values()) series.settle(until);
  }

  /** All calls have come. */
  finish(): Spike[] {
    return [...this.series.values()].flatMap((series) => series.finish());
  }

  /** The most in any hour, by series: after `finish`, history for what comes later. */
  peaks(): Map<string, number> {
    return new Map([...this.series].map(([name, series]) => [name, series.peak]));
  }
}

interface Episode {
  count: number;
  readonly usual: number;
  readonly first: number;
  last: number;
  readonly calls: Map<number, number>;
}

class Series {
  /** The most in any hour that is over. */
  public peak: number;

  private readonly keys: string[] = [];
  private readonly keyNumbers = new Map<string, number>();
  /** Calls that are not settled, in the order they came. */
  private pending = new Float64Array(16);
  private pendingLength = 0;
  /** Calls of the last hour in order of time, and for each how many there were in the hour that it ended. */
  private window = new Float64Array(16);
  private counts = new Uint32Array(16);
  private from = 0;
  private to = 0;
  private episode?: Episode;
  private readonly spikes: Spike[] = [];

  constructor(private readonly name: string, private readonly threshold: SpikeThreshold, history: number) {
    this.peak = history;
  }

  add(second: number, key: string): void {
    let number = this.keyNumbers.get(key);
    if (number === undefined) {
      // A series with more keys than fit counts the rest as its last one: what they are called is all that suffers.
      number = Math.min(this.keys.length, KEYS - 1);
      this.keys[number] = key;
      this.keyNumbers.set(key, number);
    }
    if (this.pendingLength === this.pending.length) this.pending = grown(this.pending, Float64Array);
    this.pending[this.pendingLength++] = second * KEYS + number;
  }

  settle(until: number): void {
    const bound = (until + 1) * KEYS;
    const calls = this.pending.subarray(0, this.pendingLength).sort();
    let settled = 0;
    while (settled < calls.length && calls[settled] < bound) this.count(calls[settled++]);
    if (settled === 0) return;
    this.pending = calls.slice(settled);
    this.pendingLength = this.pending.length;
    if (this.pending.length < 16) this.pending = grown(this.pending, Float64Array);
  }

  finish(): Spike[] {
    this.settle(Number.MAX_SAFE_INTEGER / KEYS - 1);
    this.end();
    while (this.from < this.to) this.peak = Math.max(this.peak, this.counts[this.from++]);
    return this.spikes;
  }

  private count(call: number): void {
    const second = Math.floor(call / KEYS);
    const gone = (second - HOUR + 1) * KEYS;
    while (this.from < this.to && this.window[this.from] < gone) this.peak = Math.max(this.peak, this.counts[this.from++]);
    if (this.to === this.window.length) this.makeRoom();
    const inHour = this.to - this.from + 1;
    this.window[this.to] = call;
    this.counts[this.to++] = inHour;
    this.judge(inHour, second, call % KEYS);
  }

  private judge(inHour: number, second: number, key: number): void {
    const usual = this.episode?.usual ?? this.peak;
    if (inHour < this.threshold.floor || inHour <= this.threshold.times * usual) {
      this.end();
      return;
    }
    if (!this.episode) {
      const calls = new Map<number, number>();
      for (let at = this.from; at < this.to - 1; at++) raise(calls, this.window[at] % KEYS);
      this.episode = { count: 0, usual, first: Math.floor(this.window[this.from] / KEYS), last: second, calls };
    }
    this.episode.count = Math.max(this.episode.count, inHour);
    this.episode.last = second;
    raise(this.episode.calls, key);
  }

  private end(): void {
    if (!this.episode) return;
    const { calls, ...told } = this.episode;
    const keys = [...calls].sort(([, one], [, other]) => other - one).map(([key, number]) => ({ key: this.keys[key], calls: number }));
    this.spikes.push({ series: this.name, ...told, keys });
    this.episode = undefined;
  }

  private makeRoom(): void {
    const length = this.to - this.from;
    if (length > this.window.length / 2) {
      this.window = grown(this.window, Float64Array);
      this.counts = grown(this.counts, Uint32Array);
    }
    this.window.copyWithin(0, this.from, this.to);
    this.counts.copyWithin(0, this.from, this.to);
    this.from = 0;
    this.to = length;
  }
}

function raise(calls: Map<number, number>, key: number): void {
  calls.set(key, (calls.get(key) ?? 0) + 1);
}

function grown<T extends Float64Array | Uint32Array>(values: T, type: new (length: number) => T): T {
  const more = new type(Math.max(16, values.length * 2));
  more.set(values);
  return more;
}

import { unlessAborted } from '../abort';
import { Usage } from './cache-entry';
import type { CacheEntry, HasDataKey } from './cache-entry';

/** Why an entry went. */
export type Departure = 'expired' | 'exhausted' | 'evicted' | 'purged' | 'replaced' | 'cleared';

/** The longest that a timer of Node waits. */
const MAX_TIMEOUT_MS = 0x7fff_ffff;

/** What a store is asked to hold, and whom it tells. */
export interface EntryStoreOptions {
  readonly maxEntries: number;
  /** Milliseconds after which an entry is of no use to anybody. */
  readonly keepMs: number;
  readonly now: () => number;
  readonly onDeparture: (why: Departure) => void;
}

/** Books a place among those who wait for an entry. */
export type HasSeat = (seats: Usage) => boolean;

/** Does what an entry was asked for, before it is kept. */
type Take<Materials extends HasDataKey> = (entry: CacheEntry<Materials>) => unknown;

/** An entry on its way, and what is to be done with it by those who wait. */
interface Flight<Materials extends HasDataKey> {
  readonly seats: Usage;
  /** Those who wait: the first that still does is served with the new entry. */
  readonly waiting: Set<Take<Materials>>;
  /** Ends the call, when nobody waits any more. */
  readonly controller?: AbortController;
  /** Whoever asked is served; nothing is kept. */
  isDropped: boolean;
  done?: Promise<void>;
}

/**
 * A bounded set of data keys by name: the least recently used goes first, and whatever goes is overwritten. Names that
 * are being filled are filled once, for as many as one entry serves.
 */
export class EntryStore<Materials extends HasDataKey> {
  readonly #options: EntryStoreOptions;
  readonly #entries = new Map<string, CacheEntry<Materials>>();
  /** By name, the latest last. */
  readonly #flights = new Map<string, Array<Flight<Materials>>>();
  /** The name that stands last in `#entries`. */
  #latest: string | undefined;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(options: EntryStoreOptions) {
    this.#options = options;
  }

  public get size(): number {
    return this.#entries.size;
  }

  /** The entry of this name, now the most recently used. */
  public find(name: string): CacheEntry<Materials> | undefined {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    if (entry.age(this.#options.now()) >= this.#options.keepMs) {
      this.drop(name, 'expired');
      return undefined;
    }
    if (name !== this.#latest) {
      this.#entries.delete(name);
      this.#entries.set(name, entry);
      this.#latest = name;
    }
    return entry;
  }

  /**
   * Makes the entry of this name, or waits until it is made. A failure is told to all who wait, and is not kept.
   *
   * @param take - is given the new entry, unless somebody who has waited longer is
   * @param abortSignal - ends the wait; what is being made is given up when all who wait have left
   * @param hasSeat - without a seat another entry is made at the same time
   */
  public async fill(
    name: string, make: (abortSignal?: AbortSignal) => Promise<CacheEntry<Materials>>, take: Take<Materials>,
    abortSignal?: AbortSignal, hasSeat: HasSeat = () => true,
  ): Promise<void> {
    abortSignal?.throwIfAborted();
    const latest = this.#flights.get(name)?.at(-1);
    const flight = latest && !latest.isDropped && hasSeat(latest.seats) ? latest : this.#start(name, make, hasSeat, abortSignal);
    flight.waiting.add(take);
    try {
      await unlessAborted(abortSignal, async () => flight.done);
    } catch (error) {
      flight.waiting.delete(take);
      if (!flight.waiting.size && abortSignal?.aborted) this.#abandon(name, flight, error);
      throw error;
    }
  }

  public drop(name: string, why: Departure): void {
    const entry = this.#entries.get(name);
    this.#entries.delete(name);
    if (entry) this.#gone(entry, why);
  }

  /** The entry goes, and what is being made for its name is not kept. */
  public purge(name: string, why: Departure = 'purged'): void {
    for (const flight of this.#flights.get(name) ?? []) flight.isDropped = true;
    this.drop(name, why);
  }

  /** Everything goes, also what is being made right now. */
  public clear(): void {
    for (const name of [...this.#entries.keys(), ...this.#flights.keys()]) this.purge(name, 'cleared');
  }

  #start(
    name: string, make: (abortSignal?: AbortSignal) => Promise<CacheEntry<Materials>>, hasSeat: HasSeat, abortSignal?: AbortSignal,
  ): Flight<Materials> {
    // Whoever cannot abort waits to the end.
    const flight: Flight<Materials> = { seats: new Usage(), waiting: new Set(), controller: abortSignal && new AbortController(), isDropped: false };
    hasSeat(flight.seats);
    this.#flights.set(name, [...this.#flights.get(name) ?? [], flight]);
    flight.done = this.#make(name, make, flight).finally(() => this.#landed(name, flight));
    // Whoever is told of it waits for it; that may be nobody any more.
    flight.done.catch(() => undefined);
    return flight;
  }

  async #make(name: string, make: (abortSignal?: AbortSignal) => Promise<CacheEntry<Materials>>, flight: Flight<Materials>): Promise<void> {
    const entry = await make(flight.controller?.signal);
    const [take] = flight.waiting;
    take?.(entry);
    if (flight.isDropped || !entry.live) return entry.wipe();
    this.drop(name, 'replaced');
    this.#entries.set(name, entry);
    this.#latest = name;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.maxEntries) break;
      this.drop(oldest, 'evicted');
    }
    this.#sweepLater();
  }

  /** Nobody waits: an entry that comes is not kept, since nobody has found out whether it authenticates anything. */
  #abandon(name: string, flight: Flight<Materials>, reason: unknown): void {
    flight.isDropped = true;
    this.#landed(name, flight);
    flight.controller?.abort(reason);
  }

  #landed(name: string, flight: Flight<Materials>): void {
    const others = (this.#flights.get(name) ?? []).filter((other) => other !== flight);
    if (others.length) this.#flights.set(name, others);
    else this.#flights.delete(name);
  }

  /** Keys that nobody asks for any more do not stay in memory past their time. */
  #sweepLater(): void {
    if (this.#sweeper) return;
    this.#sweeper = setTimeout(() => {
      this.#sweeper = undefined;
      const now = this.#options.now();
      for (const [name, entry] of this.#entries) {
        if (entry.age(now) >= this.#options.keepMs) this.drop(name, 'expired');
      }
      if (this.#entries.size > 0) this.#sweepLater();
    }, Math.min(this.#options.keepMs, MAX_TIMEOUT_MS));
    this.#sweeper.unref();
  }

  #gone(entry: CacheEntry<Materials>, why: Departure): void {
    entry.wipe();
    this.#options.onDeparture(why);
  }
}

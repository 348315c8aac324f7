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

/** An entry on its way, and what is to be done with it by those who wait. */
interface Flight {
  readonly done: Promise<void>;
  readonly seats: Usage;
  /** Whoever asked is served; nothing is kept. */
  isDropped: boolean;
}

/**
 * A bounded set of data keys by name: the least recently used goes first, and whatever goes is overwritten. Names that
 * are being filled are filled once, for as many as one entry serves.
 */
export class EntryStore<Materials extends HasDataKey> {
  readonly #options: EntryStoreOptions;
  readonly #entries = new Map<string, CacheEntry<Materials>>();
  /** By name, the latest last. */
  readonly #flights = new Map<string, Flight[]>();
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
   * @param hasSeat - books a place among those who wait; without one another entry is made at the same time
   */
  public fill(name: string, make: () => Promise<CacheEntry<Materials>>, hasSeat: (seats: Usage) => boolean = () => true): Promise<void> {
    const flights = this.#flights.get(name) ?? [];
    const latest = flights.at(-1);
    if (latest && !latest.isDropped && hasSeat(latest.seats)) return latest.done;
    const seats = new Usage();
    hasSeat(seats);
    const done = this.#make(name, make, () => flight.isDropped).finally(() => this.#landed(name, flight));
    const flight: Flight = { seats, isDropped: false, done };
    flights.push(flight);
    this.#flights.set(name, flights);
    return flight.done;
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

  async #make(name: string, make: () => Promise<CacheEntry<Materials>>, isDropped: () => boolean): Promise<void> {
    const entry = await make();
    if (isDropped() || !entry.live) return entry.wipe();
    this.drop(name, 'replaced');
    this.#entries.set(name, entry);
    this.#latest = name;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.maxEntries) break;
      this.drop(oldest, 'evicted');
    }
    this.#sweepLater();
  }

  #landed(name: string, flight: Flight): void {
    const others = this.#flights.get(name)!.filter((other) => other !== flight);
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

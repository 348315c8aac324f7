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

/**
 * A bounded set of data keys by name: the least recently used goes first, and whatever goes is overwritten. Names that
 * are being filled are filled once, however many wait.
 */
export class EntryStore<Materials extends HasDataKey> {
  readonly #options: EntryStoreOptions;
  readonly #entries = new Map<string, CacheEntry<Materials>>();
  readonly #flights = new Map<string, Promise<void>>();
  /** The name that stands last in `#entries`. */
  #latest: string | undefined;
  #generation = 0;
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

  /** Makes the entry of this name, or waits until it is made. A failure is told to all who wait, and is not kept. */
  public fill(name: string, make: () => Promise<CacheEntry<Materials>>): Promise<void> {
    const under = this.#flights.get(name);
    if (under) return under;
    const flight = this.#make(name, make).finally(() => this.#flights.delete(name));
    this.#flights.set(name, flight);
    return flight;
  }

  public drop(name: string, why: Departure): void {
    const entry = this.#entries.get(name);
    this.#entries.delete(name);
    if (entry) this.#gone(entry, why);
  }

  /** Everything that came from `keyring` goes. */
  public purge(keyring: object): void {
    for (const [name, entry] of this.#entries) {
      if (entry.keyring === keyring) this.drop(name, 'purged');
    }
  }

  /** Everything goes, also what is being made right now. */
  public clear(): void {
    this.#generation += 1;
    for (const name of [...this.#entries.keys()]) this.drop(name, 'cleared');
  }

  async #make(name: string, make: () => Promise<CacheEntry<Materials>>): Promise<void> {
    const generation = this.#generation;
    const entry = await make();
    if (generation !== this.#generation) return entry.wipe();
    this.drop(name, 'replaced');
    this.#entries.set(name, entry);
    this.#latest = name;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.maxEntries) break;
      this.drop(oldest, 'evicted');
    }
    this.#sweepLater();
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

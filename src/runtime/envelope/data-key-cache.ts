import { createHash } from 'node:crypto';
import { CacheEntry, MAX_MESSAGES } from './cache-entry';
import type { HasDataKey, Usage } from './cache-entry';
import { freshDataKeys, unwrapper } from './data-keys';
import type { DataKeys, DecryptionMaterials, Make } from './data-keys';
import { EntryStore } from './entry-store';
import type { Departure, HasSeat } from './entry-store';
import type { Keyring } from './keyring';
import { generateMaterials } from './materials';
import type { EncryptionMaterials } from './materials';
import { isKeysmithError } from '../errors';
import { wholeNumber, wholeNumbers } from '../whole-numbers';

/**
 * How long, how often and for how much a data key is used again. Until a key is dropped, messages can be written and
 * opened without KMS: a role that lost its access keeps it for up to `maxAgeMs`, and CloudTrail shows one call for
 * many messages.
 */
export interface DataKeyCacheOptions {
  /** Milliseconds a data key is used. @default 60000 */
  readonly maxAgeMs?: number;
  /** Messages encrypted under one data key, 2^32 at most. @default 1000 */
  readonly maxMessages?: number;
  /** Plaintext bytes encrypted under one data key. @default 1 GiB */
  readonly maxBytes?: number;
  /** Data keys held for writing, and as many for reading; the least recently used goes first. @default 1000 */
  readonly maxEntries?: number;
  /**
   * Milliseconds past `maxAgeMs` that a data key still opens messages while KMS does not answer. New messages are
   * never written under it. @default 0
   */
  readonly outageGraceMs?: number;
  /** Told of every change to the counters that `metrics()` gives; what it throws is ignored. @default - nobody */
  readonly onMetric?: (name: keyof DataKeyCacheMetrics, value: number) => void;
  /** Milliseconds of the wall clock. @default Date.now */
  readonly now?: () => number;
}

/** Counters since the cache was made, and `entries` as it stands. */
export interface DataKeyCacheMetrics {
  /** Data keys held now. */
  readonly entries: number;
  /** Messages served without the keyring. */
  readonly hits: number;
  /** Messages that had to wait for the keyring. */
  readonly misses: number;
  /** Times the keyring was asked. */
  readonly keyringCalls: number;
  /** Times the keyring failed. */
  readonly failures: number;
  /** Messages opened past `maxAgeMs` because KMS did not answer. */
  readonly graceHits: number;
  /** Data keys dropped for their age, for use up to a limit, for room, after KMS refused. */
  readonly expired: number;
  readonly exhausted: number;
  readonly evicted: number;
  readonly purged: number;
}

type Counter = Exclude<keyof DataKeyCacheMetrics, 'entries'>;

const DEFAULTS = { maxAgeMs: 60_000, maxMessages: 1000, maxBytes: 0x4000_0000, maxEntries: 1000, outageGraceMs: 0 };

/** Above it a name is a digest, so that large headers do not stay in memory as names. */
const NAME_BYTES = 2048;

/** Says that the key may not be used any more, at least not so: what is cached under the same name goes. */
const PURGING = ['ERR_KEYSMITH_ACCESS_DENIED', 'ERR_KEYSMITH_KEY_UNAVAILABLE'];

/**
 * Keeps data keys for a while, so that not every message costs a call to KMS. One cache may serve several ciphers:
 * what differs in keyring, partition, suite, context or encrypted data keys is never shared.
 */
export class DataKeyCache {
  readonly #limits: typeof DEFAULTS;
  readonly #now: () => number;
  readonly #onMetric?: (name: keyof DataKeyCacheMetrics, value: number) => void;
  readonly #counters: Record<Counter, number> = {
    hits: 0, misses: 0, keyringCalls: 0, failures: 0, graceHits: 0, expired: 0, exhausted: 0, evicted: 0, purged: 0,
  };
  readonly #forWriting: EntryStore<EncryptionMaterials>;
  readonly #forReading: EntryStore<DecryptionMaterials>;
  readonly #keyrings = new WeakMap<Keyring, number>();
  #keyringCount = 0;

  /** @throws `ERR_KEYSMITH_INPUT` for a limit that is not a whole number in its range */
  constructor({ onMetric, now = Date.now, ...limits }: DataKeyCacheOptions = {}) {
    this.#limits = checkedLimits(limits);
    this.#now = now;
    this.#onMetric = onMetric;
    const { maxEntries, maxAgeMs, outageGraceMs } = this.#limits;
    const onDeparture = (why: Departure) => {
      if (why in this.#counters) this.#count(why as Counter);
    };
    this.#forWriting = new EntryStore({ maxEntries, keepMs: maxAgeMs, now, onDeparture });
    this.#forReading = new EntryStore({ maxEntries, keepMs: maxAgeMs + outageGraceMs, now, onDeparture });
  }

  public metrics(): DataKeyCacheMetrics {
    return { entries: this.#forWriting.size + this.#forReading.size, ...this.#counters };
  }

  /** Drops and overwrites every data key. */
  public clear(): void {
    this.#forWriting.clear();
    this.#forReading.clear();
  }

  /** What a cipher calls: the data keys of `keyring`, kept here under `partition`. */
  public over(keyring: Keyring, partition = ''): DataKeys {
    const fresh = freshDataKeys(keyring);
    const prefix = `${JSON.stringify(partition)}${this.#numberOf(keyring)}:`;
    const nameForWriting = namesWith(prefix);
    const nameForReading = namesWith(prefix);
    return {
      forEncryption: (request, use) => {
        const { suite, contextBytes, messageBytes, abortSignal } = request;
        abortSignal?.throwIfAborted();
        // A message that is alone over the limit, or of unknown length, takes a key of its own.
        if (messageBytes === undefined || messageBytes > this.#limits.maxBytes) return fresh.forEncryption(request, use);
        const name = nameForWriting(suite.id, contextBytes);
        const entry = this.#booked(name, messageBytes);
        if (entry) return this.#lend('hits', entry, use);
        const make: Make<EncryptionMaterials> = (shared) => generateMaterials(keyring, request, shared);
        return this.#encryptAfterAsking(name, messageBytes, make, use, abortSignal);
      },
      forDecryption: (header, use, abortSignal, check) => {
        abortSignal?.throwIfAborted();
        const name = nameForReading(header.suite.id, header.materialBytes);
        const entry = this.#young(name);
        if (entry) return this.#lend('hits', entry, use);
        return this.#decryptAfterAsking(name, unwrapper(keyring, header, check), use, abortSignal);
      },
    };
  }

  /** The data key to write with, once the message is booked on it. */
  #booked(name: string, messageBytes: number): CacheEntry<EncryptionMaterials> | undefined {
    const entry = this.#forWriting.find(name);
    if (!entry || entry.book(messageBytes, this.#limits)) return entry;
    this.#forWriting.drop(name, 'exhausted');
    return undefined;
  }

  /** The data key to read with, unless it serves outages only. */
  #young(name: string): CacheEntry<DecryptionMaterials> | undefined {
    const entry = this.#forReading.find(name);
    return entry && entry.age(this.#now()) < this.#limits.maxAgeMs ? entry : undefined;
  }

  async #encryptAfterAsking<T>(
    name: string, messageBytes: number, make: Make<EncryptionMaterials>, use: (materials: EncryptionMaterials) => T, abortSignal?: AbortSignal,
  ): Promise<T> {
    // Who would find the key used up does not wait for it.
    const book = (usage: Usage) => usage.book(messageBytes, this.#limits);
    for (;;) {
      const served = await this.#ask(this.#forWriting, name, make, (entry) => {
        book(entry);
        return this.#lend('misses', entry, use);
      }, abortSignal, book);
      if (served.length) return served[0];
      const entry = this.#booked(name, messageBytes);
      if (entry) return this.#lend('misses', entry, use);
    }
  }

  async #decryptAfterAsking<T>(
    name: string, make: Make<DecryptionMaterials>, use: (materials: DecryptionMaterials) => T, abortSignal?: AbortSignal,
  ): Promise<T> {
    for (;;) {
      const stale = this.#forReading.find(name);
      try {
        const served = await this.#ask(this.#forReading, name, make, (entry) => {
          try {
            return this.#lend('misses', entry, use);
          } catch (error) {
            // It may have been made for a forged message, whose like nobody else has: those that are cached stay for others.
            entry.wipe();
            throw error;
          }
        }, abortSignal);
        if (served.length) return served[0];
      } catch (error) {
        if (abortSignal?.aborted || !stale?.live || !isOutage(error)) throw error;
        return this.#lend('graceHits', stale, use);
      }
      const entry = this.#young(name);
      if (entry) return this.#lend('misses', entry, use);
    }
  }

  /** Counts afterwards: whoever is told may drop the key. */
  #lend<Materials extends HasDataKey, T>(counter: Counter, { materials }: CacheEntry<Materials>, use: (materials: Materials) => T): T {
    try {
      return use(materials);
    } finally {
      this.#count(counter);
    }
  }

  /**
   * Fills an entry, or waits until another has done so.
   *
   * @returns what `first` made of the new entry, or nothing after the wait: each call serves somebody, however soon the entry is gone
   */
  async #ask<Materials extends HasDataKey, T>(
    store: EntryStore<Materials>, name: string, make: Make<Materials>, first: (entry: CacheEntry<Materials>) => T,
    abortSignal?: AbortSignal, hasSeat?: HasSeat,
  ): Promise<T[]> {
    const served: Array<Promise<T>> = [];
    const fill = async (shared?: AbortSignal) => {
      this.#count('keyringCalls');
      try {
        return new CacheEntry(await make(shared), this.#now());
      } catch (error) {
        // That nobody waits any more is no failure.
        if (shared?.aborted) throw error;
        this.#count('failures');
        // This entry alone: whoever forges a message, of a key of nowhere or another tenant's, must not empty the cache.
        if (isKeysmithError(error) && PURGING.includes(error.code)) store.purge(name);
        throw error;
      }
    };
    try {
      await store.fill(name, fill, (entry) => served.push(new Promise((resolve) => resolve(first(entry)))), abortSignal, hasSeat);
    } catch (error) {
      // Whoever aborts when it has been served already has been served.
      if (!served.length) throw error;
    }
    return Promise.all(served);
  }

  #numberOf(keyring: Keyring): number {
    const number = this.#keyrings.get(keyring) ?? ++this.#keyringCount;
    this.#keyrings.set(keyring, number);
    return number;
  }

  #count(counter: Counter): void {
    this.#counters[counter] += 1;
    try {
      this.#onMetric?.(counter, this.#counters[counter]);
    } catch {
      // What listens does not decide about what it hears of.
    }
  }
}

/** Names by suite and bytes. Messages in a row mostly have the same: the last name is remembered. */
function namesWith(prefix: string): (suiteId: number, bytes: Buffer) => string {
  let last: { suiteId: number; bytes: Buffer; name: string } | undefined;
  return (suiteId, bytes) => {
    if (last?.suiteId !== suiteId || !last.bytes.equals(bytes)) {
      const end = bytes.length <= NAME_BYTES ? bytes.toString('latin1') : `sha256:${createHash('sha256').update(bytes).digest('base64')}`;
      last = { suiteId, bytes: Buffer.from(bytes), name: `${prefix}${suiteId}:${end}` };
    }
    return last.name;
  };
}

function isOutage(error: unknown): boolean {
  return isKeysmithError(error) && error.code === 'ERR_KEYSMITH_KMS_UNAVAILABLE';
}

function checkedLimits({ outageGraceMs = 0, maxMessages = 1000, ...others }: Partial<typeof DEFAULTS>): typeof DEFAULTS {
  return {
    ...wholeNumbers(DEFAULTS, others),
    outageGraceMs: wholeNumber('outageGraceMs', outageGraceMs, 0),
    maxMessages: wholeNumber('maxMessages', maxMessages, 1, MAX_MESSAGES),
  };
}

import { wipe } from './bytes';

/** When a cached data key has encrypted enough. Whatever comes first. */
export interface UsageLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/** Messages under one data key that no setting can go beyond (aws-encryption-sdk-specification, framework/caching-cmm.md, "Limit Messages"). */
export const MAX_MESSAGES = 0x1_0000_0000;

/** What is kept: at least a data key. */
export interface HasDataKey {
  readonly dataKey: Uint8Array;
}

/** What a data key has been used for, or is to be. */
export class Usage {
  #messages: number;
  #bytes = 0;

  constructor(messages = 0) {
    this.#messages = messages;
  }

  /** Books a message of this size, unless it would go beyond a limit. */
  public book(bytes: number, { maxMessages, maxBytes }: UsageLimits): boolean {
    if (this.#messages >= Math.min(maxMessages, MAX_MESSAGES) || this.#bytes + bytes > maxBytes) return false;
    this.#messages += 1;
    this.#bytes += bytes;
    return true;
  }
}

/** One data key in the cache, with what it has been used for. */
export class CacheEntry<Materials extends HasDataKey> extends Usage {
  #live = true;

  constructor(public readonly materials: Materials, public readonly createdAt: number, messages = 0) {
    super(messages);
  }

  /** Whether the key is still there. */
  public get live(): boolean {
    return this.#live;
  }

  /** Milliseconds since it was made; without end when the clock was set back. */
  public age(now: number): number {
    return now < this.createdAt ? Infinity : now - this.createdAt;
  }

  public wipe(): void {
    this.#live = false;
    wipe(this.materials.dataKey);
  }
}

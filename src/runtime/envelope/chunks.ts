import { Reader } from './bytes';
import type { Incomplete } from './bytes';
import { notAuthentic } from './failures';

/** A shorter chunk is copied to others: many views on little would take more memory than the bytes. */
const SMALL_BYTES = 1024;
const BLOCK_BYTES = 64 * 1024;

/** Bytes that come in chunks of any size, and leave as views on them. */
export class ChunkQueue {
  #chunks: Buffer[] = [];
  /** Where small chunks are put together. */
  #block: Buffer = Buffer.alloc(0);
  #used = 0;
  #length = 0;

  public get length(): number {
    return this.#length;
  }

  /** Bytes of the first chunk. */
  public get firstLength(): number {
    return this.#chunks[0]?.length ?? 0;
  }

  public push(chunk: Buffer): void {
    this.#length += chunk.length;
    if (chunk.length >= SMALL_BYTES) {
      this.#chunks.push(chunk);
      return;
    }
    if (this.#used + chunk.length > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#used = 0;
    }
    const last = this.#chunks.at(-1);
    const joined = last?.buffer === this.#block.buffer && last.byteOffset + last.length === this.#used ? this.#chunks.pop()!.length : 0;
    const start = this.#used - joined;
    this.#used += chunk.copy(this.#block, this.#used);
    this.#chunks.push(this.#block.subarray(start, this.#used));
  }

  /** The first `length` bytes, which must be there. */
  public take(length: number): Buffer[] {
    this.#length -= length;
    let count = 0;
    for (let left = length; left > 0; count++) {
      const chunk = this.#chunks[count];
      if (chunk.length > left) this.#chunks.splice(count, 1, chunk.subarray(0, left), chunk.subarray(left));
      left -= chunk.length;
    }
    return this.#chunks.splice(0, count);
  }
}

/** A reader whose bytes come in chunks. What was read is a view until the next `has`. */
export class ChunkReader extends Reader {
  readonly #chunks = new ChunkQueue();
  /** Where chunks are put together: always the same memory, since fresh memory costs more than the copy. */
  #joined: Buffer = Buffer.alloc(0);
  /** Made once: it only says how much is missing, and an error takes as long as a small frame. */
  readonly #incomplete = Object.assign(notAuthentic('more of it has to come'), { needed: 0 });

  public push(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  /**
   * Whether there are `needed` bytes to read. They are in one piece then: a chunk that holds them is read as it is, else
   * as many as needed are copied together.
   */
  public has(needed: number): boolean {
    const missing = needed - this.left;
    if (missing > 0 && missing <= this.#chunks.length) {
      const rest = this.take(this.left);
      if (rest.length || this.#chunks.firstLength < needed) this.#join(needed, [rest, ...this.#chunks.take(missing)]);
      else [this.bytes] = this.#chunks.take(this.#chunks.firstLength);
      this.offset = 0;
    }
    return needed <= this.left;
  }

  public override end(): void {
    this.has(this.left + 1);
    super.end();
  }

  protected override incomplete(needed: number): Incomplete {
    this.#incomplete.needed = needed;
    return this.#incomplete;
  }

  #join(length: number, pieces: readonly Buffer[]): void {
    if (length > this.#joined.length) this.#joined = Buffer.allocUnsafeSlow(Math.max(length, BLOCK_BYTES));
    let end = 0;
    // The first may be the rest of what was joined before: it moves to the front.
    for (const piece of pieces) end += piece.copy(this.#joined, end);
    this.bytes = this.#joined.subarray(0, end);
  }
}

import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { invalid } from '../../errors';
import { NO_BYTES, Reader } from '../bytes';
import type { Parts } from '../message';
import { PIECE_BYTES } from '../message-key';

/**
 * Parts made of what comes in, as a stream of Node. They are made only as fast as they are read, also within one large
 * chunk. After an error, or when it is destroyed, the stream ends nothing and keeps no key.
 */
export class PartStream extends Transform {
  /** What was read from it is a view until more comes in. */
  readonly #input = new Reader(NO_BYTES, new Error('incomplete'));
  readonly #start: (input: Reader) => Parts | Promise<Parts> | undefined;
  #parts: Parts | Promise<Parts> | undefined;
  #resume: (() => void) | undefined;

  /** @param start - called with each chunk until it returns something */
  constructor(start: (input: Reader) => Parts | Promise<Parts> | undefined) {
    super();
    this.#start = start;
  }

  public override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    // A keyring or listener of the caller's own may throw nothing at all, which a stream would take for success.
    this.#take(chunk).then(() => callback(), (error) => callback(error || invalid('a keyring or onHeader threw no error')));
  }

  public override _flush(callback: TransformCallback): void {
    this.#input.more = undefined;
    this._transform(NO_BYTES, 'binary', callback);
  }

  public override _read(size: number): void {
    const resume = this.#resume;
    this.#resume = undefined;
    if (resume) resume();
    else super._read(size);
  }

  public override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#resume?.();
    // Also a key that is still on its way is overwritten. Why it does not come was said before.
    void this.#wipe().catch(() => undefined);
    callback(error);
  }

  async #take(chunk: Buffer): Promise<void> {
    let offset = 0;
    do {
      this.#append(chunk.subarray(offset, offset += PIECE_BYTES));
      const parts = await (this.#parts ??= this.#start(this.#input));
      for (let isFull = Boolean(parts); isFull && !this.destroyed;) {
        isFull = false;
        parts![0]((part) => (isFull = !this.push(part)));
        if (isFull && !this.destroyed) await new Promise<void>((resolve) => { this.#resume = resolve; });
      }
    } while (offset < chunk.length && !this.destroyed);
  }

  /** Puts a piece behind the bytes that are left, in memory that is used again: fresh memory costs more than the copy. */
  #append(piece: Buffer): void {
    const input = this.#input;
    const rest = input.bytes.subarray(input.offset);
    const length = rest.length + piece.length;
    let store = Buffer.from(rest.buffer);
    let start = rest.byteOffset;
    if (start + length > store.length) {
      // Twice as much: what comes in many pieces is moved a few times only.
      if (length > store.length) store = Buffer.allocUnsafeSlow(Math.min(2 * length, 2 ** 32));
      rest.copy(store);
      start = 0;
    }
    piece.copy(store, start + rest.length);
    input.bytes = store.subarray(start, start + length);
    input.offset = 0;
  }

  async #wipe(): Promise<void> {
    (await this.#parts)?.[1]();
  }
}

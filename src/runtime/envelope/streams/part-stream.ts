import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { NO_BYTES, Reader } from '../bytes';
import type { Parts } from '../message';
import { PIECE_BYTES } from '../message-key';

/**
 * Parts made of what comes in, as a stream of Node. After an error, or when it is destroyed, the stream ends nothing and
 * keeps no key.
 */
export class PartStream extends Transform {
  /** What was read from it is a view until more comes in. */
  readonly #input = new Reader(NO_BYTES, new Error('incomplete'));
  #parts: Parts | Promise<Parts> | undefined;

  readonly #start: (input: Reader) => Parts | Promise<Parts> | undefined;

  /** @param start - called with each chunk until it returns something */
  constructor(start: (input: Reader) => Parts | Promise<Parts> | undefined) {
    super();
    this.#start = start;
  }

  /** A large chunk goes in piece by piece: what it gives is made only as fast as it is read. */
  public override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const rest = chunk.subarray(PIECE_BYTES);
    const goOn = (error?: Error | null): void => (error ? callback(error) : this._write(rest, encoding, callback));
    super._write(chunk.subarray(0, PIECE_BYTES), encoding, rest.length ? goOn : callback);
  }

  public override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#take(chunk).then(callback, callback);
  }

  public override _flush(callback: TransformCallback): void {
    this.#input.more = undefined;
    this.#take(NO_BYTES).then(callback, callback);
  }

  public override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Also a key that is still on its way is overwritten. Why it does not come was said before.
    void this.#wipe().catch(() => undefined);
    callback(error);
  }

  /** Puts a chunk behind the bytes that are left, in memory that is used again: fresh memory costs more than the copy. */
  async #take(chunk: Buffer): Promise<undefined> {
    const input = this.#input;
    const rest = input.bytes.subarray(input.offset);
    const length = rest.length + chunk.length;
    let store = Buffer.from(rest.buffer);
    let start = rest.byteOffset;
    if (start + length > store.length) {
      // Twice as much: what comes in many chunks is moved a few times only.
      if (length > store.length) store = Buffer.allocUnsafeSlow(2 * length);
      rest.copy(store);
      start = 0;
    }
    chunk.copy(store, start + rest.length);
    input.bytes = store.subarray(start, start + length);
    input.offset = 0;
    const parts = await (this.#parts ??= this.#start(input));
    parts?.[0]((part) => this.push(part));
  }

  async #wipe(): Promise<void> {
    (await this.#parts)?.[1]();
  }
}

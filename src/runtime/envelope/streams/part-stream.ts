import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { NO_BYTES, asBuffer } from '../bytes';
import { PIECE_BYTES } from '../message-key';
import type { Incoming } from './incoming';

/**
 * What comes out, part by part and only as fast as it is asked for; undefined when more has to come in first. Secrets
 * are overwritten in its `finally`.
 */
export type Parts = AsyncGenerator<Buffer | undefined, void>;

/**
 * Parts made of what comes in, as a stream of Node. After an error, or when it is destroyed, the stream ends nothing and
 * keeps no key.
 */
export class PartStream extends Transform {
  readonly #incoming: Incoming;
  readonly #parts: Parts;
  #resume: (() => void) | undefined;

  constructor(incoming: Incoming, parts: Parts) {
    super();
    this.#incoming = incoming;
    this.#parts = parts;
  }

  public override _transform(chunk: Uint8Array, _encoding: BufferEncoding, callback: TransformCallback): void {
    void this.#take(asBuffer(chunk), callback);
  }

  public override _flush(callback: TransformCallback): void {
    this.#incoming.ended = true;
    void this.#take(NO_BYTES, callback);
  }

  public override _read(size: number): void {
    const resume = this.#resume;
    this.#resume = undefined;
    if (resume) resume();
    else super._read(size);
  }

  public override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Waits until the generator rests: also a key that is still on its way is overwritten.
    void this.#parts.return();
    this.#resume?.();
    callback(error);
  }

  async #take(chunk: Buffer, callback: TransformCallback): Promise<void> {
    try {
      let offset = 0;
      do {
        this.#incoming.push(chunk.subarray(offset, offset += PIECE_BYTES));
        for (let part; (part = (await this.#parts.next()).value);) {
          if (!this.push(part) && !this.destroyed) await new Promise<void>((resolve) => { this.#resume = resolve; });
        }
      } while (offset < chunk.length);
      callback();
    } catch (error) {
      callback(error as Error);
    }
  }
}

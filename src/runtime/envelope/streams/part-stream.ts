import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { NO_BYTES } from '../bytes';
import { PIECE_BYTES } from '../message-key';
import { Incoming } from './incoming';

/**
 * What comes out, part by part; undefined when more has to come in first. Secrets are overwritten in its `finally`.
 */
export type Parts = AsyncGenerator<Buffer | undefined, void>;

/**
 * Parts made of what comes in, as a stream of Node. After an error, or when it is destroyed, the stream ends nothing and
 * keeps no key.
 */
export class PartStream extends Transform {
  readonly #incoming = new Incoming();
  readonly #parts: Parts;

  constructor(partsOf: (incoming: Incoming) => Parts) {
    super();
    this.#parts = partsOf(this.#incoming);
  }

  /** A large chunk goes in piece by piece: what it gives is made only as fast as it is read. */
  public override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const rest = chunk.subarray(PIECE_BYTES);
    const goOn = (error?: Error | null): void => (error ? callback(error) : this._write(rest, encoding, callback));
    super._write(chunk.subarray(0, PIECE_BYTES), encoding, rest.length ? goOn : callback);
  }

  public override async _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): Promise<void> {
    callback(await this.#take(chunk).catch((error: Error) => error));
  }

  public override _flush(callback: TransformCallback): void {
    this.#incoming.ended = true;
    void this._transform(NO_BYTES, 'binary', callback);
  }

  public override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Waits until the generator rests: also a key that is still on its way is overwritten.
    void this.#parts.return();
    callback(error);
  }

  async #take(chunk: Buffer): Promise<undefined> {
    this.#incoming.push(chunk);
    for (let part; (part = (await this.#parts.next()).value);) this.push(part);
  }
}

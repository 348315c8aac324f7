import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { asBuffer } from '../bytes';
import type { StreamEngine } from './engine';

/**
 * An engine as a stream of Node. Pieces are made only as fast as they are read, also within one large chunk; after an
 * error, or when it is destroyed, the stream ends nothing and keeps no key.
 */
export class EngineTransform extends Transform {
  readonly #engine: StreamEngine;
  #resume: (() => void) | undefined;

  constructor(engine: StreamEngine) {
    super({ writableHighWaterMark: 64 * 1024, readableHighWaterMark: 64 * 1024 });
    this.#engine = engine;
  }

  public override _transform(chunk: Uint8Array, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#passOn(() => this.#engine.push(asBuffer(chunk))).then(() => callback(), callback);
  }

  public override _flush(callback: TransformCallback): void {
    this.#passOn(() => this.#engine.end()).then(() => callback(), callback);
  }

  public override _read(size: number): void {
    const resume = this.#resume;
    if (!resume) return super._read(size);
    this.#resume = undefined;
    resume();
  }

  public override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#engine.close();
    this.#resume?.();
    callback(error);
  }

  async #passOn(make: () => Iterable<Buffer> | Promise<Iterable<Buffer>>): Promise<void> {
    const made = make();
    for (const piece of made instanceof Promise ? await made : made) {
      if (this.destroyed) return;
      if (!this.push(piece)) await new Promise<void>((resolve) => { this.#resume = resolve; });
    }
  }
}

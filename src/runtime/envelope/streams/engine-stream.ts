import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { asBuffer } from '../bytes';

/** One direction of a stream without the stream: bytes in, pieces out, in order. What is not asked for is not made. */
export interface StreamEngine {
  /** Takes a chunk. The pieces must be used up before the next call. */
  push(chunk: Buffer): Promise<Iterable<Buffer>>;
  /** No more chunks. */
  end(): Promise<Iterable<Buffer>>;
  /** Overwrites what is secret. May be called at any time and more than once. */
  close(): void;
}

/**
 * An engine as a stream of Node. Pieces are made only as fast as they are read, also within one large chunk; after an
 * error, or when it is destroyed, the stream ends nothing and keeps no key.
 */
export class EngineStream extends Transform {
  readonly #engine: StreamEngine;
  #resume: (() => void) | undefined;

  constructor(engine: StreamEngine) {
    super();
    this.#engine = engine;
  }

  public override _transform(chunk: Uint8Array, _encoding: BufferEncoding, callback: TransformCallback): void {
    void this.#passOn(this.#engine.push(asBuffer(chunk)), callback);
  }

  public override _flush(callback: TransformCallback): void {
    void this.#passOn(this.#engine.end(), callback);
  }

  public override _read(size: number): void {
    const resume = this.#resume;
    this.#resume = undefined;
    if (resume) resume();
    else super._read(size);
  }

  public override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#engine.close();
    this.#resume?.();
    callback(error);
  }

  async #passOn(making: Promise<Iterable<Buffer>>, callback: TransformCallback): Promise<void> {
    let failure: unknown;
    try {
      const pieces = await making;
      // Nothing is made of a key that was overwritten while the stream waited.
      for (const piece of this.destroyed ? [] : pieces) {
        if (!this.push(piece)) await new Promise<void>((resolve) => { this.#resume = resolve; });
        if (this.destroyed) break;
      }
    } catch (error) {
      failure = error;
    }
    // Also when the key came after the stream was destroyed.
    if (this.destroyed) this.#engine.close();
    callback(failure as Error | undefined);
  }
}

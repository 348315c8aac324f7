const LEAST_BYTES = 64 * 1024;

/** Bytes that come in chunks of any size, and are read from the front in one piece. What was read is a view until the next `push`. */
export class ByteQueue {
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** Whether `#bytes` was made here; else it is a caller's chunk, which is only read. */
  #own = false;

  public get length(): number {
    return this.#end - this.#start;
  }

  public push(chunk: Buffer): void {
    const length = this.length + chunk.length;
    if (this.length === 0 && !this.#own) {
      this.#bytes = chunk;
      this.#start = 0;
    } else {
      this.#makeRoom(length);
      chunk.copy(this.#bytes, this.#end);
    }
    this.#end = this.#start + length;
  }

  /** All that is there, from the front. */
  public view(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** `length` bytes leave the front. */
  public take(length: number): Buffer {
    const front = this.#bytes.subarray(this.#start, this.#start + length);
    this.#start += length;
    return front;
  }

  /** Overwrites what was collected here. */
  public clear(): void {
    if (this.#own) this.#bytes.fill(0);
    this.#start = this.#end;
  }

  #makeRoom(length: number): void {
    if (this.#own && this.#start + length <= this.#bytes.length) return;
    // Doubled, so that each byte is copied about once however small the chunks are.
    const roomy = this.#own && length <= this.#bytes.length ? this.#bytes : Buffer.allocUnsafeSlow(Math.max(LEAST_BYTES, 2 * length));
    this.#end = this.#bytes.copy(roomy, 0, this.#start, this.#end);
    this.#bytes = roomy;
    this.#start = 0;
    this.#own = true;
  }
}

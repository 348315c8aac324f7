/** Below it chunks are copied together: a queue of many small ones would weigh more than their bytes. */
const SMALL_CHUNK_BYTES = 4096;
const TAIL_BYTES = 64 * 1024;

/** Bytes that came in chunks of any size, to be taken in the sizes of the format. Large chunks are kept as they are. */
export class ByteQueue {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Where small chunks are collected: the last of `#chunks` is its start. */
  #tail: Buffer | undefined;
  #tailUsed = 0;

  public get length(): number {
    return this.#length;
  }

  public push(chunk: Buffer): void {
    this.#length += chunk.length;
    if (chunk.length >= SMALL_CHUNK_BYTES) {
      this.#tail = undefined;
      this.#chunks.push(chunk);
    } else if (chunk.length > 0) {
      this.#collect(chunk);
    }
  }

  /** Exactly `length` bytes from the front, which must be there, in as few pieces as they lie in. */
  public takePieces(length: number): Buffer[] {
    const pieces: Buffer[] = [];
    let taken = 0;
    let wanted = length;
    while (wanted > 0) {
      const chunk = this.#chunks[taken];
      if (chunk.length > wanted) {
        pieces.push(chunk.subarray(0, wanted));
        this.#chunks[taken] = chunk.subarray(wanted);
        break;
      }
      pieces.push(chunk);
      wanted -= chunk.length;
      taken += 1;
    }
    this.#chunks.splice(0, taken);
    if (this.#chunks.length === 0) this.#tail = undefined;
    this.#length -= length;
    return pieces;
  }

  /** The same in one piece. */
  public take(length: number): Buffer {
    const pieces = this.takePieces(length);
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, length);
  }

  /** A view of up to `length` bytes at the front; they stay. */
  public peek(length: number): Buffer {
    const [first] = this.#chunks;
    if (first?.length >= length) return first.subarray(0, length);
    const bytes = Buffer.allocUnsafe(Math.min(length, this.#length));
    let offset = 0;
    for (const chunk of this.#chunks) {
      if (offset === bytes.length) break;
      offset += chunk.copy(bytes, offset);
    }
    return bytes;
  }

  public clear(): void {
    this.#chunks = [];
    this.#tail = undefined;
    this.#length = 0;
  }

  #collect(chunk: Buffer): void {
    if (!this.#tail || this.#tailUsed + chunk.length > this.#tail.length) {
      this.#tail = Buffer.allocUnsafeSlow(TAIL_BYTES);
      this.#tailUsed = 0;
      this.#chunks.push(this.#tail.subarray(0, 0));
    }
    chunk.copy(this.#tail, this.#tailUsed);
    const last = this.#chunks[this.#chunks.length - 1];
    const start = this.#tailUsed - last.length;
    this.#tailUsed += chunk.length;
    this.#chunks[this.#chunks.length - 1] = this.#tail.subarray(start, this.#tailUsed);
  }
}

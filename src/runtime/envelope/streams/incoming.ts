import { NO_BYTES, Reader } from '../bytes';
import { notAuthentic } from '../failures';

/** A reader whose bytes come in chunks. What was read is a view until the next `push`. */
export class Incoming extends Reader {
  /** Nothing more comes. */
  public ended = false;
  /** Bytes that have to be there before it is worth reading on. */
  #needed = 0;
  #store: Buffer = NO_BYTES;
  /** Made once: it only says that more has to come, and an error takes as long as a small frame. */
  readonly #incomplete = notAuthentic('more of it has to come');

  /** Puts a chunk behind the bytes that are left, in memory that is used again: fresh memory costs more than the copy. */
  public push(chunk: Buffer): void {
    const rest = this.bytes.subarray(this.offset);
    const length = rest.length + chunk.length;
    // Twice as much: what comes in many chunks is moved a few times only.
    if (length > this.#store.length) this.#store = Buffer.allocUnsafeSlow(2 * length);
    if (this.offset || rest.buffer !== this.#store.buffer) rest.copy(this.#store);
    chunk.copy(this.#store, rest.length);
    this.bytes = this.#store.subarray(0, length);
    this.offset = 0;
  }

  /** What `read` finds; undefined as long as more has to come for it. */
  public whole<Part>(read: () => Part): Part | undefined {
    const start = this.offset;
    if (this.left < this.#needed && !this.ended) return undefined;
    this.#needed = 0;
    try {
      return read();
    } catch (error) {
      if (error !== this.#incomplete) throw error;
      this.#needed -= start;
      this.offset = start;
      return undefined;
    }
  }

  protected override missing(length: number): Error {
    this.#needed = this.offset + length;
    return this.ended ? super.missing(length) : this.#incomplete;
  }
}

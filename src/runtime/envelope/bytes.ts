import { notAuthentic } from './failures';
import { invalid } from '../errors';

export const NO_BYTES = /* @__PURE__ */ Buffer.alloc(0);

/** A view on the same bytes with Buffer's methods; no copy. */
export const asBuffer = (bytes: Uint8Array): Buffer => (
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
);

/** A view on a part of the bytes. Of all of them none is made: what is made for a small message has to be cleared away. */
export const view = (bytes: Buffer, start: number, end: number): Buffer => (
  start || end < bytes.length ? bytes.subarray(start, end) : bytes
);

/** A number as two bytes. @throws `ERR_KEYSMITH_INPUT` when it does not fit */
export const uint16 = (value: number): Buffer => {
  if (value >= 2 ** 16) throw invalid(`${value} is more than 2 bytes hold`);
  return Buffer.of(value / 256, value);
};

/** Counts, and fields behind their length, as two bytes each. @throws `ERR_KEYSMITH_INPUT` when one does not fit */
export const fields = (...parts: ReadonlyArray<number | Buffer>): Buffer => (
  Buffer.concat(parts.flatMap((part) => (typeof part === 'number' ? uint16(part) : [uint16(part.length), part])))
);

/** Overwrites key material that is no longer needed. */
export function wipe(...secrets: Array<Uint8Array | undefined>): void {
  for (const secret of secrets) secret?.fill(0);
}

/**
 * Writes parts. What is small goes into memory that was made for all of it: a small Buffer for every number costs more
 * than the number.
 */
export class Writer {
  readonly #bytes: Buffer;
  readonly #large: number;
  readonly #emit?: (part: Buffer) => void;
  #start = 0;
  #end = 0;

  /**
   * @param room - bytes, at least as many as are not large
   * @param large - bytes in a row, from which on they are handed on as they are
   * @param emit - is given the parts; nobody when only `written` is asked for
   */
  constructor(room: number, large = Infinity, emit?: (part: Buffer) => void) {
    this.#bytes = Buffer.allocUnsafe(room);
    this.#large = large;
    this.#emit = emit;
  }

  /** The last bytes that were written, all of the part by default. A view: its bytes stay as they are. */
  public written(length = this.#end - this.#start): Buffer {
    return view(this.#bytes, this.#end - length, this.#end);
  }

  public put(bytes: Buffer): void {
    this.#end += bytes.copy(this.#bytes, this.#end);
  }

  /** Bytes that become a part of their own when they are large, and are never changed afterwards. */
  public hand(bytes: Buffer): void {
    if (bytes.length < this.#large) return this.put(bytes);
    this.flush();
    this.#emit!(bytes);
  }

  /** A number, behind as many zeros as fill `length`. */
  public uint(length: number, value: number): void {
    let rest = value;
    this.#end += length;
    // A byte takes the rest modulo 256. Buffer's own methods take twice as long, and write 6 bytes at most.
    for (let index = 1; index <= length; index++) {
      this.#bytes[this.#end - index] = rest;
      rest = Math.floor(rest / 256);
    }
  }

  /** Ends a part. */
  public flush(): void {
    if (this.#end > this.#start) this.#emit!(this.written());
    this.#start = this.#end;
  }
}

/** Reads fields in order. Views, no copies: what a length field claims is compared with what is there and never allocated. */
export class Reader {
  public offset = 0;

  /** @param more - thrown where bytes are missing that may still come; undefined when all are there */
  constructor(public bytes: Buffer, public more?: Error) {}

  /** Bytes that were not read yet. */
  public get left(): number {
    return this.bytes.length - this.offset;
  }

  public take(length: number): Buffer {
    return view(this.bytes, this.skip(length), this.offset);
  }

  /** A number, exact below 2^53. */
  public uint(length: number): number {
    let value = 0;
    for (let index = this.skip(length); index < this.offset; index++) value = value * 256 + this.bytes[index];
    return value;
  }

  /** A field behind its length. */
  public field(): Buffer {
    return this.take(this.uint(2));
  }

  /** Goes on by `length` bytes, and returns where it was. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` when they are not there */
  public skip(length: number): number {
    const { offset } = this;
    if (length > this.left) throw this.more ?? notAuthentic(`cut short at byte ${offset}`);
    this.offset += length;
    return offset;
  }

  /** What `read` finds; undefined, with nothing read, as long as more has to come for it. */
  public whole<Part>(read: () => Part): Part | undefined {
    const { offset } = this;
    try {
      return read();
    } catch (error) {
      if (error !== this.more) throw error;
      this.offset = offset;
      return undefined;
    }
  }

  /** @throws `ERR_KEYSMITH_NOT_AUTHENTIC` when anything is left */
  public end(): void {
    if (this.left) throw notAuthentic('bytes follow the end');
  }
}

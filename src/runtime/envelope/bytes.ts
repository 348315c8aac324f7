import { notAuthentic } from './failures';
import { invalid } from '../errors';

export const NO_BYTES = /* @__PURE__ */ Buffer.alloc(0);

/** A view on the same bytes with Buffer's methods; no copy. */
export const asBuffer = (bytes: Uint8Array): Buffer => (
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
);

/** A number, behind as many zeros as fill `length`. @throws `ERR_KEYSMITH_INPUT` when it does not fit */
export function uint(length: number, value: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let rest = value;
  // A byte takes the rest modulo 256. Buffer's own methods take twice as long, and write 6 bytes at most.
  for (let index = length; index--; rest = Math.floor(rest / 256)) bytes[index] = rest;
  if (rest) throw invalid(`${value} is more than ${length} bytes hold`);
  return bytes;
}

/** Counts, and fields behind their length, as two bytes each. @throws `ERR_KEYSMITH_INPUT` when one does not fit */
export const fields = (...parts: ReadonlyArray<number | Buffer>): Buffer => (
  Buffer.concat(parts.flatMap((part) => (typeof part === 'number' ? uint(2, part) : [uint(2, part.length), part])))
);

/** Overwrites key material that is no longer needed. */
export function wipe(...secrets: Array<Uint8Array | undefined>): void {
  for (const secret of secrets) secret?.fill(0);
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
    return this.bytes.subarray(this.skip(length), this.offset);
  }

  /** A number of up to 6 bytes. */
  public uint(length: number): number {
    return this.bytes.readUIntBE(this.skip(length), length);
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

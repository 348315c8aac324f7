import { notAuthentic } from './failures';
import { invalid } from '../errors';

const MAX_UINT16 = 0xffff;

export const NO_BYTES = /* @__PURE__ */ Buffer.alloc(0);

/** A view on the same bytes with Buffer's methods; no copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A number as the two bytes the formats write it in. @throws `ERR_KEYSMITH_INPUT` when it does not fit */
export function uint16(value: number): Buffer {
  if (value > MAX_UINT16) throw invalid(`the format counts up to ${MAX_UINT16} bytes or entries, got ${value}`);
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** Numbers, and fields behind their length. @throws `ERR_KEYSMITH_INPUT` when one does not fit */
export function uint16Fields(...parts: ReadonlyArray<number | Buffer>): Buffer {
  return Buffer.concat(parts.flatMap((part) => (typeof part === 'number' ? [uint16(part)] : [uint16(part.length), part])));
}

/** Overwrites key material that is no longer needed. */
export function wipe(...secrets: Array<Uint8Array | undefined>): void {
  for (const secret of secrets) secret?.fill(0);
}

/** Reads fields in order. Views, no copies: what a length field claims is compared with what is there and never allocated. */
export class Reader {
  public offset = 0;

  constructor(public bytes: Buffer = NO_BYTES) {}

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
    const start = this.offset;
    if (length > this.left) throw this.missing(length);
    this.offset += length;
    return start;
  }

  /** @throws `ERR_KEYSMITH_NOT_AUTHENTIC` when anything is left */
  public end(): void {
    if (this.left) throw notAuthentic('bytes follow the end');
  }

  /** The error when `length` bytes should follow and do not. */
  protected missing(length: number): Error {
    return notAuthentic(`it ends within the ${length} bytes after byte ${this.offset}`);
  }
}

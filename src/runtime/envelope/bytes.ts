import { notAuthentic } from './failures';
import { invalid } from '../errors';
import type { KeysmithError } from '../errors';

const MAX_UINT16 = 0xffff;

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

/** The message ends before a field does. It is not authentic as it stands; a stream waits for `needed` bytes from the start. */
export interface Incomplete extends KeysmithError {
  readonly needed: number;
}

export function isIncomplete(error: unknown): error is Incomplete {
  return 'needed' in (error as object);
}

/** Reads fields in order. Views, no copies: what a length field claims is compared with what is there and never allocated. */
export class Reader {
  public offset = 0;

  constructor(public bytes: Buffer = Buffer.alloc(0)) {}

  public take(length: number): Buffer {
    return this.bytes.subarray(this.skip(length), this.offset);
  }

  public uint8(): number {
    return this.bytes[this.skip(1)];
  }

  public uint16(): number {
    return this.bytes.readUInt16BE(this.skip(2));
  }

  public uint32(): number {
    return this.bytes.readUInt32BE(this.skip(4));
  }

  /** A field behind its length. */
  public field(): Buffer {
    return this.take(this.uint16());
  }

  public get left(): number {
    return this.bytes.length - this.offset;
  }

  /** Goes on by `length` bytes, and returns where it was. @throws an `Incomplete` when they are not there */
  public skip(length: number): number {
    const start = this.offset;
    const needed = start + length;
    if (needed > this.bytes.length) throw this.incomplete(needed);
    this.offset = needed;
    return start;
  }

  /** @throws `ERR_KEYSMITH_NOT_AUTHENTIC` when anything is left */
  public end(): void {
    if (this.left) throw notAuthentic('bytes follow the end');
  }

  protected incomplete(needed: number): Incomplete {
    return Object.assign(notAuthentic(`it ends before byte ${needed}`), { needed });
  }
}

import { KeysmithError } from '../errors';
import { notAuthentic } from './failures';

/** A view on the same bytes with Buffer's methods; no copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A number as the two bytes the format writes it in. */
export function uint16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** Overwrites key material that is no longer needed. */
export function wipe(...secrets: Array<Uint8Array | undefined>): void {
  for (const secret of secrets) secret?.fill(0);
}

/** The message ends before a field does. It is not authentic as it stands; a stream waits for `needed` bytes from the start. */
export class Incomplete extends KeysmithError {
  constructor(public readonly needed: number) {
    const { code, message } = notAuthentic('');
    super(code, message, { cause: new Error(`it ends before byte ${needed}`) });
  }
}

/** Reads fields in order. Views, no copies: what a length field claims is compared with what is there and never allocated. */
export class Reader {
  public offset = 0;

  constructor(public readonly bytes: Buffer) {}

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

  public get left(): number {
    return this.bytes.length - this.offset;
  }

  /** Goes on by `length` bytes, and returns where it was. */
  public skip(length: number): number {
    const start = this.offset;
    if (start + length > this.bytes.length) throw new Incomplete(start + length);
    this.offset = start + length;
    return start;
  }

  /** @throws `ERR_KEYSMITH_NOT_AUTHENTIC` when anything is left */
  public end(): void {
    if (this.left) throw notAuthentic('bytes follow the end');
  }
}

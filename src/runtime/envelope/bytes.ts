/** A view on the same bytes with Buffer's methods; no copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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

/** The input ended before the field did. `needed` bytes from the start are the least that would let reading go on. */
export class Incomplete extends Error {
  constructor(public readonly needed: number) {
    super(`the message ends before byte ${needed}`);
  }
}

/** Reads fields in order. Views, no copies: what a length field claims is compared with what is there and never allocated. */
export class Reader {
  public offset = 0;

  constructor(public readonly bytes: Buffer) {}

  public take(length: number): Buffer {
    const start = this.advance(length);
    return this.bytes.subarray(start, this.offset);
  }

  public skip(length: number): void {
    this.advance(length);
  }

  public uint8(): number {
    return this.bytes[this.advance(1)];
  }

  public uint16(): number {
    return this.bytes.readUInt16BE(this.advance(2));
  }

  public uint32(): number {
    return this.bytes.readUInt32BE(this.advance(4));
  }

  public get left(): number {
    return this.bytes.length - this.offset;
  }

  private advance(length: number): number {
    const start = this.offset;
    if (start + length > this.bytes.length) throw new Incomplete(start + length);
    this.offset = start + length;
    return start;
  }
}

import { notAuthentic, refuse } from './failures';
import { refuseInput } from '../errors';

export const NO_BYTES: Buffer = /* @__PURE__ */ Buffer.alloc(0);

/** The bytes that a text stands for, by default in UTF-8. */
export const textBytes = (text: string, encoding?: BufferEncoding): Buffer => Buffer.from(text, encoding);

/** A view on the same bytes with Buffer's methods; no copy. */
export const asBuffer = (bytes: Uint8Array): Buffer => (
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
);

/** A view on a part of the bytes. Of all of them none is made: what is made for a small message has to be cleared away. */
export const view = (bytes: Buffer, start: number, end: number): Buffer => (
  start || end < bytes.length ? bytes.subarray(start, end) : bytes
);

/** A number as two bytes. @throws `ERR_KEYSMITH_INPUT` when it does not fit */
export const uint16 = (value: number): Buffer => (
  value < 2 ** 16 ? Buffer.of(value / 256, value) : refuseInput(`${value} is more than 2 bytes hold`)
);

/** Counts, and fields behind their length, as two bytes each. @throws `ERR_KEYSMITH_INPUT` when one does not fit */
export const fields = (...parts: ReadonlyArray<number | Buffer>): Buffer => (
  Buffer.concat(parts.flatMap((part) => (typeof part === 'number' ? uint16(part) : [uint16(part.length), part])))
);

/** Overwrites key material that is no longer needed. */
export const wipe = (...secrets: Array<Uint8Array | undefined>): void => {
  for (const secret of secrets) secret?.fill(0);
};

/** Key material that nobody but this library has a hold of: what a keyring of the caller's own returns may be in use elsewhere. */
const own = /* @__PURE__ */ new WeakSet<Uint8Array>();

/** The same bytes, given away: whoever takes them over wipes them. */
export const giveAway = <Bytes extends Uint8Array>(bytes: Bytes): Bytes => {
  own.add(bytes);
  return bytes;
};

/** Bytes that may be wiped: those given away, or a copy. */
export const takeOver = (bytes: Uint8Array): Uint8Array => (own.has(bytes) ? bytes : new Uint8Array(bytes));

/** Wipes what was given away, and leaves alone what was not. */
export const discard = (bytes: Uint8Array): void => {
  if (own.has(bytes)) wipe(bytes);
};

/**
 * Parts that are being written. What is small goes into memory that was made for all of it: a small Buffer for every
 * number costs more than the number.
 */
export interface Writer {
  bytes: Buffer;
  /** Where the part starts, and where it ends so far. */
  start: number;
  end: number;
  /** Bytes in a row, from which on they are handed on as they are. */
  readonly large: number;
  /** Is given the parts; nobody where only `written` is asked for. */
  readonly emit?: (part: Buffer) => void;
}

/**
 * @param room - bytes, at least as many as are not large
 * @param bytes - where they are written
 */
export const writerOf = (room: number, large = Infinity, emit?: Writer['emit'], bytes: Buffer = Buffer.allocUnsafe(room)): Writer => (
  { bytes, start: 0, end: 0, large, emit }
);

/** The last bytes that were written, all of the part by default. A view: its bytes stay as they are. */
export const written = ({ bytes, start, end }: Writer, length = end - start): Buffer => view(bytes, end - length, end);

/** @throws `RangeError` when there is no room: `copy` would cut the bytes off, and the message could never be opened */
export const writeBytes = (to: Writer, bytes: Buffer): void => {
  to.bytes.set(bytes, to.end);
  to.end += bytes.length;
};

/** Bytes that become a part of their own when they are large, and are never changed afterwards. */
export const writeLarge = (to: Writer, bytes: Buffer): void => {
  if (bytes.length < to.large) return writeBytes(to, bytes);
  endPart(to);
  to.emit!(bytes);
};

/** A number, behind as many zeros as fill `length`. */
export const writeUint = (to: Writer, length: number, value: number): void => {
  let rest = value;
  to.end += length;
  // A byte takes the whole part modulo 256. Buffer's own methods take twice as long, and write 6 bytes at most.
  for (let index = 1; index <= length; index++) {
    to.bytes[to.end - index] = rest;
    rest /= 256;
  }
};

export const endPart = (to: Writer): void => {
  if (to.end > to.start) to.emit!(written(to));
  to.start = to.end;
};

/** Fields that are read in order. Views, no copies: what a length field claims is compared with what is there and never allocated. */
export interface Reader {
  bytes: Buffer;
  /** Where the next one starts. */
  at: number;
  /** Thrown where bytes are missing that may still come; undefined when all are there. */
  more?: object;
}

export const readerOf = (bytes: Buffer, more?: object): Reader => ({ bytes, at: 0, more });

/** Bytes that were not read yet. */
export const bytesLeft = ({ bytes, at }: Reader): number => bytes.length - at;

/** Goes on by `length` bytes, and returns where it was. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` when they are not there */
export const skip = (from: Reader, length: number): number => {
  const { at: offset } = from;
  if (length > bytesLeft(from)) throw from.more ?? notAuthentic(`cut short at byte ${offset}`);
  from.at += length;
  return offset;
};

export const readBytes = (from: Reader, length: number): Buffer => view(from.bytes, skip(from, length), from.at);

/** A number, exact below 2^53. */
export const readUint = (from: Reader, length: number): number => {
  let value = 0;
  for (let index = skip(from, length); index < from.at; index++) value = value * 256 + from.bytes[index];
  return value;
};

/** A field behind its length. */
export const readField = (from: Reader): Buffer => readBytes(from, readUint(from, 2));

/** What `read` finds; undefined, with nothing read, as long as more has to come for it. */
export const readWhole = <Part>(from: Reader, read: () => Part): Part | undefined => {
  const { at: offset } = from;
  try {
    return read();
  } catch (error) {
    if (error !== from.more) throw error;
    from.at = offset;
    return undefined;
  }
};

/** @throws `ERR_KEYSMITH_NOT_AUTHENTIC` when anything is left */
export const requireEnd = (from: Reader): void => {
  if (bytesLeft(from)) refuse('bytes follow the end');
};

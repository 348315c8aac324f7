import { failure, invalid, isKeysmithError } from '../errors';
import { decimalOf, decimalText, plainNumber } from './decimal';
import { MAX_DEPTH } from './limits';
import { bytesLeft, readBytes, readUint, readerOf } from '../envelope/bytes';
import type { Reader } from '../envelope/bytes';
import { utf8 } from '../envelope/context-codec';

/** Makes a wrapped number of decimal text. */
export type WrapNumber = (text: string) => unknown;

/**
 * Reads what `ValueWriter` wrote: the one value in `bytes`. Byte strings are copied, so that `bytes` may be overwritten.
 *
 * @param wrapNumber - makes what was a wrapped number. @default - a number or a bigint, where one says the same
 * @throws `ERR_KEYSMITH_INPUT` for a wrapped number that neither says; `ERR_KEYSMITH_FORMAT` for CBOR that it does not write: a newer version, or another writer
 */
export function readValue(bytes: Buffer, field: string, wrapNumber?: WrapNumber): unknown {
  const reader: ValueReader = { ...readerOf(bytes), field, wrapNumber };
  try {
    const value = valueFrom(reader, 0);
    if (bytesLeft(reader) > 0) throw new Error(`${bytesLeft(reader)} bytes follow the value`);
    return value;
  } catch (cause) {
    if (isKeysmithError(cause) && cause.code === 'ERR_KEYSMITH_INPUT') throw cause;
    throw failure('FORMAT', `the field ${field} is authentic, but holds a value that this version does not read`, cause);
  }
}

interface ValueReader extends Reader {
  readonly field: string;
  readonly wrapNumber?: WrapNumber;
}

function valueFrom(reader: ValueReader, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new Error(`over ${MAX_DEPTH} levels`);
  const initial = readUint(reader, 1);
  const information = initial % 32;
  switch (Math.floor(initial / 32)) {
    case 0: return argument(reader, information);
    case 1: return negative(argument(reader, information));
    case 2: return Uint8Array.from(readBytes(reader, argument(reader, information)));
    case 3: return utf8(readBytes(reader, argument(reader, information)));
    case 4: return arrayFrom(reader, argument(reader, information), depth);
    case 5: return objectFrom(reader, argument(reader, information), depth);
    case 6: return taggedFrom(reader, argument(reader, information), depth);
    default: return simpleFrom(reader, information);
  }
}

/** RFC 8949 section 3, in the shortest form only (section 4.2.1). */
function argument(reader: ValueReader, information: number): number {
  if (information < 24) return information;
  const [value, least] = longArgument(reader, information);
  if (value < least) throw new Error('a length is not in its shortest form');
  if (value > Number.MAX_SAFE_INTEGER) throw new Error('an integer is beyond what a number holds');
  return value;
}

function longArgument(reader: ValueReader, information: number): [value: number, least: number] {
  switch (information) {
    case 24: return [readUint(reader, 1), 24];
    case 25: return [readUint(reader, 2), 2 ** 8];
    case 26: return [readUint(reader, 4), 2 ** 16];
    case 27: return [Number(readBytes(reader, 8).readBigUInt64BE()), 2 ** 32];
    default: throw new Error(`a head with additional information ${information}`);
  }
}

function negative(value: number): number {
  if (value === Number.MAX_SAFE_INTEGER) throw new Error('an integer is beyond what a number holds');
  return -1 - value;
}

function arrayFrom(reader: ValueReader, length: number, depth: number): unknown[] {
  // Each item takes a byte at least: nothing is allocated for a mere claim.
  if (length > bytesLeft(reader)) throw new Error('an array is longer than its bytes');
  return Array.from({ length }, () => valueFrom(reader, depth + 1));
}

function objectFrom(reader: ValueReader, length: number, depth: number): Record<string, unknown> {
  if (length > bytesLeft(reader) / 2) throw new Error('an object is longer than its bytes');
  const members = new Map<string, unknown>();
  for (let index = 0; index < length; index++) {
    const name = valueFrom(reader, depth + 1);
    if (typeof name !== 'string' || members.has(name)) throw new Error('a member name is no text, or comes twice');
    members.set(name, valueFrom(reader, depth + 1));
  }
  // Whatever the names are, they become own properties and nothing else.
  return Object.fromEntries(members);
}

function taggedFrom(reader: ValueReader, tag: number, depth: number): unknown {
  const content = valueFrom(reader, depth);
  if (tag === 258 && Array.isArray(content)) return new Set(content);
  if (content instanceof Uint8Array && content[0] !== 0) {
    const magnitude = content.length ? BigInt(`0x${Buffer.from(content).toString('hex')}`) : 0n;
    if (tag === 2) return magnitude;
    if (tag === 3) return -1n - magnitude;
  }
  if (tag === 4 && Array.isArray(content)) return wrappedFrom(reader, content);
  throw new Error(`tag ${tag}`);
}

function wrappedFrom({ field, wrapNumber }: ValueReader, [exponent, mantissa, ...more]: readonly unknown[]): unknown {
  if (typeof exponent !== 'number' || typeof mantissa !== 'bigint' || more.length) throw new Error('a decimal fraction of other parts');
  const decimal = decimalOf(`${mantissa}e${exponent}`);
  if (!decimal || decimal.exponent !== exponent) throw new Error('a decimal fraction is not in its shortest form');
  if (wrapNumber) return wrapNumber(decimalText(decimal));
  const number = plainNumber(decimal);
  if (number === undefined) throw invalid(`the field ${field} holds a number of more digits than a number has: say what makes it, 'wrapNumber: NumberValue.from'`);
  return number;
}

function simpleFrom(reader: ValueReader, information: number): unknown {
  switch (information) {
    case 20: return false;
    case 21: return true;
    case 22: return null;
    case 27: return readBytes(reader, 8).readDoubleBE();
    default: throw new Error(`simple value ${information}`);
  }
}

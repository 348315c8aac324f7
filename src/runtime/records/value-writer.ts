import { failure, invalid } from '../errors';
import { decimalOf, isNumberLike } from './decimal';
import { MAX_DEPTH } from './limits';
import { kindOf } from './objects';
import { isPlainObject } from '../context';
import { wipe } from '../envelope/bytes';
import { overLimit } from '../envelope/failures';
import { isWellFormed } from '../text';

/** Major types and tags of CBOR (RFC 8949 section 3.1 and 3.4.3; tag 258 is registered for sets). */
const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6 } as const;
const POSITIVE_BIGNUM = 2;
const NEGATIVE_BIGNUM = 3;
const DECIMAL_FRACTION = 4;
const SET = 258;
const SIMPLE = { false: 0xf4, true: 0xf5, null: 0xf6, float64: 0xfb } as const;

/**
 * Writes values one after another as CBOR (RFC 8949): lengths in their shortest form, floating point always in 64 bits,
 * members of objects in the order they have. What is written is plaintext: `wipe` overwrites it.
 *
 * Messages name the field and nothing within it, since member names may be as secret as values.
 */
export class ValueWriter {
  #bytes = Buffer.allocUnsafe(256);
  #end = 0;
  #start = 0;
  #field = '';

  constructor(private readonly maxBytes: number) {}

  /** Bytes written so far. */
  public get length(): number {
    return this.#end;
  }

  /** Writes one value behind what is there, and returns where it ends. @throws `ERR_KEYSMITH_INPUT` or `ERR_KEYSMITH_LIMIT` */
  public write(value: unknown, field: string): number {
    this.#start = this.#end;
    this.#field = field;
    this.#value(value, 0);
    return this.#end;
  }

  /** A view on what was written; it ends with the next `write` or `wipe`. */
  public slice(start: number, end: number): Buffer {
    return this.#bytes.subarray(start, end);
  }

  public wipe(): void {
    wipe(this.#bytes);
  }

  #value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string': return this.#text(value);
      case 'number': return this.#number(value);
      case 'bigint': return this.#bigint(value);
      case 'boolean': return this.#byte(value ? SIMPLE.true : SIMPLE.false);
      case 'object': return value === null ? this.#byte(SIMPLE.null) : this.#object(value, depth);
      default: throw this.#unfit(value);
    }
  }

  #object(value: object, depth: number): void {
    if (value instanceof Uint8Array) return this.#binary(value);
    if (depth >= MAX_DEPTH) throw invalid(`the field ${this.#field} has over ${MAX_DEPTH} levels, or contains itself: encrypt a flatter value`);
    if (Array.isArray(value)) return this.#array(value, depth);
    if (value instanceof Set) {
      this.#head(MAJOR.tag, SET);
      return this.#array([...value], depth);
    }
    if (isNumberLike(value)) return this.#decimal(value.value);
    if (!isPlainObject(value)) throw this.#unfit(value);
    const names = Object.keys(value);
    this.#head(MAJOR.map, names.length);
    for (const name of names) {
      this.#text(name);
      this.#value(value[name], depth + 1);
    }
  }

  #array(values: readonly unknown[], depth: number): void {
    this.#head(MAJOR.array, values.length);
    // By index: holes are not skipped, but refused as undefined.
    for (let index = 0; index < values.length; index++) this.#value(values[index], depth + 1);
  }

  #text(text: string): void {
    if (!isWellFormed(text)) throw invalid(`the field ${this.#field} holds a lone surrogate, which has no UTF-8 form: encrypt bytes or well-formed text`);
    const length = Buffer.byteLength(text);
    this.#head(MAJOR.text, length);
    const offset = this.#reserve(length);
    this.#bytes.write(text, offset);
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      return value < 0 ? this.#head(MAJOR.negative, -1 - value) : this.#head(MAJOR.unsigned, value);
    }
    this.#byte(SIMPLE.float64);
    const offset = this.#reserve(8);
    this.#bytes.writeDoubleBE(value, offset);
  }

  #bigint(value: bigint): void {
    const negative = value < 0n;
    const hex = (negative ? -1n - value : value).toString(16);
    this.#head(MAJOR.tag, negative ? NEGATIVE_BIGNUM : POSITIVE_BIGNUM);
    this.#binary(hex === '0' ? Buffer.alloc(0) : Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex'));
  }

  /** RFC 8949 section 3.4.4. The mantissa is a bignum as any bigint here. */
  #decimal(text: string): void {
    const decimal = decimalOf(text);
    if (!decimal) throw invalid(`the field ${this.#field} holds a NumberValue that is no decimal number`);
    const { isNegative, digits, exponent } = decimal;
    this.#head(MAJOR.tag, DECIMAL_FRACTION);
    this.#head(MAJOR.array, 2);
    this.#number(exponent);
    this.#bigint(BigInt(`${isNegative ? '-' : ''}${digits || '0'}`));
  }

  #binary(bytes: Uint8Array): void {
    this.#head(MAJOR.bytes, bytes.length);
    const offset = this.#reserve(bytes.length);
    this.#bytes.set(bytes, offset);
  }

  /** Type and length, or type and number: RFC 8949 section 3. */
  #head(major: number, argument: number): void {
    const type = 32 * major;
    if (argument < 24) return this.#byte(type + argument);
    if (argument < 2 ** 8) {
      const offset = this.#reserve(2);
      this.#bytes[offset] = type + 24;
      this.#bytes[offset + 1] = argument;
    } else if (argument < 2 ** 16) {
      const offset = this.#reserve(3);
      this.#bytes[offset] = type + 25;
      this.#bytes.writeUInt16BE(argument, offset + 1);
    } else if (argument < 2 ** 32) {
      const offset = this.#reserve(5);
      this.#bytes[offset] = type + 26;
      this.#bytes.writeUInt32BE(argument, offset + 1);
    } else {
      const offset = this.#reserve(9);
      this.#bytes[offset] = type + 27;
      this.#bytes.writeBigUInt64BE(BigInt(argument), offset + 1);
    }
  }

  #byte(byte: number): void {
    const offset = this.#reserve(1);
    this.#bytes[offset] = byte;
  }

  /** Room for so many bytes; where they begin. Nothing is reserved beyond the limit of the field. */
  #reserve(length: number): number {
    const offset = this.#end;
    const end = offset + length;
    if (end - this.#start > this.maxBytes) {
      throw failure('LIMIT', `the field ${this.#field}: ${overLimit('limits.fieldBytes', end - this.#start, this.maxBytes).message}`);
    }
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, offset);
      wipe(this.#bytes);
      this.#bytes = larger;
    }
    this.#end = end;
    return offset;
  }

  #unfit(value: unknown): Error {
    return invalid(`the field ${this.#field} holds ${kindOf(value)}: it can hold strings, numbers, bigints, booleans, null, Uint8Arrays, NumberValues, and arrays, sets and plain objects of them`);
  }
}

import { invalid } from '../errors';
import { decimalOf, decimalText, isNumberLike } from './decimal';
import type { NumberLike } from './decimal';
import { hexBytes } from './hex';
import { kindOf } from './objects';
import { isWellFormed } from '../text';

/** What a key column or an indexed field holds: the three types that DynamoDB has for keys. */
export type Scalar = string | number | bigint | Uint8Array | NumberLike;

/** What a key column holds, whatever the driver makes of it. */
export type KeyType = 'text' | 'number' | 'bytes';

/**
 * A scalar as bytes: `S` and UTF-8, `N` and decimal digits, or `B` and the bytes. Numbers, bigints and wrapped numbers of
 * the same value are the same, since databases do not tell them apart.
 *
 * @param type - what it has to be; text is read as that. @default - what it is
 * @throws `ERR_KEYSMITH_INPUT`, without the value
 */
export function scalarBytes(value: unknown, what: string, type?: KeyType): Buffer {
  const bytes = typeof value === 'string' ? textBytes(value, what, type) : valueBytes(value, what);
  if (type && bytes[0] !== INITIALS[type]) throw invalid(`${what} is ${kindOf(value)}, and by 'keyTypes' a ${type === 'bytes' ? 'byte string' : type}`);
  return bytes;
}

/** A scalar for messages, cut where it is long. What is none is told by its kind. */
export function showScalar(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, SHOWN_CHARACTERS));
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `0x${Buffer.from(value.subarray(0, SHOWN_CHARACTERS / 2)).toString('hex')}`;
  return isNumberLike(value) ? value.value.slice(0, SHOWN_CHARACTERS) : kindOf(value);
}

const SHOWN_CHARACTERS = 100;

const INITIALS: Readonly<Record<KeyType, number>> = { text: 0x53, number: 0x4e, bytes: 0x42 };

function textBytes(text: string, what: string, type?: KeyType): Buffer {
  if (type === 'number') return numberBytes(text, what);
  const bytes = type === 'bytes' ? hexBytes(text) : undefined;
  if (bytes) return valueBytes(bytes, what);
  if (!isWellFormed(text)) throw invalid(`${what} holds a lone surrogate: give well-formed text`);
  return Buffer.from(`S${text}`);
}

function valueBytes(value: unknown, what: string): Buffer {
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.from('B'), value]);
  if (typeof value === 'bigint') return Buffer.from(`N${value}`);
  if (typeof value === 'number' && Number.isFinite(value)) return Buffer.from(`N${Number.isInteger(value) ? BigInt(value) : value}`);
  if (isNumberLike(value)) return numberBytes(value.value, what);
  throw invalid(`${what} is ${typeof value === 'number' ? 'not a finite number' : kindOf(value)}: give a string, a number, a bigint, a NumberValue or a Uint8Array`);
}

function numberBytes(text: string, what: string): Buffer {
  const decimal = decimalOf(text);
  if (!decimal) throw invalid(`${what} is text that is no decimal number`);
  return Buffer.from(`N${decimalText(decimal)}`);
}

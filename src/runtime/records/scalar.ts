import { invalid } from '../errors';
import { kindOf } from './objects';
import { isWellFormed } from '../text';

/** What a key column or an indexed field holds: the three types that DynamoDB has for keys. */
export type Scalar = string | number | bigint | Uint8Array;

/**
 * A scalar as bytes: `S` and UTF-8, `N` and decimal digits, or `B` and the bytes. A number and a bigint of the same
 * value are the same, since databases do not tell them apart.
 *
 * @throws `ERR_KEYSMITH_INPUT`, without the value
 */
export function scalarBytes(value: unknown, what: string): Buffer {
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.from('B'), value]);
  if (typeof value === 'string') {
    if (!isWellFormed(value)) throw invalid(`${what} holds a lone surrogate: give well-formed text`);
    return Buffer.from(`S${value}`);
  }
  if (typeof value === 'bigint') return Buffer.from(`N${value}`);
  if (typeof value === 'number' && Number.isFinite(value)) return Buffer.from(`N${Number.isInteger(value) ? BigInt(value) : value}`);
  throw invalid(`${what} is ${typeof value === 'number' ? 'not a finite number' : kindOf(value)}: give a string, a number, a bigint or a Uint8Array`);
}

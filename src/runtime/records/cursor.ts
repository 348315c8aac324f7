import { invalid } from '../errors';
import { decimalOf, isNumberLike, plainNumber } from './decimal';
import { kindOf } from './objects';
import type { WrapNumber } from './value-reader';
import { isPlainObject } from '../context';

/**
 * Where a scan goes on, as JSON: what databases return for it (`LastEvaluatedKey`, the values of a row) may hold bytes,
 * bigints and wrapped numbers, which JSON has not. They stand as `{"$bytes": base64url}`, `{"$bigint": digits}` and
 * `{"$number": digits}`; an object with such names of its own as `{"$object": …}`.
 */
export function writeCursor(cursor: unknown): string {
  return JSON.stringify(toJson(cursor));
}

/** @throws `ERR_KEYSMITH_INPUT` for text that `writeCursor` never wrote */
export function readCursor(text: string, wrapNumber?: WrapNumber): unknown {
  try {
    return fromJson(JSON.parse(text), wrapNumber);
  } catch (cause) {
    throw invalid("'cursor' takes the text that a progress report had as its cursor", cause);
  }
}

function toJson(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64url') };
  if (isNumberLike(value)) return { $number: value.value };
  if (Array.isArray(value)) return value.map(toJson);
  if (!isPlainObject(value)) throw invalid(`the cursor that 'scan' returned holds ${kindOf(value)}: give text, numbers, bytes, lists and plain objects of them`);
  const given = Object.entries(value).filter(([, member]) => member !== undefined);
  const members = Object.fromEntries(given.map(([name, member]) => [name, toJson(member)]));
  return Object.keys(members).some((name) => name.startsWith('$')) ? { $object: members } : members;
}

function fromJson(json: unknown, wrapNumber: WrapNumber | undefined): unknown {
  if (Array.isArray(json)) return json.map((item) => fromJson(item, wrapNumber));
  if (typeof json !== 'object' || json === null) return json;
  const { $bigint, $bytes, $number, $object } = json as Record<string, string | undefined>;
  if ($bigint !== undefined) return BigInt($bigint);
  if ($bytes !== undefined) return Uint8Array.from(Buffer.from($bytes, 'base64url'));
  if ($number !== undefined) return wrapNumber ? wrapNumber($number) : numberFrom($number);
  return Object.fromEntries(Object.entries($object ?? json).map(([name, member]) => [name, fromJson(member, wrapNumber)]));
}

function numberFrom(text: string): number | bigint {
  const decimal = decimalOf(text);
  const number = decimal && plainNumber(decimal);
  if (number === undefined) throw new Error("a number of more digits than a number has: give 'wrapNumber'");
  return number;
}

import { fromBase64url } from './base64url';
import { readJsonObject } from './json-object';
import type { JsonObject } from './json-object';

/** What a header says that decides anything. */
export interface HeaderFacts {
  readonly alg: string;
  readonly kid: string | undefined;
  /** Whether the payload goes into the signature as base64url (RFC 7797). */
  readonly encoded: boolean;
}

/** Members by which a token would bring its own key. */
export const EMBEDDED_KEYS = ['jwk', 'jku', 'x5u', 'x5c'];

/** The header of base64url; undefined where it is none. It may be kept and handed out again: it is frozen. */
export function readHeader(encoded: string): JsonObject | undefined {
  const bytes = fromBase64url(encoded);
  return bytes && frozen(readJsonObject(bytes));
}

/**
 * What a header says; undefined where no verifier may go on: no `alg`, a `kid` that is no text, a key in the token itself, a `crit` that is malformed
 * or names what is not understood (RFC 7515 section 4.1.11), a `b64` that is not in `crit` (RFC 7797 section 6).
 *
 * @param joined - all of it
 * @param signed - the part that the signature covers
 */
export function factsOfHeader(joined: JsonObject, signed: JsonObject, understands: readonly string[]): HeaderFacts | undefined {
  const { alg, kid, crit, b64 = true } = joined;
  if (typeof alg !== 'string' || (kid !== undefined && typeof kid !== 'string') || typeof b64 !== 'boolean') return undefined;
  if (EMBEDDED_KEYS.some((member) => Object.hasOwn(joined, member))) return undefined;
  const critical = crit === undefined ? [] : crit;
  if (!Array.isArray(critical) || (crit !== undefined && critical.length === 0) || new Set(critical).size !== critical.length) return undefined;
  const isUnderstood = (name: unknown): boolean => understands.includes(name as string) && Object.hasOwn(signed, name as string);
  if (!critical.every(isUnderstood) || (Object.hasOwn(joined, 'crit') && !Object.hasOwn(signed, 'crit'))) return undefined;
  if (Object.hasOwn(joined, 'b64') && !critical.includes('b64')) return undefined;
  return { alg, kid, encoded: b64 };
}

function frozen<Value>(value: Value): Value {
  const open: unknown[] = [value];
  for (let next = open.pop(); next; next = open.pop()) {
    if (typeof next !== 'object') continue;
    Object.freeze(next);
    for (const child of Object.values(next as object)) if (typeof child === 'object' && child !== null) open.push(child);
  }
  return value;
}

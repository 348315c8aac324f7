import { invalid } from '../errors';
import { ofType } from '../text';
import type { JsonObject } from './json-object';

/** What a token says (RFC 7519 section 4). Times are seconds since 1970, not milliseconds. */
export interface Claims {
  /** Who says so. */
  readonly iss?: string;
  /** Of whom. */
  readonly sub?: string;
  /** To whom. */
  readonly aud?: string | readonly string[];
  /** Seconds since 1970: no longer valid from then on. */
  readonly exp?: number;
  /** Seconds since 1970: not valid before. */
  readonly nbf?: number;
  /** Seconds since 1970: when it was made. */
  readonly iat?: number;
  /** A name of the token itself, to tell that it was used before. */
  readonly jti?: string;
  readonly [claim: string]: unknown;
}

/** Claims that are text (RFC 7519 section 4.1: StringOrURI, and `jti`). */
const TEXTS = ['iss', 'sub', 'jti'] as const;

/** What is wrong with the type of a claim that RFC 7519 gives one; undefined where nothing is. Of times see those who compare them. */
export function wrongTypeIn(claims: JsonObject): string | undefined {
  const name = TEXTS.find((text) => claims[text] !== undefined && typeof claims[text] !== 'string');
  if (name) return `'${name}' is ${ofType(claims[name])}, and takes text`;
  const { aud } = claims;
  const isNamed = aud === undefined || (Array.isArray(aud) ? aud as unknown[] : [aud]).every((one) => typeof one === 'string');
  return isNamed ? undefined : `'aud' is ${ofType(aud)}${Array.isArray(aud) ? ' with members other than text' : ''}, and takes text or a list of it`;
}

/**
 * JSON of an object, where each value has a form in JSON: others JSON.stringify leaves out (functions, undefined in lists), makes null of (NaN, Infinity) or
 * writes as what it is not (a Map as {}). Members that are undefined are left out.
 *
 * @throws `ERR_KEYSMITH_INPUT` for such a value, by its path
 */
export function jsonOf(given: object, what: string): string {
  if (!isPlainObject(given)) throw invalid(`${what} are ${ofType(given)}: give an object`);
  try {
    return JSON.stringify(given, (name, value: unknown) => {
      const isMade = value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value) || Array.isArray(value) || isPlainObject(value);
      if (!isMade && value !== undefined) throw invalid(`${what}: '${name}' is ${ofType(value)}${typeof value === 'number' ? ` (${value})` : ''}, which JSON has no form for`);
      if (Array.isArray(value) && value.includes(undefined)) throw invalid(`${what}: '${name}' is a list that holds undefined, which JSON has no form for`);
      return value;
    });
  } catch (error) {
    // Of a circle, or of a toJSON of somebody's.
    throw error instanceof TypeError ? invalid(`${what}: ${error.message.split('\n')[0]}`, error) : error;
  }
}

/** An object of names and values, not one of a kind of its own, such as a Map, of which nothing would be left. */
export const isPlainObject = (value: unknown): value is JsonObject => ({}).toString.call(value) === '[object Object]';

import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { PublicJwk } from '../../../../src/runtime';

/*
 * Tokens made from primitives alone, so that they can be whatever an issuer or an attacker makes.
 */

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const ecKeys = (namedCurve = 'P-256'): KeyPair => generateKeyPairSync('ec', { namedCurve });
export const rsaKeys = (): KeyPair => generateKeyPairSync('rsa', { modulusLength: 2048 });

export const jwkOf = ({ publicKey }: KeyPair, more: object = {}): PublicJwk => ({ ...publicKey.export({ format: 'jwk' }), ...more } as PublicJwk);

export const encode = (part: string | Uint8Array | object): string => (
  part instanceof Uint8Array ? Buffer.from(part) : Buffer.from(typeof part === 'string' ? part : JSON.stringify(part))
).toString('base64url');

/** A signature of ES256 or RS256 over what stands before it. */
export function signatureOver(input: string, { privateKey }: KeyPair): string {
  return sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}

/** A token with an authentic signature, whatever header and payload are: objects, or JSON to the letter. */
export function tokenOf(header: string | object, payload: string | Uint8Array | object, keys: KeyPair): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signatureOver(input, keys)}`;
}

/** What was thrown, by its code; what was not, as such. */
export async function codeOf(outcome: Promise<unknown>): Promise<string> {
  try {
    await outcome;
    return 'taken';
  } catch (error) {
    return (error as { code?: string }).code?.replace('ERR_KEYSMITH_', '') ?? String(error);
  }
}

import { invalid } from './errors';
import { akpMembers, jwkThumbprint } from './jwk';
import type { PublicJwk } from './jwk';
import { keyObjectOf, readPublicKey } from './public-key';
import type { PublicKeyInput } from './public-key';
import { knownOptions } from './whole-numbers';
import { SIGNING } from '../spec/signing';
import type { SigningAlgorithm } from '../spec/signing';

/** What a published key is for. */
export interface PublicJwkOptions {
  /**
   * The one algorithm of the key, by its JOSE name; `use` follows from it.
   *
   * @default - none, except for ML-DSA, whose key type names it
   */
  readonly algorithm?: `${SigningAlgorithm}` | 'RSA-OAEP-256';
}

/** A public JWK with the `kid` that identifies it. */
export interface PublishedJwk extends PublicJwk {
  /** Thumbprint of the key (RFC 7638). */
  readonly kid: string;
  readonly alg?: string;
  readonly use?: 'sig' | 'enc';
}

/**
 * The key as public JWK, with its thumbprint as `kid`, and `alg` and `use` where the algorithm is given.
 *
 * @throws `ERR_KEYSMITH_INPUT` for a key that is none, or an algorithm that such a key cannot have or JOSE has no name for
 */
export function publicKeyToJwk(input: PublicKeyInput, options: PublicJwkOptions = {}): PublishedJwk {
  const { algorithm } = knownOptions(options, ['algorithm']);
  const key = readPublicKey(input);
  const members = akpMembers(key.spki) ?? keyObjectOf(key).export({ format: 'jwk' }) as PublicJwk;
  return { ...members, ...(algorithm && purposeOf(algorithm, key.keySpec)), kid: jwkThumbprint(members) };
}

function purposeOf(algorithm: NonNullable<PublicJwkOptions['algorithm']>, keySpec: string): { alg: string; use: 'sig' | 'enc' } {
  if (algorithm === 'RSA-OAEP-256') {
    if (!keySpec.startsWith('RSA_')) throw invalid(`a key of spec ${keySpec} does not encrypt with RSA-OAEP-256: RSA keys do`);
    return { alg: algorithm, use: 'enc' };
  }
  const { jose, keySpecs } = SIGNING[algorithm] ?? {};
  if (!jose) throw invalid(`${JSON.stringify(algorithm)} is not an algorithm that JOSE has a name for`);
  if (!keySpecs.some((spec) => spec === keySpec)) throw invalid(`a key of spec ${keySpec} does not sign with ${algorithm}: ${keySpecs.join(', ')} would`);
  return { alg: jose, use: 'sig' };
}

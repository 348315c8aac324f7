import { invalid } from './errors';
import { requirePurpose } from './jwk-purpose';
import { readPublicKey } from './public-key';
import type { PublicKey, PublicKeyInput } from './public-key';
import { SIGNING } from '../spec/signing';
import type { SigningAlgorithm, SigningFacts } from '../spec/signing';

/** The facts of a signing algorithm given by name. @throws `ERR_KEYSMITH_INPUT` for a name that is none */
export function signingFactsOf(algorithm: `${SigningAlgorithm}`): SigningFacts {
  if (Object.hasOwn(SIGNING, algorithm)) return SIGNING[algorithm];
  throw invalid(`'algorithm' is ${JSON.stringify(algorithm)}: give one of ${Object.keys(SIGNING).join(', ')}`);
}

/** Refuses a key that makes no signatures of the algorithm. */
export function requireSpecFor(algorithm: `${SigningAlgorithm}`, keySpec: string, what: string): void {
  const { keySpecs } = signingFactsOf(algorithm);
  if (!keySpecs.some((spec) => spec === keySpec)) throw invalid(`${what} is of spec ${keySpec}: ${algorithm} is made by ${keySpecs.join(', ')}`);
}

/** A public key to verify signatures of the algorithm with. */
export function verifyingKeyOf(input: PublicKeyInput, algorithm: `${SigningAlgorithm}`, what: string): PublicKey {
  const key = readPublicKey(input);
  requireSpecFor(algorithm, key.keySpec, what);
  requirePurpose(input, { use: 'sig', operation: 'verify', algorithms: joseNamesOf(algorithm) });
  return key;
}

/** The names of an algorithm in JOSE, none or one; RFC 9864 gives Ed25519 a name of its own beside EdDSA. */
export function joseNamesOf(algorithm: `${SigningAlgorithm}`): readonly string[] {
  const { jose } = signingFactsOf(algorithm);
  if (!jose) return [];
  return jose === 'EdDSA' ? [jose, 'Ed25519'] : [jose];
}

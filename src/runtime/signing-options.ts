import { invalid } from './input';
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

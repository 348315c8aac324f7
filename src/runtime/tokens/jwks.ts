import { algorithmOfJwk } from './algorithms';
import { JOSE_KEY_OPTIONS, JoseKeys } from './jose-key';
import type { JoseKeyOptions } from './jose-key';
import type { AttachedSigningKey } from '../attached-keys';
import { invalid } from '../errors';
import type { CallOptions } from '../kms-port';
import type { PublishedJwk } from '../public-jwk';
import { readPublicKey } from '../public-key';
import { verifyingKeyOf } from '../signing-options';
import { ofType, quoted } from '../text';
import { knownOptions } from '../whole-numbers';

/** A set of public keys as it is published (RFC 7517 section 5), each with its name and its algorithm. */
export interface PublishedJwkSet {
  readonly keys: readonly PublishedJwk[];
}

/**
 * The key set that publishes these keys, at `/.well-known/jwks.json` or wherever verifiers look.
 *
 * @throws `ERR_KEYSMITH_INPUT` for private keys, keys without `kid` or `alg`, two of one `kid`, and what is no key
 */
export function jwksOf(...keys: readonly PublishedJwk[]): PublishedJwkSet {
  const seen = new Set<string>();
  return {
    keys: keys.map((jwk) => {
      const algorithm = algorithmOfPublished(jwk);
      if (seen.has(jwk.kid)) throw invalid(`two keys have the kid ${quoted(jwk.kid)}: verifiers take neither`);
      seen.add(jwk.kid);
      // Both refuse private members.
      if (algorithm) verifyingKeyOf(jwk, algorithm, `the key ${quoted(jwk.kid)}`);
      else readPublicKey(jwk);
      return { ...jwk };
    }),
  };
}

function algorithmOfPublished(jwk: PublishedJwk): ReturnType<typeof algorithmOfJwk> {
  if (typeof jwk !== 'object' || jwk === null) throw invalid(`a key of the set is ${ofType(jwk)}: give what publicJwk() or publicKeyToJwk() returns`);
  if (typeof jwk.kid !== 'string' || !jwk.kid) throw invalid("a key of the set has no 'kid': give what publicJwk() or publicKeyToJwk() returns");
  if (typeof jwk.alg !== 'string') throw invalid(`the key ${quoted(jwk.kid)} has no 'alg': give publicKeyToJwk the 'algorithm'`);
  const algorithm = algorithmOfJwk(jwk);
  if (!algorithm && jwk.use !== 'enc') throw invalid(`the key ${quoted(jwk.kid)} is for ${quoted(jwk.alg)}, which is no algorithm that keys of KMS sign with`);
  return algorithm;
}

/**
 * The public keys of all generations of these signing keys, as a set. It takes GetPublicKey on each of them, and nothing else.
 *
 * @throws the codes of KMS's errors; `ERR_KEYSMITH_INPUT` as `jwksOf`
 */
export async function fetchJwks(keys: ReadonlyArray<JoseKeyOptions | AttachedSigningKey>, options: CallOptions = {}): Promise<PublishedJwkSet> {
  const { abortSignal } = knownOptions(options, ['abortSignal']);
  if (!Array.isArray(keys)) throw invalid(`the keys are ${ofType(keys)}: give a list of them`);
  const all = keys.flatMap((key: JoseKeyOptions | AttachedSigningKey) => generationsOf(knownOptions(key, JOSE_KEY_OPTIONS)).all);
  return jwksOf(...await Promise.all(all.map((key) => key.publicJwk({ abortSignal }))));
}

/** Keys that came before are of the same spec and algorithm: what they signed is still verified. */
function generationsOf(key: JoseKeyOptions | AttachedSigningKey): JoseKeys {
  const previous = 'previousKeyArns' in key ? key.previousKeyArns : [];
  const { generations = [] } = key as JoseKeyOptions;
  const isListed = (keyArn: string): boolean => generations.some((generation) => generation.keyArn === keyArn);
  const before = previous.filter((keyArn) => !isListed(keyArn)).map((keyArn) => ({ name: keyArn, keyArn }));
  return new JoseKeys({ ...key as JoseKeyOptions, generations: [...generations, ...before] });
}

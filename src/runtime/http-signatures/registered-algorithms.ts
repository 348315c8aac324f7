import type { JoseAlgorithm } from '../tokens/algorithms';

/** The names of the registry of RFC 9421 (section 6.2), of those algorithms that have one. Others have none, and JOSE's may not stand in `alg` (section 3.3.7). */
const REGISTERED: Readonly<Record<string, JoseAlgorithm>> = {
  'rsa-pss-sha512': 'PS512',
  'rsa-v1_5-sha256': 'RS256',
  'ecdsa-p256-sha256': 'ES256',
  'ecdsa-p384-sha384': 'ES384',
  'ed25519': 'EdDSA',
};

/** The algorithm of a name in `alg`; undefined where no key of KMS makes it. */
export function joseAlgorithmOf(name: unknown): JoseAlgorithm | undefined {
  return typeof name === 'string' && Object.hasOwn(REGISTERED, name) ? REGISTERED[name] : undefined;
}

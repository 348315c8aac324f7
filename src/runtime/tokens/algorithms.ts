import { SIGNING, SigningAlgorithm } from '../../spec/signing';
import type { PublicJwk } from '../jwk';
import { joseNamesOf } from '../signing-options';

/** The algorithms that JOSE has a name for. */
export type JoseAlgorithm = Exclude<`${SigningAlgorithm}`, 'Ed25519ph'>;

/** What the curve of a key implies. Keys of RSA make signatures of six algorithms, and must say which. */
const BY_CURVE: Readonly<Record<string, JoseAlgorithm>> = {
  'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', 'secp256k1': 'ES256K', 'Ed25519': 'EdDSA',
};

/** The one algorithm that a key says or implies to be for; undefined where it does neither. */
export function algorithmOfJwk({ alg, crv }: PublicJwk): JoseAlgorithm | undefined {
  if (alg === undefined) return Object.hasOwn(BY_CURVE, crv as string) ? BY_CURVE[crv as string] : undefined;
  return (Object.keys(SIGNING) as SigningAlgorithm[]).find((name): name is Exclude<SigningAlgorithm, SigningAlgorithm.ED25519PH> => (
    joseNamesOf(name).includes(alg as string)
  ));
}

import type { AsymmetricMaterial } from './asymmetric';
import { ecdsaMaterial } from './ecdsa';
import { edwardsMaterial } from './edwards';
import { generatePrivateKey, isEdwards, readPrivateKey } from './generate';
import { HmacMaterial } from './hmac';
import type { MlDsaSpec } from './ml-dsa';
import { mlDsaMaterial } from './ml-dsa';
import { rsaMaterial } from './rsa';
import { SymmetricGenerations } from './symmetric-generations';
import { KEY_SPECS } from '../../../spec/key-specs';
import type { KeySpecName } from '../../../spec/key-specs';

export type { AsymmetricMaterial, MessageToSign } from './asymmetric';

/** What holds a key's secret: exactly one of these, by the family of its spec. */
export interface KeyMaterial {
  readonly symmetric?: SymmetricGenerations;
  readonly hmac?: HmacMaterial;
  /** Made when first asked for, the same ever after. */
  readonly asymmetric?: () => Promise<AsymmetricMaterial>;
}

/**
 * @param given the key itself, as in `KeyDefinition.material`; random if absent
 * @throws Error for material of another kind, and for a spec that the engine has no cryptography for
 */
export function materialFor(spec: KeySpecName, now: Date, given?: Uint8Array): KeyMaterial {
  const { family, usages } = KEY_SPECS[spec];
  switch (family) {
    case 'symmetric': return { symmetric: new SymmetricGenerations(now, given) };
    case 'hmac': return { hmac: new HmacMaterial(Number(usages.GENERATE_VERIFY_MAC![0].slice('HMAC_SHA_'.length)), given) };
    case 'ml-dsa': return { asymmetric: lazily(async () => mlDsaMaterial(spec as MlDsaSpec, given)) };
    case 'rsa':
    case 'ecc': {
      const read = given && readPrivateKey(spec, given);
      return { asymmetric: lazily(async () => withKey(spec, read ?? await generatePrivateKey(spec))) };
    }
    default: throw new Error(`the local KMS has no keys of spec ${spec}`);
  }
}

function withKey(spec: KeySpecName, key: Awaited<ReturnType<typeof generatePrivateKey>>): AsymmetricMaterial {
  if (KEY_SPECS[spec].family === 'rsa') return rsaMaterial(key);
  return isEdwards(spec) ? edwardsMaterial(key) : ecdsaMaterial(key);
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}

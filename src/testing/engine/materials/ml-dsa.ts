import { randomBytes } from 'node:crypto';
import type { AsymmetricMaterial } from './asymmetric';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '../../../noble/ml-dsa';
import { ML_DSA } from '../../../spec/ml-dsa';

export type MlDsaSpec = 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87';

const SCHEMES: Readonly<Record<MlDsaSpec, typeof ml_dsa44>> = { ML_DSA_44: ml_dsa44, ML_DSA_65: ml_dsa65, ML_DSA_87: ml_dsa87 };

/** ML-DSA.Sign_internal and Verify_internal (FIPS 204 sections 6.2 and 6.3) can be given mu; the published types leave that out. */
interface Internal {
  sign(secretKey: Uint8Array, message: Uint8Array, random: Uint8Array | undefined, externalMu: boolean): Uint8Array;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array, externalMu: boolean): boolean;
}

/** What `sign` of this release takes, with the context string before the randomness. */
type SignWithContext = (secretKey: Uint8Array, message: Uint8Array, context: Uint8Array, random: Uint8Array) => Uint8Array;

const NO_CONTEXT = new Uint8Array();

/**
 * An ML-DSA key. A raw message is signed with the empty context string; EXTERNAL_MU is the 64-byte mu that the caller has made.
 *
 * @param seed 32 bytes, xi of FIPS 204
 */
export function mlDsaMaterial(spec: MlDsaSpec, seed: Uint8Array = randomBytes(32)): AsymmetricMaterial {
  const scheme = SCHEMES[spec];
  const internal = scheme.internal as unknown as Internal;
  const { secretKey, publicKey } = scheme.keygen(seed);
  return {
    publicKey: subjectPublicKeyInfo(publicKey, ML_DSA[spec]!.oidArc),
    sign: ({ messageType, message }) => {
      const random = randomBytes(32);
      // A copy of mu: this release wipes the one it is given.
      return Buffer.from(messageType === 'EXTERNAL_MU'
        ? internal.sign(secretKey, Uint8Array.from(message), random, true)
        : (scheme.sign as unknown as SignWithContext)(secretKey, message, NO_CONTEXT, random));
    },
    verify: ({ messageType, message }, signature) => messageType === 'EXTERNAL_MU'
      ? internal.verify(publicKey, message, signature, true) : scheme.verify(publicKey, message, signature),
  };
}

/** SEQUENCE { SEQUENCE { OBJECT IDENTIFIER }, BIT STRING }: an AlgorithmIdentifier without parameters (RFC 9881 section 2). */
function subjectPublicKeyInfo(publicKey: Uint8Array, arc: number): Buffer {
  const algorithm = der(0x30, Buffer.from([0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, arc]));
  return der(0x30, Buffer.concat([algorithm, der(0x03, Buffer.concat([Buffer.of(0), publicKey]))]));
}

function der(tag: number, content: Buffer): Buffer {
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(content.length);
  return Buffer.concat([Buffer.of(tag, 0x82), length, content]);
}

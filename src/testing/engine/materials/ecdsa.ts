import type { KeyObject } from 'node:crypto';
import { createPublicKey, diffieHellman, sign, verify } from 'node:crypto';
import type { AsymmetricMaterial } from './asymmetric';
import { p256, p384, p521, secp256k1 } from '../../../noble/ecdsa';
import { SIGNING_ALGORITHMS } from '../../../spec/key-specs';

/** By the curve's name in a JWK. */
const CURVES = { 'P-256': p256, 'P-384': p384, 'P-521': p521, 'secp256k1': secp256k1 } as const;

/** node:crypto always hashes: a digest that the caller made is signed by @noble/curves. KMS takes and makes high s values too. */
const DIGEST = { prehash: false, lowS: false } as const;

/** A key on a Weierstrass curve: ECDSA, signatures in DER; or ECDH. */
export function ecdsaMaterial(privateKey: KeyObject): AsymmetricMaterial {
  const publicKey = createPublicKey(privateKey);
  const jwk = privateKey.export({ format: 'jwk' }) as { crv: keyof typeof CURVES; d: string; x: string; y: string };
  const curve = CURVES[jwk.crv];
  const point = Buffer.concat([Buffer.of(4), Buffer.from(jwk.x, 'base64url'), Buffer.from(jwk.y, 'base64url')]);
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    sign: ({ algorithm, messageType, message }) => messageType === 'DIGEST'
      ? Buffer.from(curve.sign(message, Buffer.from(jwk.d, 'base64url'), DIGEST).toBytes('der'))
      : sign(SIGNING_ALGORITHMS[algorithm].digest, message, privateKey),
    verify: ({ algorithm, messageType, message }, signature) => messageType === 'DIGEST'
      ? verifyDigest(curve, signature, message, point)
      : verify(SIGNING_ALGORITHMS[algorithm].digest, message, publicKey, signature),
    agree: (other) => agree(privateKey, other),
  };
}

function verifyDigest(curve: (typeof CURVES)[keyof typeof CURVES], signature: Uint8Array, digest: Uint8Array, point: Uint8Array): boolean {
  try {
    return curve.verify(signature, digest, point, { ...DIGEST, format: 'der' });
  } catch {
    return false; // not DER at all
  }
}

function agree(privateKey: KeyObject, other: Uint8Array): Buffer | undefined {
  try {
    return diffieHellman({ privateKey, publicKey: createPublicKey({ key: Buffer.from(other), format: 'der', type: 'spki' }) });
  } catch {
    return undefined;
  }
}

import type { KeyObject } from 'node:crypto';
import { createPublicKey, sign, verify } from 'node:crypto';
import type { AsymmetricMaterial } from './asymmetric';
import { ed25519ph } from '../../../noble/ed25519ph';

/**
 * An Ed25519 key: pure Ed25519 over a raw message, Ed25519ph over a digest (RFC 8032). Ed25519ph hashes what it is given,
 * and KMS gives it the caller's digest: so the message is hashed twice (KMS API Reference, Sign).
 */
export function edwardsMaterial(privateKey: KeyObject): AsymmetricMaterial {
  const publicKey = createPublicKey(privateKey);
  const { d, x } = privateKey.export({ format: 'jwk' }) as { d: string; x: string };
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    sign: ({ algorithm, message }) => algorithm === 'ED25519_PH_SHA_512'
      ? Buffer.from(ed25519ph.sign(message, Buffer.from(d, 'base64url'))) : sign(null, message, privateKey),
    verify: ({ algorithm, message }, signature) => algorithm === 'ED25519_PH_SHA_512'
      ? signature.length === 64 && ed25519ph.verify(signature, message, Buffer.from(x, 'base64url'))
      : verify(null, message, publicKey, signature),
  };
}

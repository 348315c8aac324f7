import type { KeyObject } from 'node:crypto';
import { constants, createPublicKey, privateDecrypt, publicEncrypt, sign, verify } from 'node:crypto';
import { SIGNING_ALGORITHMS } from '../../../spec/key-specs';
import { invalidCiphertext } from '../exceptions';
import type { AsymmetricMaterial, MessageToSign } from './asymmetric';
import { signDigest, verifyDigest } from './rsa-digest';

const OAEP_HASH = { RSAES_OAEP_SHA_1: 'sha1', RSAES_OAEP_SHA_256: 'sha256' } as const;

/** An RSA key: OAEP with MGF1 on the same hash, PSS with a salt as long as the digest, PKCS #1 v1.5 (RFC 8017). */
export function rsaMaterial(privateKey: KeyObject): AsymmetricMaterial {
  const publicKey = createPublicKey(privateKey);
  const modulusBytes = publicKey.asymmetricKeyDetails!.modulusLength! / 8;
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    sign: (message) => message.messageType === 'DIGEST' ? signDigest(privateKey, message) : signMessage(privateKey, message),
    // OpenSSL takes a PSS signature without its leading zeros; RFC 8017 section 8.1.2 does not.
    verify: (message, signature) => signature.length === modulusBytes
      && (message.messageType === 'DIGEST' ? verifyDigest(publicKey, message, signature) : verifyMessage(publicKey, message, signature)),
    encrypt: (plaintext, algorithm) => publicEncrypt({ key: publicKey, ...oaep(algorithm) }, plaintext),
    decrypt: (ciphertext, algorithm) => {
      try {
        return privateDecrypt({ key: privateKey, ...oaep(algorithm) }, ciphertext);
      } catch {
        throw invalidCiphertext();
      }
    },
  };
}

function oaep(algorithm: string) {
  return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: OAEP_HASH[algorithm as keyof typeof OAEP_HASH] };
}

function signMessage(key: KeyObject, { algorithm, message }: MessageToSign): Buffer {
  return sign(SIGNING_ALGORITHMS[algorithm].digest, message, { key, ...padding(algorithm) });
}

function verifyMessage(key: KeyObject, { algorithm, message }: MessageToSign, signature: Uint8Array): boolean {
  return verify(SIGNING_ALGORITHMS[algorithm].digest, message, { key, ...padding(algorithm) }, signature);
}

function padding(algorithm: MessageToSign['algorithm']) {
  return SIGNING_ALGORITHMS[algorithm].scheme === 'pss'
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { padding: constants.RSA_PKCS1_PADDING };
}

import type { KeyObject } from 'node:crypto';
import { constants, privateDecrypt, privateEncrypt, publicEncrypt } from 'node:crypto';
import type { MessageToSign } from './asymmetric';
import { emsaPkcs1, emsaPss, isEmsaPss } from './emsa';
import { SIGNING_ALGORITHMS } from '../../../spec/key-specs';

/**
 * Signatures over a digest that the caller made. node:crypto always hashes, so the message is encoded here (emsa.ts)
 * and only RSA itself is left to it.
 */
export function signDigest(privateKey: KeyObject, { algorithm, message }: MessageToSign): Buffer {
  const { digest, scheme } = SIGNING_ALGORITHMS[algorithm];
  if (scheme === 'pkcs1') return privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, emsaPkcs1(message, digest!));
  const encoded = emsaPss(message, digest!, modulusBits(privateKey) - 1);
  // RSASP1 is the private-key operation, which RSADP is too (RFC 8017 sections 5.1.2 and 5.2.1).
  return privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encoded);
}

/** @param signature as long as the modulus */
export function verifyDigest(publicKey: KeyObject, { algorithm, message }: MessageToSign, signature: Uint8Array): boolean {
  const { digest, scheme } = SIGNING_ALGORITHMS[algorithm];
  const bits = modulusBits(publicKey);
  let encoded: Buffer;
  try {
    encoded = publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, signature);
  } catch {
    return false; // not less than the modulus
  }
  return scheme === 'pkcs1'
    ? encoded.equals(paddedPkcs1(emsaPkcs1(message, digest!), bits / 8))
    : isEmsaPss(encoded, message, digest!, bits - 1);
}

/** `00 01 FF … FF 00` before the DigestInfo (RFC 8017 section 9.2): compared as a whole, so that no lenient parsing can be fooled. */
function paddedPkcs1(digestInfo: Buffer, length: number): Buffer {
  return Buffer.concat([Buffer.of(0, 1), Buffer.alloc(length - digestInfo.length - 3, 0xff), Buffer.of(0), digestInfo]);
}

function modulusBits(key: KeyObject): number {
  return key.asymmetricKeyDetails!.modulusLength!;
}

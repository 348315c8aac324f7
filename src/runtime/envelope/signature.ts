import { createPublicKey, createSign, createVerify, generateKeyPairSync } from 'node:crypto';
import type { KeyObject, Sign, Verify } from 'node:crypto';
import { uint16Fields } from './bytes';
import { notAuthentic } from './failures';
import type { AlgorithmSuite, SuiteSignature } from './suites';
import { SIGNATURE_CONTEXT_KEY } from '../../spec/contract';
import type { EncryptionContext } from '../kms-port';

/**
 * The signature over header and body of a signing suite: whoever may only decrypt cannot make a message that others
 * take for the encryptor's. The public key travels in the encryption context, and so under the data key's protection.
 */

/** What stands in front of a compressed point in SubjectPublicKeyInfo (RFC 5480), and the bytes of a coordinate. */
const CURVES: Readonly<Record<SuiteSignature['curve'], { readonly spkiStart: string; readonly coordinateBytes: number }>> = {
  'P-256': { spkiStart: '3039301306072a8648ce3d020106082a8648ce3d030107032200', coordinateBytes: 32 },
  'P-384': { spkiStart: '3046301006072a8648ce3d020106052b81040022033200', coordinateBytes: 48 },
};

/** A fresh key pair: the private half signs, the public half is a pair of the context. */
export interface SigningKeyPair {
  readonly privateKey: KeyObject;
  /** The compressed point (SEC 1 section 2.3.3) in base64. */
  readonly publicKey: string;
}

export function makeSigningKeyPair({ curve }: SuiteSignature): SigningKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const { coordinateBytes } = CURVES[curve];
  // SubjectPublicKeyInfo ends with the coordinates x and y.
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-2 * coordinateBytes);
  const compressed = Buffer.concat([Buffer.of(2 + point.at(-1)! % 2), point.subarray(0, coordinateBytes)]);
  return { privateKey, publicKey: compressed.toString('base64') };
}

/** Collects what a signing suite signs: header and body, in order. Undefined for other suites. */
export function signing({ signature }: AlgorithmSuite): Sign | undefined {
  return signature && createSign(signature.hash);
}

/** The most bytes of a footer: an ECDSA signature on P-384 in DER, behind its length. */
export const FOOTER_BYTES = 2 + 104;

/** The footer of the message that was collected: its signature in DER behind its length. */
export function footerOf(sign: Sign, { privateKey }: SigningKeyPair): Buffer {
  return uint16Fields(sign.sign(privateKey));
}

/** Collects what is held against the footer: header and body, in order. Undefined for suites without one. */
export function verifying({ signature }: AlgorithmSuite): Verify | undefined {
  return signature && createVerify(signature.hash);
}

/** @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless `signature` is over exactly what was collected */
export function checkSignature(verify: Verify, publicKey: KeyObject, signature: Buffer): void {
  if (!verify.verify(publicKey, signature)) throw notAuthentic('the signature does not verify');
}

/** The verification key of a signing suite from the context, which other suites must not have there (default-cmm.md, "Decrypt Materials"). */
export function verificationKeyFrom({ signature }: AlgorithmSuite, context: EncryptionContext): KeyObject | undefined {
  if (Object.hasOwn(context, SIGNATURE_CONTEXT_KEY) !== Boolean(signature)) throw notAuthentic('suite and verification key do not go together');
  try {
    return signature && publicKeyFrom(context[SIGNATURE_CONTEXT_KEY], signature.curve);
  } catch (error) {
    throw notAuthentic(error);
  }
}

function publicKeyFrom(text: string, curve: SuiteSignature['curve']): KeyObject {
  const point = Buffer.from(text, 'base64');
  const { spkiStart, coordinateBytes } = CURVES[curve];
  if (point.length !== 1 + coordinateBytes || point.toString('base64') !== text) throw new Error('the verification key is not a compressed point');
  return createPublicKey({ key: Buffer.concat([Buffer.from(spkiStart, 'hex'), point]), format: 'der', type: 'spki' });
}

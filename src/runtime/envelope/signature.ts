import { ECDH, createPublicKey, createSign, createVerify, generateKeyPairSync } from 'node:crypto';
import type { KeyObject, Sign, Verify } from 'node:crypto';
import { uint16 } from './bytes';
import { notAuthentic } from './failures';
import type { AlgorithmSuite, SuiteSignature } from './suites';
import { SIGNATURE_CONTEXT_KEY } from '../../spec/contract';
import type { EncryptionContext } from '../kms-port';

/**
 * The signature over header and body of a signing suite: whoever may only decrypt cannot make a message that others
 * take for the encryptor's. The public key travels in the encryption context, and so under the data key's protection.
 */

/** A fresh key pair: the private half signs, the public half is a pair of the context. */
export interface SigningKeyPair {
  readonly privateKey: KeyObject;
  /** The compressed point (SEC 1 section 2.3.3) in base64. */
  readonly publicKey: string;
}

export function makeSigningKeyPair({ curve }: SuiteSignature): SigningKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const { x, y } = publicKey.export({ format: 'jwk' });
  const parity = Buffer.from(y!, 'base64url').at(-1)! % 2;
  const point = Buffer.concat([Buffer.of(2 + parity), Buffer.from(x!, 'base64url')]);
  return { privateKey, publicKey: point.toString('base64') };
}

/** Collects what a signing suite signs: header and body, in order. Undefined for other suites. */
export function signing({ signature }: AlgorithmSuite): Sign | undefined {
  return signature && createSign(signature.hash);
}

/** The footer of the message that was collected: its signature in DER behind its length. */
export function footerOf(sign: Sign, { privateKey }: SigningKeyPair): Buffer {
  const signature = sign.sign(privateKey);
  return Buffer.concat([uint16(signature.length), signature]);
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

function publicKeyFrom(text: string, crv: SuiteSignature['curve']): KeyObject {
  const point = ECDH.convertKey(text, crv === 'P-256' ? 'prime256v1' : 'secp384r1', 'base64', undefined, 'uncompressed') as Buffer;
  const middle = (point.length + 1) / 2;
  return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv, x: point.toString('base64url', 1, middle), y: point.toString('base64url', middle) } });
}

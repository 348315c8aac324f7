import type { KeyObject, KeyPairKeyObjectResult, Sign, Verify } from 'node:crypto';
import { fields } from './bytes';
import { notAuthentic } from './failures';
import type { AlgorithmSuite, SuiteSignature } from './suites';
import { SIGNATURE_CONTEXT_KEY } from '../../spec/contract';
import type { EncryptionContext } from '../kms-port';
import { createPublicKey, createSign, createVerify, generateKeyPairSync } from '../node-crypto';

/**
 * The signature over header and body of a signing suite: whoever may only decrypt cannot make a message that others
 * take for the encryptor's. The public key travels in the encryption context, and so under the data key's protection.
 */

/** What stands in front of a compressed point in SubjectPublicKeyInfo (RFC 5480), in base64. */
const SPKI_START: Readonly<Record<SuiteSignature['curve'], string>> = {
  'P-256': 'MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgA',
  'P-384': 'MEYwEAYHKoZIzj0CAQYFK4EEACIDMgA',
};

/** A fresh key pair: the private half signs, the public half goes into the context. Undefined for suites that do not sign. */
export const makeSigningKeyPair = ({ signature }: AlgorithmSuite): KeyPairKeyObjectResult | undefined => (
  signature && generateKeyPairSync('ec', { namedCurve: signature.curve })
);

/** The text that stands for a public key: the compressed point (SEC 1 section 2.3.3) in base64. */
export function textOf(publicKey: KeyObject): string {
  const { x, y } = publicKey.export({ format: 'jwk' });
  const sign = Buffer.from(y!, 'base64').at(-1)! % 2;
  return Buffer.concat([Buffer.of(2 + sign), Buffer.from(x!, 'base64')]).toString('base64');
}

/** Collects what a signing suite signs: header and body, in order. Undefined for other suites. */
export const signing = ({ signature }: AlgorithmSuite): Sign | undefined => signature && createSign(signature.hash);

/** The most bytes of a footer: two for the length, and a P-384 signature in DER. */
export const FOOTER_BYTES = 2 + 104;

/** The footer of the message that was collected: its signature in DER behind its length. */
export const footerOf = (sign: Sign, signingKey: KeyObject): Buffer => fields(sign.sign(signingKey));

/** Collects what is held against the footer: header and body, in order. Undefined for suites without one. */
export const verifying = ({ signature }: AlgorithmSuite): Verify | undefined => signature && createVerify(signature.hash);

/** The verification key of a signing suite from the context, which other suites must not have there (default-cmm.md, "Decrypt Materials"). */
export function verificationKeyFrom({ signature }: AlgorithmSuite, context: EncryptionContext): KeyObject | undefined {
  const text = context[SIGNATURE_CONTEXT_KEY];
  try {
    const key = signature && createPublicKey({
      key: Buffer.concat([SPKI_START[signature.curve], text].map((part) => Buffer.from(part, 'base64'))), format: 'der', type: 'spki',
    });
    // Also tells text that is not base64 as it is written, or has bytes behind the point.
    if ((key && textOf(key)) !== text) throw new Error('wrong verification key');
    return key;
  } catch (error) {
    throw notAuthentic(error);
  }
}

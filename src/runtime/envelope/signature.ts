import type { KeyObject, KeyPairKeyObjectResult, Sign, Verify } from 'node:crypto';
import { fields, textBytes } from './bytes';
import { refuse } from './failures';
import type { AlgorithmSuite } from './suites';
import { SIGNATURE_CONTEXT_KEY } from '../../spec/contract';
import type { EncryptionContext } from '../kms-port';
import { createPublicKey, createSign, createVerify, generateKeyPairSync } from '../node-crypto';

/**
 * The signature over header and body of a signing suite: whoever may only decrypt cannot make a message that others
 * take for the encryptor's. The public key travels in the encryption context, and so under the data key's protection.
 */

/** A fresh key pair: the private half signs, the public half goes into the context. Undefined for suites that do not sign. */
export const makeSigningKeyPair = ({ signature }: AlgorithmSuite): KeyPairKeyObjectResult | undefined => (
  signature && generateKeyPairSync('ec', { namedCurve: signature.curve })
);

/** The text that stands for a public key: the compressed point (SEC 1 section 2.3.3) in base64. */
export const textOf = (publicKey: KeyObject): string => {
  const { x, y } = publicKey.export({ format: 'jwk' });
  const sign = textBytes(y!, 'base64').at(-1)! % 2;
  return Buffer.concat([Buffer.of(2 + sign), textBytes(x!, 'base64')]).toString('base64');
};

/** Collects what a signing suite signs: header and body, in order. Undefined for other suites. */
export const signing = ({ signature }: AlgorithmSuite): Sign | undefined => signature && createSign(signature.hash);

/** The most bytes of a footer: two for the length, and a P-384 signature in DER. */
export const FOOTER_BYTES = 2 + 104;

/** The footer of the message that was collected: its signature in DER behind its length. */
export const footerOf = (sign: Sign, signingKey: KeyObject): Buffer => fields(sign.sign(signingKey));

/** Collects what is held against the footer: header and body, in order. Undefined for suites without one. */
export const verifying = ({ signature }: AlgorithmSuite): Verify | undefined => signature && createVerify(signature.hash);

/** The verification key of a signing suite from the context, which other suites must not have there (default-cmm.md, "Decrypt Materials"). */
export const verificationKeyFrom = ({ signature }: AlgorithmSuite, context: EncryptionContext): KeyObject | undefined => {
  const text = context[SIGNATURE_CONTEXT_KEY];
  let key: KeyObject | undefined;
  try {
    key = signature && createPublicKey({
      key: Buffer.concat([signature.spkiStart, text].map((part) => textBytes(part, 'base64'))), format: 'der', type: 'spki',
    });
  } catch (error) {
    refuse(error);
  }
  // Also tells text that is not base64 as it is written, or has bytes behind the point.
  if ((key && textOf(key)) !== text) refuse('wrong verification key');
  return key;
};

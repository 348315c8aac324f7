import { ECDH, createPublicKey, createSign, createVerify, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
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

/** Takes what is to be signed or verified piece by piece, in the order of the message. */
export interface MessageHasher {
  update(bytes: Uint8Array): unknown;
}

export function makeSigningKeyPair({ curve }: SuiteSignature): SigningKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const { x, y } = publicKey.export({ format: 'jwk' });
  const odd = Buffer.from(y!, 'base64url').at(-1)! % 2;
  const point = Buffer.concat([Buffer.from([2 + odd]), Buffer.from(x!, 'base64url')]);
  return { privateKey, publicKey: point.toString('base64') };
}

/** Collects a message and makes the footer for it: the signature in DER behind its length. */
export class FooterSigner implements MessageHasher {
  readonly #sign;
  readonly #privateKey: KeyObject;

  constructor(signature: SuiteSignature, privateKey: KeyObject) {
    this.#sign = createSign(signature.hash);
    this.#privateKey = privateKey;
  }

  public update(bytes: Uint8Array): void {
    this.#sign.update(bytes);
  }

  public footer(): Buffer {
    const signature = this.#sign.sign({ key: this.#privateKey, dsaEncoding: 'der' });
    return Buffer.concat([uint16(signature.length), signature]);
  }
}

/** Collects a message and holds it against the signature in its footer. */
export class FooterVerifier implements MessageHasher {
  readonly #verify;
  readonly #publicKey: KeyObject;

  constructor(signature: SuiteSignature, publicKey: KeyObject) {
    this.#verify = createVerify(signature.hash);
    this.#publicKey = publicKey;
  }

  public update(bytes: Uint8Array): void {
    this.#verify.update(bytes);
  }

  /** @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless `signature` is over exactly what was collected */
  public check(signature: Uint8Array): void {
    if (!this.#verify.verify({ key: this.#publicKey, dsaEncoding: 'der' }, signature)) throw notAuthentic('the signature over the message does not verify');
  }
}

/** The verification key of a signing suite from the context, which other suites must not have there (default-cmm.md, "Decrypt Materials"). */
export function verificationKeyFrom(suite: AlgorithmSuite, context: EncryptionContext): KeyObject | undefined {
  const text = Object.hasOwn(context, SIGNATURE_CONTEXT_KEY) ? context[SIGNATURE_CONTEXT_KEY] : undefined;
  if (!suite.signature) {
    if (text !== undefined) throw notAuthentic('a suite without a signature came with a verification key');
    return undefined;
  }
  if (text === undefined) throw notAuthentic('a signing suite came without a verification key');
  try {
    return publicKeyFrom(text, suite.signature);
  } catch (error) {
    throw notAuthentic(error);
  }
}

function publicKeyFrom(text: string, { curve }: SuiteSignature): KeyObject {
  const point = ECDH.convertKey(text, curve, 'base64', undefined, 'uncompressed') as Buffer;
  const half = (point.length - 1) / 2;
  return createPublicKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: curve === 'prime256v1' ? 'P-256' : 'P-384',
      x: point.toString('base64url', 1, 1 + half),
      y: point.toString('base64url', 1 + half),
    },
  });
}

import { constants, createHash, createVerify, verify } from 'node:crypto';
import type { KeyObject, VerifyKeyObjectInput } from 'node:crypto';
import { readMlDsaSpki } from './ml-dsa-spki';
import { ed25519phVerify, mlDsaVerify } from './noble';
import { keyObjectOf } from './public-key';
import type { PublicKey } from './public-key';
import { SIGNING_ALGORITHMS } from '../spec/key-specs';
import type { SigningAlgorithmFacts } from '../spec/key-specs';
import { SIGNING } from '../spec/signing';
import type { SigningAlgorithm } from '../spec/signing';

/** One message on its way through a public key. */
export interface Verification {
  update(chunk: Uint8Array): void;
  /** Whether the signature, in the form of `readSignature`, is the key's over all that went in. */
  finish(signature: Buffer): Promise<boolean>;
}

/** Verifies message after message with one public key, without KMS. */
export type StartVerification = () => Verification;

/** How to verify signatures of the algorithm with the key, whose spec has been checked to fit. */
export function verificationWith(key: PublicKey, algorithm: `${SigningAlgorithm}`): StartVerification {
  const facts = SIGNING_ALGORITHMS[SIGNING[algorithm].kmsName];
  switch (facts.scheme) {
    case 'ed25519': return ed25519(keyObjectOf(key));
    case 'ed25519ph': return ed25519ph(keyObjectOf(key));
    case 'ml-dsa': return collecting(mlDsaCheck(key));
    default: return hashed(keyObjectOf(key), facts);
  }
}

/** Whether a signature, in the form of `readSignature`, is the key's over a message that is there as a whole. */
export type CheckSignature = (message: Uint8Array, signature: Buffer) => boolean | Promise<boolean>;

/** As `verificationWith`, for short messages: what OpenSSL can do, it does in one call. */
export function checkWith(key: PublicKey, algorithm: Exclude<`${SigningAlgorithm}`, 'Ed25519ph'>): CheckSignature {
  const facts = SIGNING_ALGORITHMS[SIGNING[algorithm].kmsName];
  if (facts.scheme === 'ml-dsa') return mlDsaCheck(key);
  const settings = settingsFor(keyObjectOf(key), facts);
  const digest = facts.digest ?? null;
  return (message, signature) => verify(digest, message, settings, signature);
}

function settingsFor(key: KeyObject, { scheme }: SigningAlgorithmFacts): VerifyKeyObjectInput {
  switch (scheme) {
    case 'ecdsa': return { key, dsaEncoding: 'ieee-p1363' };
    // The salt is as long as the digest: RFC 7518 section 3.5, and what KMS makes.
    case 'pss': return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    case 'ed25519': return { key };
    default: return { key, padding: constants.RSA_PKCS1_PADDING };
  }
}

/** ECDSA and RSA: the message is hashed as it comes. */
function hashed(key: KeyObject, facts: SigningAlgorithmFacts): StartVerification {
  const settings = settingsFor(key, facts);
  const { digest } = facts;
  return () => {
    const state = createVerify(digest!);
    return {
      update: (chunk) => void state.update(chunk),
      finish: async (signature) => state.verify(settings, signature),
    };
  };
}

/** The message goes through the curve's own hash twice, so that all of it is kept until the signature is there. */
function ed25519(key: KeyObject): StartVerification {
  return collecting((message, signature) => verify(null, message, key, signature));
}

/** KMS is given a digest and hashes it once more (`ED25519_PH_SHA_512`): to RFC 8032 the digest is the message. */
function ed25519ph(key: KeyObject): StartVerification {
  const { x } = key.export({ format: 'jwk' });
  const raw = Buffer.from(x!, 'base64url');
  return () => {
    const state = createHash('sha512');
    return {
      update: (chunk) => void state.update(chunk),
      finish: async (signature) => (await ed25519phVerify())(raw, state.digest(), signature),
    };
  };
}

function mlDsaCheck(key: PublicKey): CheckSignature {
  const native = nativeMlDsa(key);
  const { keySpec, raw } = readMlDsaSpki(key.spki)!;
  return async (message, signature) =>
    native ? verify(null, message, native, signature) : (await mlDsaVerify(keySpec))(raw, message, signature);
}

/** The key as Node 24 and later know it. */
function nativeMlDsa(key: PublicKey): KeyObject | undefined {
  try {
    return keyObjectOf(key);
  } catch {
    return undefined;
  }
}

function collecting(check: CheckSignature): StartVerification {
  return () => {
    const chunks: Uint8Array[] = [];
    return {
      update: (chunk) => void chunks.push(Uint8Array.from(chunk)),
      finish: async (signature) => check(Buffer.concat(chunks), signature),
    };
  };
}

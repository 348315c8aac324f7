import { constants, createHash, createVerify, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
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
    case 'ml-dsa': return mlDsa(key);
    default: return hashed(keyObjectOf(key), facts);
  }
}

/** ECDSA and RSA: the message is hashed as it comes. */
function hashed(key: KeyObject, { scheme, digest }: SigningAlgorithmFacts): StartVerification {
  const settings = scheme === 'ecdsa'
    ? { key, dsaEncoding: 'ieee-p1363' as const }
    : scheme === 'pss'
      // The salt is as long as the digest: RFC 7518 section 3.5, and what KMS makes.
      ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : { key, padding: constants.RSA_PKCS1_PADDING };
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
  return collecting(async (message, signature) => verify(null, message, key, signature));
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

function mlDsa(key: PublicKey): StartVerification {
  const native = nativeMlDsa(key);
  const { keySpec, raw } = readMlDsaSpki(key.spki)!;
  return collecting(async (message, signature) =>
    native ? verify(null, message, native, signature) : (await mlDsaVerify(keySpec))(raw, message, signature));
}

/** The key as Node 24 and later know it. */
function nativeMlDsa(key: PublicKey): KeyObject | undefined {
  try {
    return keyObjectOf(key);
  } catch {
    return undefined;
  }
}

function collecting(check: (message: Buffer, signature: Buffer) => Promise<boolean>): StartVerification {
  return () => {
    const chunks: Uint8Array[] = [];
    return {
      update: (chunk) => void chunks.push(Uint8Array.from(chunk)),
      finish: (signature) => check(Buffer.concat(chunks), signature),
    };
  };
}

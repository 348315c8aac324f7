import { curveFor, readDer, readRaw, writeDer } from './ecdsa-signature';
import { invalid } from './errors';
import type { OwnedBytes } from './owned-bytes';
import { ED25519_SIGNATURE_BYTES } from '../spec/curves';
import { KEY_SPECS } from '../spec/key-specs';
import type { KeySpecName } from '../spec/key-specs';
import { ML_DSA } from '../spec/ml-dsa';
import { SIGNING } from '../spec/signing';
import type { SigningAlgorithm } from '../spec/signing';

/**
 * How a signature is written.
 *
 * - `der`: as KMS and openssl have it. ECDSA is a DER sequence.
 * - `jose`: as JWS, WebCrypto and HTTP Message Signatures have it. ECDSA is r‖s.
 *
 * Every other algorithm writes the same bytes either way.
 */
export type SignatureFormat = 'der' | 'jose';

/** The format asked for, `der` where none was. @throws `ERR_KEYSMITH_INPUT` for any other */
export function formatOf(format: SignatureFormat = 'der'): SignatureFormat {
  if (format === 'der' || format === 'jose') return format;
  throw invalid(`'format' of a signature is ${JSON.stringify(format)}: give 'der' or 'jose'`);
}

/**
 * The signature with ECDSA as r‖s, where the bytes can be a signature of this algorithm at all: strict DER or exact
 * width, integers in range, exact length. Undefined where they cannot. A copy: whoever gave the bytes may overwrite them.
 */
export function readSignature(algorithm: `${SigningAlgorithm}`, keySpecs: readonly KeySpecName[], bytes: Uint8Array, format: SignatureFormat): Buffer | undefined {
  const curve = curveFor(algorithm);
  if (curve) return format === 'der' ? readDer(bytes, curve) : readRaw(bytes, curve);
  return keySpecs.some((spec) => signatureBytes(spec) === bytes.length) ? Buffer.from(bytes) : undefined;
}

/** The signature in the format asked for, from the form that `readSignature` returns. */
export function writeSignature(algorithm: `${SigningAlgorithm}`, signature: Buffer, format: SignatureFormat): OwnedBytes {
  const bytes = curveFor(algorithm) && format === 'der' ? writeDer(signature) : signature;
  return Uint8Array.from(bytes);
}

/** The key specs that a signature of this algorithm may come from: one where it is known, else all that make it. */
export function specsOf(algorithm: `${SigningAlgorithm}`, keySpec?: KeySpecName): readonly KeySpecName[] {
  return keySpec ? [keySpec] : SIGNING[algorithm].keySpecs;
}

function signatureBytes(spec: KeySpecName): number | undefined {
  const { modulusBits } = KEY_SPECS[spec];
  if (modulusBits) return modulusBits / 8;
  return ML_DSA[spec]?.signatureBytes ?? ED25519_SIGNATURE_BYTES;
}

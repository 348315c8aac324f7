import type { KeySpecName } from '../spec/key-specs';
import { ML_DSA } from '../spec/ml-dsa';
import type { MlDsaFacts } from '../spec/ml-dsa';

/**
 * SubjectPublicKeyInfo of ML-DSA (RFC 9881), which OpenSSL before 3.5 cannot read: an object identifier without
 * parameters, then the key of FIPS 204 as it is. All lengths are fixed, so the encoding is a prefix and the key.
 */

const SEQUENCE = 0x30;
const OID_ML_DSA = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03];

/** The raw public key and its parameter set; undefined where the bytes are not the SPKI of an ML-DSA key. */
export function readMlDsaSpki(spki: Uint8Array): { keySpec: KeySpecName; raw: Uint8Array } | undefined {
  for (const [keySpec, facts] of Object.entries(ML_DSA) as Array<[KeySpecName, MlDsaFacts]>) {
    const prefix = prefixOf(facts);
    if (spki.length === prefix.length + facts.publicKeyBytes && prefix.equals(spki.subarray(0, prefix.length))) {
      return { keySpec, raw: spki.subarray(prefix.length) };
    }
  }
  return undefined;
}

/** The SPKI of a raw ML-DSA public key, whose length has been checked. */
export function writeMlDsaSpki(facts: MlDsaFacts, raw: Uint8Array): Buffer {
  return Buffer.concat([prefixOf(facts), raw]);
}

function prefixOf({ oidArc, publicKeyBytes }: MlDsaFacts): Buffer {
  const oid = [0x06, OID_ML_DSA.length + 1, ...OID_ML_DSA, oidArc];
  const algorithm = [SEQUENCE, oid.length, ...oid];
  const bitString = [0x03, ...longLength(publicKeyBytes + 1), 0x00];
  return Buffer.from([SEQUENCE, ...longLength(algorithm.length + bitString.length + publicKeyBytes), ...algorithm, ...bitString]);
}

/** A DER length in two bytes (X.690 section 8.1.3.5): every ML-DSA key is over 255 bytes long. */
function longLength(length: number): number[] {
  return [0x82, Math.floor(length / 256), length % 256];
}

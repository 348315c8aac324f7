import { COMMITTING_SUITES } from './suites';
import type { AlgorithmSuite, SuiteSignature, Suites } from './suites';

/**
 * The suites of version 1 of the message format, which do not commit to their data key. To read what a header says takes no trust in it, so that
 * `inspect` knows them under every commitment policy. aws-encryption-sdk-specification, framework/algorithm-suites.md.
 */

type SuiteBits = readonly [keyBits: 128 | 192 | 256, kdfBits?: 256 | 384, signatureBits?: 256 | 384];

/** By id: bits of the data key, of the hash of the HKDF, and of the signature's curve and hash, which have as many. */
const SUITES: Readonly<Record<number, SuiteBits>> = {
  0x0014: [128],
  0x0046: [192],
  0x0078: [256],
  0x0114: [128, 256],
  0x0146: [192, 256],
  0x0178: [256, 256],
  0x0214: [128, 256, 256],
  0x0346: [192, 384, 384],
  0x0378: [256, 384, 384],
};

const signatureOf = (bits: 256 | 384): SuiteSignature | undefined => (
  bits === 384 ? COMMITTING_SUITES[0x0578].signature : { curve: 'P-256', hash: 'sha256', spkiStart: 'MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgA' }
);

const makeSuite = (id: number, [keyBits, kdfBits, signatureBits]: SuiteBits): AlgorithmSuite => ({
  id,
  name: `ALG_AES_${keyBits}_GCM_IV12_TAG16_${kdfBits ? `HKDF_SHA${kdfBits}` : 'NO_KDF'}${signatureBits ? `_ECDSA_P${signatureBits}` : ''}`,
  messageVersion: 1,
  cipher: `aes-${keyBits}-gcm` as 'aes-256-gcm',
  dataKeyBytes: keyBits / 8,
  kdfHash: kdfBits && `sha${kdfBits}`,
  commitsKey: false,
  signature: signatureBits && signatureOf(signatureBits),
});

const makeSuites = (): Suites => Object.fromEntries(Object.entries(SUITES).map(([id, bits]) => [id, makeSuite(Number(id), bits)]));

export const VERSION_1_SUITES: Suites = /* @__PURE__ */ makeSuites();

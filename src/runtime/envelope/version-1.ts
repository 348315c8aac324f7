import { NO_BYTES, uint16, wipe } from './bytes';
import type { MessageFormat } from './commitment-policy';
import { COMMITTING_SUITES } from './suites';
import type { AlgorithmSuite, SuiteSignature, Suites } from './suites';
import { expand, extract, infoOf } from '../hkdf';

/**
 * Version 1 of the message format, which is read and not written: its suites do not commit to their data key. Only the
 * commitment policies that read it refer to it, so that it is in no bundle without one of them.
 * aws-encryption-sdk-specification, framework/algorithm-suites.md.
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

/** The message id is info here, where it is the salt in suites that commit; without HKDF the data key itself encrypts. */
const messageKey: MessageFormat['messageKey'] = (suite, dataKey, messageId) => {
  const { id, kdfHash, dataKeyBytes } = suite;
  if (!kdfHash) return { suite, messageId, bytes: Buffer.from(dataKey), commitment: NO_BYTES };
  const prk = extract(kdfHash, NO_BYTES, dataKey);
  const bytes = expand(kdfHash, prk, dataKeyBytes, infoOf(uint16(id), messageId));
  wipe(prk);
  return { suite, messageId, bytes, commitment: NO_BYTES };
};

export const VERSION_1: MessageFormat = { suites: /* @__PURE__ */ makeSuites(), messageKey };

/**
 * The algorithm suites of the AWS Encryption SDK's message format.
 * aws-encryption-sdk-specification, framework/algorithm-suites.md.
 */

/** ECDSA over the whole message, with a fresh key pair for each set of materials. */
export interface SuiteSignature {
  readonly curve: 'P-256' | 'P-384';
  readonly hash: string;
}

/** What one algorithm suite fixes. Every suite encrypts with AES-GCM, 12-byte IVs and 16-byte tags. */
export interface AlgorithmSuite {
  /** The two bytes that name the suite in a message. */
  readonly id: number;
  /** The name that every AWS Encryption SDK uses for it. */
  readonly name: string;
  readonly messageVersion: 1 | 2;
  /** The name of its cipher in node:crypto. Typed as one of the three, so that node:crypto gives the types of GCM. */
  readonly cipher: 'aes-256-gcm';
  /** Bytes of the data key, and of the key derived from it. */
  readonly dataKeyBytes: number;
  /** Hash of the HKDF that derives the message key. Absent: the data key itself encrypts. */
  readonly kdfHash?: string;
  /** Whether the header commits to the data key, so that a message opens under one key only. */
  readonly commitsKey: boolean;
  readonly signature?: SuiteSignature;
}

/** Suites that messages are written with: both commit to their data key. */
export type WritableSuiteId = 0x0478 | 0x0578;

/** Bits of the data key by the second byte of a suite's id. */
const KEY_BITS: Readonly<Record<number, number>> = { 0x14: 128, 0x46: 192, 0x78: 256 };

/** The end of a suite's name by the first byte of its id; it says the rest. */
const ENDINGS = [
  'IV12_TAG16_NO_KDF',
  'IV12_TAG16_HKDF_SHA256',
  'IV12_TAG16_HKDF_SHA256_ECDSA_P256',
  'IV12_TAG16_HKDF_SHA384_ECDSA_P384',
  'HKDF_SHA512_COMMIT_KEY',
  'HKDF_SHA512_COMMIT_KEY_ECDSA_P384',
] as const;

/**
 * Bytes of the IV and of the tag of every suite. Tags are always cut out of a message at this length, so that
 * node:crypto need not be told it: that option costs half as much as the decryption of a small message.
 */
export const IV_BYTES = 12;
export const TAG_BYTES = 16;

/** Bytes of the commitment in the header: the algorithm suite data of both committing suites. */
export const COMMITMENT_BYTES = 32;

/** Bytes of the message id. */
export function messageIdBytes(version: 1 | 2): number {
  return 16 * version;
}

const known: Record<number, AlgorithmSuite | undefined> = {};

/** The suite with this id, if the format has one. */
export function findSuite(id: number): AlgorithmSuite | undefined {
  return known[id] ??= makeSuite(id);
}

function makeSuite(id: number): AlgorithmSuite | undefined {
  const ending: string = ENDINGS[Math.floor(id / 256)] ?? '';
  const bits = KEY_BITS[id % 256];
  const kdf = /HKDF_SHA(\d+)/.exec(ending);
  const curve = /ECDSA_P(\d+)/.exec(ending);
  const commitsKey = ending.includes('COMMIT');
  // P-256 goes with keys of 128 bits and P-384 with longer ones; suites that commit have keys of 256 bits.
  const fits = (!curve || (curve[1] === '256') === (bits === 128)) && (!commitsKey || bits === 256);
  if (!ending || !bits || !fits) return undefined;
  return {
    id,
    name: `ALG_AES_${bits}_GCM_${ending}`,
    messageVersion: commitsKey ? 2 : 1,
    cipher: `aes-${bits}-gcm` as 'aes-256-gcm',
    dataKeyBytes: bits / 8,
    kdfHash: kdf ? `sha${kdf[1]}` : undefined,
    commitsKey,
    signature: curve ? { curve: `P-${curve[1]}` as SuiteSignature['curve'], hash: `sha${curve[1]}` } : undefined,
  };
}

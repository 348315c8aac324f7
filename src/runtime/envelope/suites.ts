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

type SuiteBits = readonly [keyBits: 128 | 192 | 256, kdfBits?: 256 | 384 | 512, signatureBits?: 256 | 384];

/**
 * By id: bits of the data key, of the hash of the HKDF, and of the signature's curve and hash, which have as many.
 * The only hash of 512 bits is that of the suites that commit to their data key.
 */
const SUITES: Readonly<Record<number, SuiteBits | undefined>> = {
  0x0014: [128],
  0x0046: [192],
  0x0078: [256],
  0x0114: [128, 256],
  0x0146: [192, 256],
  0x0178: [256, 256],
  0x0214: [128, 256, 256],
  0x0346: [192, 384, 384],
  0x0378: [256, 384, 384],
  0x0478: [256, 512],
  0x0578: [256, 512, 384],
};

/**
 * Bytes of the IV and of the tag of every suite. Tags are always cut out of a message at this length, so that
 * node:crypto need not be told it: that option costs half as much as the decryption of a small message.
 */
export const IV_BYTES = 12;
export const TAG_BYTES = 16;

/** Bytes of the commitment in the header: the algorithm suite data of both committing suites. */
export const COMMITMENT_BYTES = 32;

const known: Record<number, AlgorithmSuite | undefined> = {};

/** The suite with this id, if the format has one. */
export const findSuite = (id: number): AlgorithmSuite | undefined => known[id] ??= SUITES[id] && makeSuite(id, ...SUITES[id]);

const makeSuite = (id: number, keyBits: SuiteBits[0], kdfBits?: SuiteBits[1], signatureBits?: SuiteBits[2]): AlgorithmSuite => {
  const commitsKey = kdfBits === 512;
  const kdf = kdfBits ? `HKDF_SHA${kdfBits}` : 'NO_KDF';
  const ending = commitsKey ? `${kdf}_COMMIT_KEY` : `IV12_TAG16_${kdf}`;
  return {
    id,
    name: `ALG_AES_${keyBits}_GCM_${ending}${signatureBits ? `_ECDSA_P${signatureBits}` : ''}`,
    messageVersion: commitsKey ? 2 : 1,
    cipher: `aes-${keyBits}-gcm` as 'aes-256-gcm',
    dataKeyBytes: keyBits / 8,
    kdfHash: kdfBits && `sha${kdfBits}`,
    commitsKey,
    signature: signatureBits && { curve: `P-${signatureBits}`, hash: `sha${signatureBits}` },
  };
};

/**
 * The algorithm suites of the AWS Encryption SDK's message format.
 * aws-encryption-sdk-specification, framework/algorithm-suites.md.
 */

/** ECDSA over the whole message, with a fresh key pair for each set of materials. */
export interface SuiteSignature {
  readonly curve: 'prime256v1' | 'secp384r1';
  readonly hash: 'sha256' | 'sha384';
}

/** What one algorithm suite fixes. Every suite encrypts with AES-GCM, 12-byte IVs and 16-byte tags. */
export interface AlgorithmSuite {
  /** The two bytes that name the suite in a message. */
  readonly id: number;
  /** The name that every AWS Encryption SDK uses for it. */
  readonly name: string;
  readonly messageVersion: 1 | 2;
  /** Bytes of the data key, and of the key derived from it. */
  readonly dataKeyBytes: 16 | 24 | 32;
  /** Hash of the HKDF that derives the message key. Absent: the data key itself encrypts. */
  readonly kdfHash?: 'sha256' | 'sha384' | 'sha512';
  /** Whether the header commits to the data key, so that a message opens under one key only. */
  readonly commitsKey: boolean;
  readonly signature?: SuiteSignature;
}

/** Suites that messages are written with: both commit to their data key. */
export type WritableSuiteId = 0x0478 | 0x0578;

const P256: SuiteSignature = { curve: 'prime256v1', hash: 'sha256' };
const P384: SuiteSignature = { curve: 'secp384r1', hash: 'sha384' };

const SUITES: readonly AlgorithmSuite[] = [
  { id: 0x0014, name: 'ALG_AES_128_GCM_IV12_TAG16_NO_KDF', messageVersion: 1, dataKeyBytes: 16, commitsKey: false },
  { id: 0x0046, name: 'ALG_AES_192_GCM_IV12_TAG16_NO_KDF', messageVersion: 1, dataKeyBytes: 24, commitsKey: false },
  { id: 0x0078, name: 'ALG_AES_256_GCM_IV12_TAG16_NO_KDF', messageVersion: 1, dataKeyBytes: 32, commitsKey: false },
  { id: 0x0114, name: 'ALG_AES_128_GCM_IV12_TAG16_HKDF_SHA256', messageVersion: 1, dataKeyBytes: 16, kdfHash: 'sha256', commitsKey: false },
  { id: 0x0146, name: 'ALG_AES_192_GCM_IV12_TAG16_HKDF_SHA256', messageVersion: 1, dataKeyBytes: 24, kdfHash: 'sha256', commitsKey: false },
  { id: 0x0178, name: 'ALG_AES_256_GCM_IV12_TAG16_HKDF_SHA256', messageVersion: 1, dataKeyBytes: 32, kdfHash: 'sha256', commitsKey: false },
  { id: 0x0214, name: 'ALG_AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256', messageVersion: 1, dataKeyBytes: 16, kdfHash: 'sha256', commitsKey: false, signature: P256 },
  { id: 0x0346, name: 'ALG_AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384', messageVersion: 1, dataKeyBytes: 24, kdfHash: 'sha384', commitsKey: false, signature: P384 },
  { id: 0x0378, name: 'ALG_AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384', messageVersion: 1, dataKeyBytes: 32, kdfHash: 'sha384', commitsKey: false, signature: P384 },
  { id: 0x0478, name: 'ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY', messageVersion: 2, dataKeyBytes: 32, kdfHash: 'sha512', commitsKey: true },
  { id: 0x0578, name: 'ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384', messageVersion: 2, dataKeyBytes: 32, kdfHash: 'sha512', commitsKey: true, signature: P384 },
];

/**
 * Bytes of the IV and of the tag of every suite. Tags are always cut out of a message at this length, so that
 * node:crypto need not be told it: that option costs half as much as the decryption of a small message.
 */
export const IV_BYTES = 12;
export const TAG_BYTES = 16;

/** Bytes of the commitment in the header: the algorithm suite data of both committing suites. */
export const COMMIT_KEY_BYTES = 32;

/** Bytes of the message id by message version. */
export const MESSAGE_ID_BYTES = { 1: 16, 2: 32 } as const;

/** The suite with this id, if the format has one. */
export function findSuite(id: number): AlgorithmSuite | undefined {
  return SUITES.find((suite) => suite.id === id);
}

/** The name of the AES-GCM cipher in node:crypto that a suite encrypts with. */
export function gcmCipher(suite: AlgorithmSuite): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' {
  return suite.dataKeyBytes === 32 ? 'aes-256-gcm' : suite.dataKeyBytes === 24 ? 'aes-192-gcm' : 'aes-128-gcm';
}

/**
 * The algorithm suites of the AWS Encryption SDK's message format.
 * aws-encryption-sdk-specification, framework/algorithm-suites.md.
 */

/** ECDSA over the whole message, with a fresh key pair for each set of materials. */
export interface SuiteSignature {
  readonly curve: 'P-256' | 'P-384';
  readonly hash: 'sha256' | 'sha384';
  /** What stands in front of a compressed point of the curve in SubjectPublicKeyInfo (RFC 5480), in base64. */
  readonly spkiStart: string;
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

/** Suites by their id. */
export type Suites = Readonly<Record<number, AlgorithmSuite | undefined>>;

/** Suites that messages are written with: both commit to their data key. */
export type WritableSuiteId = 0x0478 | 0x0578;

/**
 * Bytes of the IV and of the tag of every suite. Tags are always cut out of a message at this length, so that
 * node:crypto need not be told it: that option costs half as much as the decryption of a small message.
 */
export const IV_BYTES = 12;
export const TAG_BYTES = 16;

/** Bytes of the commitment in the header: the algorithm suite data of both committing suites. */
export const COMMITMENT_BYTES = 32;

const committing = <Id extends WritableSuiteId>(id: Id, signature?: SuiteSignature): AlgorithmSuite & { readonly id: Id } => ({
  id,
  name: `ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY${signature ? '_ECDSA_P384' : ''}`,
  messageVersion: 2,
  cipher: 'aes-256-gcm',
  dataKeyBytes: 32,
  kdfHash: 'sha512',
  commitsKey: true,
  signature,
});

/** The suites of version 2 of the message format, by id. */
export const COMMITTING_SUITES: Suites & Readonly<Record<WritableSuiteId, AlgorithmSuite>> = {
  0x0478: /* @__PURE__ */ committing(0x0478),
  0x0578: /* @__PURE__ */ committing(0x0578, { curve: 'P-384', hash: 'sha384', spkiStart: 'MEYwEAYHKoZIzj0CAQYFK4EEACIDMgA' }),
};

import type { Duplex } from 'node:stream';
import type { CommitmentPolicy } from './commitment-policy';
import type { DataKeyCache } from './data-key-cache';
import type { UnverifiedHeader } from './inspect';
import type { Keyring } from './keyring';
import type { MessageLimits } from './limits';
import type { AlgorithmSuite, WritableSuiteId } from './suites';
import type { ContextContract } from '../context';
import type { CallOptions, EncryptionContext } from '../kms-port';
import type { OwnedBuffer } from '../owned-bytes';

/** How an envelope cipher is set up. The contract of the encryption context may come from the key's declaration. */
export interface EnvelopeCipherOptions extends ContextContract {
  /** Makes and opens the data keys. */
  readonly keyring: Keyring;
  /** Suite of new messages: 0x0478 commits to its data key, 0x0578 is also signed (ECDSA P-384). @default 0x0478 */
  readonly suite?: WritableSuiteId;
  /** Which messages are read and written. @default REQUIRE_ENCRYPT_REQUIRE_DECRYPT */
  readonly commitmentPolicy?: CommitmentPolicy;
  /** Plaintext bytes of a frame of new messages, 1 to `limits.frameBytes` and at most 2^32 - 1. @default - 1048576, or `limits.frameBytes` where that is less */
  readonly frameLength?: number;
  /** Keeps data keys for a while. @default - each message has a data key of its own, and costs a call to KMS */
  readonly cache?: DataKeyCache;
  /** Keeps the data keys of this cipher apart from others with the same keyring in the same cache. @default - they are shared */
  readonly cachePartition?: string;
  /** What is read. What is over a limit is not written either. */
  readonly limits?: Partial<MessageLimits>;
}

/** What one encryption may set. */
export interface EncryptOptions extends CallOptions {
  /** Pairs bound to the message. Not secret: they stand in its header and in CloudTrail. @default - the pairs the contract fixes */
  readonly encryptionContext?: EncryptionContext;
  /** Plaintext bytes of a frame of this message. @default - as the cipher was set up */
  readonly frameLength?: number;
}

/** What one streamed encryption may set. */
export interface EncryptStreamOptions extends EncryptOptions {
  /**
   * The most plaintext bytes that will come; more is an error. With it a cached data key can serve the stream.
   *
   * @default - unknown: the stream has a data key of its own
   */
  readonly plaintextLength?: number;
}

/** What one decryption may ask for. */
export interface DecryptOptions extends CallOptions {
  /** Pairs that the message must have been made with; others may be there, unless the contract says no. */
  readonly encryptionContext?: EncryptionContext;
}

/** What one streamed decryption may ask for. */
export interface DecryptStreamOptions extends DecryptOptions {
  /** Called once, when the header is known to be authentic, and awaited before any plaintext. What it throws, or rejects with, ends the stream. */
  readonly onHeader?: (header: Omit<DecryptedMessage, 'plaintext'>) => unknown;
}

/** What a re-encryption expects and changes, in the words of KMS ReEncrypt. The data key, the message id and the body always change. */
export interface ReEncryptOptions extends CallOptions {
  /** Keyring of the new message. @default - the cipher's */
  readonly keyring?: Keyring;
  /** Pairs that the old message must have been made with; others may be there, unless the contract says no. @default - those of the contract */
  readonly sourceEncryptionContext?: EncryptionContext;
  /** Context of the new message. @default - that of the old one */
  readonly destinationEncryptionContext?: EncryptionContext;
  /** Plaintext bytes of a frame of the new message. @default - as the cipher was set up */
  readonly frameLength?: number;
}

/** An opened message. Its plaintext and context are authentic. */
export interface DecryptedMessage {
  readonly plaintext: OwnedBuffer;
  /** Every pair the message was made with, the verification key of a signing suite (`aws-crypto-public-key`) included. */
  readonly encryptionContext: EncryptionContext;
  readonly suite: AlgorithmSuite;
}

/**
 * Encrypts and decrypts AWS Encryption SDK messages. Plaintext and message may be overwritten as soon as a method has been
 * called: what is needed later is copied.
 *
 * Every method takes an `abortSignal`, and rejects with its reason when it aborts: at once, whatever the keyring does. A
 * stream is destroyed with the reason, also when its data key is there already.
 */
export interface EnvelopeCipher {
  /**
   * The message for `plaintext`, bytes to bytes, in memory of its own.
   *
   * @throws `ERR_KEYSMITH_CONTEXT` for a context that does not keep the contract; else what the keyring throws
   */
  encrypt(plaintext: Uint8Array, options?: EncryptOptions): Promise<OwnedBuffer>;

  /**
   * What `message` was made from.
   *
   * @throws `ERR_KEYSMITH_FORMAT` for what is no message, `ERR_KEYSMITH_NOT_AUTHENTIC` for one that was changed,
   *   `ERR_KEYSMITH_LIMIT`, `ERR_KEYSMITH_COMMITMENT_POLICY`, `ERR_KEYSMITH_CONTEXT` for what this cipher does not
   *   accept, `ERR_KEYSMITH_NO_KEY` when the keyring has no key for it; else what the keyring throws
   */
  decrypt(message: Uint8Array, options?: DecryptOptions): Promise<DecryptedMessage>;

  /** Plaintext in, message out, for `pipeline`; `webStreams` makes web streams of it. Memory for a frame or two. Errors as of `encrypt` destroy the stream. */
  encryptStream(options?: EncryptStreamOptions): Duplex;

  /**
   * Message in, plaintext out, for `pipeline`; `webStreams` makes web streams of it. No byte comes out before its frame is authentic, but later frames may
   * still fail: what was done with the plaintext must be undone when the stream is destroyed by an error, which are
   * those of `decrypt`. The last frame of a signed message waits for the signature.
   */
  decryptStream(options?: DecryptStreamOptions): Duplex;

  /**
   * The same plaintext as a new message, under another key or context, without showing it to the caller. The body is
   * encrypted again under a new data key: to change the header alone would use a nonce twice.
   *
   * @throws as `decrypt` and `encrypt`
   */
  reEncrypt(message: Uint8Array, options?: ReEncryptOptions): Promise<OwnedBuffer>;

  /** What the header of a message says, unverified and without a call to anybody; of both versions, whatever the commitment policy. */
  inspect(message: Uint8Array): UnverifiedHeader;
}

import { measureMessage } from './body';
import { allowDecrypt, allowEncrypt, checkCommitmentPolicy } from './commitment-policy';
import type { CommitmentPolicy } from './commitment-policy';
import { ContextRules } from './context-rules';
import type { DataKeyCache } from './data-key-cache';
import { freshDataKeys } from './data-keys';
import type { DataKeys } from './data-keys';
import { wipeMessageKeys } from './derive';
import { badInput, overLimit } from './failures';
import { messageBytes } from './foreign';
import { readWholeHeader } from './header';
import type { Keyring } from './keyring';
import { BUFFER_FRAME_LENGTH, BUFFER_LIMITS, checkFrameLength, limitsWith } from './limits';
import type { MessageLimits } from './limits';
import type { EncryptionMaterials } from './materials';
import { openHeader, openMessage, sealMessage } from './message';
import { findSuite } from './suites';
import type { AlgorithmSuite, WritableSuiteId } from './suites';
import type { ContextContract } from '../context';
import type { EncryptionContext } from '../kms-port';

/** How an envelope cipher is set up. The contract of the encryption context may come from the key's declaration. */
export interface EnvelopeCipherOptions extends ContextContract {
  /** Makes and opens the data keys. */
  readonly keyring: Keyring;
  /** Suite of new messages: 0x0478 commits to its data key, 0x0578 is also signed (ECDSA P-384). @default 0x0478 */
  readonly suite?: WritableSuiteId;
  /** @default 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' */
  readonly commitmentPolicy?: CommitmentPolicy;
  /** Plaintext bytes of a frame of new messages, 1 to 2^32 - 1. @default 65536 for buffers, 1048576 for streams */
  readonly frameLength?: number;
  /** Keeps data keys for a while. @default - each message has a data key of its own, and costs a call to KMS */
  readonly cache?: DataKeyCache;
  /** Keeps the data keys of this cipher apart from others with the same keyring in the same cache. @default - they are shared */
  readonly cachePartition?: string;
  /** What is read, and what of it is written. */
  readonly limits?: Partial<MessageLimits>;
}

/** What one encryption may set. */
export interface EncryptOptions {
  /** Pairs bound to the message. Not secret: they stand in its header and in CloudTrail. */
  readonly encryptionContext?: EncryptionContext;
  /** Plaintext bytes of a frame of this message. */
  readonly frameLength?: number;
}

/** What one decryption may ask for. */
export interface DecryptOptions {
  /** Pairs that the message must have been made with; others may be there, unless the contract says no. */
  readonly encryptionContext?: EncryptionContext;
}

/** An opened message. Its plaintext and context are authentic. */
export interface DecryptedMessage {
  readonly plaintext: Buffer;
  /** Every pair the message was made with, the verification key of a signing suite (`aws-crypto-public-key`) included. */
  readonly encryptionContext: EncryptionContext;
  readonly suite: AlgorithmSuite;
}

/** Encrypts and decrypts AWS Encryption SDK messages. */
export interface EnvelopeCipher {
  /**
   * The message for `plaintext`, bytes to bytes.
   *
   * @throws `ERR_KEYSMITH_CONTEXT` for a context that does not keep the contract; else what the keyring throws
   */
  encrypt(plaintext: Uint8Array, options?: EncryptOptions): Promise<Buffer>;

  /**
   * What `message` was made from.
   *
   * @throws `ERR_KEYSMITH_FORMAT` for what is no message, `ERR_KEYSMITH_NOT_AUTHENTIC` for one that was changed,
   *   `ERR_KEYSMITH_LIMIT`, `ERR_KEYSMITH_COMMITMENT_POLICY`, `ERR_KEYSMITH_CONTEXT` for what this cipher does not
   *   accept, `ERR_KEYSMITH_NO_KEY` when the keyring has no key for it; else what the keyring throws
   */
  decrypt(message: Uint8Array, options?: DecryptOptions): Promise<DecryptedMessage>;
}

/**
 * A cipher for AWS Encryption SDK messages: it writes format version 2 and reads both versions, so that the AWS
 * Encryption SDKs of other languages open its messages and it opens theirs.
 *
 * @throws `ERR_KEYSMITH_INPUT` for an option that cannot work
 */
export function createEnvelopeCipher(options: EnvelopeCipherOptions): EnvelopeCipher {
  const suite = writableSuite(options.suite ?? 0x0478);
  const policy = checkCommitmentPolicy(options.commitmentPolicy ?? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT');
  const defaultFrameLength = checkFrameLength(options.frameLength ?? BUFFER_FRAME_LENGTH);
  const limits = limitsWith(BUFFER_LIMITS, options.limits);
  const contexts = new ContextRules(options);
  const dataKeys: DataKeys = options.cache ? options.cache.over(options.keyring, options.cachePartition) : freshDataKeys(options.keyring);

  return {
    async encrypt(plaintext, { encryptionContext, frameLength } = {}) {
      allowEncrypt(policy);
      if (!(plaintext instanceof Uint8Array)) throw badInput(`encrypt takes bytes, got ${typeof plaintext}: Buffer.from(text) makes bytes of a string`);
      const length = frameLength === undefined ? defaultFrameLength : checkFrameLength(frameLength);
      const context = contexts.forEncryption(encryptionContext);
      return dataKeys.forEncryption({ suite, ...context, messageBytes: plaintext.length }, (materials) => {
        checkWritten(materials, limits);
        return sealMessage(materials, plaintext, length);
      });
    },

    async decrypt(message, { encryptionContext } = {}) {
      const bytes = messageBytes(message);
      const header = readWholeHeader(bytes, limits);
      allowDecrypt(policy, header.suite);
      const shape = measureMessage(bytes, header, limits);
      return dataKeys.forDecryption(header, ({ dataKey, context, verificationKey }) => {
        const keys = openHeader(header, dataKey);
        try {
          contexts.require(context, encryptionContext);
          return { plaintext: openMessage(bytes, header, shape, keys, verificationKey), encryptionContext: { ...context }, suite: header.suite };
        } finally {
          wipeMessageKeys(keys);
        }
      });
    },
  };
}

function writableSuite(id: WritableSuiteId): AlgorithmSuite {
  const suite = findSuite(id);
  if (!suite?.commitsKey) throw badInput("'suite' takes 0x0478 or 0x0578: messages are written with key commitment only");
  return suite;
}

/** What the limits keep from being read is not written either. */
function checkWritten({ contextLength, encryptedDataKeyCount }: EncryptionMaterials, limits: MessageLimits): void {
  if (contextLength > limits.contextBytes) throw overLimit('the length of the encryption context', contextLength, limits.contextBytes, 'limits.contextBytes');
  if (encryptedDataKeyCount > limits.encryptedDataKeys) {
    throw overLimit('the number of encrypted data keys', encryptedDataKeyCount, limits.encryptedDataKeys, 'limits.encryptedDataKeys');
  }
}

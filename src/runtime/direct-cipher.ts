import { contextFor } from './context';
import type { ContextContract } from './context';
import { failure, invalid } from './errors';
import { bytesOf, ciphertextOf } from './input';
import type { BytesOrText } from './input';
import { callKms } from './kms-errors';
import type { CallOptions, EncryptionContext, KmsPort } from './kms-port';
import { replyBytes } from './kms-reply';
import type { OwnedBytes } from './owned-bytes';
import { keysToOpen, openedByFirst } from './previous-keys';
import { knownOptions } from './whole-numbers';
import { CIPHERTEXT_BYTES, SYMMETRIC_PLAINTEXT_BYTES } from '../spec/limits';

/** Which key, and what it asks of each call. */
export interface DirectCipherOptions extends ContextContract {
  /** `KMS` of the AWS SDK, or the local KMS. */
  readonly kms: Pick<KmsPort, 'encrypt' | 'decrypt'>;
  /** ARN of a symmetric encryption key. */
  readonly keyArn: string;
  /** ARNs of older keys, the latest first: what they encrypted is decrypted, nothing is encrypted with them. @default - none */
  readonly previousKeyArns?: readonly string[];
  /** Tokens of grants that are too new to be known everywhere in KMS. */
  readonly grantTokens?: readonly string[];
}

/** What goes with one call. */
export interface DirectCallOptions extends CallOptions {
  /** Pairs bound to the ciphertext: decryption takes the same ones. Not secret, CloudTrail shows them. */
  readonly encryptionContext?: EncryptionContext;
}

/** Encrypts small things inside KMS: the data key never leaves it. */
export interface DirectCipher {
  readonly keyArn: string;

  /**
   * Encrypts 1 to 4096 bytes. For more, use an envelope.
   *
   * @returns the ciphertext blob of KMS
   * @throws `ERR_KEYSMITH_INPUT` and `ERR_KEYSMITH_CONTEXT` before any call; the codes of KMS's own errors after it
   */
  encrypt(plaintext: BytesOrText, options?: DirectCallOptions): Promise<OwnedBytes>;

  /**
   * The plaintext that was encrypted under this key, or one of those before it, and this context. The caller owns the bytes.
   *
   * @throws `ERR_KEYSMITH_NOT_AUTHENTIC` whatever was changed: ciphertext, key or context
   */
  decrypt(ciphertext: Uint8Array, options?: DirectCallOptions): Promise<OwnedBytes>;
}

const CALL_OPTIONS = ['encryptionContext', 'abortSignal'];
/** The last ones are those of an attached data key, which may be spread into the options. */
const OPTIONS = [
  'kms', 'keyArn', 'previousKeyArns', 'grantTokens', 'encryptionContext', 'contextKeys', 'keyring', 'kind', 'keyState', 'encrypt', 'decrypt', 'envelope',
];

/** A cipher that calls Encrypt and Decrypt of KMS for each message, and keeps the key's context contract. */
export function createDirectCipher(options: DirectCipherOptions): DirectCipher {
  const { kms, keyArn, previousKeyArns, grantTokens, encryptionContext: fixed, contextKeys } = knownOptions(options, OPTIONS);
  const contract = { encryptionContext: fixed, contextKeys };
  const keys = keysToOpen(keyArn, previousKeyArns, "'keyArn' of the direct cipher");
  const [KeyId] = keys;
  const tokens = grantTokens && { GrantTokens: [...grantTokens] };
  return {
    keyArn: KeyId,

    async encrypt(plaintext, given = {}) {
      const { encryptionContext, abortSignal } = knownOptions(given, CALL_OPTIONS);
      // A copy: the client reads it later, and again when it tries again, when its owner may have overwritten it.
      const Plaintext = Uint8Array.from(plaintextOf(plaintext));
      try {
        const input = { KeyId, ...tokens, Plaintext, ...bound(contract, encryptionContext) };
        const reply = await callKms('Encrypt', abortSignal, (call) => kms.encrypt(input, call));
        return replyBytes('Encrypt', reply, KeyId, 'CiphertextBlob', 1, CIPHERTEXT_BYTES);
      } finally {
        Plaintext.fill(0);
      }
    },

    async decrypt(ciphertext, given = {}) {
      const { encryptionContext, abortSignal } = knownOptions(given, CALL_OPTIONS);
      const CiphertextBlob = Uint8Array.from(blobOf(ciphertext));
      // KMS authenticates this context together with the ciphertext: what comes back was encrypted under it, and under no other.
      const input = { ...tokens, CiphertextBlob, ...bound(contract, encryptionContext) };
      return openedByFirst(keys, abortSignal, async (key) => {
        const reply = await callKms('Decrypt', abortSignal, (call) => kms.decrypt({ ...input, KeyId: key }, call));
        return replyBytes('Decrypt', reply, key, 'Plaintext', 1, SYMMETRIC_PLAINTEXT_BYTES);
      });
    },
  };
}

function bound(contract: ContextContract, given?: EncryptionContext): { EncryptionContext?: EncryptionContext } {
  const context = contextFor(contract, given);
  return Object.keys(context).length ? { EncryptionContext: context } : {};
}

function plaintextOf(given: BytesOrText): Uint8Array {
  const bytes = bytesOf(given, 'the plaintext');
  if (bytes.length === 0) throw invalid('the plaintext is empty: KMS encrypts at least one byte');
  if (bytes.length > SYMMETRIC_PLAINTEXT_BYTES) {
    throw invalid(`the plaintext has ${bytes.length} bytes, KMS encrypts up to ${SYMMETRIC_PLAINTEXT_BYTES}: use an envelope cipher for more`);
  }
  return bytes;
}

function blobOf(given: Uint8Array): Uint8Array {
  const bytes = ciphertextOf(given);
  if (bytes.length > CIPHERTEXT_BYTES) {
    throw failure('FORMAT', `the ciphertext has ${bytes.length} bytes, KMS makes none over ${CIPHERTEXT_BYTES}: is it an envelope?`);
  }
  return bytes;
}

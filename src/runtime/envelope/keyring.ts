import type { AlgorithmSuite } from './suites';
import type { CallOptions, EncryptionContext } from '../kms-port';

/** A data key as a message carries it: encrypted, with the words that tell which keyring can open it. */
export interface EncryptedDataKey {
  /** Kind of key provider: `aws-kms`, `aws-kms-rsa`, or the namespace of a raw key. At most 65,535 bytes of UTF-8. */
  readonly providerId: string;
  /** Which key of that provider: a key ARN, a key name. At most 65,535 bytes. */
  readonly providerInfo: Uint8Array;
  /** The encrypted data key. At most 65,535 bytes. */
  readonly ciphertext: Uint8Array;
}

/** A new data key, in plaintext and encrypted under every key of the keyring. */
export interface GeneratedDataKey {
  /** `suite.dataKeyBytes` bytes. Whoever asked copies them, and overwrites the copy after use. */
  readonly plaintext: Uint8Array;
  readonly encryptedDataKeys: EncryptedDataKey[];
}

/** For which messages a data key is made. */
export interface GenerateDataKeyRequest extends CallOptions {
  readonly suite: AlgorithmSuite;
  readonly context: EncryptionContext;
}

/** A data key that is there, to be wrapped once more. */
export interface WrapDataKeyRequest extends GenerateDataKeyRequest {
  readonly plaintext: Uint8Array;
}

/** A message whose data key is asked for. */
export interface DecryptDataKeyRequest extends GenerateDataKeyRequest {
  readonly encryptedDataKeys: EncryptedDataKey[];
}

/**
 * Makes, wraps and unwraps data keys. Implement it to keep data keys under a key of your own.
 *
 * A keyring binds each wrapped data key to `context`, so that it opens only together with the same pairs. It does not
 * change the plaintext key that it is given. What it returns stays its own, to be overwritten when it is done; the keys
 * that keyrings of this library return are overwritten by the cipher.
 *
 * It passes `abortSignal`, which is of its call and aborts with the caller's, on to what it waits for. Whoever aborts does not wait for a keyring
 * that does not.
 */
export interface Keyring {
  /** Makes a data key of `suite.dataKeyBytes` bytes and wraps it. */
  generateDataKey(request: GenerateDataKeyRequest): Promise<GeneratedDataKey>;

  /** Wraps a data key that another keyring made, so that either can open the message. */
  wrapDataKey(request: WrapDataKeyRequest): Promise<EncryptedDataKey[]>;

  /**
   * Unwraps the first of `encryptedDataKeys` that it can.
   *
   * @throws `ERR_KEYSMITH_NO_KEY` when none of them is for a key of this keyring, which makes no call then; else the
   *   reason why those that are did not open.
   */
  decryptDataKey(request: DecryptDataKeyRequest): Promise<Uint8Array>;
}

import type { EncryptionAlgorithmName, MessageTypeName, SigningAlgorithmName } from '../spec/key-specs';

/** Key-value pairs that KMS binds to a ciphertext as authenticated data. Not secret: CloudTrail shows them. */
export type EncryptionContext = Record<string, string>;

/** What goes with every call that may wait for KMS, down to the KMS client; `@aws-sdk/client-kms` understands it. */
export interface CallOptions {
  /**
   * Ends the call: it rejects with the signal's reason, at once and whatever KMS does. One that has aborted makes no call.
   *
   * @default - the call ends by itself
   */
  readonly abortSignal?: AbortSignal | undefined;
}

/**
 * The calls to AWS KMS that the run time makes, in the shapes of the KMS API.
 *
 * The `KMS` class of `@aws-sdk/client-kms` fits it as it is, and so does the local KMS of `cdk-keysmith/testing`.
 * Every method rejects with an error whose `name` is the KMS error's (`AccessDeniedException`, `InvalidCiphertextException` …).
 */
export interface KmsPort {
  encrypt(input: {
    KeyId: string;
    Plaintext: Uint8Array;
    EncryptionContext?: EncryptionContext;
    EncryptionAlgorithm?: EncryptionAlgorithmName;
    GrantTokens?: string[];
  }, options?: CallOptions): Promise<{ CiphertextBlob?: Uint8Array; KeyId?: string }>;

  decrypt(input: {
    KeyId: string;
    CiphertextBlob: Uint8Array;
    EncryptionContext?: EncryptionContext;
    EncryptionAlgorithm?: EncryptionAlgorithmName;
    GrantTokens?: string[];
  }, options?: CallOptions): Promise<{ Plaintext?: Uint8Array; KeyId?: string }>;

  generateDataKey(input: {
    KeyId: string; NumberOfBytes: number; EncryptionContext?: EncryptionContext; GrantTokens?: string[];
  }, options?: CallOptions): Promise<{ Plaintext?: Uint8Array; CiphertextBlob?: Uint8Array; KeyId?: string }>;

  sign(input: {
    KeyId: string;
    Message: Uint8Array;
    MessageType: MessageTypeName;
    SigningAlgorithm: SigningAlgorithmName;
    GrantTokens?: string[];
  }, options?: CallOptions): Promise<{ Signature?: Uint8Array; KeyId?: string; SigningAlgorithm?: string }>;

  verify(input: {
    KeyId: string;
    Message: Uint8Array;
    MessageType: MessageTypeName;
    Signature: Uint8Array;
    SigningAlgorithm: SigningAlgorithmName;
    GrantTokens?: string[];
  }, options?: CallOptions): Promise<{ SignatureValid?: boolean; KeyId?: string }>;

  describeKey(input: { KeyId: string; GrantTokens?: string[] }, options?: CallOptions): Promise<{
    KeyMetadata?: { Arn?: string; KeyState?: string; KeySpec?: string; KeyUsage?: string; DeletionDate?: Date; ValidTo?: Date };
  }>;

  getPublicKey(input: { KeyId: string; GrantTokens?: string[] }, options?: CallOptions): Promise<{
    PublicKey?: Uint8Array; KeyId?: string; KeySpec?: string; KeyUsage?: string;
  }>;
}

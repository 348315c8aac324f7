import type { EncryptionAlgorithmName, MessageTypeName, SigningAlgorithmName } from '../spec/key-specs';

/** Key-value pairs that KMS binds to a ciphertext as authenticated data. Not secret: CloudTrail shows them. */
export type EncryptionContext = Record<string, string>;

/** What goes with every call that may wait for KMS. */
export interface CallOptions {
  /**
   * Ends the call: it rejects with the signal's reason, at once and whatever KMS does. One that has aborted makes no call.
   *
   * @default - the call ends by itself
   */
  readonly abortSignal?: AbortSignal | undefined;
}

/** The same as the KMS client takes it, which with `exactOptionalPropertyTypes` takes no undefined. */
export interface KmsCallOptions {
  readonly abortSignal?: AbortSignal;
}

/** A reply of KMS, as its service model has it: every member may be missing. */
type Reply<Members> = { [Name in keyof Members]?: Members[Name] | undefined };

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
  }, options?: KmsCallOptions): Promise<Reply<{ CiphertextBlob: Uint8Array; KeyId: string }>>;

  decrypt(input: {
    KeyId: string;
    CiphertextBlob: Uint8Array;
    EncryptionContext?: EncryptionContext;
    EncryptionAlgorithm?: EncryptionAlgorithmName;
    GrantTokens?: string[];
  }, options?: KmsCallOptions): Promise<Reply<{ Plaintext: Uint8Array; KeyId: string }>>;

  generateDataKey(input: {
    KeyId: string; NumberOfBytes: number; EncryptionContext?: EncryptionContext; GrantTokens?: string[];
  }, options?: KmsCallOptions): Promise<Reply<{ Plaintext: Uint8Array; CiphertextBlob: Uint8Array; KeyId: string }>>;

  sign(input: {
    KeyId: string;
    Message: Uint8Array;
    MessageType: MessageTypeName;
    SigningAlgorithm: SigningAlgorithmName;
    GrantTokens?: string[];
  }, options?: KmsCallOptions): Promise<Reply<{ Signature: Uint8Array; KeyId: string; SigningAlgorithm: string }>>;

  verify(input: {
    KeyId: string;
    Message: Uint8Array;
    MessageType: MessageTypeName;
    Signature: Uint8Array;
    SigningAlgorithm: SigningAlgorithmName;
    GrantTokens?: string[];
  }, options?: KmsCallOptions): Promise<Reply<{ SignatureValid: boolean; KeyId: string }>>;

  describeKey(input: { KeyId: string; GrantTokens?: string[] }, options?: KmsCallOptions): Promise<Reply<{
    KeyMetadata: Reply<{ Arn: string; KeyState: string; KeySpec: string; KeyUsage: string; DeletionDate: Date; ValidTo: Date }>;
  }>>;

  getPublicKey(input: { KeyId: string; GrantTokens?: string[] }, options?: KmsCallOptions): Promise<Reply<{
    PublicKey: Uint8Array; KeyId: string; KeySpec: string; KeyUsage: string;
  }>>;
}

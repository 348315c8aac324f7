import type { EncryptionAlgorithmName, MessageTypeName, SigningAlgorithmName } from '../../../spec/key-specs';

/** What Sign and Verify are given. A digest has the length its algorithm asks for: the operation has checked it. */
export interface MessageToSign {
  readonly algorithm: SigningAlgorithmName;
  readonly messageType: MessageTypeName;
  readonly message: Uint8Array;
}

/** A private key and what its family can do with it. */
export interface AsymmetricMaterial {
  /** SubjectPublicKeyInfo in DER (RFC 5280): what GetPublicKey returns. */
  readonly publicKey: Buffer;
  /** Signature as KMS returns it: DER for ECDSA (RFC 3279 section 2.2.3), plain bytes otherwise. */
  readonly sign?: (message: MessageToSign) => Buffer;
  readonly verify?: (message: MessageToSign, signature: Uint8Array) => boolean;
  readonly encrypt?: (plaintext: Uint8Array, algorithm: EncryptionAlgorithmName) => Buffer;
  /** @throws InvalidCiphertextException */
  readonly decrypt?: (ciphertext: Uint8Array, algorithm: EncryptionAlgorithmName) => Buffer;
  /**
   * @param publicKey SubjectPublicKeyInfo in DER of the other side
   * @returns the shared secret; undefined for what is no public key on the same curve
   */
  readonly agree?: (publicKey: Uint8Array) => Buffer | undefined;
}

import { constants, publicEncrypt } from 'node:crypto';
import { invalid } from './errors';
import { bytesOf, ciphertextOf } from './input';
import type { BytesOrText } from './input';
import { requirePurpose } from './jwk-purpose';
import { callKms, notRecognised } from './kms-errors';
import type { CallOptions, KmsPort } from './kms-port';
import { replyBytes } from './kms-reply';
import type { OwnedBytes } from './owned-bytes';
import { keysToOpen, openedByFirst } from './previous-keys';
import { keyObjectOf, readPublicKey } from './public-key';
import type { PublicKeyInput } from './public-key';
import { knownOptions } from './whole-numbers';
import { KEY_SPECS } from '../spec/key-specs';
import type { KeySpecName } from '../spec/key-specs';
import { oaepPlaintextBytes } from '../spec/limits';

/**
 * Small secrets for a public key: RSAES-OAEP with SHA-256 for both the label hash and MGF1 (RFC 8017 section 7.1),
 * which KMS calls RSAES_OAEP_SHA_256 and JOSE RSA-OAEP-256. Anybody may encrypt, without AWS; only KMS decrypts.
 */
const ALGORITHM = 'RSAES_OAEP_SHA_256' as const;

/**
 * Encrypts up to 190, 318 or 446 bytes for an RSA key of 2048, 3072 or 4096 bits. Offline, and different each time.
 *
 * @throws `ERR_KEYSMITH_INPUT` for a key that is not RSA, and for a plaintext that is empty or over the key's size
 */
export function encryptForPublicKey(publicKey: PublicKeyInput, plaintext: BytesOrText): OwnedBytes {
  const key = readPublicKey(publicKey);
  requirePurpose(publicKey, { use: 'enc', operation: 'encrypt', algorithms: ['RSA-OAEP-256'] });
  const bytes = bytesOf(plaintext, 'the plaintext');
  const limit = oaepPlaintextBytes(modulusBitsOf(key.keySpec), ALGORITHM);
  if (bytes.length === 0) throw invalid('the plaintext is empty');
  if (bytes.length > limit) {
    throw invalid(`the plaintext has ${bytes.length} bytes, a key of spec ${key.keySpec} takes up to ${limit}: encrypt a data key with it, and the data with that`);
  }
  const ciphertext = publicEncrypt({ key: keyObjectOf(key), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, bytes);
  return Uint8Array.from(ciphertext);
}

/** Which key decrypts. */
export interface ClientDecryptorOptions {
  /** `KMS` of the AWS SDK, or the local KMS. */
  readonly kms: Pick<KmsPort, 'decrypt'>;
  /** ARN of an RSA encryption key. */
  readonly keyArn: string;
  /** ARNs of older keys of the same spec, the latest first: what was encrypted for them is decrypted too. @default - none */
  readonly previousKeyArns?: readonly string[];
  /** Spec of the key, which tells how long a ciphertext is. */
  readonly keySpec: KeySpecName;
  /** Tokens of grants that are too new to be known everywhere in KMS. */
  readonly grantTokens?: readonly string[];
}

/** Opens what was encrypted for a public key. */
export interface ClientDecryptor {
  readonly keyArn: string;

  /**
   * The plaintext of a ciphertext. It says nothing of who made it: anybody can.
   *
   * @throws `ERR_KEYSMITH_NOT_AUTHENTIC` for a ciphertext that was changed or is for another key
   */
  decrypt(ciphertext: Uint8Array, options?: CallOptions): Promise<OwnedBytes>;
}

const OPTIONS = ['kms', 'keyArn', 'previousKeyArns', 'keySpec', 'grantTokens'];
const CALL_OPTIONS = ['abortSignal'];

/** A decryptor over Decrypt of KMS, for what `encryptForPublicKey` and every RSA-OAEP-256 library makes. */
export function createClientDecryptor(options: ClientDecryptorOptions): ClientDecryptor {
  const { kms, keyArn, previousKeyArns, keySpec, grantTokens } = knownOptions(options, OPTIONS);
  const keys = keysToOpen(keyArn, previousKeyArns, "'keyArn' of the client decryptor");
  const modulusBits = modulusBitsOf(keySpec);
  const common = { EncryptionAlgorithm: ALGORITHM, ...(grantTokens && { GrantTokens: [...grantTokens] }) };
  return {
    keyArn: keys[0],

    async decrypt(ciphertext, given = {}) {
      const { abortSignal } = knownOptions(given, CALL_OPTIONS);
      // A copy: the client reads it later, when its owner may have overwritten it.
      const CiphertextBlob = Uint8Array.from(ciphertextOf(ciphertext));
      if (CiphertextBlob.length !== modulusBits / 8) {
        throw notRecognised('Decrypt', new Error(`the ciphertext has ${CiphertextBlob.length} bytes, one for this key has ${modulusBits / 8}`));
      }
      return openedByFirst(keys, abortSignal, async (KeyId) => {
        const reply = await callKms('Decrypt', abortSignal, (call) => kms.decrypt({ ...common, KeyId, CiphertextBlob }, call));
        return replyBytes('Decrypt', reply, KeyId, 'Plaintext', 0, oaepPlaintextBytes(modulusBits, ALGORITHM));
      });
    },
  };
}

function modulusBitsOf(keySpec: KeySpecName): number {
  const modulusBits = KEY_SPECS[keySpec]?.modulusBits;
  if (!modulusBits) throw invalid(`a key of spec ${keySpec} does not encrypt for clients: RSA_2048, RSA_3072 and RSA_4096 do`);
  return modulusBits;
}

import type { EncryptionAlgorithmName } from '../../../spec/key-specs';
import { KEY_SPECS } from '../../../spec/key-specs';
import { oaepPlaintextBytes } from '../../../spec/limits';
import { readBlob, writeBlob } from '../blob';
import type { EncryptionContext } from '../encryption-context';
import { invalidCiphertext, validation } from '../exceptions';
import type { Key } from '../key';
import { algorithmsOfKey, isSymmetricEncryptionKey } from '../key';
import { requireAlgorithm, requireEnabled, requireUsage } from './usable';

export const SYMMETRIC: EncryptionAlgorithmName = 'SYMMETRIC_DEFAULT';

/** @throws DisabledException …, InvalidKeyUsageException, ValidationException unless the key can encrypt and decrypt like this now */
export function requireEncryptionKey(key: Key, action: string, algorithm: string, context: EncryptionContext | undefined): void {
  requireEnabled(key);
  requireUsage(key, 'ENCRYPT_DECRYPT', action);
  requireAlgorithm(key, algorithm, algorithmsOfKey(key));
  if (context && Object.keys(context).length > 0 && !isSymmetricEncryptionKey(key)) {
    // KMS's own words are not known; that it refuses is: API Reference, Encrypt.
    throw validation('EncryptionContext is not supported for asymmetric KMS keys.');
  }
}

/** @throws ValidationException if RSA has no room for the plaintext */
export async function encrypt(key: Key, plaintext: Uint8Array, algorithm: string, context: EncryptionContext | undefined): Promise<Buffer> {
  const { symmetric, asymmetric } = key.material;
  if (symmetric) return writeBlob(symmetric.current.seal(key.id, plaintext, context));
  const oaep = algorithm as Exclude<EncryptionAlgorithmName, 'SYMMETRIC_DEFAULT'>;
  const room = oaepPlaintextBytes(KEY_SPECS[key.spec].modulusBits!, oaep);
  if (plaintext.length > room) throw validation(`Algorithm ${oaep} and key spec ${key.spec} cannot encrypt data larger than ${room} bytes.`);
  return (await asymmetric!()).encrypt!(plaintext, oaep);
}

/** @throws InvalidCiphertextException */
export async function decrypt(
  key: Key, ciphertext: Uint8Array, algorithm: string, context: EncryptionContext | undefined,
): Promise<{ Plaintext: Buffer; KeyMaterialId?: string }> {
  const { symmetric, asymmetric } = key.material;
  if (symmetric) {
    const { plaintext, materialId } = symmetric.open(readBlob(ciphertext), context);
    return { Plaintext: plaintext, KeyMaterialId: materialId.toString('hex') };
  }
  const Plaintext = (await asymmetric!()).decrypt!(ciphertext, algorithm as EncryptionAlgorithmName);
  // RSA may hold an empty message; KMS never encrypts one.
  if (Plaintext.length === 0) throw invalidCiphertext();
  return { Plaintext };
}

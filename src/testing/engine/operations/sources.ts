import { accessDenied } from '../access-denied';
import { blobKeyId, readBlob } from '../blob';
import type { Call } from '../call';
import { KmsException, validation } from '../exceptions';
import type { Key } from '../key';
import { SYMMETRIC } from './ciphertexts';

/** A ciphertext and the key that is to open it. */
export interface Source {
  readonly key: Key;
  /** Absent where a dry run leaves it aside. */
  readonly ciphertext?: Uint8Array;
  /** The key id that the ciphertext names, if it is of the engine's own format. */
  readonly namedKeyId?: string;
}

/**
 * The key to decrypt with: the one that the caller names, else the one that the ciphertext names.
 *
 * @throws InvalidCiphertextException if nothing names one; AccessDeniedException if the ciphertext names one that is not there
 */
export function sourceOf(
  call: Call, action: string, { keyId, ciphertext, algorithm }: { keyId?: string; ciphertext?: Uint8Array; algorithm: string },
): Source {
  const symmetric = algorithm === SYMMETRIC;
  if (keyId !== undefined) {
    return { key: call.find(keyId, action), ciphertext, ...(symmetric && ciphertext && { namedKeyId: blobKeyId(ciphertext) }) };
  }
  if (!symmetric) throw validation('KeyId is required when the ciphertext was encrypted under an asymmetric KMS key.');
  if (!ciphertext) throw validation('CiphertextBlob or KeyId is required.');
  const { keyId: namedKeyId } = readBlob(ciphertext);
  const key = call.store.byId(namedKeyId, call.place.region);
  if (!key) throw accessDenied({ principal: call.caller.principal, action, ciphertext: true, cause: 'not visible' });
  return { key, ciphertext, namedKeyId };
}

/**
 * Asked once the caller is authorized on the key it named. Any other key in the ciphertext gets the same answer, whether
 * such a key exists or not.
 *
 * @throws IncorrectKeyException if the ciphertext names another key
 */
export function requireRightKey({ key, namedKeyId }: Source): void {
  if (namedKeyId !== undefined && namedKeyId !== key.id) {
    throw new KmsException('IncorrectKeyException', 'The key ID in the request does not identify a CMK that can perform this operation.');
  }
}

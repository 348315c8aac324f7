import type { KeyUsageName } from '../../../spec/key-specs';
import { KmsException, invalidState, invalidUsage } from '../exceptions';
import type { Key } from '../key';
import { stateOf } from '../key';

/*
 * What a key must be for an operation. Which states allow which operation: KMS Developer Guide, "Key states of AWS KMS keys";
 * the guide's table gives DisabledException or KMSInvalidStateException for the use of a key pending deletion, and this is the latter.
 */

/** @throws DisabledException or KMSInvalidStateException unless the key is enabled */
export function requireEnabled(key: Key): void {
  requireNotPendingDeletion(key);
  requireMaterial(key);
  if (stateOf(key) === 'Disabled') throw new KmsException('DisabledException', `${key.arn} is disabled.`);
}

/** @throws KMSInvalidStateException if the key waits for its deletion */
export function requireNotPendingDeletion(key: Key): void {
  if (stateOf(key) === 'PendingDeletion') throw invalidState(`${key.arn} is pending deletion.`);
}

/** @throws KMSInvalidStateException if the key waits for its key material */
export function requireMaterial(key: Key): void {
  if (stateOf(key) === 'PendingImport') throw invalidState(`${key.arn} is pending import.`);
}

/** @throws InvalidKeyUsageException unless the key was made for this */
export function requireUsage(key: Key, usage: KeyUsageName, operation: string): void {
  if (key.usage !== usage) throw invalidUsage(`${key.arn} key usage is ${key.usage} which is not valid for ${operation}.`);
}

/** @throws InvalidKeyUsageException unless the algorithm goes with the key's spec and usage */
export function requireAlgorithm(key: Key, algorithm: string, algorithms: readonly string[]): void {
  if (!algorithms.includes(algorithm)) throw invalidUsage(`Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
}

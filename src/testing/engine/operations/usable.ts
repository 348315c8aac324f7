import type { KeyUsageName } from '../../../spec/key-specs';
import { KmsException, invalidState, invalidUsage } from '../exceptions';
import type { Key } from '../key';
import { stateOf } from '../key';

/** @throws DisabledException or KMSInvalidStateException unless the key is enabled */
export function requireEnabled(key: Key): void {
  switch (stateOf(key)) {
    case 'Enabled': return;
    case 'Disabled': throw new KmsException('DisabledException', `${key.arn} is disabled.`);
    case 'PendingDeletion': throw pendingDeletion(key);
    case 'PendingImport': throw invalidState(`${key.arn} is pending import.`);
  }
}

/** @throws KMSInvalidStateException if the key waits for its deletion */
export function requireNotPendingDeletion(key: Key): void {
  if (stateOf(key) === 'PendingDeletion') throw pendingDeletion(key);
}

/** @throws InvalidKeyUsageException unless the key was made for this */
export function requireUsage(key: Key, usage: KeyUsageName, operation: string): void {
  if (key.usage !== usage) throw invalidUsage(`${key.arn} key usage is ${key.usage} which is not valid for ${operation}.`);
}

/** @throws InvalidKeyUsageException unless the algorithm goes with the key's spec and usage */
export function requireAlgorithm(key: Key, algorithm: string, algorithms: readonly string[]): void {
  if (!algorithms.includes(algorithm)) {
    throw invalidUsage(`Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
  }
}

function pendingDeletion(key: Key): KmsException {
  return invalidState(`${key.arn} is pending deletion.`);
}

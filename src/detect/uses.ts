import { USE_EVENTS as NAMES } from './detectors';
import { keysOf } from './record';
import type { CloudTrailRecord } from './record';

/** Events of cryptographic operations. */
export const USE_EVENTS: ReadonlySet<string> = new Set(NAMES);

export const GET_PUBLIC_KEY = 'GetPublicKey';

/** The keys that a call uses. ReEncrypt within one key names it twice. */
export function usedKeys(record: CloudTrailRecord): readonly string[] {
  const keys = keysOf(record);
  return keys.length > 1 ? [...new Set(keys)] : keys;
}

/** What a call does with each of its keys, as actions of policies: ReEncrypt reads under the first and writes under the last. */
export function actionsOn(record: CloudTrailRecord): readonly { readonly key: string; readonly action: string }[] {
  const keys = keysOf(record);
  if (record.eventName !== 'ReEncrypt') return keys.slice(0, 1).map((key) => ({ key, action: `kms:${record.eventName}` }));
  return keys.length === 0 ? [] : [{ key: keys[0], action: 'kms:ReEncryptFrom' }, { key: keys[keys.length - 1], action: 'kms:ReEncryptTo' }];
}

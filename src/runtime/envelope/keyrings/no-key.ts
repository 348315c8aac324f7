import { failure, invalid } from '../../errors';
import type { KeysmithError } from '../../errors';
import { quoted } from '../../text';
import { asBuffer } from '../bytes';
import type { EncryptedDataKey } from '../keyring';

/** None of the message's encrypted data keys is for a key of the keyring. Says which keys the message names: they are not secret. */
export function noKeyFor(encryptedDataKeys: readonly EncryptedDataKey[], configured: string): KeysmithError {
  // As much as tells one from another: either part may have 65,535 bytes, and the error goes to a log.
  const named = encryptedDataKeys.map(({ providerId, providerInfo }) => `${providerId} ${asBuffer(providerInfo)}`.slice(0, 200));
  return failure('NO_KEY', `the message is for ${quoted(named)}, the keyring has ${configured}`);
}

/** Namespaces that start with `aws-kms` belong to KMS (framework/keyring-interface.md, "Key Provider ID"). */
export function checkNamespace(namespace: string): void {
  if (namespace === '') throw invalid("'keyNamespace' is empty: name the key's owner or store");
  if (namespace.startsWith('aws-kms')) throw invalid("'keyNamespace' starts with \"aws-kms\", which belongs to AWS KMS: choose another");
}

import { failure, invalid } from '../../errors';
import type { KeysmithError } from '../../errors';
import type { EncryptedDataKey } from '../keyring';

/** None of the message's encrypted data keys is for a key of the keyring. Says which keys the message names: they are not secret. */
export function noKeyFor(encryptedDataKeys: readonly EncryptedDataKey[], configured: string): KeysmithError {
  const named = encryptedDataKeys.map(({ providerId, providerInfo }) => (providerId.startsWith('aws-kms')
    ? `${providerId} ${JSON.stringify(Buffer.from(providerInfo).toString('utf8').slice(0, 200))}`
    : JSON.stringify(providerId)));
  return failure('NO_KEY', `no key here opens the message: it was made for ${named.join(', ')}, and the keyring has ${configured}`);
}

/** Namespaces that start with `aws-kms` belong to KMS (framework/keyring-interface.md, "Key Provider ID"). */
export function checkNamespace(namespace: string): void {
  if (namespace === '') throw invalid("'keyNamespace' is empty: name the key's owner or store");
  if (namespace.startsWith('aws-kms')) throw invalid("'keyNamespace' starts with \"aws-kms\", which belongs to AWS KMS: choose another");
}

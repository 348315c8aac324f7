import { KeysmithError } from '../../errors';
import { badInput } from '../failures';
import type { EncryptedDataKey } from '../keyring';

/** None of the message's encrypted data keys is for a key of the keyring. Says which keys the message names: they are not secret. */
export function noKeyFor(encryptedDataKeys: readonly EncryptedDataKey[], configured: string): KeysmithError {
  const named = encryptedDataKeys.map(({ providerId, providerInfo }) => (providerId.startsWith('aws-kms')
    ? `${providerId} ${JSON.stringify(Buffer.from(providerInfo).toString('utf8').slice(0, 200))}`
    : JSON.stringify(providerId)));
  return new KeysmithError('ERR_KEYSMITH_NO_KEY', `no key here opens the message: it was made for ${named.join(', ')}, and the keyring has ${configured}`);
}

/** Namespaces that start with `aws-kms` belong to KMS (framework/keyring-interface.md, "Key Provider ID"). */
export function checkNamespace(namespace: string): void {
  if (namespace === '') throw badInput("'keyNamespace' is empty: name the key's owner or store");
  if (namespace.startsWith('aws-kms')) throw badInput("'keyNamespace' starts with \"aws-kms\", which belongs to AWS KMS: choose another");
}

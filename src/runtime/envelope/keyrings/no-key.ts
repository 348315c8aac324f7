import { failure, invalid } from '../../errors';
import type { KeysmithError } from '../../errors';
import { quoted } from '../../text';
import { asBuffer } from '../bytes';
import type { EncryptedDataKey } from '../keyring';

/** None of the message's encrypted data keys is for a key of the keyring. Says which keys the message names: they are not secret. */
export const noKeyFor = (encryptedDataKeys: readonly EncryptedDataKey[], configured: string): KeysmithError => (
  failure('NO_KEY', `the message is for ${quoted(encryptedDataKeys.map(wordsOf))}, the keyring has ${configured}`)
);

/** As much as tells one key from another: either part may have 65,535 bytes, and the error goes to a log. */
const wordsOf = ({ providerId, providerInfo }: EncryptedDataKey): string => `${providerId} ${asBuffer(providerInfo)}`.slice(0, 200);

/** Namespaces that start with `aws-kms` belong to KMS (framework/keyring-interface.md, "Key Provider ID"). */
export const checkNamespace = (namespace: string): void => {
  if (namespace === '') throw invalid("'keyNamespace' is empty: name the key's owner or store");
  if (namespace.startsWith('aws-kms')) throw invalid("'keyNamespace' starts with \"aws-kms\", which belongs to AWS KMS: choose another");
};

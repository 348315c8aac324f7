import { parseKeyArn } from '../../key-arn';
import type { KeyArn } from '../../key-arn';
import { asBuffer, textBytes } from '../bytes';
import type { EncryptedDataKey } from '../keyring';

/** Provider id of data keys under symmetric KMS keys. */
export const KMS_PROVIDER_ID = 'aws-kms';

/** A data key that KMS encrypted under this key. */
export const wrappedUnder = ({ arn }: KeyArn, ciphertext: Uint8Array, providerId = KMS_PROVIDER_ID): EncryptedDataKey => (
  { providerId, providerInfo: textBytes(arn), ciphertext }
);

/** The key that an encrypted data key of this provider says it is under. */
export const namedKey = ({ providerId, providerInfo }: EncryptedDataKey, provider: string): KeyArn | undefined => (
  parseKeyArn(providerId === provider ? `${asBuffer(providerInfo)}` : '')
);

/**
 * Which of the keys opens an encrypted data key: the very one that it names, else a related multi-Region key, which
 * has the same material (aws-kms-mrk-match-for-decrypt.md).
 */
export const keyToOpen = (edk: EncryptedDataKey, provider: string, keys: readonly KeyArn[]): KeyArn | undefined => {
  const named = namedKey(edk, provider);
  const keyOf = (part: (arn: string) => string) => keys.find((key) => part(key.arn) === part(named!.arn));
  return named && (keyOf(String) ?? keyOf(material));
};

/** Those of the keys that have the same material as this one: itself, and related multi-Region keys. */
export const relatedTo = (key: KeyArn, keys: readonly KeyArn[]): KeyArn[] => keys.filter(({ arn }) => material(arn) === material(key.arn));

/** Names key material: related multi-Region keys differ in their Region only. */
const material = (arn: string): string => arn.replace(/[^:]+(:\d+:key.mrk-)/, '$1');

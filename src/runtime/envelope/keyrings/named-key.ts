import { parseKeyArn } from '../../key-arn';
import type { KeyArn } from '../../key-arn';
import { asBuffer } from '../bytes';
import type { EncryptedDataKey } from '../keyring';

/** Provider id of data keys under symmetric KMS keys. */
export const KMS_PROVIDER_ID = 'aws-kms';

/** A data key that KMS encrypted under this key. */
export function wrappedUnder({ arn }: KeyArn, ciphertext: Uint8Array, providerId = KMS_PROVIDER_ID): EncryptedDataKey {
  return { providerId, providerInfo: Buffer.from(arn), ciphertext };
}

/** The key that an encrypted data key of this provider says it is under. */
export function namedKey({ providerId, providerInfo }: EncryptedDataKey, provider: string): KeyArn | undefined {
  return providerId === provider ? parseKeyArn(asBuffer(providerInfo).toString()) : undefined;
}

/**
 * Which of the keys opens an encrypted data key: the very one that it names, else a related multi-Region key, which
 * has the same material (aws-kms-mrk-match-for-decrypt.md). At most one.
 */
export function keyToOpen(edk: EncryptedDataKey, provider: string, keys: readonly KeyArn[]): KeyArn[] {
  const named = namedKey(edk, provider);
  const related = keys.filter((key) => named && material(key) === material(named));
  return [...related.filter(({ arn }) => arn === named!.arn), ...related].slice(0, 1);
}

/** Names key material: related multi-Region keys differ in their Region only. */
function material({ arn, region, keyId }: KeyArn): string {
  return keyId.startsWith('mrk-') ? arn.replace(`:kms:${region}:`, ':kms::') : arn;
}

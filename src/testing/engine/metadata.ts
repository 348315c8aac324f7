import type { Key } from './key';
import { algorithmsOfKey, stateOf } from './key';
import type { KeyStore } from './key-store';
import type { KeyUsageName } from '../../spec/key-specs';

/** Which member of KeyMetadata and of GetPublicKey names a usage's algorithms. */
const ALGORITHM_MEMBER: Readonly<Record<KeyUsageName, string>> = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
  ENCAPSULATE_DECAPSULATE: 'EncapsulationAlgorithms',
};

export function algorithmMembers(key: Key): Record<string, readonly string[]> {
  return { [ALGORITHM_MEMBER[key.usage]]: algorithmsOfKey(key) };
}

/** KeyMetadata of DescribeKey and CreateKey (KMS API Reference). */
export function metadataOf(key: Key, store: KeyStore): Record<string, unknown> {
  return {
    AWSAccountId: key.account,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: key.createdAt,
    Enabled: stateOf(key) === 'Enabled',
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: stateOf(key),
    ...(key.deletion && { DeletionDate: key.deletion.date }),
    Origin: key.origin,
    ...(key.origin === 'EXTERNAL' && key.imported && { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }),
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    ...algorithmMembers(key),
    MultiRegion: key.multiRegionKeyType !== undefined,
    ...(key.multiRegionKeyType && { MultiRegionConfiguration: multiRegionOf(key, store) }),
    ...(key.material.symmetric && key.imported && { CurrentKeyMaterialId: key.material.symmetric.current.id.toString('hex') }),
  };
}

function multiRegionOf(key: Key, store: KeyStore) {
  const related = store.relatedTo(key);
  const asMember = ({ arn, region }: Key) => ({ Arn: arn, Region: region });
  const primary = related.find(({ multiRegionKeyType }) => multiRegionKeyType === 'PRIMARY');
  return {
    MultiRegionKeyType: key.multiRegionKeyType,
    ...(primary && { PrimaryKey: asMember(primary) }),
    ReplicaKeys: related.filter((other) => other !== primary).map(asMember),
  };
}

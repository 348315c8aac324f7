/**
 * What CloudTrail records of each operation of KMS: KMS Developer Guide, "Understanding AWS KMS log entries" (ct-*.html), read field by field.
 *
 * GetPublicKey, DeriveSharedSecret and GetKeyLastUsage have no example there: theirs are made by analogy.
 */

/**
 * How `resources` tells a key: with account, type and ARN; without the type; as two keys; as alias and key, with or without types; or not at all.
 */
export type ResourceShape = 'typed' | 'untyped' | 'two keys' | 'alias and key' | 'alias and key, untyped' | 'none';

type Fields = Readonly<Record<string, unknown>> | null;

/** What an operation's fields are made of. */
export interface Asked {
  /** As the caller wrote it; undefined where the call does not name the key. */
  readonly keyId: string | undefined;
  readonly keyArn: string;
  readonly destinationKeyId: string;
  readonly aliasName: string;
  readonly encryptionContext?: Readonly<Record<string, string>>;
  readonly grantee: string;
  readonly materialId: string;
  readonly previousMaterialId: string;
  readonly grantId: string;
}

export interface Operation {
  readonly readOnly: boolean;
  readonly resources: ResourceShape;
  /** An event that KMS itself records: no caller, no request. */
  readonly serviceEvent?: true;
  readonly byAnalogy?: true;
  readonly request: (asked: Asked) => Fields;
  readonly response?: (asked: Asked) => Fields;
  readonly additional?: (asked: Asked) => Fields;
  readonly details?: (asked: Asked) => Fields;
}

const nothing = (): null => null;
const withKey = (more: Readonly<Record<string, unknown>> = {}) => ({ keyId }: Asked): Fields => (
  { ...more, ...(keyId === undefined ? {} : { keyId }) });
const keyArn = ({ keyArn: keyId }: Asked): Fields => ({ keyId });
const material = ({ materialId: keyMaterialId }: Asked): Fields => ({ keyMaterialId });
const inContext = (more: Readonly<Record<string, unknown>> = {}) => (asked: Asked): Fields => ({
  ...withKey(more)(asked), ...(asked.encryptionContext === undefined ? {} : { encryptionContext: asked.encryptionContext }),
});

const write = (resources: ResourceShape, request: Operation['request'], response: Operation['response'] = keyArn, rest: Partial<Operation> = {}): Operation => (
  { readOnly: false, resources, request, response, ...rest });
const read = (resources: ResourceShape, request: Operation['request'], rest: Partial<Operation> = {}): Operation => ({ readOnly: true, resources, request, ...rest });
const told = (details: Operation['details']): Operation => ({ readOnly: false, resources: 'typed', serviceEvent: true, request: nothing, details });

const alias = ({ aliasName, keyId }: Asked): Fields => ({ aliasName, ...(keyId === undefined ? {} : { targetKeyId: keyId }) });

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  // Use
  Encrypt: read('typed', inContext({ encryptionAlgorithm: 'SYMMETRIC_DEFAULT' }), { additional: material }),
  Decrypt: read('typed', inContext({ encryptionAlgorithm: 'SYMMETRIC_DEFAULT' }), { additional: material }),
  ReEncrypt: read('two keys', ({ keyId, destinationKeyId, encryptionContext }) => ({
    sourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    destinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    destinationKeyId,
    ...(keyId === undefined ? {} : { sourceKeyId: keyId }),
    ...(encryptionContext === undefined ? {} : { sourceEncryptionContext: encryptionContext, destinationEncryptionContext: encryptionContext }),
  }), { additional: ({ materialId, previousMaterialId }) => ({ sourceKeyMaterialId: previousMaterialId, destinationKeyMaterialId: materialId }) }),
  GenerateDataKey: read('untyped', inContext({ keySpec: 'AES_256' }), { additional: material }),
  GenerateDataKeyWithoutPlaintext: read('untyped', inContext({ keySpec: 'AES_256' }), { additional: material }),
  GenerateDataKeyPair: read('typed', inContext({ keyPairSpec: 'ECC_NIST_P256' })),
  GenerateDataKeyPairWithoutPlaintext: read('typed', inContext({ keyPairSpec: 'RSA_3072' })),
  Sign: read('typed', withKey({ messageType: 'DIGEST', signingAlgorithm: 'ECDSA_SHA_256' })),
  Verify: read('typed', withKey({ messageType: 'DIGEST', signingAlgorithm: 'ECDSA_SHA_256' })),
  GenerateMac: read('untyped', withKey({ macAlgorithm: 'HMAC_SHA_256' })),
  VerifyMac: read('untyped', withKey({ macAlgorithm: 'HMAC_SHA_256' })),
  DeriveSharedSecret: read('typed', withKey({ keyAgreementAlgorithm: 'ECDH' }), { byAnalogy: true }),
  Encapsulate: read('typed', withKey({ encapsulationAlgorithm: 'ML_KEM_768' })),
  Decapsulate: read('typed', withKey({ encapsulationAlgorithm: 'ML_KEM_768' })),
  GenerateRandom: read('none', nothing),
  // Look
  GetPublicKey: read('typed', withKey(), { byAnalogy: true }),
  DescribeKey: read('typed', withKey()),
  GetKeyPolicy: read('typed', withKey({ policyName: 'default' })),
  GetKeyRotationStatus: read('typed', withKey()),
  GetKeyLastUsage: read('typed', withKey(), { byAnalogy: true }),
  ListKeyRotations: read('typed', withKey()),
  ListGrants: read('untyped', withKey({ limit: 50 })),
  ListAliases: read('none', nothing),
  DescribeCustomKeyStores: read('none', () => ({ customKeyStoreName: 'ExampleKeyStore' })),
  GetParametersForImport: read('typed', withKey({ wrappingAlgorithm: 'RSAES_OAEP_SHA_256', wrappingKeySpec: 'RSA_4096' })),
  // Grants
  CreateGrant: write('untyped', ({ keyId, grantee }) => ({
    ...(keyId === undefined ? {} : { keyId }),
    granteePrincipal: grantee,
    operations: ['Decrypt', 'DescribeKey'],
    constraints: { encryptionContextSubset: { Project: 'SnowyPII' } },
  }), ({ grantId, keyArn: keyId }) => ({ grantId, keyId })),
  RevokeGrant: write('typed', ({ keyId, grantId }) => ({ ...(keyId === undefined ? {} : { keyId }), grantId })),
  RetireGrant: write('typed', nothing, nothing, { additional: ({ grantId }) => ({ grantId }) }),
  // Policy
  PutKeyPolicy: write('typed', withKey({
    policyName: 'default',
    bypassPolicyLockoutSafetyCheck: false,
    policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:Decrypt","Resource":"*"}]}',
  })),
  // Aliases
  CreateAlias: write('alias and key', alias, nothing),
  UpdateAlias: write('alias and key', alias, nothing),
  DeleteAlias: write('alias and key, untyped', ({ aliasName }) => ({ aliasName }), nothing),
  // Life
  CreateKey: write('typed', () => ({
    description: '',
    origin: 'AWS_KMS',
    keySpec: 'SYMMETRIC_DEFAULT',
    customerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    bypassPolicyLockoutSafetyCheck: false,
    multiRegion: false,
  }), ({ keyArn: arn }) => ({ keyMetadata: { aWSAccountId: arn.split(':')[4], keyId: arn.split('/')[1], arn, enabled: true, keyState: 'Enabled' } })),
  EnableKey: write('untyped', withKey()),
  DisableKey: write('untyped', withKey()),
  ScheduleKeyDeletion: write('typed', withKey({ pendingWindowInDays: 7 }), ({ keyArn: keyId }) => ({
    keyId, keyState: 'PendingDeletion', deletionDate: 'Dec 6, 2026, 12:00:00 AM', pendingWindowInDays: 7,
  })),
  CancelKeyDeletion: write('typed', withKey()),
  UpdateKeyDescription: write('typed', withKey({ description: 'Invoices' })),
  TagResource: write('typed', withKey({ tags: [{ tagKey: 'team', tagValue: 'billing' }] })),
  UntagResource: write('typed', withKey({ tagKeys: ['team'] })),
  EnableKeyRotation: write('typed', withKey({ rotationPeriodInDays: 365 })),
  DisableKeyRotation: write('typed', withKey()),
  RotateKeyOnDemand: write('typed', withKey()),
  // Imported material
  ImportKeyMaterial: write('typed', withKey({
    validTo: 'May 21, 2027, 5:47:45 AM', expirationModel: 'KEY_MATERIAL_EXPIRES', importType: 'NEW_KEY_MATERIAL', keyMaterialDescription: 'first',
  }), ({ keyArn: keyId, materialId: keyMaterialId }) => ({ keyId, keyMaterialId })),
  DeleteImportedKeyMaterial: write('typed', (asked) => ({ ...withKey()(asked), keyMaterialId: asked.materialId }), ({ keyArn: keyId, materialId: keyMaterialId }) => (
    { keyId, keyMaterialId })),
  // Regions
  ReplicateKey: write('typed', withKey({ replicaRegion: 'eu-west-1', bypassPolicyLockoutSafetyCheck: false, description: '' }), ({ keyArn: arn }) => ({
    replicaKeyMetadata: { arn: arn.replace(/:kms:[^:]+:/, ':kms:eu-west-1:') }, replicaPolicy: '{}',
  })),
  UpdatePrimaryRegion: write('none', withKey({ primaryRegion: 'eu-west-1' }), nothing),
  // Custom key stores
  CreateCustomKeyStore: write('none', () => ({ customKeyStoreName: 'ExampleKeyStore' }), () => ({ customKeyStoreId: 'cks-1234567890abcdef0' })),
  ConnectCustomKeyStore: write('none', () => ({ customKeyStoreId: 'cks-1234567890abcdef0' }), nothing),
  DisconnectCustomKeyStore: write('none', () => ({ customKeyStoreId: 'cks-1234567890abcdef0' }), nothing),
  DeleteCustomKeyStore: write('none', () => ({ customKeyStoreId: 'cks-1234567890abcdef0' }), nothing),
  UpdateCustomKeyStore: write('none', () => ({ customKeyStoreId: 'cks-1234567890abcdef0', clusterId: 'cluster-1a23b4cdefg' }), nothing),
  // Events of the service
  RotateKey: told(({ keyArn: arn, materialId, previousMaterialId }) => ({
    rotationType: 'AUTOMATIC', keyOrigin: 'AWS_KMS', previousKeyMaterialId: previousMaterialId, currentKeyMaterialId: materialId, keyId: arn.split('/')[1],
  })),
  DeleteKey: told(({ keyArn: arn }) => ({ keyId: arn.split('/')[1] })),
  DeleteExpiredKeyMaterial: told(({ keyArn: arn }) => ({ keyId: arn.split('/')[1] })),
  SynchronizeMultiRegionKey: told(({ keyArn: arn }) => ({ keyId: arn.split('/')[1] })),
};

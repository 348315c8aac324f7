import type { KeyUsageName } from './key-specs';

/**
 * KMS actions by duty: the smallest set for each job. Nothing else lists actions.
 *
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service";
 * KMS Developer Guide, "AWS KMS permissions".
 */

/** Run the life of a key. Never a use of it, never CreateGrant, never PutKeyPolicy or ReplicateKey: those give everything away. */
export const ADMINISTER = [
  'kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus', 'kms:GetKeyLastUsage',
  'kms:ListGrants', 'kms:ListKeyPolicies', 'kms:ListKeyRotations', 'kms:ListResourceTags',
  'kms:CreateAlias', 'kms:UpdateAlias', 'kms:DeleteAlias',
  'kms:EnableKey', 'kms:DisableKey', 'kms:UpdateKeyDescription',
  'kms:TagResource', 'kms:UntagResource',
  'kms:ScheduleKeyDeletion', 'kms:CancelKeyDeletion',
  'kms:RevokeGrant',
] as const;

/** Added to ADMINISTER for keys that KMS can rotate. */
export const ADMINISTER_ROTATION = ['kms:EnableKeyRotation', 'kms:DisableKeyRotation', 'kms:RotateKeyOnDemand'] as const;

/** Look, without touching: what an auditor needs. */
export const AUDIT = [
  'kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus', 'kms:GetKeyLastUsage',
  'kms:ListGrants', 'kms:ListKeyPolicies', 'kms:ListKeyRotations', 'kms:ListResourceTags',
] as const;

/** Whoever has this can give themselves any use of the key in two calls: a duty of its own. */
export const OWN_POLICY = ['kms:PutKeyPolicy', 'kms:GetKeyPolicy'] as const;

/** Goes with OWN_POLICY on multi-Region keys: a replica has the material of the key and a policy of its own. */
export const OWN_REPLICAS = ['kms:ReplicateKey', 'kms:UpdatePrimaryRegion'] as const;

export const ENCRYPT = ['kms:Encrypt'] as const;
export const DECRYPT = ['kms:Decrypt'] as const;
export const GENERATE_DATA_KEYS = ['kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'] as const;
export const GENERATE_DATA_KEY_PAIRS = ['kms:GenerateDataKeyPair', 'kms:GenerateDataKeyPairWithoutPlaintext'] as const;
export const RE_ENCRYPT_TO = ['kms:ReEncryptTo'] as const;
export const RE_ENCRYPT_FROM = ['kms:ReEncryptFrom'] as const;
export const SIGN = ['kms:Sign'] as const;
export const VERIFY = ['kms:Verify'] as const;
export const READ_PUBLIC_KEY = ['kms:GetPublicKey'] as const;
/** The state of a key and what it is: what a health check asks. */
export const DESCRIBE = ['kms:DescribeKey'] as const;
export const GENERATE_MAC = ['kms:GenerateMac'] as const;
export const VERIFY_MAC = ['kms:VerifyMac'] as const;
export const DERIVE_SHARED_SECRET = ['kms:DeriveSharedSecret'] as const;

/**
 * The cryptographic operations: what "using the key" means everywhere in this library.
 * GetPublicKey is not among them: it gives away nothing secret and works on no data.
 */
export const USE: Readonly<Record<string, readonly KeyUsageName[]>> = {
  'kms:Encrypt': ['ENCRYPT_DECRYPT'],
  'kms:Decrypt': ['ENCRYPT_DECRYPT'],
  'kms:ReEncryptFrom': ['ENCRYPT_DECRYPT'],
  'kms:ReEncryptTo': ['ENCRYPT_DECRYPT'],
  'kms:GenerateDataKey': ['ENCRYPT_DECRYPT'],
  'kms:GenerateDataKeyWithoutPlaintext': ['ENCRYPT_DECRYPT'],
  'kms:GenerateDataKeyPair': ['ENCRYPT_DECRYPT'],
  'kms:GenerateDataKeyPairWithoutPlaintext': ['ENCRYPT_DECRYPT'],
  'kms:Sign': ['SIGN_VERIFY'],
  'kms:Verify': ['SIGN_VERIFY'],
  'kms:GenerateMac': ['GENERATE_VERIFY_MAC'],
  'kms:VerifyMac': ['GENERATE_VERIFY_MAC'],
  'kms:DeriveSharedSecret': ['KEY_AGREEMENT'],
  'kms:Encapsulate': ['ENCAPSULATE_DECAPSULATE'],
  'kms:Decapsulate': ['ENCAPSULATE_DECAPSULATE'],
};

/** Actions that hand out any other permission on the key, whatever else a policy says. */
export const ESCALATE = ['kms:PutKeyPolicy', 'kms:CreateGrant', 'kms:ReplicateKey'] as const;

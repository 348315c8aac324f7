/**
 * What each action of KMS is asked about: a key, an alias and a key, or nothing; and which of them other accounts may be given.
 *
 * Sources: Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service"; KMS Developer
 * Guide, "AWS KMS permissions", "Grants in AWS KMS", "Allowing users in other accounts to use a KMS key".
 */

/** Actions on one key. The operation ReEncrypt is two of them. */
export const KEY_ACTIONS = [
  'kms:CancelKeyDeletion', 'kms:CreateAlias', 'kms:CreateGrant', 'kms:Decapsulate', 'kms:Decrypt', 'kms:DeleteAlias',
  'kms:DeleteImportedKeyMaterial', 'kms:DeriveSharedSecret', 'kms:DescribeKey', 'kms:DisableKey', 'kms:DisableKeyRotation',
  'kms:EnableKey', 'kms:EnableKeyRotation', 'kms:Encapsulate', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:GenerateMac', 'kms:GetKeyLastUsage',
  'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus', 'kms:GetParametersForImport', 'kms:GetPublicKey', 'kms:ImportKeyMaterial',
  'kms:ListGrants', 'kms:ListKeyPolicies', 'kms:ListKeyRotations', 'kms:ListResourceTags', 'kms:PutKeyPolicy', 'kms:ReEncryptFrom',
  'kms:ReEncryptTo', 'kms:ReplicateKey', 'kms:RetireGrant', 'kms:RevokeGrant', 'kms:RotateKeyOnDemand', 'kms:ScheduleKeyDeletion',
  'kms:Sign', 'kms:SynchronizeMultiRegionKey', 'kms:TagResource', 'kms:UntagResource', 'kms:UpdateAlias', 'kms:UpdateKeyDescription',
  'kms:UpdatePrimaryRegion', 'kms:Verify', 'kms:VerifyMac',
] as const;

/** Actions on an alias and on its key: both must be allowed, the alias by an IAM policy. */
export const ALIAS_ACTIONS = ['kms:CreateAlias', 'kms:UpdateAlias', 'kms:DeleteAlias'] as const;

/** Actions on custom key stores. */
export const CUSTOM_KEY_STORE_ACTIONS = [
  'kms:ConnectCustomKeyStore', 'kms:CreateCustomKeyStore', 'kms:DeleteCustomKeyStore', 'kms:DescribeCustomKeyStores',
  'kms:DisconnectCustomKeyStore', 'kms:UpdateCustomKeyStore',
] as const;

/** Actions on no key: no key policy has a say, IAM alone decides. */
export const ACCOUNT_ACTIONS = [
  'kms:CreateKey', 'kms:GenerateRandom', 'kms:ListAliases', 'kms:ListKeys', 'kms:ListRetirableGrants', ...CUSTOM_KEY_STORE_ACTIONS,
] as const;

/**
 * An action that no key policy gives: "The kms:RetireGrant permission is not effective in a key policy." The grant says who retires it, or an IAM policy of the
 * key's account. KMS Developer Guide, "Retiring and revoking grants".
 */
export const RETIRE_GRANT = 'kms:RetireGrant';

/**
 * Actions that work on a key of another account. Any other is refused whatever both accounts allow. Of Encapsulate and
 * Decapsulate the API Reference says "cross-account use: yes", as it does of all cryptographic operations.
 */
export const CROSS_ACCOUNT_ACTIONS = [
  'kms:CreateGrant', 'kms:Decapsulate', 'kms:Decrypt', 'kms:DeriveSharedSecret', 'kms:DescribeKey', 'kms:Encapsulate', 'kms:Encrypt',
  'kms:GenerateDataKey', 'kms:GenerateDataKeyPair', 'kms:GenerateDataKeyPairWithoutPlaintext', 'kms:GenerateDataKeyWithoutPlaintext',
  'kms:GenerateMac', 'kms:GetKeyRotationStatus', 'kms:GetPublicKey', 'kms:ListGrants', 'kms:ReEncryptFrom', 'kms:ReEncryptTo',
  'kms:RetireGrant', 'kms:RevokeGrant', 'kms:Sign', 'kms:Verify', 'kms:VerifyMac',
] as const;

/** `Operations` of a grant: actions without their prefix. */
export const GRANT_OPERATIONS = [
  'CreateGrant', 'Decapsulate', 'Decrypt', 'DeriveSharedSecret', 'DescribeKey', 'Encapsulate', 'Encrypt', 'GenerateDataKey',
  'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext', 'GenerateMac', 'GetPublicKey',
  'ReEncryptFrom', 'ReEncryptTo', 'RetireGrant', 'Sign', 'Verify', 'VerifyMac',
] as const;

export { createEnvelopeCipher } from './cipher';
export type {
  DecryptedMessage, DecryptOptions, DecryptStreamOptions, EncryptOptions, EncryptStreamOptions, EnvelopeCipher, EnvelopeCipherOptions,
  ReEncryptOptions,
} from './cipher-types';
export { FORBID_ENCRYPT_ALLOW_DECRYPT, REQUIRE_ENCRYPT_ALLOW_DECRYPT, REQUIRE_ENCRYPT_REQUIRE_DECRYPT } from './commitment-policy';
export type { CommitmentPolicy } from './commitment-policy';
export { DataKeyCache } from './data-key-cache';
export type { DataKeyCacheMetrics, DataKeyCacheOptions } from './data-key-cache';
export type { DecryptDataKeyRequest, EncryptedDataKey, GenerateDataKeyRequest, GeneratedDataKey, Keyring, WrapDataKeyRequest } from './keyring';
export type { KmsClients } from './keyrings/kms-clients';
export { KmsDiscoveryKeyring } from './keyrings/kms-discovery-keyring';
export type { KmsDiscoveryKeyringOptions } from './keyrings/kms-discovery-keyring';
export { KmsKeyring } from './keyrings/kms-keyring';
export type { KmsKeyringOptions } from './keyrings/kms-keyring';
export { KmsRsaKeyring } from './keyrings/kms-rsa-keyring';
export type { KmsRsaKeyringOptions } from './keyrings/kms-rsa-keyring';
export { MultiKeyring } from './keyrings/multi-keyring';
export type { MultiKeyringOptions } from './keyrings/multi-keyring';
export { RawAesKeyring } from './keyrings/raw-aes-keyring';
export type { RawAesKeyringOptions } from './keyrings/raw-aes-keyring';
export { RawRsaKeyring } from './keyrings/raw-rsa-keyring';
export type { RawRsaKeyringOptions, RsaPadding } from './keyrings/raw-rsa-keyring';
export type { RsaPrivateKeyInput, RsaPublicKeyInput } from './keyrings/rsa-key';
export type { UnverifiedHeader } from './inspect';
export type { MessageLimits } from './limits';
export { webStreams } from './streams/web-streams';
export type { WebStreams } from './streams/web-streams';
export type { AlgorithmSuite, SuiteSignature, WritableSuiteId } from './suites';

export { ClientEncryptionDuty, ClientEncryptionKey, type ClientEncryptionKeyAttachment, type ClientEncryptionKeyProps } from './client-encryption-key';
export { ClientEncryptionKeyGrants } from './client-encryption-key-grants';
export { KeysmithKey } from './keysmith-key';
export type { KeysmithKeyProps } from './keysmith-key-props';
export type { IKmsService, ServeOptions } from './kms-service';
export { SigningDuty, SigningKey, type SigningKeyAttachment, type SigningKeyProps } from './signing-key';
export { SigningKeyGrants } from './signing-key-grants';
export { DataKeyDuty, SymmetricDataKey, type DataKeyAttachment, type SymmetricDataKeyProps } from './symmetric-data-key';
export { SymmetricDataKeyGrants } from './symmetric-data-key-grants';

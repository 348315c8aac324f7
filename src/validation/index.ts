export { KeyAccess } from './key-access';
export type { KeyAccessAnswer, KeyAccessProps, KeyRequest, RequiredContextProps } from './key-access-types';
export { KmsChecks } from './kms-checks';
export type { KmsChecksProps } from './kms-checks';

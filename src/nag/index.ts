export { KmsChecksPack } from './kms-checks-pack';
export type { KmsChecksPackProps } from './kms-checks-pack';

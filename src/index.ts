export * from './keys';
export { AccountAccess } from './policy/account-access';
export { SigningAlgorithm } from './spec/signing';

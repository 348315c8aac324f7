export * from './keys';
export * from './services';
export { AccountAccess } from './policy/account-access';
export * from './services';
export { SigningAlgorithm } from './spec/signing';

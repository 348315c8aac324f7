export * from './keys';
export * from './monitoring';
export * from './services';
export { AccountAccess } from './policy/account-access';
export { SigningAlgorithm } from './spec/signing';

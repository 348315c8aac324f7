export * from './keys';
export * from './monitoring';
export * from './services';
export * from './signing';
export * from './validation';
export { AccountAccess } from './policy/account-access';
export { SigningAlgorithm } from './spec/signing';

export * from './context';
export * from './direct-cipher';
export * from './errors';
export * from './kms-port';

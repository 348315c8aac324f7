export * from './errors';
export * from './kms-port';

export * from './context';
export * from './errors';
export * from './kms-errors';
export * from './kms-port';

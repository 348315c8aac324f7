export * from './kms-service';

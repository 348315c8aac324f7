import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, reader, writer }: Site): void {
  const bucket = new Bucket(stack, 'Documents', { bucketName: 'orders-documents', encryptionKey: key.forService(KmsService.S3), bucketKeyEnabled: true });
  bucket.grantRead(reader);
  bucket.grantPut(writer);
}

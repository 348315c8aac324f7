import { DeliveryStream, S3Bucket, StreamEncryption } from 'aws-cdk-lib/aws-kinesisfirehose';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key }: Site): void {
  const bucket = new Bucket(stack, 'ClickFiles', { bucketName: 'orders-clicks', encryptionKey: key.forService(KmsService.S3) });
  new DeliveryStream(stack, 'Delivery', {
    encryption: StreamEncryption.customerManagedKey(key.forService(KmsService.FIREHOSE)),
    destination: new S3Bucket(bucket),
  });
}

import { Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, reader, writer }: Site): void {
  const queue = new Queue(stack, 'Inbox', { queueName: 'inbox', encryptionMasterKey: key.forService(KmsService.SQS) });
  queue.grantConsumeMessages(reader);
  queue.grantSendMessages(writer);
  new Bucket(stack, 'Uploads', { bucketName: 'orders-uploads' }).addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(queue));
}

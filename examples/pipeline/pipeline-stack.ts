import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogLevel, NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { DataKeyDuty, KmsService, SymmetricDataKey } from 'cdk-keysmith';

/** Account and Region of the example: a key policy names accounts, so they are known at synth. */
export const ENVIRONMENT = { account: '111122223333', region: 'eu-west-1' };
export const NAMES = { inbox: 'files-inbox', outbox: 'files-outbox', queue: 'files-arrived', letters: 'files-failed', logs: '/files/transform' };

/**
 * Files come encrypted into one bucket, are transformed by a function, and go encrypted into another: partners hand in, the function reads and writes
 * on, recipients read. Nobody can read both sides but the function, and it cannot read what it wrote.
 *
 * One key for each side. Of each hang the bucket, the messages within (encrypted by the client, bound to the name of the file), and on the side where
 * files come in the queue between S3 and the function, the function's log and environment.
 */
export function definePipeline(outdir: string): App {
  const app = new App({ outdir });
  const stack = new Stack(app, 'Files', { env: ENVIRONMENT });
  const [partner, recipient] = ['Partner', 'Recipient'].map((id) => new Role(stack, id, { assumedBy: new AccountRootPrincipal() }));

  const side = (id: string) => new SymmetricDataKey(stack, id, { alias: `files/${id.toLowerCase()}`, contextKeys: ['file'] });
  const [incoming, outgoing] = ['Incoming', 'Outgoing'].map(side);
  const bucketOf = (id: string, bucketName: string, key: SymmetricDataKey) => new Bucket(stack, id, {
    bucketName,
    encryptionKey: key.forService(KmsService.S3),
    bucketKeyEnabled: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
  });
  const inbox = bucketOf('Inbox', NAMES.inbox, incoming);
  const outbox = bucketOf('Outbox', NAMES.outbox, outgoing);

  // S3 tells the queue of each file. That S3 may encrypt for the queue follows from this line.
  const letters = new Queue(stack, 'Failed', { queueName: NAMES.letters, encryptionMasterKey: incoming.forService(KmsService.SQS), enforceSSL: true });
  const arrived = new Queue(stack, 'Arrived', {
    queueName: NAMES.queue,
    encryptionMasterKey: incoming.forService(KmsService.SQS),
    enforceSSL: true,
    visibilityTimeout: Duration.minutes(6),
    deadLetterQueue: { queue: letters, maxReceiveCount: 3 },
  });
  inbox.addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(arrived));

  const transform = defineFunction(stack, incoming, outbox);
  transform.addEventSource(new SqsEventSource(arrived, { reportBatchItemFailures: true }));
  incoming.attachTo(transform, { name: 'INCOMING', duties: [DataKeyDuty.DECRYPT] });
  outgoing.attachTo(transform, { name: 'OUTGOING', duties: [DataKeyDuty.GENERATE_DATA_KEYS] });
  inbox.grantRead(transform);
  outbox.grantPut(transform);

  inbox.grantPut(partner);
  incoming.grants.generateDataKeys(partner);
  outbox.grantRead(recipient);
  outgoing.grants.decrypt(recipient);
  return app;
}

function defineFunction(stack: Stack, key: SymmetricDataKey, outbox: IBucket): NodejsFunction {
  const logGroup = new LogGroup(stack, 'Log', { logGroupName: NAMES.logs, encryptionKey: key.forService(KmsService.LOGS) });
  const role = new Role(stack, 'TransformRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  return new NodejsFunction(stack, 'Transform', {
    functionName: 'files-transform',
    entry: join(__dirname, 'handlers', 'transform.ts'),
    runtime: Runtime.NODEJS_LATEST,
    architecture: Architecture.ARM_64,
    timeout: Duration.minutes(1),
    role,
    logGroup,
    environment: { OUTBOX: outbox.bucketName },
    environmentEncryption: key.forService(KmsService.LAMBDA),
    bundling: { externalModules: ['@aws-sdk/*'], tsconfig: join(__dirname, '..', 'tsconfig.json'), logLevel: LogLevel.WARNING },
  });
}

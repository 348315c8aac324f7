import { Duration } from 'aws-cdk-lib';
import { Stream, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { KinesisEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { KmsService } from '../../../src';
import { almightyRoleIn } from '../../support/deployed';
import { functionIn } from '../support/resources';
import { DEPLOYER, Sample, arnOf } from '../support/sample';

/** A function that puts records into an encrypted stream, and one that gets them, with a queue for those that it fails on. */

const sample = new Sample((stack, key) => {
  const stream = new Stream(stack, 'Clicks', { encryptionKey: key.forService(KmsService.KINESIS), streamMode: StreamMode.ON_DEMAND });
  const failures = new Queue(stack, 'Failures', { encryption: QueueEncryption.KMS, encryptionMasterKey: key.forService(KmsService.SQS) });
  const producer = functionIn(stack, 'Producer', { environment: { STREAM: stream.streamName } });
  stream.grantWrite(producer);
  const consumer = functionIn(stack, 'Consumer');
  consumer.addEventSource(new KinesisEventSource(stream, {
    startingPosition: StartingPosition.TRIM_HORIZON, maxBatchingWindow: Duration.seconds(5), retryAttempts: 3, onFailure: new SqsDlq(failures),
  }));
  return { stream, failures, producer: producer.role!, consumer: consumer.role!, stranger: almightyRoleIn(stack, 'Stranger') };
});

const streamArn = () => arnOf('kinesis', `stream/${sample.id(sample.made.stream)}`);
const queueArn = () => arnOf('sqs', sample.id(sample.made.failures).split('/').pop()!);
const stream = (who: 'producer' | 'consumer' | 'stranger', resource = streamArn()) => sample.via('kinesis', sample.made[who], { resource });

sample.warnsOf();

sample.works([
  ['CloudFormation looks at the key', () => sample.via('kinesis', DEPLOYER, { resource: streamArn() }).look()],
  ['the producer puts a record', () => stream('producer').seal()],
  ['the consumer gets it', async () => stream('consumer').open(await stream('producer').seal())],
  ['the consumer tells the queue what it failed on', async () => {
    const queue = sample.via('sqs', sample.made.consumer, { resource: queueArn() });
    return queue.open(await queue.seal());
  }],
]);

sample.refuses([
  ['the producer gets a record', async () => stream('producer').open(await stream('producer').seal())],
  ['the consumer puts one', () => stream('consumer').seal()],
  ['the producer puts one into another stream', () => stream('producer', arnOf('kinesis', 'stream/other')).seal()],
  ['the producer sends to the queue', () => sample.via('sqs', sample.made.producer, { resource: queueArn() }).seal()],
  ['the consumer decrypts past Kinesis', async () => sample.directly(sample.made.consumer, { 'aws:kinesis:arn': streamArn() }).open(await stream('producer').seal())],
  ['somebody else gets a record', async () => stream('stranger').open(await stream('producer').seal())],
]);

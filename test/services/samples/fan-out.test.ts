import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { KmsService } from '../../../src';
import { OTHER_ACCOUNT, almightyRoleIn, HERE } from '../../support/deployed';
import { functionIn } from '../support/resources';
import { Sample, arnOf } from '../support/sample';

/** One topic, two queues with filters and dead letters, a function behind each: all under one key. */

const sample = new Sample((stack, key) => {
  const topic = new Topic(stack, 'Orders', { masterKey: key.forService(KmsService.SNS) });
  const worker = (id: string, kind: string) => {
    const encrypted = { encryption: QueueEncryption.KMS, encryptionMasterKey: key.forService(KmsService.SQS), enforceSSL: true };
    const letters = new Queue(stack, `${id}Letters`, encrypted);
    const queue = new Queue(stack, id, { ...encrypted, deadLetterQueue: { queue: letters, maxReceiveCount: 3 } });
    topic.addSubscription(new SqsSubscription(queue, { filterPolicy: { kind: SubscriptionFilter.stringFilter({ allowlist: [kind] }) } }));
    const fn = functionIn(stack, `${id}Worker`);
    fn.addEventSource(new SqsEventSource(queue));
    return { queue, letters, role: fn.role! };
  };
  const api = functionIn(stack, 'Api', { environment: { TOPIC: topic.topicArn } });
  topic.grantPublish(api);
  return { topic, billing: worker('Billing', 'bill'), shipping: worker('Shipping', 'ship'), api: api.role!, stranger: almightyRoleIn(stack, 'Stranger') };
});

const topicArn = () => sample.id(sample.made.topic);
const queueArn = (of: 'billing' | 'shipping', which: 'queue' | 'letters' = 'queue') => arnOf('sqs', sample.id(sample.made[of][which]).split('/').pop()!);
const publishes = (who: 'api' | 'stranger', topic = topicArn()) => sample.via('sns', sample.made[who], { resource: topic });
const delivers = (to: 'billing' | 'shipping', sourceArn = topicArn()) => sample.as('sns', { sourceArn, context: { 'aws:sqs:arn': queueArn(to) } });
const receives = (who: 'billing' | 'shipping', queue: string) => sample.via('sqs', sample.made[who].role, { resource: queue });

sample.warnsOf();

sample.works([
  ['the function publishes', async () => publishes('api').open(await publishes('api').seal())],
  ['the topic sends to the one queue', async () => delivers('billing').open(await delivers('billing').seal())],
  ['and to the other', () => delivers('shipping').seal()],
  ['a worker receives from its queue', async () => receives('billing', queueArn('billing')).open(await delivers('billing').seal())],
  ['so does the other', async () => receives('shipping', queueArn('shipping')).open(await delivers('shipping').seal())],
]);

sample.refuses([
  ['the function publishes to another topic', () => publishes('api', arnOf('sns', 'other')).seal()],
  ['the function sends to a queue', () => sample.via('sqs', sample.made.api, { resource: queueArn('billing') }).seal()],
  ['another topic sends', () => delivers('billing', arnOf('sns', 'other')).seal()],
  ['a topic of that name sends, of another account', () => delivers('billing', topicArn().replace(HERE.account, OTHER_ACCOUNT.account)).seal()],
  ['a worker receives from the other\'s queue', async () => receives('billing', queueArn('shipping')).open(await delivers('shipping').seal())],
  ['a worker sends to its queue', () => receives('billing', queueArn('billing')).seal()],
  ['a worker decrypts past SQS', async () => sample.directly(sample.made.billing.role, { 'aws:sqs:arn': queueArn('billing') }).open(await delivers('billing').seal())],
  ['somebody else publishes', () => publishes('stranger').seal()],
]);

import { Duration } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { KmsService } from '../../../src';
import { HERE, OTHER_ACCOUNT, almightyRoleIn, roleIn } from '../../support/deployed';
import { functionIn } from '../support/resources';
import { DEPLOYER, Sample, arnOf } from '../support/sample';

/** An encrypted bus whose rule sends to an encrypted queue, and what it cannot deliver to another. */

const sample = new Sample((stack, key) => {
  const bus = new EventBus(stack, 'Bus', { eventBusName: 'orders', kmsKey: key.forService(KmsService.EVENTBRIDGE) });
  const queueFor = (id: string) => new Queue(stack, id, {
    encryption: QueueEncryption.KMS, encryptionMasterKey: key.forService(KmsService.SQS), enforceSSL: true, retentionPeriod: Duration.days(14),
  });
  const [queue, letters] = [queueFor('Orders'), queueFor('Letters')];
  const rule = new Rule(stack, 'Paid', { eventBus: bus, eventPattern: { source: ['orders'], detailType: ['paid'] } });
  rule.addTarget(new SqsQueue(queue, { deadLetterQueue: letters, retryAttempts: 2 }));
  const worker = functionIn(stack, 'Worker');
  worker.addEventSource(new SqsEventSource(queue));
  const api = functionIn(stack, 'Api');
  bus.grantPutEventsTo(api);
  const support = roleIn(stack, 'Support');
  letters.grantConsumeMessages(support);
  return { rule, queue, letters, worker: worker.role!, api: api.role!, support, stranger: almightyRoleIn(stack, 'Stranger') };
});

const BUS = arnOf('events', 'event-bus/orders');
// CloudFormation refers to a rule of a bus by `<bus>|<name>`.
const ruleArn = (name = sample.id(sample.made.rule).split('|').pop()!, account = HERE.account) => arnOf('events', `rule/orders/${name}`, account);
const queueArn = (which: 'queue' | 'letters') => arnOf('sqs', sample.id(sample.made[which]).split('/').pop()!);
const sends = (to: 'queue' | 'letters', sourceArn = ruleArn()) => sample.as('events', { sourceArn, context: { 'aws:sqs:arn': queueArn(to) } });
const keeps = (bus = BUS) => sample.as('events', { sourceArn: bus, context: { 'aws:events:event-bus:arn': bus } });
const receives = (who: 'worker' | 'support' | 'stranger', from: 'queue' | 'letters') => sample.via('sqs', sample.made[who], { resource: queueArn(from) });

sample.warnsOf();

sample.works([
  ['CloudFormation makes the bus, and the rule', async () => {
    const sealed = await keeps().seal();
    return [await sample.via('events', DEPLOYER, { resource: BUS }).look(), await sample.via('events', DEPLOYER, { resource: BUS }).open(sealed)];
  }],
  ['EventBridge keeps an event', async () => [await keeps().look(), await keeps().open(await keeps().seal())]],
  ['the rule sends it', async () => sends('queue').open(await sends('queue').seal())],
  ['what it cannot send becomes a dead letter', () => sends('letters').seal()],
  ['the worker receives it', async () => receives('worker', 'queue').open(await sends('queue').seal())],
  ['support receives dead letters', async () => receives('support', 'letters').open(await sends('letters').seal())],
]);

sample.refuses([
  ['another bus keeps an event', () => keeps(arnOf('events', 'event-bus/other')).seal()],
  ['another rule sends', () => sends('queue', ruleArn('other')).seal()],
  ['a rule of that name sends, of another account', () => sends('queue', ruleArn(undefined, OTHER_ACCOUNT.account)).seal()],
  ['a rule of that name sends, of another bus', () => sends('queue', ruleArn().replace('/orders/', '/other/')).seal()],
  ['the worker receives dead letters', async () => receives('worker', 'letters').open(await sends('letters').seal())],
  ['support receives orders', async () => receives('support', 'queue').open(await sends('queue').seal())],
  ['whoever sends events uses the key', () => sample.via('events', sample.made.api, { resource: BUS }).seal()],
  ['somebody else receives', async () => receives('stranger', 'queue').open(await sends('queue').seal())],
  ['the worker decrypts past SQS', async () => sample.directly(sample.made.worker, { 'aws:sqs:arn': queueArn('queue') }).open(await sends('queue').seal())],
]);

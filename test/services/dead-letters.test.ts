import { App, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import { Deployed, HERE, roleIn } from '../support/deployed';

/** Messages that are moved to a dead-letter queue stay as they were encrypted: under the key of the queue before it. */

const arn = (name: string) => `arn:aws:sqs:${HERE.region}:${HERE.account}:${name}`;
const LETTERS: Readonly<Record<string, (stack: Stack) => IQueue>> = {
  'with another key': (stack) => {
    return new Queue(stack, 'Letters', { queueName: 'letters', encryptionMasterKey: new SymmetricDataKey(stack, 'LettersKey').forService(KmsService.SQS) });
  },
  'without a key': (stack) => new Queue(stack, 'Letters', { queueName: 'letters' }),
  'of another stack': (stack) => new Queue(new Stack(stack.node.root as App, 'Letters', { env: HERE }), 'Queue', { queueName: 'letters' }),
  'that is imported': (stack) => Queue.fromQueueArn(stack, 'Letters', arn('letters')),
};

function scene(letters: (stack: Stack) => IQueue, receive: (queue: IQueue, role: Role) => unknown, accountAccess?: AccountAccess) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { accountAccess });
  const queue = letters(stack);
  new Queue(stack, 'Orders', { queueName: 'orders', encryptionMasterKey: key.forService(KmsService.SQS), deadLetterQueue: { queue, maxReceiveCount: 3 } });
  new Queue(stack, 'Payroll', { queueName: 'payroll', encryptionMasterKey: key.forService(KmsService.SQS) });
  const role = roleIn(stack, 'Role');
  receive(queue, role);
  const deployed = new Deployed(app);
  return (action = 'kms:Decrypt', name = 'orders', via = ['sqs']) => deployed.outcome(role, action, key, { via: via[0], context: { 'aws:sqs:arn': arn(name) } });
}

describe.each(Object.entries(LETTERS))('a dead-letter queue %s', (_, letters) => {
  test.each([AccountAccess.ADMINISTRATION_ONLY, AccountAccess.DELEGATE_TO_IAM])('whoever receives there decrypts what the queue before it took, and does nothing else (%s)', (access) => {
    const outcome = scene(letters, (queue, role) => queue.grantConsumeMessages(role), access);
    expect([outcome(), outcome('kms:GenerateDataKey'), outcome('kms:Decrypt', 'payroll'), outcome('kms:Decrypt', 'orders', [])])
      .toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied', 'ImplicitlyDenied']);
  });

  test('whoever sends there, or receives from another queue, does not', () => {
    const sends = scene(letters, (queue, role) => queue.grantSendMessages(role));
    const receives = scene(letters, (__, role) => role.addToPolicy(new PolicyStatement({ actions: ['sqs:ReceiveMessage'], resources: [arn('other-letters')] })));
    expect([sends(), receives()]).toEqual(['ImplicitlyDenied', 'ImplicitlyDenied']);
  });
});

test('a policy of the queue itself lets nobody in that CDK grants nothing on the key', () => {
  const outcome = scene(LETTERS['without a key'], (_, role) => role.addToPolicy(new PolicyStatement({ actions: ['sqs:ReceiveMessage'], resources: [arn('orders')] })));
  expect(outcome()).toBe('ImplicitlyDenied');
});

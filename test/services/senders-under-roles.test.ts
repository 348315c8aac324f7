import { App, Duration, Stack } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, StateMachine, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import { SnsPublish, SqsSendMessage } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { functionIn } from './support/resources';
import { KmsService, SymmetricDataKey } from '../../src';
import { Deployed, HERE, roleIn } from '../support/deployed';

/** Who sends to encrypted topics and queues under a role of the app: CDK's constructs let the role send, and often grant it nothing on the key. */

type Place = ReturnType<typeof scene>;

function scene() {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key');
  const [topics, queues] = [key.forService(KmsService.SNS), key.forService(KmsService.SQS)];
  const topic = new Topic(stack, 'Topic', { topicName: 'orders', masterKey: topics });
  const queue = new Queue(stack, 'Queue', { queueName: 'orders', encryptionMasterKey: queues });
  new Topic(stack, 'OtherTopic', { topicName: 'others', masterKey: key.forService(KmsService.SNS) });
  new Queue(stack, 'OtherQueue', { queueName: 'others', encryptionMasterKey: key.forService(KmsService.SQS) });
  return { app, stack, key, topic, queue };
}

const send = (resource: string, actions = ['sqs:SendMessage', 'sns:Publish']) => new PolicyStatement({ actions, resources: [resource] });
const scheduled = ({ stack, queue }: Place): IRole => {
  const target = new LambdaInvoke(functionIn(stack, 'Function'), { deadLetterQueue: queue });
  new Schedule(stack, 'Schedule', { schedule: ScheduleExpression.rate(Duration.days(1)), target });
  return stack.node.children.find((child): child is Role => child instanceof Role)!;
};
const sendingMachine = (stack: Stack, queue: IQueue) => new StateMachine(stack, 'Machine', {
  definitionBody: DefinitionBody.fromChainable(new SqsSendMessage(stack, 'Send', { queue, messageBody: TaskInput.fromText('paid') })),
});
const withPolicy = ({ stack }: Place, statement: PolicyStatement) => {
  const role = roleIn(stack, 'Role');
  role.addToPolicy(statement);
  return role;
};

describe.each<[string, 'sns' | 'sqs', (place: Place) => IRole]>([
  ['a function whose dead letters go to the queue', 'sqs', ({ stack, queue }) => functionIn(stack, 'Function', { deadLetterQueue: queue }).role!],
  ['a function whose dead letters go to the topic', 'sns', ({ stack, topic }) => functionIn(stack, 'Function', { deadLetterTopic: topic }).role!],
  ['a state machine that publishes', 'sns', ({ stack, topic }) => new StateMachine(stack, 'Machine', {
    definitionBody: DefinitionBody.fromChainable(new SnsPublish(stack, 'Publish', { topic, message: TaskInput.fromText('paid') })),
  }).role],
  ['a state machine that sends to the queue by its ARN', 'sqs', ({ stack, queue }) => sendingMachine(stack, Queue.fromQueueArn(stack, 'ByArn', queue.queueArn)).role],
  ['a schedule whose dead letters go to the queue', 'sqs', scheduled],
  ['a role with a policy of its author\'s for the queue', 'sqs', (place) => withPolicy(place, send(place.queue.queueArn))],
  ['a role with a policy of its author\'s for the topic, by its name', 'sns', (place) => withPolicy(place, send(`arn:aws:sns:${HERE.region}:${HERE.account}:orders`))],
  ['a role with a policy for its name, in whatever Region and account', 'sqs', (place) => withPolicy(place, send('arn:aws:sqs:*:*:orders'))],
  ['a role with a policy that writes out the ARN with pseudo parameters', 'sqs', (place) => withPolicy(place, send(place.stack.formatArn({ service: 'sqs', resource: 'orders' })))],
  ['a role with a grant of the queue', 'sqs', ({ stack, queue }) => {
    const role = roleIn(stack, 'Role');
    queue.grantSendMessages(role);
    return role;
  }],
])('%s', (_, via, senderIn) => {
  test('uses the key to send there, through the service, and for nothing else, in one statement', () => {
    const place = scene();
    const role = senderIn(place);
    const deployed = new Deployed(place.app);
    const context = (name: string) => ({ [via === 'sns' ? 'aws:sns:topicArn' : 'aws:sqs:arn']: `arn:aws:${via}:${HERE.region}:${HERE.account}:${name}` });
    const may = (action: string, name = 'orders', through: string = via) => deployed.outcome(role, action, place.key, { via: through, context: context(name) });
    expect([may('kms:GenerateDataKey'), may('kms:Decrypt')]).toEqual(['Allowed', 'Allowed']);
    const direct = deployed.outcome(role, 'kms:GenerateDataKey', place.key, { context: context('orders') });
    expect([may('kms:Encrypt'), may('kms:GenerateDataKey', 'others'), may('kms:GenerateDataKey', 'orders', 's3'), direct]).toEqual(Array(4).fill('ImplicitlyDenied'));
    const statements = [deployed.keyOf(place.key).policy.Statement].flat();
    expect(statements.filter(({ Principal }) => JSON.stringify(Principal).includes(deployed.arnOf(role)))).toHaveLength(1);
  });
});

test.each<[string, (place: Place) => PolicyStatement]>([
  ['receive', ({ queue }) => send(queue.queueArn, ['sqs:ReceiveMessage'])],
  ['subscribe', ({ topic }) => send(topic.topicArn, ['sns:Subscribe'])],
  ['send anywhere', () => send('*')],
  ['send to others', () => send(`arn:aws:sqs:${HERE.region}:${HERE.account}:orders-2`)],
  ['send to one of that name, of another account', () => send(`arn:aws:sqs:${HERE.region}:444455556666:orders`)],
  ['send to one of that name, of another Region', () => send(`arn:aws:sqs:us-east-1:${HERE.account}:orders`)],
  ['publish to one of that name, of another account', ({ stack }) => send(`arn:${stack.partition}:sns:${stack.region}:444455556666:orders`)],
])('a role that may %s is not granted the key to send', (_, statement) => {
  const place = scene();
  const role = withPolicy(place, statement(place));
  const deployed = new Deployed(place.app);
  const topic = deployed.outcome(role, 'kms:GenerateDataKey', place.key, { via: 'sns', context: { 'aws:sns:topicArn': `arn:aws:sns:${HERE.region}:${HERE.account}:orders` } });
  const queue = deployed.outcome(role, 'kms:GenerateDataKey', place.key, { via: 'sqs', context: { 'aws:sqs:arn': `arn:aws:sqs:${HERE.region}:${HERE.account}:orders` } });
  expect([topic, queue]).toEqual(['ImplicitlyDenied', 'ImplicitlyDenied']);
});

test('a state machine that sends to the queue itself names the view in a policy, and is told what to do instead', () => {
  const { app, stack, queue } = scene();
  sendingMachine(stack, queue);
  expect(() => app.synth()).toThrow(/is an identity policy that names the view of 'Shop\/Key' for Amazon SQS: .* give it Queue\.fromQueueArn\(…, queue\.queueArn\), and its role is granted the key/);
});

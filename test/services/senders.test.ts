import { App, CfnParameter, CfnResource, Duration, NestedStack, Stack } from 'aws-cdk-lib';
import { BackupVault } from 'aws-cdk-lib/aws-backup';
import { Trail } from 'aws-cdk-lib/aws-cloudtrail';
import { Alarm, CfnAlarm, CompositeAlarm, AlarmRule, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { CfnRule, EventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { SnsTopic, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Bucket, CfnBucket, EventType } from 'aws-cdk-lib/aws-s3';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { SnsDestination, SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { CfnSubscription, Topic } from 'aws-cdk-lib/aws-sns';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { ANNOTATIONS_IN_VALIDATION_REPORT, CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { bucketIn } from './support/resources';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT } from '../support/deployed';

/** Who has a service send to an encrypted topic or queue: found in the app, and let in with the source that the service tells. */

/** What `cdk init` sets, but for the report of warnings that synthesis prints. */
const CONTEXT = { ...CURRENTLY_RECOMMENDED_FLAGS, [ANNOTATIONS_IN_VALIDATION_REPORT]: false };
const metric = new Metric({ namespace: 'Orders', metricName: 'Lost' });
const everyDay = Schedule.rate(Duration.days(1));
const topicIn = (scope: Stack, masterKey: IKey) => new Topic(scope, 'Topic', { topicName: 'orders', masterKey });
const queueIn = (scope: Stack, encryptionMasterKey: IKey) => new Queue(scope, 'Queue', { queueName: 'orders', encryptionMasterKey });
const alarmOn = (scope: Stack, target: ITopic, alarmName?: string) => {
  const alarm = new Alarm(scope, 'Alarm', { alarmName, metric, threshold: 1, evaluationPeriods: 1 });
  alarm.addAlarmAction(new SnsAction(target));
  return alarm;
};
const bucketOn = (scope: Stack, target: Topic | Queue, bucketName?: string) => notify(new Bucket(scope, 'Bucket', { bucketName }), target);
const notify = (bucket: IBucket, target: Topic | Queue) =>
  bucket.addEventNotification(EventType.OBJECT_CREATED, target instanceof Topic ? new SnsDestination(target) : new SqsDestination(target));
const importedOn = (scope: Stack, target: Topic | Queue, bucketName: string) => notify(Bucket.fromBucketName(scope, 'Bucket', bucketName), target);
const ruleOn = (scope: Stack, target: Topic | Queue, ruleName?: string) =>
  new Rule(scope, 'Rule', { ruleName, schedule: everyDay, targets: [target instanceof Topic ? new SnsTopic(target) : new SqsQueue(target)] });
const subscribe = (scope: Stack, target: Queue, topicName?: string) => new Topic(scope, 'Topic', { topicName }).addSubscription(new SqsSubscription(target));

/** One who sends to one. `source` is the ARN that the service tells. */
interface Pair {
  readonly service: string;
  readonly to: 'topic' | 'queue';
  /** Makes whoever sends, of this name or of one that CloudFormation makes. */
  readonly send: (scope: Stack, target: never, name?: string) => unknown;
  /** The same from another stack, where CDK's own constructs of the two would make stacks wait for each other: the policy of the target names the bucket. */
  readonly sendAcross?: (scope: Stack, target: never, name: string) => unknown;
  readonly source?: (name: string, account: string) => string;
  /** What CloudFormation's names begin with, in stack `Shop`. */
  readonly generated: string;
}

const PAIRS: Readonly<Record<string, Pair>> = {
  'an alarm and a topic': {
    service: 'cloudwatch.amazonaws.com', to: 'topic', send: alarmOn, generated: 'Shop-Alarm7103F465-', source: (name, account) => `arn:aws:cloudwatch:eu-west-1:${account}:alarm:${name}`,
  },
  'a bucket and a topic': { service: 's3.amazonaws.com', to: 'topic', send: bucketOn, sendAcross: importedOn, generated: 'shop-bucket83908e77-', source: (name) => `arn:aws:s3:::${name}` },
  'a rule and a topic': { service: 'events.amazonaws.com', to: 'topic', send: ruleOn, generated: 'Shop-Rule4C995B7F-' },
  'a bucket and a queue': { service: 's3.amazonaws.com', to: 'queue', send: bucketOn, sendAcross: importedOn, generated: 'shop-bucket83908e77-', source: (name) => `arn:aws:s3:::${name}` },
  'a rule and a queue': {
    service: 'events.amazonaws.com', to: 'queue', send: ruleOn, generated: 'Shop-Rule4C995B7F-', source: (name, account) => `arn:aws:events:eu-west-1:${account}:rule/${name}`,
  },
  'a topic and a queue': {
    service: 'sns.amazonaws.com', to: 'queue', send: subscribe, generated: 'Shop-TopicBFC7AF6E-', source: (name, account) => `arn:aws:sns:eu-west-1:${account}:${name}`,
  },
};
const pairs = Object.entries(PAIRS);

/** The keys that resources are given: a view, or a key of CDK. */
const given = (key: SymmetricDataKey | Key, to: Pair['to']) => {
  if (key instanceof Key) return key;
  return key.forService(to === 'topic' ? KmsService.SNS : KmsService.SQS);
};
const targetIn = (scope: Stack, key: SymmetricDataKey | Key, to: Pair['to']) => (to === 'topic' ? topicIn(scope, given(key, to)) : queueIn(scope, given(key, to))) as never;

function home(props: { accountAccess?: AccountAccess } = {}) {
  const app = new App({ context: CONTEXT });
  const stack = new Stack(app, 'Shop', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key', props) };
}

/** What the services may do once the app is deployed. */
function judge(app: App, key: SymmetricDataKey | Key, { service, to, source }: Pair) {
  const deployed = new Deployed(app);
  const resource = to === 'topic' ? 'aws:sns:topicArn' : 'aws:sqs:arn';
  const outcome = (name: string, { account = HERE.account, target = 'orders', action = 'kms:GenerateDataKey', who = service } = {}) => deployed.outcome(who, action, key, {
    context: { [resource]: `arn:aws:${to === 'topic' ? 'sns' : 'sqs'}:eu-west-1:${HERE.account}:${target}` },
    conditionKeys: source && { 'aws:SourceArn': source(name, account), 'aws:SourceAccount': account },
  });
  const statements = [deployed.keyOf(key).policy.Statement].flat().filter(({ Principal }) => JSON.stringify(Principal).includes(service));
  return { outcome, statements };
}

const warnings = (key: SymmetricDataKey) => key.node.defaultChild!.node.metadata.map(({ data }) => String(data)).filter((text) => text.includes('cdk-keysmith:'));

describe.each(pairs)('%s', (_, pair) => {
  const { service, to, send, sendAcross = send, source, generated } = pair;

  test('of literal names: the one is let in for the other, with two actions, once', () => {
    const { app, stack, key } = home();
    send(stack, targetIn(stack, key, to), 'ours');
    const { outcome, statements } = judge(app, key, pair);
    expect(['kms:GenerateDataKey', 'kms:Decrypt', 'kms:Encrypt', 'kms:ReEncryptFrom', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:CreateGrant'].map((action) => outcome('ours', { action })))
      .toEqual(['Allowed', 'Allowed', ...Array<string>(4).fill('ImplicitlyDenied')]);
    expect(outcome('ours', { who: 'ses.amazonaws.com' })).toBe('ImplicitlyDenied');
    expect(statements).toHaveLength(1);
    expect(warnings(key)).toEqual([]);
  });

  if (source) {
    test('another of the same kind is not, nor one of another account', () => {
      const { app, stack, key } = home();
      send(stack, targetIn(stack, key, to), 'ours');
      const { outcome } = judge(app, key, pair);
      expect([outcome('theirs'), outcome('ours2'), outcome('ours', { account: OTHER_ACCOUNT.account })]).toEqual(Array(3).fill('ImplicitlyDenied'));
    });

    test('of a generated name: whose name begins so', () => {
      const { app, stack, key } = home();
      send(stack, targetIn(stack, key, to));
      const { outcome } = judge(app, key, pair);
      expect([outcome(`${generated}Abc123Def456`), outcome('Shop-Other-Abc123Def456')]).toEqual(['Allowed', 'ImplicitlyDenied']);
      expect(warnings(key)).toEqual([]);
    });

    test('of a name that only deployment knows: any of the account, and synthesis says which name narrows it', () => {
      const { app, stack, key } = home();
      send(stack, targetIn(stack, key, to), new CfnParameter(stack, 'Name').valueAsString);
      const { outcome } = judge(app, key, pair);
      expect([outcome('any'), outcome('any', { account: OTHER_ACCOUNT.account })]).toEqual(['Allowed', 'ImplicitlyDenied']);
      expect(warnings(key)).toEqual([expect.stringMatching(/^nobody knows the name of 'Shop\/\w+' before it is deployed, and it has \S+ send to .* A literal \w*Name narrows that/)]);
    });
  } else {
    test('the service is let in for that topic, and for no other: it tells no source', () => {
      const { app, stack, key } = home();
      send(stack, targetIn(stack, key, to), 'ours');
      const { outcome } = judge(app, key, pair);
      expect([outcome('ours', { target: 'orders' }), outcome('ours', { target: 'payroll' })]).toEqual(['Allowed', 'ImplicitlyDenied']);
    });
  }

  test('not where nothing sends', () => {
    const { app, stack, key } = home();
    targetIn(stack, key, to);
    expect(judge(app, key, pair).outcome('ours')).toBe('ImplicitlyDenied');
  });

  test('not where it sends to what has another key', () => {
    const { app, stack, key } = home();
    targetIn(stack, key, to);
    const other = new Stack(app, 'Other', { env: HERE });
    sendAcross(stack, targetIn(other, new SymmetricDataKey(other, 'Key'), to), 'ours');
    expect(judge(app, key, pair).outcome('ours')).toBe('ImplicitlyDenied');
  });

  test.each<[string, (made: ReturnType<typeof home>) => readonly [sender: Stack, target: Stack]]>([
    ['the sender in another stack', ({ app, stack }) => [new Stack(app, 'Away', { env: HERE }), stack]],
    ['both in another stack than the key', ({ app }) => Array<Stack>(2).fill(new Stack(app, 'Away', { env: HERE })) as unknown as readonly [Stack, Stack]],
    ['both in a nested stack', ({ stack }) => Array<Stack>(2).fill(new NestedStack(stack, 'Nested')) as unknown as readonly [Stack, Stack]],
  ])('with %s', (__, stacks) => {
    const made = home();
    const [sender, target] = stacks(made);
    sendAcross(sender, targetIn(target, made.key, to), 'ours');
    const { outcome } = judge(made.app, made.key, pair);
    expect([outcome('ours'), source ? outcome('theirs') : outcome('', { target: 'payroll' })]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('where IAM decides', () => {
    const { app, stack, key } = home({ accountAccess: AccountAccess.DELEGATE_TO_IAM });
    send(stack, targetIn(stack, key, to), 'ours');
    const { outcome } = judge(app, key, pair);
    expect([outcome('ours'), source ? outcome('theirs') : outcome('', { target: 'payroll' })]).toEqual(['Allowed', 'ImplicitlyDenied']);
    expect(warnings(key)).toEqual([]);
  });

  test(`${service} is let in for the names of now, whatever is added after the policy was looked at`, () => {
    const { app, stack, key } = home();
    const target = targetIn(stack, key, to);
    stack.resolve((key.node.defaultChild as unknown as { keyPolicy: unknown }).keyPolicy);
    send(stack, target, 'ours');
    expect(judge(app, key, pair).outcome('ours')).toBe('Allowed');
  });
});

describe('what plain CDK does, and a view does not', () => {
  const both = (name: string, look: (outcome: ReturnType<typeof judge>['outcome']) => unknown) => {
    const pair = PAIRS[name];
    const { app, stack, key } = home();
    pair.send(stack, targetIn(stack, key, pair.to), 'ours');
    const plain = new App({ context: CONTEXT });
    const plainStack = new Stack(plain, 'Shop', { env: HERE });
    const plainKey = new Key(plainStack, 'Key');
    pair.send(plainStack, targetIn(plainStack, plainKey, pair.to), 'ours');
    return [look(judge(plain, plainKey, pair).outcome), look(judge(app, key, pair).outcome)];
  };

  test('an alarm says nothing: CloudWatch may not use the key of the topic', () => {
    expect(both('an alarm and a topic', (outcome) => outcome('ours'))).toEqual(['ImplicitlyDenied', 'Allowed']);
  });

  test('a bucket of any account sends to the queue', () => {
    const theirs = { account: OTHER_ACCOUNT.account };
    expect(both('a bucket and a queue', (outcome) => [outcome('ours'), outcome('theirs', theirs)])).toEqual([['Allowed', 'Allowed'], ['Allowed', 'ImplicitlyDenied']]);
  });

  test('a rule publishes under the key to any topic', () => {
    expect(both('a rule and a topic', (outcome) => [outcome('ours'), outcome('ours', { target: 'theirs' })])).toEqual([['Allowed', 'Allowed'], ['Allowed', 'ImplicitlyDenied']]);
  });

  test('a rule that sends to a queue may encrypt and move what is encrypted', () => {
    const actions = ['kms:GenerateDataKey', 'kms:Encrypt', 'kms:ReEncryptFrom'];
    expect(both('a rule and a queue', (outcome) => actions.map((action) => outcome('ours', { action }))))
      .toEqual([['Allowed', 'Allowed', 'Allowed'], ['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']]);
  });
});

describe('senders', () => {
  const { 'an alarm and a topic': alarm, 'a bucket and a queue': bucket, 'a rule and a queue': rule, 'a topic and a queue': subscription, 'a rule and a topic': ruleToTopic } = PAIRS;

  test('that are encrypted under the same key make no cycle', () => {
    const { app, stack, key } = home();
    const topic = topicIn(stack, key.forService(KmsService.SNS));
    const queue = queueIn(stack, key.forService(KmsService.SQS));
    const encrypted = bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'ours');
    encrypted.addEventNotification(EventType.OBJECT_REMOVED, new SnsDestination(topic));
    encrypted.addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(queue));
    topic.addSubscription(new SqsSubscription(queue));
    expect([judge(app, key, bucket).outcome('ours'), judge(app, key, subscription).outcome('orders'), judge(app, key, subscription).outcome('others')])
      .toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']);
  });

  test('of one topic do not use the key for another that has a view of its own', () => {
    const { app, stack, key } = home();
    alarmOn(stack, topicIn(stack, key.forService(KmsService.SNS)), 'ours');
    new Topic(stack, 'Payroll', { topicName: 'payroll', masterKey: key.forService(KmsService.SNS) });
    const { outcome } = judge(app, key, alarm);
    expect([outcome('ours'), outcome('ours', { target: 'payroll' })]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('may be several: each is let in, in one statement', () => {
    const { app, stack, key } = home();
    const topic = topicIn(stack, key.forService(KmsService.SNS));
    const one = alarmOn(stack, topic, 'ours');
    const action = new SnsAction(topic);
    new Alarm(stack, 'Calm', { alarmName: 'calm', metric, threshold: 1, evaluationPeriods: 1 }).addOkAction(action);
    new Alarm(stack, 'Deaf', { alarmName: 'deaf', metric, threshold: 1, evaluationPeriods: 1 });
    new CompositeAlarm(stack, 'Both', { compositeAlarmName: 'both', alarmRule: AlarmRule.fromAlarm(one, 'ALARM' as never) }).addInsufficientDataAction(action);
    const { outcome, statements } = judge(app, key, alarm);
    expect(['ours', 'calm', 'both', 'deaf'].map((name) => outcome(name))).toEqual(['Allowed', 'Allowed', 'Allowed', 'ImplicitlyDenied']);
    expect(statements).toHaveLength(1);
  });

  test.each<[string, string, 'Allowed' | 'ImplicitlyDenied']>([
    ['this Region and account', `arn:aws:sns:eu-west-1:${HERE.account}:orders`, 'Allowed'],
    ['another topic', `arn:aws:sns:eu-west-1:${HERE.account}:orders2`, 'ImplicitlyDenied'],
    ['another Region', `arn:aws:sns:us-east-1:${HERE.account}:orders`, 'ImplicitlyDenied'],
    ['another account', `arn:aws:sns:eu-west-1:${OTHER_ACCOUNT.account}:orders`, 'ImplicitlyDenied'],
    ['another service', `arn:aws:sqs:eu-west-1:${HERE.account}:orders`, 'ImplicitlyDenied'],
  ])('that write out an ARN, of %s', (_, arn, expected) => {
    const { app, stack, key } = home();
    topicIn(stack, key.forService(KmsService.SNS));
    new CfnAlarm(stack, 'Alarm', { alarmName: 'ours', comparisonOperator: 'GreaterThanThreshold', evaluationPeriods: 1, alarmActions: [arn] });
    expect(judge(app, key, alarm).outcome('ours')).toBe(expected);
  });

  test('that write out an ARN with pseudo parameters', () => {
    const { app, stack, key } = home();
    queueIn(stack, key.forService(KmsService.SQS));
    const queueArn = stack.formatArn({ service: 'sqs', resource: 'orders' });
    new CfnBucket(stack, 'Bucket', { bucketName: 'ours', notificationConfiguration: { queueConfigurations: [{ event: 's3:ObjectCreated:*', queue: queueArn }] } });
    const { outcome } = judge(app, key, bucket);
    expect([outcome('ours'), outcome('theirs')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test.each<[string, (stack: Stack) => string | undefined, readonly string[]]>([
    ['of the default bus', () => undefined, ['rule/ours']],
    ['of the default bus, said so', () => 'default', ['rule/ours']],
    ['of a bus', () => 'shop', ['rule/shop/ours']],
    ['of a bus that is made here', (stack) => new EventBus(stack, 'Bus', { eventBusName: 'shop' }).eventBusName, ['rule/shop/ours']],
    ['of a bus that only deployment knows', (stack) => new CfnParameter(stack, 'Bus').valueAsString, ['rule/ours', 'rule/any/ours']],
  ])('that are rules %s', (_, eventBusName, sources) => {
    const { app, stack, key } = home();
    const queue = queueIn(stack, key.forService(KmsService.SQS));
    new CfnRule(stack, 'Rule', { name: 'ours', eventBusName: eventBusName(stack), eventPattern: { source: ['a'] }, targets: [{ id: 'One', arn: queue.queueArn }] });
    const { outcome } = judge(app, key, { ...rule, source: (name, account) => `arn:aws:events:eu-west-1:${account}:${name}` });
    const asked = ['rule/ours', 'rule/shop/ours', 'rule/any/ours'].filter((each) => each !== 'rule/shop/ours' || sources.length === 1);
    expect(asked.filter((each) => outcome(each) === 'Allowed')).toEqual(sources);
    expect(outcome('rule/theirs')).toBe('ImplicitlyDenied');
  });

  test('that are targets under a role of the app let in nobody: the role calls', () => {
    const { app, stack, key } = home();
    const target = topicIn(stack, key.forService(KmsService.SNS));
    new CfnRule(stack, 'Rule', {
      name: 'ours',
      scheduleExpression: 'rate(1 day)',
      targets: [{ id: 'One', arn: target.topicArn, roleArn: `arn:aws:iam::${HERE.account}:role/Sender` }, { id: 'Two', arn: 'arn:aws:sns:eu-west-1:111122223333:other' }],
    });
    expect(judge(app, key, ruleToTopic).statements).toEqual([]);
  });

  test('of dead letters: a rule and a subscription', () => {
    const { app, stack, key } = home();
    const letters = queueIn(stack, key.forService(KmsService.SQS));
    const open = new Queue(stack, 'Open');
    new Rule(stack, 'Rule', { ruleName: 'ours', schedule: everyDay, targets: [new SqsQueue(open, { deadLetterQueue: letters })] });
    new Topic(stack, 'Sender', { topicName: 'ours' }).addSubscription(new SqsSubscription(open, { deadLetterQueue: letters }));
    expect([rule, subscription].map((pair) => ['ours', 'theirs'].map((name) => judge(app, key, pair).outcome(name)))).toEqual(Array(2).fill(['Allowed', 'ImplicitlyDenied']));
  });

  test('of dead letters: a bus, for what it cannot encrypt, and no rule beside it', () => {
    const { app, stack, key } = home();
    const deadLetterQueue = queueIn(stack, key.forService(KmsService.SQS));
    new EventBus(stack, 'Bus', { eventBusName: 'ours', kmsKey: key.forService(KmsService.EVENTBRIDGE), deadLetterQueue });
    new Rule(stack, 'Rule', { ruleName: 'ours', schedule: everyDay, targets: [new SqsQueue(new Queue(stack, 'Open'))] });
    const { outcome } = judge(app, key, { ...rule, source: (name, account) => `arn:aws:events:eu-west-1:${account}:${name}` });
    const sends = ['event-bus/ours', 'event-bus/theirs', 'rule/ours'].map((name) => outcome(name));
    expect([...sends, outcome('event-bus/ours', { account: OTHER_ACCOUNT.account })]).toEqual(['Allowed', ...Array<string>(3).fill('ImplicitlyDenied')]);
    expect(outcome('event-bus/ours', { action: 'kms:Encrypt' })).toBe('ImplicitlyDenied');
  });

  test('that are imported topics of other accounts and Regions are let in by their ARN', () => {
    const { app, stack, key } = home();
    const queue = queueIn(stack, key.forService(KmsService.SQS));
    const topicArn = `arn:aws:sns:us-east-1:${OTHER_ACCOUNT.account}:theirs`;
    Topic.fromTopicArn(stack, 'Theirs', topicArn).addSubscription(new SqsSubscription(queue));
    const { outcome, statements } = judge(app, key, { ...subscription, source: (arn) => arn });
    expect([outcome(topicArn), outcome(topicArn.replace('theirs', 'others')), outcome(topicArn.replace(OTHER_ACCOUNT.account, HERE.account))])
      .toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']);
    expect(statements).toHaveLength(1);
  });

  test('that are imported buckets are let in by their name', () => {
    const { app, stack, key } = home();
    notify(Bucket.fromBucketName(stack, 'Imported', 'ours'), queueIn(stack, key.forService(KmsService.SQS)));
    const { outcome, statements } = judge(app, key, bucket);
    expect([outcome('ours'), outcome('theirs')]).toEqual(['Allowed', 'ImplicitlyDenied']);
    expect(statements).toHaveLength(1);
  });

  describe.each<[string, Pair, KmsService, (scope: Stack, keyArn: string) => unknown, string]>([
    ['a queue', subscription, KmsService.SQS, (scope, keyArn) => {
      const queue = Queue.fromQueueAttributes(scope, 'Queue', { queueArn: `arn:aws:sqs:eu-west-1:${HERE.account}:orders`, keyArn });
      return new Topic(scope, 'Topic', { topicName: 'ours' }).addSubscription(new SqsSubscription(queue));
    }, 'sqs:SendMessage'],
    ['a topic', alarm, KmsService.SNS, (scope, keyArn) => {
      const topic = Topic.fromTopicAttributes(scope, 'Topic', { topicArn: `arn:aws:sns:eu-west-1:${HERE.account}:orders`, keyArn });
      return alarmOn(scope, topic, 'ours');
    }, 'sns:Publish'],
  ])('to %s that was imported with the ARN of the view', (_, pair, service, send, action) => {
    test.each(Object.values(AccountAccess))('are let in, under %s', (accountAccess) => {
      const { app, stack, key } = home({ accountAccess });
      send(stack, key.forService(service).keyArn);
      const { outcome, statements } = judge(app, key, pair);
      expect([outcome('ours'), outcome('theirs'), outcome('ours', { account: OTHER_ACCOUNT.account })]).toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']);
      expect(statements).toHaveLength(1);
      expect(warnings(key)).toEqual([]);
    });

    test('are not where it was imported with the ARN of another view', () => {
      const { app, stack, key } = home();
      key.forService(service);
      send(stack, new SymmetricDataKey(stack, 'Other').forService(service).keyArn);
      expect(judge(app, key, pair).outcome('ours')).toBe('ImplicitlyDenied');
    });

    test('and so is whom a policy of the app lets send', () => {
      const { app, stack, key } = home();
      send(stack, key.forService(service).keyArn);
      const [role, stranger] = ['Role', 'Stranger'].map((id) => new Role(stack, id, { roleName: id, assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
      const [via] = action.split(':');
      role.addToPolicy(new PolicyStatement({ actions: [action], resources: [`arn:aws:${via}:eu-west-1:${HERE.account}:orders`] }));
      const deployed = new Deployed(app);
      const context = (name: string) => ({ [via === 'sns' ? 'aws:sns:topicArn' : 'aws:sqs:arn']: `arn:aws:${via}:eu-west-1:${HERE.account}:${name}` });
      const outcomes = [[role, 'orders'], [role, 'payroll'], [stranger, 'orders']] as const;
      expect(outcomes.map(([who, name]) => deployed.outcome(who, 'kms:GenerateDataKey', key, { via, context: context(name) }))).toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']);
    });
  });

  test('of a stack of another account are let in for that account', () => {
    const { app, stack, key } = home();
    const topic = topicIn(stack, key.forService(KmsService.SNS));
    const away = new Stack(app, 'Away', { env: OTHER_ACCOUNT });
    alarmOn(away, Topic.fromTopicArn(away, 'Topic', `arn:aws:sns:eu-west-1:${HERE.account}:orders`), 'ours');
    expect(topic.topicName).toBeDefined();
    const { outcome } = judge(app, key, alarm);
    expect([outcome('ours', { account: OTHER_ACCOUNT.account }), outcome('ours')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('by a subscription of a topic\'s own list', () => {
    const { app, stack, key } = home();
    const queue = queueIn(stack, key.forService(KmsService.SQS));
    new CfnResource(stack, 'Sender', { type: 'AWS::SNS::Topic', properties: { TopicName: 'ours', Subscription: [{ Protocol: 'sqs', Endpoint: queue.queueArn }] } });
    expect(['ours', 'theirs'].map((name) => judge(app, key, subscription).outcome(name))).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('by a subscription that writes out both ARNs', () => {
    const { app, stack, key } = home();
    queueIn(stack, key.forService(KmsService.SQS));
    const arn = (service: string, name: string) => `arn:aws:${service}:eu-west-1:${HERE.account}:${name}`;
    new CfnSubscription(stack, 'Subscription', { protocol: 'sqs', topicArn: arn('sns', 'ours'), endpoint: arn('sqs', 'orders') });
    expect(['ours', 'theirs'].map((name) => judge(app, key, subscription).outcome(name))).toEqual(['Allowed', 'ImplicitlyDenied']);
  });
});

describe('a service that no row is for', () => {
  const outcomes = (send: (stack: Stack, topic: Topic) => unknown, service: string) => {
    const { app, stack, key } = home();
    const topic = topicIn(stack, key.forService(KmsService.SNS));
    new Topic(stack, 'Payroll', { topicName: 'payroll', masterKey: key.forService(KmsService.SNS) });
    send(stack, topic);
    const { outcome, statements } = judge(app, key, { ...PAIRS['a rule and a topic'], service });
    expect(statements).toHaveLength(1);
    return [outcome(''), outcome('', { target: 'payroll' }), outcome('', { action: 'kms:Encrypt' }), outcome('', { who: 'ses.amazonaws.com' })];
  };

  test.each<[string, string, (stack: Stack, notificationTopic: Topic) => unknown]>([
    ['a backup vault', 'backup.amazonaws.com', (stack, notificationTopic) => new BackupVault(stack, 'Vault', { notificationTopic })],
    ['a trail', 'cloudtrail.amazonaws.com', (stack, snsTopic) => new Trail(stack, 'Trail', { snsTopic })],
    ['its author', 'budgets.amazonaws.com', (_, topic) => topic.grantPublish(new ServicePrincipal('budgets.amazonaws.com'))],
  ])('and that %s lets publish (%s) does so to that topic, and to no other', (_, service, send) => {
    expect(outcomes(send, service)).toEqual(['Allowed', ...Array<string>(3).fill('ImplicitlyDenied')]);
  });

  test('keeps the conditions of its principal', () => {
    const { app, stack, key } = home();
    const conditions = { StringEquals: { 'aws:SourceAccount': HERE.account } };
    topicIn(stack, key.forService(KmsService.SNS)).grantPublish(new ServicePrincipal('budgets.amazonaws.com', { conditions }));
    const { outcome } = judge(app, key, { ...PAIRS['a rule and a topic'], service: 'budgets.amazonaws.com', source: (name, account) => `arn:aws:budgets::${account}:${name}` });
    expect([outcome('budget/a'), outcome('budget/a', { account: OTHER_ACCOUNT.account })]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('sends to no queue: what it would tell stands on no page', () => {
    const { stack, key } = home();
    expect(() => key.forService(KmsService.SQS).grantEncrypt(new ServicePrincipal('budgets.amazonaws.com'))).toThrow("'budgets.amazonaws.com' is not known to use keys for Amazon SQS");
    expect(stack.node.children).toHaveLength(1);
  });
});

describe('a service that is granted by name, where nothing in the app tells who sends', () => {
  const bucket = PAIRS['a bucket and a topic'];
  const granted = (conditions?: object, build: (stack: Stack, topic: Topic) => void = () => undefined) => {
    const { app, stack, key } = home();
    const topic = topicIn(stack, key.forService(KmsService.SNS));
    build(stack, topic);
    topic.grantPublish(new ServicePrincipal('s3.amazonaws.com', { conditions: { ...conditions } }));
    return { key, ...judge(app, key, bucket) };
  };
  const from = (name: string) => ({ ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${name}` } });

  test('is let in for its account, and synthesis says what narrows that', () => {
    const { key, outcome } = granted();
    expect([outcome('any'), outcome('any', { account: OTHER_ACCOUNT.account })]).toEqual(['Allowed', 'ImplicitlyDenied']);
    expect(warnings(key)).toEqual([expect.stringContaining('nothing in the app tells who sends')]);
  });

  test('is let in for whatever of its account sends, where several kinds do: rules and buses', () => {
    const { app, stack, key } = home();
    const queue = queueIn(stack, key.forService(KmsService.SQS));
    queue.encryptionMasterKey!.grant(new ServicePrincipal('events.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey*');
    const { outcome, statements } = judge(app, key, { ...PAIRS['a rule and a queue'], source: (name, account) => `arn:aws:events:eu-west-1:${account}:${name}` });
    expect(['rule/any', 'event-bus/any', 'archive/any'].map((name) => outcome(name))).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']);
    expect(outcome('rule/any', { account: OTHER_ACCOUNT.account })).toBe('ImplicitlyDenied');
    expect(statements).toHaveLength(2);
    expect(warnings(key)).toEqual([expect.stringContaining('nothing in the app tells who sends')]);
  });

  test('is let in for the source that is said, of its account', () => {
    const { key, outcome } = granted(from('ours'));
    expect([outcome('ours'), outcome('theirs'), outcome('ours', { account: OTHER_ACCOUNT.account })]).toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']);
    expect(warnings(key)).toEqual([]);
  });

  test('is let in for that one beside those that are told', () => {
    const { outcome, statements } = granted(from('imported'), (stack, topic) => void bucketOn(stack, topic, 'ours'));
    expect([outcome('ours'), outcome('imported'), outcome('theirs')]).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']);
    expect(statements).toHaveLength(2);
  });

  test('is let in once for one that is told', () => {
    const { statements } = granted(from('ours'), (stack, topic) => void bucketOn(stack, topic, 'ours'));
    expect(statements).toHaveLength(1);
  });
});

import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Cluster } from 'aws-cdk-lib/aws-ecs';
import { EventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { SnsTopic, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { ArnPrincipal, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { CustomerManagedEncryptionConfiguration, DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { AccountAccess, KmsService, ServiceCall, ServiceRowTime, ServiceUser, SymmetricDataKey } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT } from '../support/deployed';

/** Statements that let in services without saying for whose resources, as constructs of CDK add them to keys that were given themselves. */

const DELEGATES = AccountAccess.DELEGATE_TO_IAM;

function home(accountAccess?: AccountAccess) {
  const app = new App();
  const stack = new Stack(app, 'Home', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key', { accountAccess }) };
}

type Use = (scope: Stack, key: SymmetricDataKey) => unknown;

const queue = (scope: Stack, encryptionMasterKey: IKey) => new Queue(scope, 'Queue', { encryptionMasterKey });
const topic = (scope: Stack, masterKey: IKey) => new Topic(scope, 'Topic', { masterKey });
const daily = (scope: Stack) => new Rule(scope, 'Rule', { schedule: Schedule.rate(Duration.days(1)) });
const notified = (scope: Stack, target: Queue) => new Bucket(scope, 'Bucket').addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(target));
const machine: Use = (scope, key) => new StateMachine(scope, 'Machine', {
  stateMachineName: 'machine',
  definitionBody: DefinitionBody.fromChainable(new Pass(scope, 'Pass')),
  encryptionConfiguration: new CustomerManagedEncryptionConfiguration(key),
  logs: { destination: new LogGroup(scope, 'Logs') },
});
const filter: Use = (scope, filterEncryption) => new Function(scope, 'Function', { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('//') })
  .addEventSource(new SqsEventSource(new Queue(scope, 'Queue'), { filters: [{ a: 1 }], filterEncryption }));
const cluster: Use = (scope, fargateEphemeralStorageKmsKey) => new Cluster(scope, 'Cluster', { managedStorageConfiguration: { fargateEphemeralStorageKmsKey } });

function warnings(stack: Stack): string[] {
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('without saying for whose resources')).map(({ entry }) => String(entry.data));
}

describe('where IAM decides, what CDK adds works, and synthesis warns of who else could use it, and how that is narrowed', () => {
  test.each<[string, string, Use, RegExp]>([
    ['a bucket that notifies a queue', 's3.amazonaws.com', (scope, key) => notified(scope, queue(scope, key)),
      /^s3\.amazonaws\.com may use 'Home\/Key', for 'Home\/Queue', without saying for whose resources: a bucket of any account [^]* aws:SourceAccount/],
    ['a rule that publishes to a topic', 'events.amazonaws.com', (scope, key) => daily(scope).addTarget(new SnsTopic(topic(scope, key))),
      /for 'Home\/Topic', [^]*a rule of any account [^]*kms:EncryptionContext:aws:sns:topicArn/],
    ['a rule that sends to a queue', 'events.amazonaws.com', (scope, key) => daily(scope).addTarget(new SqsQueue(queue(scope, key))), /for 'Home\/Queue', [^]*aws:SourceArn, the ARN of the rule/],
    ['a topic that sends to a queue', 'sns.amazonaws.com', (scope, key) => new Topic(scope, 'Topic').addSubscription(new SqsSubscription(queue(scope, key))), /a topic of any account/],
    ['filters of an event source', 'lambda.amazonaws.com', filter, /an event source mapping of any account [^]*key\.forService\(KmsService\.LAMBDA\)/],
  ])('%s', (_, service, use, message) => {
    const { app, stack, key } = home(DELEGATES);
    use(stack, key);
    const [warning, ...more] = warnings(stack);
    expect(more).toEqual([]);
    expect(warning).toMatch(message);
    const deployed = new Deployed(app);
    expect([service, 'ses.amazonaws.com'].map((who) => deployed.outcome(who, 'kms:Decrypt', key))).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('deliveries of the logs of a state machine are let in for this account, as AWS has it, and there is nothing to warn of', () => {
    const { app, stack, key } = home(DELEGATES);
    machine(stack, key);
    const deployed = new Deployed(app);
    const outcome = (account: string) => deployed.outcome('delivery.logs.amazonaws.com', 'kms:Decrypt', key, { context: { SourceArn: `arn:aws:logs:eu-west-1:${account}:*` } });
    expect([HERE, OTHER_ACCOUNT].map(({ account }) => outcome(account))).toEqual(['Allowed', 'ImplicitlyDenied']);
    expect(warnings(stack)).toEqual([]);
  });

  test('what nothing has the key for is refused, as are services that nobody knows to do so', () => {
    const grant = (service: string, make: Use) => () => {
      const { app, stack, key } = home(DELEGATES);
      make(stack, key);
      key.addToResourcePolicy(new PolicyStatement({ actions: ['kms:Decrypt'], resources: ['*'], principals: [new ServicePrincipal(service)] }));
      app.synth();
    };
    expect(grant('sns.amazonaws.com', topic)).toThrow(/anybody's resources: [^]*CDK may have added it for what has the key itself, 'Home\/Topic'\. If you know better: key\.overruleRefusal\(resource, 'why'\)/);
    expect(grant('ses.amazonaws.com', queue)).toThrow("lets the service act for anybody's resources");
    expect(grant('sns.amazonaws.com', queue)).not.toThrow();
  });
});

describe('overruleRefusal lets such statements stand', () => {
  const ses = (conditions?: object) => new PolicyStatement({ actions: ['kms:Decrypt'], resources: ['*'], principals: [new ServicePrincipal('ses.amazonaws.com')], conditions: { ...conditions } });

  test.each<[string, AccountAccess, (scope: Stack, key: SymmetricDataKey) => unknown, string]>([
    ['that CDK adds', AccountAccess.ADMINISTRATION_ONLY, (scope, key) => {
      const target = queue(scope, key);
      key.overruleRefusal(target, 'buckets of this app notify it');
      return notified(scope, target);
    }, 's3.amazonaws.com'],
    ['that CDK grants', AccountAccess.ADMINISTRATION_ONLY, (scope, key) => {
      const target = topic(scope, key);
      key.overruleRefusal(target, 'rules of this app publish to it');
      return daily(scope).addTarget(new SnsTopic(target));
    }, 'events.amazonaws.com'],
    ['for services that nobody knows', DELEGATES, (scope, key) => {
      key.addToResourcePolicy(ses());
      return key.overruleRefusal(queue(scope, key), 'mail is received there');
    }, 'ses.amazonaws.com'],
  ])('%s', (_, access, use, service) => {
    const { app, stack, key } = home(access);
    use(stack, key);
    expect(new Deployed(app).outcome(service, 'kms:Decrypt', key)).toBe('Allowed');
    expect(warnings(stack)).toEqual([]);
  });

  test('and no others: of a resource that has another key, whole accounts, services that own the policy', () => {
    const refused = (statement: PolicyStatement, overrule: Use) => () => {
      const { app, stack, key } = home(DELEGATES);
      overrule(stack, key);
      key.addToResourcePolicy(statement);
      app.synth();
    };
    const knowing: Use = (scope, key) => key.overruleRefusal(queue(scope, key), 'why not');
    const owning = new PolicyStatement({ actions: ['kms:PutKeyPolicy'], resources: ['*'], principals: [new ServicePrincipal('ses.amazonaws.com')] });
    expect(refused(ses(), (scope, key) => key.overruleRefusal(new Bucket(scope, 'Bucket'), 'why not'))).toThrow("anybody's resources");
    expect(refused(owning, knowing)).toThrow('allows kms:PutKeyPolicy, which gives everything away');
    expect(refused(ses(), knowing)).not.toThrow();
  });
});

describe('grants that a service makes', () => {
  const CONTEXT = { 'aws:ecs:clusterAccount': HERE.account };
  const create = (operations: unknown, operator = 'ForAllValues:StringEquals', principal = new ServicePrincipal('fargate.amazonaws.com') as ServicePrincipal | ArnPrincipal) => () => {
    const { app, key } = home(DELEGATES);
    const conditions = { StringEquals: { 'kms:EncryptionContext:aws:ecs:clusterAccount': HERE.account }, [operator]: { 'kms:GrantOperations': operations } };
    key.addToResourcePolicy(new PolicyStatement({ actions: ['kms:CreateGrant'], resources: ['*'], principals: [principal], conditions }));
    app.synth();
  };

  test('for uses of the key, as CDK writes it for Fargate', () => {
    const { app, stack, key } = home(DELEGATES);
    cluster(stack, key);
    const deployed = new Deployed(app);
    const outcome = (operation: string) =>
      deployed.outcome('fargate.amazonaws.com', 'kms:CreateGrant', key, { context: CONTEXT, parameters: { Operations: [operation] } });
    expect([outcome('Decrypt'), outcome('Encrypt')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('stand, as AWS writes it', () => expect(create(['Decrypt'])).not.toThrow());

  test.each<[string, () => void]>([
    ['for grants of grants', create(['Decrypt', 'CreateGrant'])],
    ['for some uses at least', create(['Decrypt'], 'ForAnyValue:StringEquals')],
    ['for a pattern of uses', create(['*'], 'ForAllValues:StringLike')],
    ['by a role', create(['Decrypt'], undefined, new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/Maker`))],
  ])('%s are refused', (_, make) => expect(make).toThrow('allows kms:CreateGrant, which gives everything away'));
});

describe('a view whose service lists a sender', () => {
  const PAGE = { page: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html', date: '2026-11-28' };
  const rows = { when: ServiceRowTime.GRANTED, shape: ServiceCall.THROUGH_SERVICE, via: 'sqs.{region}.amazonaws.com', ...PAGE };
  const SQS = KmsService.of({
    name: 'Sqs',
    title: 'Amazon SQS',
    keyProperties: [{ resourceType: 'AWS::SQS::Queue', path: 'KmsMasterKeyId' }],
    rows: [
      { sid: 'ReadSqs', who: ServiceUser.READER, actions: ['kms:Decrypt'], ...rows },
      { sid: 'WriteSqs', who: ServiceUser.WRITER, actions: ['kms:Decrypt', 'kms:GenerateDataKey'], ...rows },
      {
        sid: 'S3ToSqs',
        who: ServiceUser.SERVICE,
        when: ServiceRowTime.GRANTED,
        shape: ServiceCall.AS_SERVICE,
        principal: 's3.amazonaws.com',
        sourceAccount: '{account}',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        ...PAGE,
      },
    ],
  });

  test('says of it what its row says, and not what CDK adds', () => {
    const { app, stack, key } = home();
    notified(stack, queue(stack, key.forService(SQS)));
    const deployed = new Deployed(app);
    const outcome = (account: string) => deployed.outcome('s3.amazonaws.com', 'kms:GenerateDataKey', key, { conditionKeys: { 'aws:SourceAccount': account, 'aws:SourceArn': 'arn:aws:s3:::any' } });
    expect([HERE, OTHER_ACCOUNT].map(({ account }) => outcome(account))).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('refuses what CDK adds for others', () => {
    const { app, stack, key } = home();
    new Topic(stack, 'Topic').addSubscription(new SqsSubscription(queue(stack, key.forService(SQS))));
    expect(() => app.synth()).toThrow("lets the service act for anybody's resources");
  });

  test('unless somebody knows better of all that have the view', () => {
    const { app, stack, key } = home();
    const target = queue(stack, key.forService(SQS));
    new Topic(stack, 'Topic').addSubscription(new SqsSubscription(target));
    key.overruleRefusal(target, 'topics of this app send to it');
    expect(new Deployed(app).outcome('sns.amazonaws.com', 'kms:Decrypt', key)).toBe('Allowed');
  });
});

test('a bus that CDK made lets in EventBridge for this bus: there is nothing to warn of', () => {
  const { app, stack, key } = home(DELEGATES);
  new EventBus(stack, 'Bus', { eventBusName: 'orders', kmsKey: key });
  app.synth();
  expect(warnings(stack)).toEqual([]);
});

import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { AutoScalingGroup, ScalingEvents } from 'aws-cdk-lib/aws-autoscaling';
import { BackupVault } from 'aws-cdk-lib/aws-backup';
import { Trail } from 'aws-cdk-lib/aws-cloudtrail';
import { Repository } from 'aws-cdk-lib/aws-codecommit';
import { InstanceType, LaunchTemplate, MachineImage } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { ConfigurationSet, EmailSendingEvent, EventDestination, ReceiptRuleSet } from 'aws-cdk-lib/aws-ses';
import { Sns } from 'aws-cdk-lib/aws-ses-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { vpcIn } from './support/resources';
import { KmsService, SymmetricDataKey } from '../../src';
import { AccountAccess } from '../../src/policy/account-access';
import { Deployed, HERE, OTHER_ACCOUNT } from '../support/deployed';

/** Services that publish to encrypted topics besides alarms, rules and buckets: found by the resource that names the topic, and bound to the topic. */

const NO = 'ImplicitlyDenied';
const of = (name: string) => ({ context: { 'aws:sns:topicArn': `arn:aws:sns:${HERE.region}:${HERE.account}:${name}` } });
const ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt'];

type Send = (scope: Stack, topic: ITopic) => unknown;
const plain = (type: string, properties: (arn: string) => object): Send => (scope, { topicArn }) => new CfnResource(scope, 'Sender', { type, properties: { ...properties(topicArn) } });

interface Source {
  readonly principals: readonly string[];
  readonly send: Send;
  /** What the service tells KMS of whom it sends for, where its page says so, and near misses. */
  readonly conditionKeys?: Record<string, string>;
  readonly others?: readonly Record<string, string>[];
}

const account = (id: string) => ({ 'aws:SourceAccount': id });
const matchmaker = (name: string, id = HERE.account) => ({ 'aws:SourceArn': `arn:aws:gamelift:${HERE.region}:${id}:matchmakingconfiguration/${name}` });

const SOURCES: Readonly<Record<string, Source>> = {
  'a notification rule': {
    principals: ['codestar-notifications.amazonaws.com'], send: (scope, topic) => new Repository(scope, 'Sender', { repositoryName: 'code' }).notifyOnPullRequestCreated('Notify', topic),
  },
  'a repository': { principals: ['codecommit.amazonaws.com'], send: (scope, topic) => new Repository(scope, 'Sender', { repositoryName: 'code' }).notify(topic.topicArn) },
  'a trail': { principals: ['cloudtrail.amazonaws.com'], send: (scope, snsTopic) => new Trail(scope, 'Sender', { snsTopic }) },
  'a vault of backups': { principals: ['backup.amazonaws.com'], send: (scope, notificationTopic) => new BackupVault(scope, 'Sender', { notificationTopic }) },
  'a configuration set': {
    principals: ['ses.amazonaws.com'],
    send: (scope, topic) => new ConfigurationSet(scope, 'Sender').addEventDestination('To', { destination: EventDestination.snsTopic(topic), events: [EmailSendingEvent.BOUNCE] }),
  },
  'a rule for mail': {
    principals: ['ses.amazonaws.com'], send: (scope, topic) => new ReceiptRuleSet(scope, 'Sender', { rules: [{ actions: [new Sns({ topic })], recipients: ['a@example.com'] }] }),
  },
  'events of databases': { principals: ['events.rds.amazonaws.com'], send: plain('AWS::RDS::EventSubscription', (SnsTopicArn) => ({ SnsTopicArn })) },
  'events of Redshift': { principals: ['redshift.amazonaws.com'], send: plain('AWS::Redshift::EventSubscription', (SnsTopicArn) => ({ SnsTopicArn, SubscriptionName: 'events' })) },
  'events of migrations': { principals: ['dms.amazonaws.com'], send: plain('AWS::DMS::EventSubscription', (SnsTopicArn) => ({ SnsTopicArn })) },
  'an incident': {
    principals: ['ssm-incidents.amazonaws.com', 'ssm-contacts.amazonaws.com'],
    send: plain('AWS::SSMIncidents::ResponsePlan', (arn) => ({ Name: 'plan', IncidentTemplate: { Title: 'i', Impact: 1 }, ChatChannel: { ChatbotSns: [arn] } })),
  },
  'a budget': {
    principals: ['budgets.amazonaws.com'],
    send: plain('AWS::Budgets::Budget', (Address) => ({
      Budget: { BudgetType: 'COST', TimeUnit: 'MONTHLY' },
      NotificationsWithSubscribers: [{
        Notification: { ComparisonOperator: 'GREATER_THAN', NotificationType: 'ACTUAL', Threshold: 80 },
        Subscribers: [{ SubscriptionType: 'EMAIL', Address: 'a@example.com' }, { SubscriptionType: 'SNS', Address }],
      }],
    })),
  },
  'an anomaly of costs': {
    principals: ['costalerts.amazonaws.com'],
    send: plain('AWS::CE::AnomalySubscription', (Address) => ({ SubscriptionName: 's', Frequency: 'IMMEDIATE', MonitorArnList: ['arn'], Subscribers: [{ Type: 'SNS', Address }] })),
    conditionKeys: account(HERE.account),
    others: [account(OTHER_ACCOUNT.account), {}],
  },
  'a matchmaker': {
    principals: ['gamelift.amazonaws.com'],
    send: plain('AWS::GameLift::MatchmakingConfiguration', (NotificationTarget) => ({
      Name: 'match', NotificationTarget, AcceptanceRequired: false, RequestTimeoutSeconds: 60, RuleSetName: 'rules',
    })),
    conditionKeys: matchmaker('match'),
    others: [matchmaker('match-2'), matchmaker('match', OTHER_ACCOUNT.account), {}],
  },
};

function shop(send: Send, accountAccess?: AccountAccess) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { alias: 'events', accountAccess });
  const view = key.forService(KmsService.SNS);
  send(stack, new Topic(stack, 'Topic', { topicName: 'events', masterKey: view }));
  new Topic(stack, 'Other', { topicName: 'others', masterKey: view });
  return { app, stack, key, view };
}

describe.each(Object.entries(SOURCES))('%s', (_, { principals, send, conditionKeys = {}, others = [] }) => {
  test.each([AccountAccess.ADMINISTRATION_ONLY, AccountAccess.DELEGATE_TO_IAM])('publishes to the topic that it names, and to no other with the key, under %s', (access) => {
    const { app, key } = shop(send, access);
    const deployed = new Deployed(app);
    for (const principal of principals) {
      const ask = (action: string, call: object) => deployed.outcome(principal, action, key, { conditionKeys, ...call });
      expect(ACTIONS.map((action) => ask(action, of('events')))).toEqual(['Allowed', 'Allowed']);
      expect([ask('kms:Decrypt', of('others')), ask('kms:Decrypt', {}), ask('kms:Encrypt', of('events'))]).toEqual([NO, NO, NO]);
      expect(others.map((keys) => ask('kms:Decrypt', { ...of('events'), conditionKeys: keys }))).toEqual(others.map(() => NO));
    }
  });

  test('is found in another stack, by the name of the topic', () => {
    const { app, key } = shop(() => {});
    const other = new Stack(app, 'Other', { env: HERE });
    send(other, Topic.fromTopicArn(other, 'Topic', `arn:aws:sns:${HERE.region}:${HERE.account}:events`));
    const deployed = new Deployed(app);
    expect(principals.map((principal) => deployed.outcome(principal, 'kms:Decrypt', key, { conditionKeys, ...of('events') }))).toEqual(principals.map(() => 'Allowed'));
  });

  test('that is not there lets nobody in', () => {
    const { app, key } = shop(() => {});
    const deployed = new Deployed(app);
    expect(principals.map((principal) => deployed.outcome(principal, 'kms:Decrypt', key, { conditionKeys, ...of('events') }))).toEqual(principals.map(() => NO));
  });
});

test('under a plain key, what databases tell is lost: nothing lets in RDS', () => {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key: IKey = new Key(stack, 'Key');
  SOURCES['events of databases'].send(stack, new Topic(stack, 'Topic', { topicName: 'events', masterKey: key }));
  expect(new Deployed(app).outcome('events.rds.amazonaws.com', 'kms:GenerateDataKey', key, of('events'))).toBe(NO);
});

test('a group of Auto Scaling publishes by its service-linked role, through SNS, to the topic that it names', () => {
  const { app, key } = shop((scope, topic) => {
    const machineImage = MachineImage.genericLinux({ [HERE.region]: 'ami-1' });
    const launchTemplate = new LaunchTemplate(scope, 'Template', { machineImage, instanceType: new InstanceType('t3.micro') });
    return new AutoScalingGroup(scope, 'Group', { vpc: vpcIn(scope), launchTemplate, notifications: [{ topic, scalingEvents: ScalingEvents.ALL }] });
  });
  const deployed = new Deployed(app);
  const role = (name: string) => `arn:aws:iam::${HERE.account}:role/aws-service-role/autoscaling.amazonaws.com/${name}`;
  const ask = (name: string, call: object) => deployed.outcome(role(name), 'kms:GenerateDataKey', key, call);
  expect(ask('AWSServiceRoleForAutoScaling', { via: 'sns', ...of('events') })).toBe('Allowed');
  expect([
    ask('AWSServiceRoleForAutoScaling', of('events')),
    ask('AWSServiceRoleForAutoScaling', { via: 'sns', ...of('others') }),
    ask('AWSServiceRoleForAutoScaling', { via: 'sqs', ...of('events') }),
    ask('Another', { via: 'sns', ...of('events') }),
  ]).toEqual([NO, NO, NO, NO]);
});

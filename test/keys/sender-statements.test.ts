import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { ArnPrincipal, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { SnsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AccountAccess, SymmetricDataKey } from '../../src';
import { Deployed, HERE } from '../support/deployed';

/** Services that use a key for what another resource sends: where IAM decides, nobody lets them in, and synthesis says so. */

type Use = (scope: Stack, key: SymmetricDataKey) => unknown;

const topic: Use = (scope, masterKey) => new Topic(scope, 'Topic', { masterKey });
const topicOf = (scope: Stack, masterKey?: SymmetricDataKey) => new Topic(scope, 'Topic', { masterKey });
const queueOf = (scope: Stack, encryptionMasterKey: SymmetricDataKey) => new Queue(scope, 'Queue', { encryptionMasterKey });
const alarmOn = (scope: Stack, target: Topic) =>
  new Alarm(scope, 'Alarm', { metric: new Metric({ namespace: 'Orders', metricName: 'Lost' }), threshold: 1, evaluationPeriods: 1 }).addAlarmAction(new SnsAction(target));
const notified = (scope: Stack, target: Topic) => new Bucket(scope, 'Bucket').addEventNotification(EventType.OBJECT_CREATED, new SnsDestination(target));
const rule = (scope: Stack, target: object) => new CfnRule(scope, 'Rule', { scheduleExpression: 'rate(1 day)', targets: [{ id: 'One', arn: 'arn', ...target }] });
const launching = (type: string, properties: (template: object) => object, data = {}): Use => (scope, key) => {
  const template = new CfnResource(scope, 'Template', {
    type: 'AWS::EC2::LaunchTemplate',
    properties: { LaunchTemplateData: { ...data, BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, KmsKeyId: key.keyArn } }] } },
  });
  return new CfnResource(scope, 'Group', { type, properties: { ...properties({ LaunchTemplateId: template.ref, Version: '1' }) } });
};
const GROUP = 'AWS::AutoScaling::AutoScalingGroup';
const groupOf = (LaunchTemplate: object) => ({ MinSize: '1', MaxSize: '1', LaunchTemplate });
const group = launching(GROUP, groupOf);
const nodesOf = (CapacityType?: string) => launching('AWS::EKS::Nodegroup', (LaunchTemplate) => ({ ClusterName: 'c', NodeRole: 'r', Subnets: ['s'], CapacityType, LaunchTemplate }));

function home(use: Use, accountAccess = AccountAccess.DELEGATE_TO_IAM) {
  const app = new App();
  const stack = new Stack(app, 'Home', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { accountAccess });
  use(stack, key);
  const warnings = () => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('no IAM policy of yours lets that in')).map(({ entry }) => String(entry.data));
  return { app, key, warnings };
}

const SERVICE_LINKED = `arn:aws:iam::${HERE.account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
const sends = ['kms:GenerateDataKey', 'kms:Decrypt'];
const volumes = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];
const own = { StringEquals: { 'aws:SourceAccount': HERE.account } };
const allow = (principal: IPrincipal, actions: string[], conditions: object = own) => new PolicyStatement({ principals: [principal], actions, resources: ['*'], conditions: { ...conditions } });

const SENDERS: [string, Use, string, string][] = [
  ['an alarm and a topic', (scope, key) => alarmOn(scope, topicOf(scope, key)), "'Home/Alarm' has cloudwatch.amazonaws.com use 'Home/Key', which 'Home/Topic' has", 'cloudwatch.amazonaws.com'],
  ['a bucket and a topic', (scope, key) => notified(scope, topicOf(scope, key)), "'Home/Bucket/Notifications' has s3.amazonaws.com use 'Home/Key', which 'Home/Topic' has", 's3.amazonaws.com'],
  ['a rule and a topic', (scope, key) => rule(scope, { arn: topicOf(scope, key).topicArn }), "'Home/Rule' has events.amazonaws.com use", 'events.amazonaws.com'],
  ['a rule and a queue', (scope, key) => rule(scope, { arn: queueOf(scope, key).queueArn }), "'Home/Rule' has events.amazonaws.com use", 'events.amazonaws.com'],
  ['a rule and its dead letters', (scope, key) => rule(scope, { deadLetterConfig: { arn: queueOf(scope, key).queueArn } }), "'Home/Rule' has events.amazonaws.com use", 'events.amazonaws.com'],
  ['a subscription and a queue', (scope, key) => new CfnResource(scope, 'Subscription', {
    type: 'AWS::SNS::Subscription', properties: { Protocol: 'sqs', TopicArn: topicOf(scope).topicArn, Endpoint: queueOf(scope, key).queueArn },
  }), "'Home/Subscription' has sns.amazonaws.com use", 'sns.amazonaws.com'],
];

describe('synthesis warns, naming the statement, of', () => {
  test.each(SENDERS)('%s', (_, use, message, service) => {
    const { app, key, warnings } = home(use);
    const [warning, ...more] = warnings();
    expect(more).toEqual([]);
    expect(warning).toContain(message);
    expect(warning).toContain(`a statement that allows kms:GenerateDataKey, kms:Decrypt to ${service}, with `);
    expect(new Deployed(app).outcome(service, 'kms:Decrypt', key, { conditionKeys: { 'aws:SourceAccount': HERE.account } })).toBe('ImplicitlyDenied');
  });

  test.each<[string, Use, string[]]>([
    ['a group', group, ['AutoScaling']],
    ['a group of several instance types, which may be Spot ones', launching(GROUP, (LaunchTemplateSpecification) => ({
      MinSize: '1', MaxSize: '1', MixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification } },
    })), ['AutoScaling', 'EC2Spot']],
    ['a group whose template asks for Spot Instances', launching(GROUP, groupOf, { InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { MaxPrice: '1' } } }), ['AutoScaling', 'EC2Spot']],
    ['a group whose template asks for blocks of capacity', launching(GROUP, groupOf, { InstanceMarketOptions: { MarketType: 'capacity-block' } }), ['AutoScaling']],
    ['a group of nodes', nodesOf(), ['AutoScaling']],
    ['a group of Spot nodes', nodesOf('SPOT'), ['AutoScaling', 'EC2Spot']],
    ['a fleet', launching('AWS::EC2::EC2Fleet', (LaunchTemplateSpecification) => ({
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification }], TargetCapacitySpecification: { TotalTargetCapacity: 1 },
    })), ['EC2Spot']],
  ])('%s and its launch template', (_, use, roles) => {
    const { warnings } = home(use);
    expect(warnings()).toEqual(roles.map((role) => expect.stringMatching(
      new RegExp(`^'Home/Group' has arn:…:iam::${HERE.account}:role/aws-service-role/.*AWSServiceRoleFor${role} use 'Home/Key', which 'Home/Template' has.*kms:CreateGrant`),
    )));
  });
});

describe('there is nothing to warn of', () => {
  test.each(SENDERS)('with the statement, for %s', (_, use, __, service) => {
    const { app, key, warnings } = home((scope, own_) => {
      use(scope, own_);
      own_.addToResourcePolicy(allow(new ServicePrincipal(service), sends));
    });
    expect(warnings()).toEqual([]);
    expect(new Deployed(app).outcome(service, 'kms:Decrypt', key, { conditionKeys: { 'aws:SourceAccount': HERE.account } })).toBe('Allowed');
  });

  test.each<[string, Use]>([
    ['for a group, with its service-linked role', (scope, key) => {
      group(scope, key);
      key.addToResourcePolicy(allow(new ArnPrincipal(SERVICE_LINKED), volumes, {}));
      key.addToResourcePolicy(allow(new ArnPrincipal(SERVICE_LINKED), ['kms:CreateGrant'], { Bool: { 'kms:GrantIsForAWSResource': 'true' } }));
    }],
    ['for a topic that nothing sends to', topic],
    ['for an alarm on a topic without the key', (scope, key) => [queueOf(scope, key), alarmOn(scope, topicOf(scope))]],
    ['for a rule that sends under a role', (scope, key) => rule(scope, { arn: queueOf(scope, key).queueArn, roleArn: 'arn:aws:iam::111122223333:role/Sender' })],
    ['for a topic that was overruled', (scope, key) => {
      const target = topicOf(scope, key);
      alarmOn(scope, target);
      key.overruleRefusal(target, 'alarms go elsewhere too');
    }],
  ])('%s', (_, use) => expect(home(use).warnings()).toEqual([]));

  test('but with the role of another account there is', () => {
    const { warnings } = home((scope, key) => {
      group(scope, key);
      key.addToResourcePolicy(allow(new ArnPrincipal(SERVICE_LINKED.replace(HERE.account, '444455556666')), volumes, {}));
    });
    expect(warnings()).toHaveLength(1);
  });
});

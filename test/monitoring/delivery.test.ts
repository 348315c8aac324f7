import { App, Stack } from 'aws-cdk-lib';
import { SlackChannelConfiguration } from 'aws-cdk-lib/aws-chatbot';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaAction, SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';
import { NEW_APP, rulesOf, shop } from './support/scene';
import { KeyAlarmTopic, KeyAlarms, KmsService, KmsTrail, SymmetricDataKey } from '../../src';
import type { KeyAlarmsProps } from '../../src';
import { decide } from '../../src/authz';
import type { PolicyDocument, PolicyStatement } from '../../src/authz/types';
import { startLocalKms } from '../../src/testing';
import { functionIn } from '../services/support/resources';
import { Deployed, HERE, OTHER_ACCOUNT, almightyRoleIn } from '../support/deployed';

/** Alarms arrive: the topic's policy lets the sender publish, and its key lets it encrypt. */

const trail = KmsTrail.elsewhere('the trail of the organization');

interface Sender {
  readonly principal: string;
  readonly conditionKeys?: Readonly<Record<string, string>>;
}

const alarmOf = (account: string, name = 'Payroll-Overdue'): Sender => ({
  principal: 'cloudwatch.amazonaws.com', conditionKeys: { 'aws:SourceArn': `arn:aws:cloudwatch:${HERE.region}:${account}:alarm:${name}`, 'aws:SourceAccount': account },
});
/** EventBridge tells encrypted topics no source. */
const RULE: Sender = { principal: 'events.amazonaws.com' };

/** The topic's policy by the engine that judges key policies: `sns:Publish` on the topic stands for a use of a key, and whatever else it says is refused. */
function mayPublish(deployed: Deployed, topic: ITopic, { principal, conditionKeys }: Sender): boolean {
  const arn = deployed.deployment.physicalId(Stack.of(topic).stackName, Stack.of(topic).getLogicalId(topic.node.defaultChild as never))!;
  const [{ properties }] = deployed.deployment.resources('AWS::SNS::TopicPolicy').filter(({ properties: { Topics } }) => (Topics as string[]).includes(arn));
  const policy = properties.PolicyDocument as PolicyDocument;
  const Statement = [policy.Statement].flat().map((statement: PolicyStatement) => {
    expect([statement.Action, statement.Resource]).toEqual(['sns:Publish', arn]);
    return { ...statement, Action: 'kms:GenerateDataKey', Resource: '*' };
  });
  const key = { arn: `arn:aws:kms:${HERE.region}:${HERE.account}:key/topic`, policy: { Version: '2012-10-17', Statement }, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' };
  return decide({ identities: deployed.deployment.identities }, { principal, action: 'kms:GenerateDataKey', key, conditionKeys }).allowed;
}

function mayEncrypt(deployed: Deployed, topic: ITopic, key: IConstruct, { principal, conditionKeys }: Sender): boolean {
  const arn = deployed.deployment.physicalId(Stack.of(topic).stackName, Stack.of(topic).getLogicalId(topic.node.defaultChild as never))!;
  return ['kms:GenerateDataKey', 'kms:Decrypt'].every((action) => deployed.outcome(principal, action, key, { context: { 'aws:sns:topicArn': arn }, conditionKeys }) === 'Allowed');
}

function outcomes(app: App, topic: ITopic, key: IConstruct, senders: Readonly<Record<string, Sender>>): Record<string, string> {
  const deployed = new Deployed(app);
  return Object.fromEntries(Object.entries(senders).map(([who, sender]) => {
    const lost = [...mayPublish(deployed, topic, sender) ? [] : ['topic policy'], ...mayEncrypt(deployed, topic, key, sender) ? [] : ['key policy']];
    return [who, lost.length ? `lost at the ${lost.join(' and the ')}` : 'arrives'];
  }));
}

/** A rule, and all alarms that send to a topic, under the names that they are deployed with. */
function sendersTo(app: App, topic: ITopic): Record<string, Sender> {
  const { deployment } = new Deployed(app);
  const arn = deployment.physicalId(Stack.of(topic).stackName, Stack.of(topic).getLogicalId(topic.node.defaultChild as never))!;
  const alarms = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'].flatMap((type) => deployment.resources(type)).filter(({ properties }) => JSON.stringify(properties.AlarmActions ?? []).includes(arn));
  // CloudFormation makes names of the stack's, the logical id and random characters.
  const nameOf = ({ stack, logicalId, properties }: (typeof alarms)[number]) => String(properties.AlarmName ?? `${stack}-${logicalId}-1A2B3C4D5E6F`);
  expect(alarms.length).toBeGreaterThan(0);
  return { ...Object.fromEntries(alarms.map((alarm) => [nameOf(alarm), alarmOf(HERE.account, nameOf(alarm))])), 'a rule': RULE };
}

const lost = (app: App, topic: ITopic, key: IConstruct) => Object.entries(outcomes(app, topic, key, sendersTo(app, topic))).filter(([, outcome]) => outcome !== 'arrives');

describe('the topic of KeyAlarms', () => {
  const { app, stack, alarms } = shop();
  const almighty = almightyRoleIn(stack, 'Admin', { roleName: 'admin' });
  const topic = alarms.topic!;
  const key = alarms.node.findChild('Topic').node.findChild('Key');

  test('alarms and rules arrive', () => expect(lost(app, topic, key)).toEqual([]));

  test('nobody else does', () => {
    const all = 'lost at the topic policy and the key policy';
    expect(outcomes(app, topic, key, {
      'an alarm of another account': alarmOf(OTHER_ACCOUNT.account),
      'another service': { principal: 's3.amazonaws.com', conditionKeys: { 'aws:SourceAccount': HERE.account } },
      'a role that may do everything': { principal: new Deployed(app).arnOf(almighty) },
      'the root user of another account': { principal: `arn:aws:iam::${OTHER_ACCOUNT.account}:root` },
    })).toEqual({
      'an alarm of another account': all, 'another service': all, 'a role that may do everything': all, 'the root user of another account': all,
    });
    const [own, other] = [HERE, OTHER_ACCOUNT].map(({ account }) => alarmOf(account).conditionKeys!);
    const mixed = (arn: typeof own, account: typeof own): Sender => {
      const conditionKeys = { 'aws:SourceArn': arn['aws:SourceArn'], 'aws:SourceAccount': account['aws:SourceAccount'] };
      return { principal: 'cloudwatch.amazonaws.com', conditionKeys };
    };
    const deployed = new Deployed(app);
    const senders = [mixed(own, own), mixed(own, other), mixed(other, own)];
    expect(senders.map((sender) => mayPublish(deployed, topic, sender))).toEqual([true, false, false]);
    expect(outcomes(app, topic, key, { 'an alarm that is none of these': alarmOf(HERE.account) })).toEqual({ 'an alarm that is none of these': 'lost at the key policy' });
  });

  test('on the local KMS', async () => {
    const local = await startLocalKms({ assembly: app.synth().directory });
    try {
      const topicArn = new Deployed(app).deployment.physicalId('Shop', stack.getLogicalId(topic.node.defaultChild as never))!;
      const dataKey = { KeyId: local.keyArn('Shop/Alarms/Topic/Key/Resource'), KeySpec: 'AES_256' };
      const [name] = Object.keys(sendersTo(app, topic));
      const as = (principal: string, account = HERE.account) => local.asService(principal, {
        context: { 'aws:sns:topicArn': topicArn }, ...principal === 'events' ? {} : { sourceArn: alarmOf(account, name).conditionKeys!['aws:SourceArn'], sourceAccount: account },
      });
      await expect(as('cloudwatch').call('GenerateDataKey', dataKey)).resolves.toHaveProperty('CiphertextBlob');
      await expect(as('events').call('GenerateDataKey', dataKey)).resolves.toHaveProperty('CiphertextBlob');
      const denied = { name: 'AccessDeniedException' };
      await expect(as('cloudwatch', OTHER_ACCOUNT.account).call('GenerateDataKey', dataKey)).rejects.toMatchObject(denied);
      await expect(as('s3').call('GenerateDataKey', dataKey)).rejects.toMatchObject(denied);
      await expect(local.port(new Deployed(app).arnOf(almighty)).call('GenerateDataKey', dataKey)).rejects.toMatchObject(denied);
    } finally {
      await local.stop();
    }
  });
});

test('with plain CDK alarms are lost, at the topic and at its key', () => {
  const app = new App({ context: NEW_APP });
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new Key(stack, 'Key');
  const topic = new Topic(stack, 'Topic', { masterKey: key });
  const metric = new Metric({ namespace: 'Orders', metricName: 'Lost' });
  new Alarm(stack, 'Alarm', { alarmName: 'Shop-Alarms', metric, threshold: 1, evaluationPeriods: 1 }).addAlarmAction(new SnsAction(topic));
  new Rule(stack, 'Rule', { eventPattern: { source: ['aws.kms'] }, targets: [new SnsTopic(topic)] });
  expect(lost(app, topic, key)).toEqual([['Shop-Alarms', 'lost at the topic policy and the key policy'], ['a rule', expect.any(String)]].slice(0, 1));
});

describe('a topic of the app', () => {
  function withTopic(make: (stack: Stack) => ITopic, props: Partial<KeyAlarmsProps> = {}) {
    const app = new App({ context: NEW_APP });
    const stack = new Stack(app, 'Shop', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Data');
    const topic = make(stack);
    const alarms = new KeyAlarms(stack, 'Alarms', { trail, keys: [key], topic, ...props });
    return { app, stack, key, topic, alarms };
  }
  const warnings = ({ app }: { app: App }) => {
    app.synth();
    const all = app.node.findAll().flatMap(({ node }) => node.metadata).filter(({ type }) => type === 'aws:cdk:warning').map(({ data }) => String(data));
    return all.filter((text) => /lost-alarms|topic-policy/.test(text));
  };

  test('of this library, one for several alarms', () => {
    const { app, stack, topic } = withTopic((scope) => new KeyAlarmTopic(scope, 'All').topic);
    new KeyAlarms(stack, 'More', { trail, keys: [new SymmetricDataKey(stack, 'Other')], topic });
    expect(lost(app, topic, stack.node.findChild('All').node.findChild('Key'))).toEqual([]);
    expect(Object.keys(new Deployed(app).deployment.resources('AWS::SNS::TopicPolicy')).length).toBe(1);
  });

  test('with a view of a key', () => {
    const scene = withTopic((stack) => new Topic(stack, 'Topic', { masterKey: new SymmetricDataKey(stack, 'Key').forService(KmsService.SNS) }));
    expect(lost(scene.app, scene.topic, scene.stack.node.findChild('Key'))).toEqual([]);
    expect(warnings(scene)).toEqual([]);
  });

  test('without a key', () => expect(warnings(withTopic((stack) => new Topic(stack, 'Topic')))).toEqual([]));

  test('with a key that keeps senders out: synthesis says so', () => {
    expect(warnings(withTopic((stack) => new Topic(stack, 'Topic', { masterKey: new Key(stack, 'Key') }))))
      .toEqual([expect.stringMatching(/^'Shop\/Topic' is encrypted with 'Shop\/Key', which does not let in cloudwatch\.amazonaws\.com.*: alarms that are sent to it get lost/)]);
  });

  test('with the key of SNS itself, which nobody can change', () => {
    expect(warnings(withTopic((stack) => new Topic(stack, 'Topic', { masterKey: Key.fromLookup(stack, 'Key', { aliasName: 'alias/aws/sns', returnDummyKeyOnMissing: true }) }))))
      .toEqual([expect.stringMatching(/^'Shop\/Topic' is encrypted with .*, which nobody here sees let in cloudwatch\.amazonaws\.com and events\.amazonaws\.com/)]);
  });

  test('that is imported: its policy is its owner\'s', () => {
    expect(warnings(withTopic((stack) => Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:${HERE.region}:${HERE.account}:alarms`))))
      .toEqual([expect.stringMatching(/^'Shop\/Topic' is imported, and its policy is not written here/)]);
  });

  test.each<[what: string, make: (stack: Stack) => ITopic, message: RegExp]>([
    ['in another Region', (stack) => new Topic(new Stack(stack.node.root as App, 'There', { env: { ...HERE, region: 'us-east-1' } }), 'Topic', { topicName: 'alarms' }),
      /^Shop\/Alarms: topic 'There\/Topic' is in account 111122223333, Region us-east-1, and alarms and rules send to topics of their own account and Region/],
    ['in another account, imported', (stack) => Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:${HERE.region}:${OTHER_ACCOUNT.account}:alarms`), /is in account 444455556666, Region eu-west-1/],
    ['FIFO', (stack) => new Topic(stack, 'Topic', { fifo: true }), /'Shop\/Topic' is a FIFO topic, which EventBridge cannot send to/],
  ])('%s is refused: nothing would arrive', (_, make, message) => expect(() => withTopic(make)).toThrow(message));

  test('whose key is watched itself: its use is not, as each alarm would raise the next; what changes it is', () => {
    const scene = withTopic((stack) => new KeyAlarmTopic(stack, 'All').topic);
    scene.alarms.watch(scene.stack.node.findChild('All').node.findChild('Key') as SymmetricDataKey);
    const deployed = new Deployed(scene.app);
    const topicKey = deployed.arnOf(scene.stack.node.findChild('All').node.findChild('Key'));
    const watching = rulesOf(deployed).filter(({ pattern }) => JSON.stringify(pattern).includes(topicKey)).map(({ name }) => name);
    expect(watching).toEqual(['KeyDeletionScheduled', 'KeyDisabled', 'KeyPolicyChanged', 'GrantCreated', 'GrantRevoked', 'AliasChanged', 'RotationDisabled', 'KeyDeleted']);
    expect(JSON.stringify(deployed.deployment.resources('AWS::CloudWatch::Alarm'))).not.toContain(topicKey);
  });
});

describe('what a notification says', () => {
  const slack = (stack: Stack) => new SlackChannelConfiguration(stack, 'Slack', { slackChannelConfigurationName: 'alarms', slackWorkspaceId: 'T123', slackChannelId: 'C123' });

  test('key, who, what, when, from where, three steps and the runbook: to people in lines, to Slack in its schema', () => {
    const app = new App({ context: NEW_APP });
    const stack = new Stack(app, 'Shop', { env: HERE });
    const channel = slack(stack);
    new KeyAlarms(stack, 'Alarms', { trail, keys: [new SymmetricDataKey(stack, 'Data')], slack: channel, runbooks: 'https://runbooks.example/kms' });
    const deployed = new Deployed(app);
    const { targets } = rulesOf(deployed).find(({ name }) => name === 'KeyDisabled')!;
    expect(targets).toHaveLength(2);
    const [text, custom] = targets.map(({ InputTransformer: transformer }) => transformed(transformer!, RECORD));
    expect(text.split('\n').map((line) => JSON.parse(line) as string)).toEqual([
      'ALARM, key-disabled: somebody disables the key',
      'Key: arn:aws:kms:eu-west-1:111122223333:key/1 ',
      'Who: AssumedRole arn:aws:sts::111122223333:assumed-role/stranger/session  of account 111122223333',
      'What: DisableKey, event 4a6d9f1e ',
      'When: 2026-11-29T09:15:00Z',
      'From: 192.0.2.0, Region eu-west-1',
      'Next, 1: Enable it if services fail: aws kms enable-key.',
      expect.stringMatching(/^Next, 2: /),
      expect.stringMatching(/^Next, 3: /),
      'Runbook: https://runbooks.example/kms#key-disabled',
    ]);
    const message = JSON.parse(custom) as { version: string; source: string; content: Record<string, unknown>; metadata: Record<string, unknown> };
    expect([message.version, message.source, message.content.textType]).toEqual(['1.0', 'custom', 'client-markdown']);
    expect(message.content.title).toBe('ALARM, key-disabled: somebody disables the key');
    expect(message.content.description).toContain('\nWho: AssumedRole arn:aws:sts::111122223333:assumed-role/stranger/session');
    expect(message.content.nextSteps).toHaveLength(4);
    expect(message.metadata.threadId).toBe('key-disabled eu-west-1');
    const channels = deployed.deployment.resources('AWS::Chatbot::SlackChannelConfiguration');
    expect(channels[0].properties.SnsTopicArns).toEqual([targets[1].Arn]);
  });

  test('a metric alarm says key, rate, what to do and runbook, and sends it to the same', () => {
    const { app } = shop();
    const deployed = new Deployed(app);
    const [spike] = deployed.deployment.resources('AWS::CloudWatch::CompositeAlarm').filter(({ path = '' }) => path.includes('DecryptSpike'));
    expect(spike.properties.AlarmDescription).toMatch(/^ALARM, decrypt-spike: .*\nKey: 'Shop\/Data', arn:aws:kms:.*\nMore than 2000 calls in an hour .*\nNext, 1: .*\nNext, 2: .*\nNext, 3: .*\nRunbook: https:.*#decrypt-spike$/s);
    expect(String(spike.properties.AlarmDescription).length).toBeLessThanOrEqual(1024);
    expect(spike.properties.AlarmActions).toHaveLength(1);
  });

  test('actions and targets of the app\'s own take the place of a topic, or stand beside it', () => {
    const counts = (own: boolean) => {
      const app = new App({ context: NEW_APP });
      const stack = new Stack(app, 'Shop', { env: HERE });
      const fn = functionIn(stack, 'Pager');
      const alarms = new KeyAlarms(stack, 'Alarms', {
        trail, keys: [new SymmetricDataKey(stack, 'Data')], eventTargets: [new LambdaFunction(fn)], alarmActions: own ? [new LambdaAction(fn)] : [],
      });
      const { deployment } = new Deployed(app);
      return { topic: alarms.topic !== undefined, topics: deployment.resources('AWS::SNS::Topic').length, targets: rulesOf(new Deployed(app))[0].targets.length };
    };
    expect(counts(true)).toEqual({ topic: false, topics: 0, targets: 1 });
    expect(counts(false)).toEqual({ topic: true, topics: 1, targets: 2 });
  });
});

const RECORD = {
  region: HERE.region,
  detail: {
    userIdentity: { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/stranger/session', accountId: HERE.account },
    eventName: 'DisableKey',
    eventTime: '2026-11-29T09:15:00Z',
    eventID: '4a6d9f1e',
    sourceIPAddress: '192.0.2.0',
    awsRegion: HERE.region,
    resources: [{ ARN: 'arn:aws:kms:eu-west-1:111122223333:key/1' }],
  },
};

/** As EventBridge fills an input template: what is absent becomes nothing (EventBridge User Guide, "Amazon EventBridge input transformation"). */
function transformed({ InputTemplate, InputPathsMap }: { InputTemplate: string; InputPathsMap: Record<string, string> }, event: object): string {
  return InputTemplate.replace(/<([\w-]+)>/g, (_, name: string) => {
    const path = InputPathsMap[name].replace(/^\$\./, '').replace(/\[(\d+)\]/g, '.$1').split('.');
    return String(path.reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], event) ?? '');
  });
}

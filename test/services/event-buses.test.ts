import { App, Aws, Stack } from 'aws-cdk-lib';
import { CfnEventBus, EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { KmsService, SymmetricDataKey } from '../../src';
import { AccountAccess } from '../../src/policy/account-access';
import { Deployed, HERE, executionRole, roleIn } from '../support/deployed';

/** Encrypted event buses, and what CDK's own statement for them falls short of. */

const EVENTS = 'events.amazonaws.com';
const busArn = (name: string, account = HERE.account) => `arn:aws:events:${HERE.region}:${account}:event-bus/${name}`;
const of = (name: string, account?: string) => ({
  context: { 'aws:events:event-bus:arn': busArn(name, account) }, conditionKeys: { 'aws:SourceArn': busArn(name, account), 'aws:SourceAccount': account ?? HERE.account },
});
const looks = [{ conditionKeys: of('orders').conditionKeys }, {}];

function deployed(build: (stack: Stack, key: SymmetricDataKey) => unknown, accountAccess = AccountAccess.ADMINISTRATION_ONLY) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { alias: 'events', accountAccess });
  const operator = roleIn(stack, 'Operator');
  build(stack, key);
  const now = new Deployed(app);
  return { now, key, operator, ask: (who: Parameters<Deployed['outcome']>[0], action: string, how: Parameters<Deployed['outcome']>[3] = {}) => now.outcome(who, action, key, how) };
}

describe.each([AccountAccess.ADMINISTRATION_ONLY, AccountAccess.DELEGATE_TO_IAM])('under %s, EventBridge', (access) => {
  const { ask } = deployed((stack, key) => new EventBus(stack, 'Bus', { eventBusName: 'orders', kmsKey: key.forService(KmsService.EVENTBRIDGE) }), access);

  test.each([
    ['encrypts what is sent to the bus', 'kms:GenerateDataKey', of('orders'), 'Allowed'],
    ['decrypts it for the rules', 'kms:Decrypt', of('orders'), 'Allowed'],
    ['does neither for another bus', 'kms:Decrypt', of('elsewhere'), 'ImplicitlyDenied'],
    ['nor for one that only begins so', 'kms:Decrypt', of('orders-2'), 'ImplicitlyDenied'],
    ['nor for the bus of that name in another account', 'kms:Decrypt', of('orders', '444455556666'), 'ImplicitlyDenied'],
    ['nor without saying for which', 'kms:Decrypt', {}, 'ImplicitlyDenied'],
    ['makes no grants', 'kms:CreateGrant', of('orders'), 'ImplicitlyDenied'],
  ])('%s', (_, action, how, expected) => expect(ask(EVENTS, action, how)).toBe(expected));

  test.each(looks)('looks at the key, whatever it says of its source (%#)', (how) => expect(ask(EVENTS, 'kms:DescribeKey', how)).toBe('Allowed'));
});

describe('the deployer', () => {
  const { ask, operator } = deployed((stack, key) => {
    const bus = new EventBus(stack, 'Bus', { kmsKey: key.forService(KmsService.EVENTBRIDGE) });
    new Rule(stack, 'Rule', { eventBus: bus, eventPattern: { source: ['orders'] } });
  });

  test.each(['kms:GenerateDataKeyWithoutPlaintext', 'kms:Decrypt', 'kms:Encrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:DescribeKey'])('makes buses and rules: %s', (action) => {
    expect(ask(executionRole(), action, { via: 'events' })).toBe('Allowed');
    // To look at the key is administration, which is left to IAM.
    if (action !== 'kms:DescribeKey') expect(ask(executionRole(), action)).toBe('ImplicitlyDenied');
    expect(ask(operator, action, { via: 'events' })).toBe('ImplicitlyDenied');
  });
});

test.each(['orders', undefined])('the statement that CDK writes for a bus (named %s) is not there besides', (eventBusName) => {
  const { now, key } = deployed((stack, own) => new EventBus(stack, 'Bus', { eventBusName, kmsKey: own.forService(KmsService.EVENTBRIDGE) }));
  const statements = now.keyOf(key).policy.Statement as readonly { readonly Sid?: string; readonly Principal?: unknown }[];
  expect(statements.filter(({ Principal }) => JSON.stringify(Principal)?.includes(EVENTS)).map(({ Sid }) => Sid)).toEqual(['ServiceOfEventBridge', 'ServiceOfEventBridgeDescribes']);
});

describe('a statement for EventBridge that somebody adds', () => {
  const added = (conditions: object, actions = ['kms:Decrypt']) => deployed((stack, key) => {
    const view = key.forService(KmsService.EVENTBRIDGE);
    new EventBus(stack, 'Bus', { eventBusName: 'orders', kmsKey: view });
    view.addToResourcePolicy(new PolicyStatement({ actions, resources: ['*'], principals: [new ServicePrincipal(EVENTS)], conditions }));
  });
  const sids = ({ now, key }: ReturnType<typeof added>) => (
    (now.keyOf(key).policy.Statement as readonly { readonly Sid?: string; readonly Principal?: unknown }[])
      .filter(({ Principal }) => JSON.stringify(Principal)?.includes(EVENTS)).map(({ Sid }) => Sid)
  );
  const ARN = 'aws:SourceArn';

  test('is there for what the view does not let in: a bus of another account, or an archive', () => {
    const elsewhere = added({ ArnEquals: { [ARN]: busArn('theirs', '444455556666') } });
    expect(elsewhere.ask(EVENTS, 'kms:Decrypt', of('theirs', '444455556666'))).toBe('Allowed');
    expect(elsewhere.ask(EVENTS, 'kms:Decrypt', of('elsewhere'))).toBe('ImplicitlyDenied');
    const archive = `arn:aws:events:${HERE.region}:${HERE.account}:archive/a`;
    expect(added({ ArnEquals: { [ARN]: archive } }).ask(EVENTS, 'kms:Decrypt', { conditionKeys: { [ARN]: archive } })).toBe('Allowed');
  });

  test('is left out where the view says the same of the bus that has it, as CDK says it', () => {
    const bus = `arn:${Aws.PARTITION}:events:${HERE.region}:${HERE.account}:event-bus/orders`;
    const twice = ['ServiceOfEventBridge', 'ServiceOfEventBridgeDescribes'];
    expect(sids(added({ ArnEquals: { [ARN]: bus } }))).toEqual(twice);
    expect(sids(added({ StringEquals: { 'kms:EncryptionContext:aws:events:event-bus:arn': bus, 'aws:SourceAccount': HERE.account } }))).toEqual(twice);
    expect(sids(added({ ArnEquals: { [ARN]: bus } }, ['kms:Decrypt', 'kms:Encrypt']))).toHaveLength(3);
    expect(sids(added({ ArnEquals: { [ARN]: bus }, StringEquals: { 'aws:SourceOrgID': 'o-1234567890' } }))).toHaveLength(3);
  });
});

test('a plain resource, and a bus in another stack, are bound by their names', () => {
  const { ask } = deployed((stack, key) => {
    new CfnEventBus(stack, 'Plain', { name: 'plain', kmsKeyIdentifier: key.forService(KmsService.EVENTBRIDGE).keyArn });
    new EventBus(new Stack(stack.node.scope as App, 'Other', { env: HERE }), 'Bus', { eventBusName: 'other', kmsKey: key.forService(KmsService.EVENTBRIDGE) });
  });
  expect(['plain', 'other', 'orders'].map((name) => ask(EVENTS, 'kms:Decrypt', of(name)))).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']);
});

test('on a kms.Key, EventBridge is denied the look at the key: its statement asks DescribeKey to carry a context', () => {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new Key(stack, 'Key');
  new EventBus(stack, 'Bus', { eventBusName: 'orders', kmsKey: key });
  const now = new Deployed(app);
  expect([now.outcome(EVENTS, 'kms:Decrypt', key, of('orders')), now.outcome(EVENTS, 'kms:DescribeKey', key, looks[0])]).toEqual(['Allowed', 'ImplicitlyDenied']);
});

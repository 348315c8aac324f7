import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { ArnPrincipal, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { AccountAccess, SymmetricDataKey } from '../../src';
import type { SymmetricDataKeyProps } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole, roleIn } from '../support/deployed';

/** Statements by hand that are enough for a service, and near misses, which would allow it nothing. */

type Conditions = Record<string, Record<string, unknown>>;

function allow(principal: IPrincipal | string, actions: string[], conditions: Conditions = {}): PolicyStatement {
  const principals = [typeof principal === 'string' ? new ServicePrincipal(principal) : principal];
  return new PolicyStatement({ actions, resources: ['*'], principals, conditions });
}

function home(props: SymmetricDataKeyProps = {}) {
  const app = new App();
  const stack = new Stack(app, 'Home', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key', props) };
}

/** What synthesis says of a resource with the key itself, whose policy has these statements besides. */
function refusal(type: string, properties: Record<string, unknown>, statements: readonly PolicyStatement[]): string {
  const { app, stack, key } = home();
  const given = JSON.parse(JSON.stringify(properties).replace('"<key>"', JSON.stringify(key.keyArn))) as Record<string, unknown>;
  new CfnResource(stack, 'Resource', { type, properties: given });
  for (const statement of statements) key.addToResourcePolicy(statement);
  try {
    app.synth();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const [ACCOUNT, REGION] = [HERE.account, HERE.region];
const deployer = new ArnPrincipal(executionRole());

describe('CloudWatch Logs has what it needs', () => {
  const LOGS = `logs.${REGION}.amazonaws.com`;
  const actions = ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'];
  const group = (name: string) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}`;
  const of = (name: string): Conditions => ({ ArnEquals: { 'kms:EncryptionContext:aws:logs:arn': group(name) } });
  const named = { LogGroupName: 'orders', KmsKeyId: '<key>' };
  const source = { 'kms:EncryptionContext:aws:logs:arn': group('orders') };

  test.each<[string, Record<string, unknown>, PolicyStatement]>([
    ['as AWS writes it', named, allow(LOGS, actions, of('orders'))],
    ['for all groups', named, allow(LOGS, actions, { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': group('*') } })],
    ['for several groups', named, allow(LOGS, actions, { ArnEquals: { 'kms:EncryptionContext:aws:logs:arn': [group('others'), group('orders')] } })],
    ['for a group whose name nobody knows yet', { KmsKeyId: '<key>' }, allow(LOGS, actions, of('orders'))],
    ['for this account', named, allow(LOGS, actions, { StringEquals: { 'aws:SourceAccount': ACCOUNT } })],
  ])('%s', (_, properties, statement) => expect(refusal('AWS::Logs::LogGroup', properties, [statement])).toBe(''));

  test.each<[string, PolicyStatement]>([
    ['for another group', allow(LOGS, actions, of('OTHER'))],
    ['for a group whose name begins so', allow(LOGS, actions, of('orders-of-others'))],
    ['for streams of the group', allow(LOGS, actions, of('orders:*'))],
    ['for another account', allow(LOGS, actions, { StringEquals: { ...source, 'aws:SourceAccount': OTHER_ACCOUNT.account } })],
    ['under a context that it never sends', allow(LOGS, actions, { StringEquals: { ...source, 'kms:EncryptionContext:project': 'a' } })],
    ['through itself', allow(LOGS, actions, { StringEquals: { ...source, 'kms:ViaService': LOGS } })],
    ['without one action', allow(LOGS, actions.slice(1), of('orders'))],
    ['for another service', allow('logs.amazonaws.com', actions, of('orders'))],
  ])('but not %s', (_, statement) => expect(refusal('AWS::Logs::LogGroup', named, [statement])).toContain('by hand: key.addToResourcePolicy(…) a statement that allows kms:Encrypt'));
});

describe('EventBridge has what it needs for a bus', () => {
  const EVENTS = 'events.amazonaws.com';
  const BUS = `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/orders`;
  const bus = { Name: 'orders', KmsKeyIdentifier: '<key>' };
  const bound = { StringEquals: { 'kms:EncryptionContext:aws:events:event-bus:arn': BUS, 'aws:SourceArn': BUS } };
  const elsewhere = { StringEquals: { 'kms:EncryptionContext:aws:events:event-bus:arn': `${BUS}-2`, 'aws:SourceArn': BUS } };
  const [look, use] = [allow(EVENTS, ['kms:DescribeKey']), allow(EVENTS, ['kms:GenerateDataKey', 'kms:Decrypt'], bound)];
  const made = ['kms:GenerateDataKeyWithoutPlaintext', 'kms:Decrypt', 'kms:Encrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];
  const make = allow(deployer, made);

  test.each<[string, PolicyStatement[]]>([
    ['as AWS writes it, with the deployer', [look, use, make]],
    ['with the deployer, through the service', [look, use, allow(deployer, [...made, 'kms:DescribeKey'], { StringEquals: { 'kms:ViaService': `events.${REGION}.amazonaws.com` } })]],
  ])('%s', (_, statements) => expect(refusal('AWS::Events::EventBus', bus, statements)).toBe(''));

  test.each<[string, PolicyStatement[], string]>([
    ['looking under an encryption context', [allow(EVENTS, ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:DescribeKey'], bound), make], 'allows kms:DescribeKey to events.amazonaws.com'],
    ['looking while an encryption context is there', [allow(EVENTS, ['kms:DescribeKey'], { Null: { 'kms:EncryptionContext:aws:events:event-bus:arn': 'false' } }), use, make], 'allows kms:DescribeKey'],
    ['for another bus', [look, allow(EVENTS, ['kms:GenerateDataKey', 'kms:Decrypt'], elsewhere), make], 'allows kms:GenerateDataKey, kms:Decrypt to events.amazonaws.com'],
  ])('but not %s', (_, statements, missing) => expect(refusal('AWS::Events::EventBus', bus, statements)).toContain(missing));

  test.each<[string, PolicyStatement[], string]>([
    ['nothing for whoever deploys it', [look, use], 'kms:GenerateDataKeyWithoutPlaintext, kms:Decrypt, kms:Encrypt, kms:ReEncryptFrom, kms:ReEncryptTo to whoever deploys it'],
    ['something, but directly', [look, use, allow(deployer, made, { Null: { 'kms:ViaService': 'true' } })], 'kms:ReEncryptTo to whoever deploys it'],
  ])('with %s, which fails no later than the deployment, it is warned of', (_, statements, missing) => {
    const { app, stack, key } = home();
    statements.forEach((statement) => key.addToResourcePolicy(statement));
    new CfnResource(stack, 'Bus', { type: 'AWS::Events::EventBus', properties: { ...bus, KmsKeyIdentifier: key.keyArn } });
    app.synth();
    const [warning, ...more] = Annotations.fromStack(stack).findWarning('*', Match.anyValue());
    expect(more).toEqual([]);
    expect(warning.entry.data).toContain(missing);
    expect(warning.entry.data).toContain("'Home/Bus' was given 'Home/Key' itself as KmsKeyIdentifier");
  });

  test("what CDK's EventBus adds lets nobody look at the key: where IAM decides, synthesis warns of it", () => {
    const { app, stack, key } = home({ accountAccess: AccountAccess.DELEGATE_TO_IAM });
    new EventBus(stack, 'Bus', { eventBusName: 'orders', kmsKey: key });
    const deployed = new Deployed(app);
    const conditionKeys = { 'aws:SourceArn': BUS, 'aws:SourceAccount': ACCOUNT };
    expect(deployed.outcome(EVENTS, 'kms:Decrypt', key, { context: { 'aws:events:event-bus:arn': BUS }, conditionKeys })).toBe('Allowed');
    expect(deployed.outcome(EVENTS, 'kms:DescribeKey', key, { conditionKeys })).toBe('ImplicitlyDenied');
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('a statement that allows kms:DescribeKey to events.amazonaws.com'));
  });

  test('where AWS\'s statement for looking is added, there is nothing to warn of', () => {
    const { app, stack, key } = home({ accountAccess: AccountAccess.DELEGATE_TO_IAM });
    new EventBus(stack, 'Bus', { eventBusName: 'orders', kmsKey: key });
    key.addToResourcePolicy(look);
    app.synth();
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });
});

describe('a state machine has what it needs', () => {
  const NAME = 'orders';
  const MACHINE = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${NAME}`;
  const VIA = { StringEquals: { 'kms:ViaService': `states.${REGION}.amazonaws.com` } };
  const uses = ['kms:Decrypt', 'kms:GenerateDataKey'];
  const through = (key: SymmetricDataKey) => key.addToResourcePolicy(allow(deployer, ['kms:DescribeKey', 'kms:GenerateDataKey'], VIA));

  function machine(give: (key: SymmetricDataKey, role: Role) => unknown, props?: SymmetricDataKeyProps) {
    const { app, stack, key } = home(props);
    const role = roleIn(stack, 'Role');
    const encryptionConfiguration = { Type: 'CUSTOMER_MANAGED_KMS_KEY', KmsKeyId: key.keyArn };
    new CfnResource(stack, 'Machine', {
      type: 'AWS::StepFunctions::StateMachine', properties: { StateMachineName: NAME, RoleArn: role.roleArn, DefinitionString: '{}', EncryptionConfiguration: encryptionConfiguration },
    });
    through(key);
    give(key, role);
    return { app, key, role };
  }

  const grants = (key: SymmetricDataKey, role: IPrincipal) => [key.grants.decrypt(role), key.grants.generateDataKeys(role)];
  const context = (arn: string) => ({ StringEquals: { 'kms:EncryptionContext:aws:states:stateMachineArn': arn } });

  test.each<[string, (key: SymmetricDataKey, role: Role) => unknown, SymmetricDataKeyProps]>([
    ['by grants of its role', grants, {}],
    ['by a statement for its role', (key, role) => key.addToResourcePolicy(allow(role, uses)), {}],
    ['by a statement for its role that names it', (key, role) => key.addToResourcePolicy(allow(role, uses, context(MACHINE))), {}],
    ['by a statement, under a key with a contract', (key, role) => key.addToResourcePolicy(allow(role, uses, context(MACHINE))), { encryptionContext: { project: 'a' } }],
  ])('%s: its role decrypts in its own name', (_, give, props) => {
    const { app, key, role } = machine(give, props);
    const call = { context: { 'aws:states:stateMachineArn': MACHINE } };
    const deployed = new Deployed(app);
    expect(uses.map((action) => deployed.outcome(role, action, key, call))).toEqual(['Allowed', 'Allowed']);
  });

  test.each<[string, (key: SymmetricDataKey, role: Role) => unknown, SymmetricDataKeyProps]>([
    ['through the service, as once was said', (key, role) => key.addToResourcePolicy(allow(role, uses, VIA)), {}],
    ['by grants of another role', (key) => grants(key, roleIn(key.stack, 'Another')), {}],
    ['by half of the grants', (key, role) => key.grants.decrypt(role), {}],
    ['for another machine', (key, role) => key.addToResourcePolicy(allow(role, uses, context(`${MACHINE}-2`))), {}],
    ['by grants under a contract that it never sends', grants, { encryptionContext: { project: 'a' } }],
    ['for a source, which roles have not', (key, role) => key.addToResourcePolicy(allow(role, uses, { StringEquals: { 'aws:SourceAccount': ACCOUNT } })), {}],
  ])('but not %s', (_, give, props) => {
    expect(() => machine(give, props).app.synth()).toThrow(/key\.grants\.\w+\(role\)[^]*, for the role that it runs as, or [^]*kms:ViaService keeps new executions from starting/);
  });

  test('without whoever deploys it, through the service, synthesis warns', () => {
    const { app, stack, key } = home();
    const role = roleIn(stack, 'Role');
    const properties = { RoleArn: role.roleArn, DefinitionString: '{}', EncryptionConfiguration: { KmsKeyId: key.keyArn } };
    new CfnResource(stack, 'Machine', { type: 'AWS::StepFunctions::StateMachine', properties });
    grants(key, role);
    app.synth();
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('allows kms:GenerateDataKey to whoever deploys it, with a condition on kms:ViaService'));
  });
});

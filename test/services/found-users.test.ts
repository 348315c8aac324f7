import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { CfnPolicy, CfnRole, Effect, ManagedPolicy, Policy, PolicyStatement, Role, User } from 'aws-cdk-lib/aws-iam';
import { CfnLogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import { KmsService, SymmetricDataKey } from '../../src';
import type { SymmetricDataKeyProps } from '../../src';
import { AccountAccess } from '../../src/policy/account-access';
import { Deployed, HERE, roleIn } from '../support/deployed';

/** Whom IAM policies of the app let read and write logs: CDK's log group grants nothing on its key. */

function scene(props: SymmetricDataKeyProps = {}) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { alias: 'logs', ...props });
  const view = key.forService(KmsService.LOGS);
  const logs = new LogGroup(stack, 'Logs', { encryptionKey: view, logGroupName: 'orders' });
  return { app, stack, key, logs, view };
}

const arn = (name: string) => `arn:aws:logs:${HERE.region}:${HERE.account}:log-group:${name}`;
const read = (resources: string[], actions = ['logs:GetLogEvents']) => new PolicyStatement({ actions, resources });
const context = { 'aws:logs:arn': arn('orders') };

describe('somebody is let in', () => {
  test.each<[string, (s: ReturnType<typeof scene>, role: Role) => unknown, string, string]>([
    ['by grantRead, to read', ({ logs }, role) => logs.grantRead(role), 'Allowed', 'ImplicitlyDenied'],
    ['by grantWrite, to write', ({ logs }, role) => logs.grantWrite(role), 'ImplicitlyDenied', 'Allowed'],
    ['by a policy with a reference', ({ logs }, role) => role.addToPolicy(read([logs.logGroupArn])), 'Allowed', 'ImplicitlyDenied'],
    ['by a policy with the name', (_, role) => role.addToPolicy(read([`${arn('orders')}:*`])), 'Allowed', 'ImplicitlyDenied'],
    ['by a pattern of actions', (_, role) => role.addToPolicy(read([arn('orders')], ['logs:Get*'])), 'Allowed', 'ImplicitlyDenied'],
    ['by a managed policy', ({ stack }, role) => role.addManagedPolicy(new ManagedPolicy(stack, 'Managed', { statements: [read([arn('orders')])] })), 'Allowed', 'ImplicitlyDenied'],
    ['by a managed policy that names the role', ({ stack, logs }, role) => new ManagedPolicy(stack, 'Managed', { statements: [read([logs.logGroupArn])], roles: [role] }), 'Allowed', 'ImplicitlyDenied'],
    ['not by a policy for another log group', (_, role) => role.addToPolicy(read([arn('elsewhere')])), 'ImplicitlyDenied', 'ImplicitlyDenied'],
    ['not by one for a name that only begins so', (_, role) => role.addToPolicy(read([arn('orders-2'), arn('orders/2')])), 'ImplicitlyDenied', 'ImplicitlyDenied'],
    ['not by one for all log groups', (_, role) => role.addToPolicy(read(['*'])), 'ImplicitlyDenied', 'ImplicitlyDenied'],
    ['not by a denial', ({ logs }, role) => role.addToPolicy(new PolicyStatement({ effect: Effect.DENY, actions: ['logs:GetLogEvents'], resources: [logs.logGroupArn] })), 'ImplicitlyDenied', 'ImplicitlyDenied'],
    ['not by an action that needs no key', ({ logs }, role) => role.addToPolicy(read([logs.logGroupArn], ['logs:DescribeLogStreams'])), 'ImplicitlyDenied', 'ImplicitlyDenied'],
  ])('%s', (_, grant, reading, writing) => {
    for (const accountAccess of [AccountAccess.ADMINISTRATION_ONLY, AccountAccess.DELEGATE_TO_IAM]) {
      const places = scene({ accountAccess });
      const role = roleIn(places.stack, 'Role');
      grant(places, role);
      const deployed = new Deployed(places.app);
      const ask = (action: string, through?: string) => deployed.outcome(role, action, places.key, { via: through, context });
      expect([ask('kms:Decrypt', 'logs'), ask('kms:Encrypt', 'logs')]).toEqual([reading, writing]);
      expect([ask('kms:Decrypt'), ask('kms:Decrypt', 'kinesis')]).toEqual(['ImplicitlyDenied', 'ImplicitlyDenied']);
    }
  });

  test('who is imported, a user, or a plain resource', () => {
    const { app, stack, key, logs } = scene();
    const imported = Role.fromRoleName(stack, 'Imported', 'auditors');
    const user = new User(stack, 'User');
    logs.grantRead(imported);
    logs.grantRead(user);
    new CfnRole(stack, 'Plain', { assumeRolePolicyDocument: {}, roleName: 'plain', policies: [{ policyName: 'Read', policyDocument: { Statement: [read([arn('orders')]).toStatementJson()] } }] });
    const deployed = new Deployed(app);
    const ask = (who: Parameters<typeof deployed.outcome>[0]) => deployed.outcome(who, 'kms:Decrypt', key, { via: 'logs', context });
    expect([ask(`arn:aws:iam::${HERE.account}:role/auditors`), ask(user), ask(`arn:aws:iam::${HERE.account}:role/plain`)]).toEqual(['Allowed', 'Allowed', 'Allowed']);
  });

  test('in another stack, by a name, and for a plain log group there', () => {
    const { app, key } = scene();
    const other = new Stack(app, 'Other', { env: HERE });
    new CfnLogGroup(other, 'Plain', { logGroupName: 'plain', kmsKeyId: key.forService(KmsService.LOGS).keyArn });
    const role = roleIn(other, 'Role', { roleName: 'reader' });
    role.addToPolicy(read([arn('plain')]));
    const deployed = new Deployed(app);
    const ask = (name: string) => deployed.outcome(role, 'kms:Decrypt', key, { via: 'logs', context: { 'aws:logs:arn': arn(name) } });
    expect([ask('plain'), ask('orders')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('once, however often the app is synthesized, with two policies and a grant on the view', () => {
    const { app, key, stack, logs, view } = scene();
    const role = roleIn(stack, 'Role');
    logs.grantRead(role);
    new Policy(stack, 'More', { roles: [role], statements: [read([logs.logGroupArn])] });
    view.grantDecrypt(role);
    app.synth();
    const deployed = new Deployed(app);
    const statements = (deployed.keyOf(key).policy.Statement as readonly { Sid?: string }[]).filter(({ Sid }) => Sid?.startsWith('ReadThroughLogs'));
    expect(statements).toHaveLength(1);
  });
});

describe('somebody whom the key policy cannot name is told of', () => {
  const warned = (stack: Stack) => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('an IAM policy lets')).map(({ entry }) => String(entry.data));

  test('a role whose own policies wait for the key', () => {
    const { stack, logs } = scene();
    roleIn(stack, 'Role').addManagedPolicy(new ManagedPolicy(stack, 'Managed', { statements: [read([logs.logGroupArn])] }));
    expect(warned(stack)).toEqual([expect.stringMatching(/^an IAM policy lets 'Shop\/Role' read from 'Shop\/Logs', .* and it waits for the key at deployment: keep the policy out of its inline/)]);
  });

  test('a role of another stack without a name, which waits for the key', () => {
    const { app, stack, key } = scene();
    const other = new Stack(app, 'Other', { env: HERE });
    const logs = new LogGroup(other, 'Plain', { encryptionKey: key.forService(KmsService.LOGS), logGroupName: 'plain' });
    logs.grantWrite(roleIn(other, 'Role'));
    expect(warned(stack)).toEqual([expect.stringMatching(/'Other\/Role' write to 'Other\/Plain', .* waits for the key at deployment: give it a literal name/)]);
  });

  test('a role that is known by its name only, in a policy of the app', () => {
    const { stack, logs } = scene();
    new CfnPolicy(stack, 'Policy', { policyName: 'Read', roles: ['somebody'], policyDocument: { Statement: [read([logs.logGroupArn]).toStatementJson()] } });
    expect(warned(stack)).toEqual([expect.stringMatching(/'somebody' read from .* nothing tells its ARN/)]);
  });
});

import { App, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, AccountRootPrincipal, ArnPrincipal, CfnUser, CompositePrincipal, Effect, ManagedPolicy, PolicyDocument, PolicyStatement, Role, User } from 'aws-cdk-lib/aws-iam';
import { Alias, CfnAlias, KeyGrants } from 'aws-cdk-lib/aws-kms';
import { AccountAccess, SymmetricDataKey } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

const { ADMINISTRATION_ONLY, DELEGATE_TO_IAM, NONE } = AccountAccess;

interface Scene {
  readonly stack: Stack;
  readonly key: SymmetricDataKey;
  readonly role: Role;
}

function scene(accountAccess: AccountAccess): Scene {
  const stack = new Stack(new App(), 'Keys', { env: HERE });
  return { stack, key: new SymmetricDataKey(stack, 'Key', { accountAccess }), role: roleIn(stack, 'Role') };
}

const allow = (actions: string[], ...resources: string[]) => new PolicyStatement({ actions, resources });

describe('a use that only an identity policy allows', () => {
  test.each<[string, AccountAccess, (scene: Scene) => unknown, string]>([
    ['KeyGrants of CDK', ADMINISTRATION_ONLY, ({ key, role }) => KeyGrants.fromKey(key).decrypt(role), "'Keys/Role' kms:Decrypt on 'Keys/Key', and the key policy does not: under AccountAccess.ADMINISTRATION_ONLY that gives nothing. Use key.grants.decrypt(…)"],
    ['KeyGrants of CDK, where IAM gives nothing at all', NONE, ({ key, role }) => KeyGrants.fromKey(key).decrypt(role), 'under AccountAccess.NONE that gives nothing'],
    ['KeyGrants of CDK, to a role granted something else', ADMINISTRATION_ONLY, ({ key, role }) => [key.grants.encrypt(role), KeyGrants.fromKey(key).decrypt(role)], "'Keys/Role' kms:Decrypt on"],
    ['KeyGrants of CDK, to another role', ADMINISTRATION_ONLY, ({ key, role, stack }) => [key.grants.decrypt(role), KeyGrants.fromKey(key).decrypt(roleIn(stack, 'Other'))], "'Keys/Other' kms:Decrypt on"],
    ['KeyGrants of CDK, to a user', ADMINISTRATION_ONLY, ({ key, stack }) => KeyGrants.fromKey(key).encrypt(new User(stack, 'User')), "'Keys/User' kms:Encrypt, kms:ReEncrypt*, kms:GenerateDataKey* on"],
    ['KeyGrants of CDK, to an imported role', ADMINISTRATION_ONLY, ({ key, stack }) => KeyGrants.fromKey(key).decrypt(Role.fromRoleName(stack, 'Import', 'readers')), "'readers' kms:Decrypt on"],
    ['a statement by hand', ADMINISTRATION_ONLY, ({ key, role }) => role.addToPolicy(allow(['kms:DescribeKey', 'kms:GenerateDataKey*'], key.keyArn)), "'Keys/Role' kms:GenerateDataKey* on"],
    ['an inline policy', ADMINISTRATION_ONLY, ({ key, stack }) => roleIn(stack, 'Inline', { inlinePolicies: { use: new PolicyDocument({ statements: [allow(['kms:Decrypt'], key.keyArn)] }) } }), "'Keys/Inline' kms:Decrypt"],
    ['the second of two inline policies', ADMINISTRATION_ONLY, ({ key, stack }) => roleIn(stack, 'Inline', {
      inlinePolicies: { look: new PolicyDocument({ statements: [allow(['kms:DescribeKey'], key.keyArn)] }), use: new PolicyDocument({ statements: [allow(['kms:Decrypt'], key.keyArn)] }) },
    }), "'Keys/Inline' kms:Decrypt"],
    ['an inline policy of a user', ADMINISTRATION_ONLY, ({ key, stack }) => new CfnUser(stack, 'User', {
      policies: [{ policyName: 'use', policyDocument: new PolicyDocument({ statements: [allow(['kms:Decrypt'], key.keyArn)] }) }],
    }), "'Keys/User' kms:Decrypt"],
    ['beside a grant to another account', ADMINISTRATION_ONLY, ({ key, role }) => [
      key.grants.decrypt(new AccountPrincipal(OTHER_ACCOUNT.account)), KeyGrants.fromKey(key).decrypt(role),
    ], "'Keys/Role' kms:Decrypt on"],
    ['a managed policy', ADMINISTRATION_ONLY, ({ key, role, stack }) => new ManagedPolicy(stack, 'Use', { roles: [role], statements: [allow(['kms:Decrypt'], key.keyArn)] }), "'Keys/Role' kms:Decrypt"],
    ['beside a statement of the key policy that denies it', ADMINISTRATION_ONLY, ({ key, role }) => [
      key.addToResourcePolicy(new PolicyStatement({ effect: Effect.DENY, principals: [role], actions: ['kms:Decrypt'], resources: ['*'] })), KeyGrants.fromKey(key).decrypt(role),
    ], "'Keys/Role' kms:Decrypt on"],
    ['beside a grant to several others at once', ADMINISTRATION_ONLY, ({ key, role, stack }) => [
      key.grants.decrypt(new CompositePrincipal(roleIn(stack, 'One'), roleIn(stack, 'Two'))), KeyGrants.fromKey(key).decrypt(role),
    ], "'Keys/Role' kms:Decrypt on"],
    ['a role of another stack', ADMINISTRATION_ONLY, ({ key, stack }) => KeyGrants.fromKey(key).decrypt(roleIn(new Stack(stack.node.root as App, 'App', { env: HERE }), 'Role')), "'App/Role' kms:Decrypt"],
  ])('%s (%s) is refused', (_, access, give, message) => {
    const made = scene(access);
    give(made);
    expect(() => (made.stack.node.root as App).synth()).toThrow(message);
  });

  test.each<[string, AccountAccess, (scene: Scene) => unknown]>([
    ['where IAM decides', DELEGATE_TO_IAM, ({ key, role }) => KeyGrants.fromKey(key).decrypt(role)],
    ['beside the grant', ADMINISTRATION_ONLY, ({ key, role }) => [KeyGrants.fromKey(key).decrypt(role), key.grants.decrypt(role)]],
    ['beside a grant to its name', ADMINISTRATION_ONLY, ({ key, stack }) => [
      key.grants.decrypt(new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/readers`)), KeyGrants.fromKey(key).decrypt(Role.fromRoleName(stack, 'Import', 'readers')),
    ]],
    ['beside a grant to whoever has a tag', ADMINISTRATION_ONLY, ({ key, role }) => [
      key.grants.decrypt(new AccountRootPrincipal().withConditions({ StringEquals: { 'aws:PrincipalTag/team': 'billing' } })), role.addToPolicy(allow(['kms:Decrypt'], key.keyArn)),
    ]],
    ['beside a statement of the key policy', ADMINISTRATION_ONLY, ({ key, role }) => [
      key.addToResourcePolicy(new PolicyStatement({ principals: [role], actions: ['kms:Decrypt'], resources: ['*'] })), KeyGrants.fromKey(key).decrypt(role),
    ]],
    ['beside a grant to it and others at once', ADMINISTRATION_ONLY, ({ key, role, stack }) => [
      key.grants.decrypt(new CompositePrincipal(roleIn(stack, 'One'), roleIn(stack, 'Two'), role)), KeyGrants.fromKey(key).decrypt(role),
    ]],
    ['that is a denial', ADMINISTRATION_ONLY, ({ key, role }) => role.addToPolicy(new PolicyStatement({ effect: Effect.DENY, actions: ['kms:Decrypt'], resources: [key.keyArn] }))],
    ['of the administration, which IAM may give', ADMINISTRATION_ONLY, ({ key, role }) => role.addToPolicy(allow(['kms:EnableKey', 'kms:*'], key.keyArn))],
    ['by a pattern, of which the key policy gives a part', ADMINISTRATION_ONLY, ({ key, role }) => [
      key.grant(role, 'kms:GenerateDataKey'), role.addToPolicy(allow(['kms:GenerateDataKey*'], key.keyArn)),
    ]],
    ['of some other key', ADMINISTRATION_ONLY, ({ role }) => role.addToPolicy(allow(['kms:Decrypt'], 'arn:aws:kms:eu-west-1:111122223333:key/other'))],
    ['of a managed policy that nobody has', ADMINISTRATION_ONLY, ({ key, stack }) => new ManagedPolicy(stack, 'Use', { statements: [allow(['kms:Decrypt'], key.keyArn)] })],
  ])('%s (%s) is not', (_, access, give) => {
    const made = scene(access);
    give(made);
    expect(() => (made.stack.node.root as App).synth()).not.toThrow();
  });
});

test('a grant across stacks that takes an identity statement has its half in the key policy', () => {
  const { stack, key } = scene(ADMINISTRATION_ONLY);
  const role = roleIn(new Stack(stack.node.root as App, 'App', { env: HERE }), 'Role', { roleName: 'reader' });
  key.grants.decrypt(role);
  expect(new Deployed(stack.node.root as App).outcome(role, 'kms:Decrypt', key, { parameters: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } })).toBe('Allowed');
});

test('aliases take the key by reference, of any kind', () => {
  const { stack, key } = scene(NONE);
  new Alias(stack, 'L2', { aliasName: 'alias/one', targetKey: key });
  new CfnAlias(stack, 'L1', { aliasName: 'alias/two', targetKeyId: key });
  expect(() => (stack.node.root as App).synth()).not.toThrow();
});

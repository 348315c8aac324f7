import { App, CfnOutput, NestedStack, PhysicalName, Stack, Stage } from 'aws-cdk-lib';
import { CompositePrincipal, ManagedPolicy, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { CfnKey } from 'aws-cdk-lib/aws-kms';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { AccountAccess, DataKeyDuty, SymmetricDataKey } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

const AES = { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
const OTHER_REGION = { ...HERE, region: 'us-east-1' };
const { ADMINISTRATION_ONLY, DELEGATE_TO_IAM, NONE } = AccountAccess;

/** Which stack waits for which at deployment: `Keys → Roles`. */
function order(app: App): string[] {
  return app.node.findAll().filter(Stack.isStack).flatMap((stack) => stack.dependencies.map((other) => `${stack.node.id} → ${other.node.id}`));
}

function functionIn(scope: Construct, id: string, role?: Role): Function {
  return new Function(scope, id, { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('exports.handler = () => {}'), role });
}

interface Scene {
  readonly app: App;
  readonly keys: Stack;
  readonly roles: Stack;
  readonly key: SymmetricDataKey;
}

function scene(env: { keys?: typeof HERE; roles?: typeof HERE } = {}, props: { accountAccess?: AccountAccess; alias?: string } = { alias: 'data' }): Scene {
  const app = new App();
  const keys = new Stack(app, 'Keys', { env: env.keys });
  const roles = new Stack(app, 'Roles', { env: env.roles });
  return { app, keys, roles, key: new SymmetricDataKey(keys, 'Data', props) };
}

/** What the role may do once all is deployed, and what another role with the same identity policies but another name may not. */
function decryptOutcome({ app, key }: Scene, role: Role): string {
  return new Deployed(app).outcome(role, 'kms:Decrypt', key, { parameters: AES });
}

/** The key's stack refers to the roles' stack, or the other way round, before or after the grant is made. */
const makeKeysWait = ({ keys, roles }: Scene) => keys.addStackDependency(roles);
const makeRolesWait = ({ keys, roles }: Scene) => roles.addStackDependency(keys);

describe.each<[string, { keys?: typeof HERE; roles?: typeof HERE }]>([
  ['environments left open', {}],
  ['one environment', { keys: HERE, roles: HERE }],
])('two stacks of %s', (_, env) => {
  test.each<[AccountAccess, string | undefined, string, ((scene: Scene) => void) | undefined, string[]]>([
    [ADMINISTRATION_ONLY, 'reader', 'nothing else', undefined, ['Roles → Keys']],
    [ADMINISTRATION_ONLY, 'reader', 'keys waiting for roles', makeKeysWait, ['Keys → Roles']],
    [ADMINISTRATION_ONLY, 'reader', 'roles waiting for keys', makeRolesWait, ['Roles → Keys']],
    [ADMINISTRATION_ONLY, undefined, 'nothing else', undefined, ['Keys → Roles']],
    [ADMINISTRATION_ONLY, undefined, 'keys waiting for roles', makeKeysWait, ['Keys → Roles']],
    [NONE, 'reader', 'keys waiting for roles', makeKeysWait, ['Keys → Roles']],
    [NONE, 'reader', 'roles waiting for keys', makeRolesWait, ['Roles → Keys']],
    [DELEGATE_TO_IAM, undefined, 'nothing else', undefined, ['Roles → Keys']],
    [DELEGATE_TO_IAM, undefined, 'keys waiting for roles', makeKeysWait, ['Keys → Roles']],
    [DELEGATE_TO_IAM, undefined, 'roles waiting for keys', makeRolesWait, ['Roles → Keys']],
  ])('under %s, a role named %s, with %s', (accountAccess, roleName, _between, wait, stacks) => {
    const set = scene(env, { alias: 'data', accountAccess });
    const role = roleIn(set.roles, 'Reader', { roleName });
    const stranger = roleIn(set.roles, 'Stranger', { roleName: 'stranger' });
    set.key.grants.decrypt(role);
    wait?.(set);
    const deployed = new Deployed(set.app);
    expect([role, stranger].map((who) => deployed.outcome(who, 'kms:Decrypt', set.key, { parameters: AES }))).toEqual(['Allowed', 'ImplicitlyDenied']);
    expect(order(set.app)).toEqual(stacks);
  });

  test('a role that waits for the keys under a name nobody knows is refused, with the ways out', () => {
    const set = scene(env);
    set.key.grants.decrypt(roleIn(set.roles, 'Reader'));
    new CfnOutput(set.roles, 'Key', { value: set.key.keyArn });
    expect(() => set.app.synth()).toThrow(/\[Keys\/Data\] 'Roles\/Reader' cannot be granted Decrypt on 'Keys\/Data': stack 'Roles' depends on stack 'Keys', .* Give it a name \(roleName: '…'\), keep it in a stack of its own .* or move the key into 'Roles'/);
  });

  test('named and nameless roles of one stack go along with each other', () => {
    const set = scene(env);
    const [nameless, named] = [roleIn(set.roles, 'Nameless'), roleIn(set.roles, 'Named', { roleName: 'named' })];
    set.key.grants.decrypt(named);
    set.key.grants.decrypt(nameless);
    const deployed = new Deployed(set.app);
    expect([nameless, named].map((who) => deployed.outcome(who, 'kms:Decrypt', set.key, { parameters: AES }))).toEqual(['Allowed', 'Allowed']);
    expect(order(set.app)).toEqual(['Keys → Roles']);
  });

  test('a function of another stack is told of the key and may use it, if its role has a name', () => {
    const set = scene(env);
    const role = roleIn(set.roles, 'Reader', { roleName: 'reader' });
    set.key.attachTo(functionIn(set.roles, 'Function', role), { name: 'DATA', duties: [DataKeyDuty.DECRYPT] });
    expect(decryptOutcome(set, role)).toBe('Allowed');
  });

  test('a function whose role stands in a third stack needs no name', () => {
    const set = scene(env);
    const role = roleIn(new Stack(set.app, 'Identities', { env: env.roles }), 'Reader');
    set.key.attachTo(functionIn(set.roles, 'Function', role), { name: 'DATA', duties: [DataKeyDuty.DECRYPT] });
    expect(decryptOutcome(set, role)).toBe('Allowed');
  });

  test('and is refused otherwise', () => {
    const set = scene(env);
    set.key.attachTo(functionIn(set.roles, 'Function'), { name: 'DATA', duties: [DataKeyDuty.DECRYPT] });
    expect(() => set.app.synth()).toThrow(/'Roles\/Function' cannot be granted Decrypt on 'Keys\/Data': stack 'Roles' depends on stack 'Keys'/);
  });

  test('grants both ways between two keys and two roles', () => {
    const set = scene(env);
    const back = new SymmetricDataKey(set.roles, 'Back', { alias: 'back' });
    const [here, there] = [roleIn(set.keys, 'Here', { roleName: 'here' }), roleIn(set.roles, 'There', { roleName: 'there' })];
    set.key.grants.decrypt(there);
    back.grants.decrypt(here);
    const deployed = new Deployed(set.app);
    expect([deployed.outcome(there, 'kms:Decrypt', set.key, { parameters: AES }), deployed.outcome(here, 'kms:Decrypt', back, { parameters: AES })]).toEqual(['Allowed', 'Allowed']);
  });
});

describe('one stack', () => {
  test('a role, its function and the key need no order', () => {
    const set = scene();
    const fn = functionIn(set.keys, 'Function');
    set.key.attachTo(fn, { name: 'DATA', duties: [DataKeyDuty.DECRYPT] });
    expect(decryptOutcome(set, fn.role as Role)).toBe('Allowed');
  });

  test.each<[string, (set: Scene) => Role]>([
    ['whose inline policy names the key', ({ keys, key }) => roleIn(keys, 'Reader', {
      inlinePolicies: { Look: new PolicyDocument({ statements: [new PolicyStatement({ actions: ['kms:DescribeKey'], resources: [key.keyArn] })] }) },
    })],
    ['with a managed policy that names the key', ({ keys, key }) => roleIn(keys, 'Reader', {
      managedPolicies: [new ManagedPolicy(keys, 'Look', { statements: [new PolicyStatement({ actions: ['kms:DescribeKey'], resources: [key.keyArn] })] })],
    })],
    ['that was told to wait for the key', ({ keys, key }) => {
      const role = roleIn(keys, 'Reader');
      role.node.addDependency(key);
      return role;
    }],
  ])('a role %s cannot be created first, nor can the key', (_, define) => {
    const set = scene();
    set.key.grants.decrypt(define(set));
    expect(() => set.app.synth()).toThrow(/'Keys\/Reader' cannot be granted Decrypt on 'Keys\/Data': it refers to the key itself.*role\.addToPolicy\(…\)/);
  });

  test('a role may refer to the key in a policy of its own', () => {
    const set = scene();
    const role = roleIn(set.keys, 'Reader');
    role.addToPolicy(new PolicyStatement({ actions: ['kms:DescribeKey'], resources: [set.key.keyArn] }));
    set.key.grants.decrypt(role);
    expect(decryptOutcome(set, role)).toBe('Allowed');
  });
});

describe('nested stacks', () => {
  test.each<[string, boolean, boolean, string | undefined]>([
    ['the key above, the role nested', false, true, undefined],
    ['the key above, the role nested, with a name made on demand as that of an ECS task', false, true, PhysicalName.GENERATE_IF_NEEDED],
    ['the role above, the key nested', true, false, undefined],
    ['each nested', true, true, undefined],
  ])('%s', (_, keyNested, roleNested, roleName) => {
    const app = new App();
    const top = new Stack(app, 'Top', { env: HERE });
    const key = new SymmetricDataKey(keyNested ? new NestedStack(top, 'Keys') : top, 'Data');
    const role = roleIn(roleNested ? new NestedStack(top, 'Roles') : top, 'Reader', { roleName });
    key.grants.decrypt(role);
    const deployed = new Deployed(app);
    expect([deployed.outcome(role, 'kms:Decrypt', key, { parameters: AES }), deployed.arnOf(role)]).toEqual(['Allowed', expect.stringMatching(/:role\/Top-[\w-]+$/)]);
  });

  test('something else that a nested stack takes from above is no hindrance', () => {
    const app = new App();
    const top = new Stack(app, 'Top', { env: HERE });
    const [key, other] = [new SymmetricDataKey(top, 'Data'), new SymmetricDataKey(top, 'Other')];
    const nested = new NestedStack(top, 'Roles');
    const role = roleIn(nested, 'Reader');
    new CfnOutput(nested, 'Taken', { value: other.keyArn });
    key.grants.decrypt(role);
    expect(decryptOutcome({ app, key } as Scene, role)).toBe('Allowed');
  });

  test('but the key is', () => {
    const app = new App();
    const top = new Stack(app, 'Top', { env: HERE });
    const key = new SymmetricDataKey(top, 'Data');
    const nested = new NestedStack(top, 'Roles');
    new CfnOutput(nested, 'Taken', { value: key.keyArn });
    key.grants.decrypt(roleIn(nested, 'Reader'));
    expect(() => app.synth()).toThrow(/'Top\/Roles\/Reader' cannot be granted Decrypt on 'Top\/Data': stack 'Top\/Roles' depends on stack 'Top'/);
  });
});

describe('two environments', () => {
  test.each<[string, typeof HERE, AccountAccess, string | undefined]>([
    ['two accounts', OTHER_ACCOUNT, ADMINISTRATION_ONLY, 'reader'],
    ['two accounts', OTHER_ACCOUNT, DELEGATE_TO_IAM, 'reader'],
    ['two accounts', OTHER_ACCOUNT, NONE, 'reader'],
    ['two accounts, a name made on demand', OTHER_ACCOUNT, ADMINISTRATION_ONLY, PhysicalName.GENERATE_IF_NEEDED],
    ['two Regions', OTHER_REGION, ADMINISTRATION_ONLY, 'reader'],
    ['two Regions', OTHER_REGION, DELEGATE_TO_IAM, 'reader'],
    ['two Regions, a nameless role', OTHER_REGION, DELEGATE_TO_IAM, undefined],
  ])('%s %j under %s', (_, roles, accountAccess, roleName) => {
    const set = scene({ keys: HERE, roles }, { accountAccess, alias: 'data' });
    const [reader, stranger] = [roleIn(set.roles, 'Reader', { roleName }), roleIn(set.roles, 'Stranger', { roleName: 'stranger' })];
    stranger.addToPolicy(new PolicyStatement({ actions: ['kms:Encrypt'], resources: ['*'] }));
    set.key.grants.decrypt(reader);
    const deployed = new Deployed(set.app);
    expect([reader, stranger].map((who) => deployed.outcome(who, 'kms:Decrypt', set.key, { parameters: AES }))).toEqual(['Allowed', 'ImplicitlyDenied']);
    expect(order(set.app)).toEqual([]);
  });

  test('a role without policy updates is told by its name where its stack waits for the key, and by reference where not', () => {
    const outcomes = (makeWait: ((scene: Scene) => void) | undefined, allowed: boolean) => {
      const set = scene({ keys: HERE, roles: HERE });
      const reader = roleIn(set.roles, 'Reader', { roleName: 'reader' });
      if (allowed) reader.addToPolicy(new PolicyStatement({ actions: ['kms:Decrypt'], resources: ['*'] }));
      makeWait?.(set);
      set.key.grants.decrypt(reader.withoutPolicyUpdates());
      const outcome = decryptOutcome(set, reader);
      const warnings = set.app.synth().stacks.flatMap(({ messages }) => messages.map(({ entry }) => String(entry.data)));
      return { outcome, warnings };
    };
    const all = [outcomes(makeRolesWait, true), outcomes(makeRolesWait, false), outcomes(makeKeysWait, false)];
    expect(all.map(({ outcome }) => outcome)).toEqual(['Allowed', 'ImplicitlyDenied', 'Allowed']);
    expect(outcomes(makeRolesWait, true).warnings).toEqual([expect.stringMatching(/^'Roles\/Reader' keeps its policies to itself, .* only with an IAM policy that allows kms:Decrypt on this key too/)]);
  });

  test('across accounts, a role of the same policies that the key policy does not tell is refused', () => {
    const set = scene({ keys: HERE, roles: OTHER_ACCOUNT });
    const [reader, almighty] = [roleIn(set.roles, 'Reader', { roleName: 'reader' }), roleIn(set.roles, 'Almighty', { roleName: 'almighty' })];
    almighty.addToPolicy(new PolicyStatement({ actions: ['kms:*'], resources: ['*'] }));
    set.key.grants.decrypt(reader);
    expect(decryptOutcome(set, almighty)).toBe('ImplicitlyDenied');
  });

  test('a nameless role across accounts is refused, with the ways out', () => {
    const set = scene({ keys: HERE, roles: OTHER_ACCOUNT });
    expect(() => set.key.grants.decrypt(roleIn(set.roles, 'Reader')))
      .toThrow(/'Roles\/Reader' cannot be granted Decrypt on 'Keys\/Data': it is created in another account or Region, under a name nobody knows yet\. Give it a name/);
  });

  test('where the key has no alias either, both are said', () => {
    const app = new App();
    const key = new SymmetricDataKey(new Stack(app, 'Keys', { env: HERE }), 'Data');
    const grant = (id: string, roleName?: string) => () => key.grants.decrypt(roleIn(new Stack(app, id, { env: OTHER_ACCOUNT }), 'Reader', { roleName }));
    const [alias, name] = [/Give the key an alias before the grant/, /Give it a name \(roleName: '…'/];
    expect(grant('Nameless')).toThrow(alias);
    expect(grant('Nameless2')).toThrow(name);
    expect(grant('Named', 'reader')).toThrow(alias);
    expect(grant('Named2', 'reader')).not.toThrow(name);
  });

  test('so is one whose policies are not to be changed', () => {
    const set = scene({ keys: HERE, roles: OTHER_ACCOUNT });
    expect(() => set.key.grants.decrypt(roleIn(set.roles, 'Reader', { roleName: 'reader' }).withoutPolicyUpdates())).toThrow(/its policies cannot be changed here/);
  });

  test('so is a key that other environments cannot tell from others', () => {
    const set = scene({ keys: HERE, roles: OTHER_ACCOUNT }, {});
    expect(() => set.key.grants.decrypt(roleIn(set.roles, 'Reader', { roleName: 'reader' }))).toThrow(/nothing can tell the key from others\. Give the key an alias/);
  });

  test('a role may decrypt under that key only, whatever else trusts its account', () => {
    const set = scene({ keys: HERE, roles: OTHER_REGION });
    const role = roleIn(set.roles, 'Reader', { roleName: 'reader' });
    const other = new SymmetricDataKey(set.keys, 'Other', { accountAccess: DELEGATE_TO_IAM, alias: 'other' });
    set.key.grants.decrypt(role);
    expect(new Deployed(set.app).outcome(role, 'kms:Decrypt', other, { parameters: AES })).toBe('ImplicitlyDenied');
  });

  test('an attached function is refused there', () => {
    const set = scene({ keys: HERE, roles: OTHER_ACCOUNT });
    expect(() => set.key.attachTo(functionIn(set.roles, 'Function'), { name: 'DATA' })).toThrow(/the function is in another account or Region/);
  });

  test('stages of one app are as good as two environments', () => {
    const app = new App();
    const stack = (id: string) => new Stack(new Stage(app, id), id, { env: HERE });
    const key = new SymmetricDataKey(stack('Keys'), 'Data', { alias: 'data' });
    const role = roleIn(stack('Roles'), 'Reader', { roleName: 'reader' });
    key.grants.decrypt(role);
    expect(decryptOutcome({ app, key } as Scene, role)).toBe('Allowed');
  });
});

describe('roles that this app does not create', () => {
  const arn = (account: string) => `arn:aws:iam::${account}:role/imported`;

  test.each<[string, AccountAccess, (set: Scene) => IGrantable]>([
    ['by ARN', ADMINISTRATION_ONLY, ({ keys }) => Role.fromRoleArn(keys, 'Imported', arn(HERE.account))],
    ['by ARN, not to be changed', ADMINISTRATION_ONLY, ({ keys }) => Role.fromRoleArn(keys, 'Imported', arn(HERE.account), { mutable: false })],
    ['by name', ADMINISTRATION_ONLY, ({ keys }) => Role.fromRoleName(keys, 'Imported', 'imported')],
    ['by ARN, not to be changed', DELEGATE_TO_IAM, ({ keys }) => Role.fromRoleArn(keys, 'Imported', arn(HERE.account), { mutable: false })],
    ['by ARN', NONE, ({ keys }) => Role.fromRoleArn(keys, 'Imported', arn(HERE.account))],
  ])('%s, under %s, are named by the key policy', (_, accountAccess, imported) => {
    const set = scene({ keys: HERE }, { accountAccess });
    set.key.grants.decrypt(imported(set));
    expect(new Deployed(set.app).outcome(arn(HERE.account), 'kms:Decrypt', set.key, { parameters: AES })).toBe('Allowed');
  });

  test('in another account they need a policy there, which the app says', () => {
    const set = scene({ keys: HERE });
    set.key.grants.decrypt(Role.fromRoleArn(set.keys, 'Imported', arn(OTHER_ACCOUNT.account)));
    const messages = set.app.synth().getStackByName('Keys').messages.map(({ entry }) => String(entry.data));
    expect(messages).toContainEqual(expect.stringMatching(/'Keys\/Imported' is in another account: a policy there must allow it kms:Decrypt on this key too/));
    expect(JSON.stringify(new Deployed(set.app).keyOf(set.key).policy)).toContain(arn(OTHER_ACCOUNT.account));
  });

  test('a role and a service together are granted each in its way', () => {
    const set = scene({ keys: HERE });
    const role = roleIn(set.keys, 'Reader');
    const service = new ServicePrincipal('events.amazonaws.com');
    const both = new CompositePrincipal(role, service);
    expect(() => set.key.grants.decrypt(both)).toThrow(/would use 'Keys\/Data' for anybody's resources/);
  });
});

describe('the order of stacks', () => {
  test('is decided anew after somebody looked at a policy before the app was complete', () => {
    const set = scene({ keys: HERE, roles: HERE });
    const role = roleIn(set.roles, 'Reader', { roleName: 'reader' });
    set.key.grants.decrypt(role);
    const early = JSON.stringify(set.keys.resolve((set.key.node.defaultChild as CfnKey).keyPolicy));
    expect(early).toContain('aws:PrincipalArn');
    makeKeysWait(set);
    expect(decryptOutcome(set, role)).toBe('Allowed');
    expect(order(set.app)).toEqual(['Keys → Roles']);
  });

  test('stays the same when an app is synthesized again', () => {
    const set = scene({ keys: HERE, roles: HERE });
    ['named', undefined].forEach((roleName, n) => set.key.grants.decrypt(roleIn(set.roles, `Reader${n}`, { roleName })));
    const templates = [set.app.synth(), set.app.synth({ force: true })].map((assembly) => assembly.stacks.map(({ template }) => template as object));
    expect(templates[1]).toEqual(templates[0]);
  });
});

describe('a role of a stack that does not say its account, beside a key of one that does', () => {
  const granted = (env: { keys?: typeof HERE; roles?: typeof HERE }) => {
    const set = scene(env);
    set.key.grants.decrypt(roleIn(set.roles, 'Role', { roleName: 'reader' }));
    const messages = set.app.synth().getStackByName('Keys').messages.map(({ entry }) => String(entry.data));
    return { ...set, messages: messages.filter((message) => message.includes('does not say its account')) };
  };

  test('is told by its name in the key\'s account, and synthesis says so', () => {
    const { app, key, messages } = granted({ keys: HERE });
    expect(messages).toEqual([expect.stringContaining('stack \'Roles\' of \'Roles/Role\' does not say its account (env: { account: \'…\' }), so that the key policy of \'Keys/Data\' names a role of the '
      + `key's own account, ${HERE.account}, for Decrypt`)]);
    const statements = [new Deployed(app).keyOf(key).policy.Statement].flat();
    expect(JSON.stringify(statements.find(({ Sid }) => Sid === 'Decrypt'))).toContain(HERE.account);
  });

  test.each<[string, { keys?: typeof HERE; roles?: typeof HERE }]>([
    ['both say it', { keys: HERE, roles: HERE }],
    ['neither says it', {}],
    ['the other account is known', { keys: HERE, roles: OTHER_ACCOUNT }],
    ['another Region of the account is known', { keys: HERE, roles: OTHER_REGION }],
  ])('there is nothing to say where %s', (_, env) => expect(granted(env).messages).toEqual([]));
});

import { allow, policy, SYMBOL, trust } from './reading';
import { readTemplate, readTemplates } from '../../src/template';

const DECRYPT = policy(allow('kms:Decrypt'));
const ROLE = { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: trust({ Service: 'lambda.amazonaws.com' }) } };
const named = (RoleName: string) => ({ Type: 'AWS::IAM::Role', Properties: { RoleName } });

const actionsOf = (identity: { policies: readonly { document: { Statement: unknown } }[] }) =>
  identity.policies.flatMap(({ document }) => (document.Statement as { Action: string }[]).map(({ Action }) => Action));

describe('a role has the policy', () => {
  test.each<[string, Record<string, object>, string]>([
    ['written in it', { Role: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyName: 'Inline', PolicyDocument: DECRYPT }] } } }, 'Inline of role Role in stack Stack'],
    ['of an AWS::IAM::Policy by Ref', { Role: ROLE, P: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'Default', PolicyDocument: DECRYPT, Roles: [{ Ref: 'Role' }] } } }, 'Default in stack Stack'],
    ['of an AWS::IAM::Policy by name', { Role: named('r'), P: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'Default', PolicyDocument: DECRYPT, Roles: ['r'] } } }, 'Default in stack Stack'],
    ['of an AWS::IAM::RolePolicy', { Role: ROLE, P: { Type: 'AWS::IAM::RolePolicy', Properties: { PolicyName: 'One', PolicyDocument: DECRYPT, RoleName: { Ref: 'Role' } } } }, 'One in stack Stack'],
    ['of a managed policy that names it', { Role: ROLE, P: { Type: 'AWS::IAM::ManagedPolicy', Properties: { ManagedPolicyName: 'M', PolicyDocument: DECRYPT, Roles: [{ Ref: 'Role' }] } } }, 'M in stack Stack'],
    ['of a managed policy that it names', { Role: { Type: 'AWS::IAM::Role', Properties: { ManagedPolicyArns: [{ Ref: 'P' }] } }, P: { Type: 'AWS::IAM::ManagedPolicy', Properties: { ManagedPolicyName: 'M', PolicyDocument: DECRYPT } } }, 'M in stack Stack'],
    ['once, where it and the managed policy name each other by text', { Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'r', ManagedPolicyArns: [{ Ref: 'P' }] } }, P: { Type: 'AWS::IAM::ManagedPolicy', Properties: { ManagedPolicyName: 'M', PolicyDocument: DECRYPT, Roles: ['r'] } } }, 'M in stack Stack'],
  ])('%s', (_, Resources, name) => {
    const { identities } = readTemplate({ Resources });
    expect(identities[0].policies).toEqual([{ name, document: { Version: '2012-10-17', Statement: [allow('kms:Decrypt')] } }]);
    expect(identities[0].managedPolicyArns).toEqual([]);
  });

  test.each<[string, Record<string, object>]>([
    ['that names another role', { Role: named('r'), P: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'D', PolicyDocument: DECRYPT, Roles: ['r2'] } } }],
    ['that names a user of its name', { Role: named('r'), P: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'D', PolicyDocument: DECRYPT, Users: ['r'] } } }],
    ['whose condition does not hold', { Role: named('r'), P: { Type: 'AWS::IAM::Policy', Condition: 'Never', Properties: { PolicyName: 'D', PolicyDocument: DECRYPT, Roles: ['r'] } } }],
  ])('but not one %s', (_, Resources) => {
    const { identities } = readTemplate({ Conditions: { Never: { 'Fn::Equals': [1, 2] } }, Resources });
    expect(identities[0].policies).toEqual([]);
  });
});

describe('a policy in one stack and its role in another', () => {
  const roleStack = { Resources: { Role: ROLE }, Outputs: { Role: { Value: { Ref: 'Role' }, Export: { Name: 'RoleName' } } } };
  const policyStack = (role: unknown) => ({ Resources: { P: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'Default', PolicyDocument: DECRYPT, Roles: [role] } } } });

  test.each([0, 1])('meet through an export, in any order (%i)', (first) => {
    const sources = [{ template: roleStack, stack: 'A' }, { template: policyStack({ 'Fn::ImportValue': 'RoleName' }), stack: 'B' }];
    const { identities } = readTemplates(first ? [...sources].reverse() : sources);
    expect(identities[0].policies.map(({ name }) => name)).toEqual(['Default in stack B']);
  });

  test('meet by name in one account, in any Region', () => {
    const { identities } = readTemplates([
      { template: { Resources: { Role: named('r') } }, stack: 'A', region: 'eu-west-1' },
      { template: policyStack('r'), stack: 'B', region: 'us-west-2' },
    ]);
    expect(actionsOf(identities[0])).toEqual(['kms:Decrypt']);
  });

  test('do not meet across accounts', () => {
    const { identities, importedIdentities } = readTemplates([
      { template: { Resources: { Role: named('r') } }, stack: 'A', account: '444455556666' },
      { template: policyStack('r'), stack: 'B' },
    ]);
    expect(identities[0].policies).toEqual([]);
    expect(importedIdentities).toMatchObject([{ kind: 'role', account: '111122223333', name: 'r', policies: [{ name: 'Default in stack B' }] }]);
  });

  test('a policy for an imported role is kept for whoever knows the role', () => {
    expect(readTemplate(policyStack('imported')).importedIdentities.map(({ name }) => name)).toEqual(['imported']);
    expect(readTemplate({ Resources: { Role: named('r') } }).importedIdentities).toEqual([]);
  });
});

describe('a user', () => {
  const group = { Type: 'AWS::IAM::Group', Properties: { GroupName: 'ops', Policies: [{ PolicyName: 'Own', PolicyDocument: DECRYPT }] } };

  test.each<[string, Record<string, object>, string[]]>([
    ['has what its group has', { Ops: group, Ann: { Type: 'AWS::IAM::User', Properties: { Groups: [{ Ref: 'Ops' }] } } }, ['Own of group Ops in stack Stack']],
    ['has it when it is added to the group', { Ops: group, Ann: { Type: 'AWS::IAM::User', Properties: { UserName: 'ann' } }, Add: { Type: 'AWS::IAM::UserToGroupAddition', Properties: { GroupName: 'ops', Users: ['ann'] } } }, ['Own of group Ops in stack Stack']],
    ['has what a policy gives to the group', { Ann: { Type: 'AWS::IAM::User', Properties: { Groups: ['g'] } }, P: { Type: 'AWS::IAM::GroupPolicy', Properties: { PolicyName: 'G', PolicyDocument: DECRYPT, GroupName: 'g' } } }, ['G in stack Stack']],
    ['has what a managed policy gives to the group', { Ann: { Type: 'AWS::IAM::User', Properties: { Groups: ['g'] } }, P: { Type: 'AWS::IAM::ManagedPolicy', Properties: { ManagedPolicyName: 'M', PolicyDocument: DECRYPT, Groups: ['g'] } } }, ['M in stack Stack']],
    ['has its own', { Ann: { Type: 'AWS::IAM::User', Properties: { UserName: 'ann' } }, P: { Type: 'AWS::IAM::UserPolicy', Properties: { PolicyName: 'U', PolicyDocument: DECRYPT, UserName: 'ann' } } }, ['U in stack Stack']],
    ['has nothing of a group it is not in', { Ops: group, Ann: { Type: 'AWS::IAM::User', Properties: { Groups: ['others'] } } }, []],
  ])('%s', (_, Resources, names) => {
    const { identities } = readTemplate({ Resources });
    expect(identities.find(({ type }) => type === 'AWS::IAM::User')!.policies.map(({ name }) => name)).toEqual(names);
  });
});

test('a group that no template makes is listed, and one without policies is not imported', () => {
  const user = (group: string) => ({ Ann: { Type: 'AWS::IAM::User', Properties: { Groups: [group] } }, Ops: { Type: 'AWS::IAM::Group', Properties: { GroupName: 'ops' } } });
  const elsewhere = readTemplate({ Resources: user('others') });
  expect(elsewhere.unresolved).toMatchObject([{ at: { logicalId: 'Ann', property: 'Groups' }, because: expect.stringContaining("group 'others' is made by none") }]);
  expect(elsewhere.importedIdentities).toEqual([]);
  expect(readTemplate({ Resources: user('ops') }).unresolved).toEqual([]);
});

describe('managed policies of AWS', () => {
  const withManaged = (...ManagedPolicyArns: unknown[]) => readTemplate({ Resources: { Role: { Type: 'AWS::IAM::Role', Properties: { ManagedPolicyArns } } } }).identities[0];

  test.each<[string, string, unknown]>([
    ['AdministratorAccess', 'AdministratorAccess (AWS managed)', ['*']],
    ['service-role/AWSLambdaBasicExecutionRole', 'AWSLambdaBasicExecutionRole (AWS managed)', ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']],
  ])('%s is known', (policyName, name, actions) => {
    const { policies, managedPolicyArns } = withManaged({ 'Fn::Sub': `arn:\${AWS::Partition}:iam::aws:policy/${policyName}` });
    expect(policies).toMatchObject([{ name, document: { Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] } }]);
    expect(managedPolicyArns).toEqual([]);
  });

  test.each(['arn:aws:iam::aws:policy/ReadOnlyAccess', 'arn:aws:iam::111122223333:policy/AdministratorAccess', 'arn:aws:iam::aws:policy/other/AdministratorAccess'])('%s is known by name only', (arn) => {
    expect(withManaged(arn)).toMatchObject({ policies: [], managedPolicyArns: [arn] });
  });
});

describe('a permissions boundary', () => {
  const bounded = (PermissionsBoundary: unknown, more: Record<string, object> = {}) =>
    readTemplate({ Resources: { Role: { Type: 'AWS::IAM::Role', Properties: { PermissionsBoundary } }, ...more } }).identities[0];

  test('from a template binds with its document', () => {
    const found = bounded({ Ref: 'Limit' }, { Limit: { Type: 'AWS::IAM::ManagedPolicy', Properties: { ManagedPolicyName: 'Limit', PolicyDocument: DECRYPT } } });
    expect(found.boundary).toEqual({ name: 'Limit in stack Stack', document: { Version: '2012-10-17', Statement: [allow('kms:Decrypt')] } });
    expect(found).not.toHaveProperty('unknownBoundaryArn');
    expect(found.policies).toEqual([]);
  });

  test('from elsewhere is known to be there', () => {
    const found = bounded('arn:aws:iam::111122223333:policy/limit');
    expect(found).toMatchObject({ unknownBoundaryArn: 'arn:aws:iam::111122223333:policy/limit' });
    expect(found).not.toHaveProperty('boundary');
  });

  test('is absent where none is set', () => {
    expect(bounded({ Ref: 'AWS::NoValue' })).not.toHaveProperty('unknownBoundaryArn');
  });
});

test('a role has its trust, tags, path and name', () => {
  const [role] = readTemplate({
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Metadata: { 'aws:cdk:path': 'App/Writer/Resource' },
        Properties: { ...ROLE.Properties, Path: '/team/', Tags: [{ Key: 'tenant', Value: { Ref: 'AWS::StackName' } }] },
      },
    },
  }, { stack: 'Orders' }).identities;
  expect(role).toMatchObject({
    stack: 'Orders',
    logicalId: 'Role',
    path: 'App/Writer/Resource',
    type: 'AWS::IAM::Role',
    tags: { tenant: 'Orders' },
    trust: { Statement: [{ Principal: { Service: 'lambda.amazonaws.com' } }] },
  });
  expect(role.arn).toBe(`arn:aws:iam::111122223333:role/team/${role.name}`);
});

test('a policy for a role by a name that is not known finds the role of that name', () => {
  const { identities } = readTemplate({
    Parameters: { Name: { Type: 'String' } },
    Resources: {
      Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: { Ref: 'Name' } } },
      P: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'D', PolicyDocument: DECRYPT, Roles: [{ 'Fn::Sub': '${Name}' }] } },
    },
  });
  expect(identities[0].name).toMatch(SYMBOL);
  expect(actionsOf(identities[0])).toEqual(['kms:Decrypt']);
});

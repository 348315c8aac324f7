import { allow, policy, valueOf } from './reading';
import { decide } from '../../src/authz';
import type { KeyFacts } from '../../src/authz';
import { readTemplate, readTemplates } from '../../src/template';

/** Where there are several of something, each counts: the second group, the second role, the second Region, and its near misses. */

const KEY: KeyFacts = {
  arn: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  policy: { Version: '2012-10-17', Statement: { Sid: 'Iam', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' } },
};
const USES = ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'];

const role = (more: object = {}) => ({ Type: 'AWS::IAM::Role', Properties: more });
const user = (UserName: string, Groups: string[] = []) => ({ Type: 'AWS::IAM::User', Properties: { UserName, Groups } });
const group = (GroupName: string, action: string) =>
  ({ Type: 'AWS::IAM::Group', Properties: { GroupName, Policies: [{ PolicyName: 'Own', PolicyDocument: policy(allow(action)) }] } });
const attached = (kind: string, more: object, ...statements: object[]) =>
  ({ Type: `AWS::IAM::${kind}`, Properties: { [kind === 'Policy' ? 'PolicyName' : 'ManagedPolicyName']: 'P', PolicyDocument: policy(...statements), ...more } });

/** What each role and user of a template may do with a key that leaves it to IAM. */
function mayIn(Resources: Record<string, object>): Record<string, string[]> {
  const { identities } = readTemplate({ Resources });
  const usesOf = (principal: string) => USES.filter((action) => decide({ identities }, { principal, action, key: KEY }).allowed);
  return Object.fromEntries(identities.map(({ logicalId, arn }) => [logicalId, usesOf(arn)]));
}

describe('policies', () => {
  test.each<[string, Record<string, object>, Record<string, string[]>]>([
    ['of two roles', { A: role(), B: role(), C: role(), P: attached('Policy', { Roles: [{ Ref: 'A' }, { Ref: 'B' }] }, allow('kms:Decrypt')) },
      { A: ['kms:Decrypt'], B: ['kms:Decrypt'], C: [] }],
    ['of two roles, managed', { A: role(), B: role(), C: role(), P: attached('ManagedPolicy', { Roles: [{ Ref: 'A' }, { Ref: 'B' }] }, allow('kms:Decrypt')) },
      { A: ['kms:Decrypt'], B: ['kms:Decrypt'], C: [] }],
    ['of a role and a user', { A: role(), U: user('ann'), P: attached('Policy', { Roles: [{ Ref: 'A' }], Users: ['ann'] }, allow('kms:Decrypt')) },
      { A: ['kms:Decrypt'], U: ['kms:Decrypt'] }],
    ['of two inside of one role', { A: role({ Policies: ['kms:Decrypt', 'kms:Encrypt'].map((action, n) => ({ PolicyName: `P${n}`, PolicyDocument: policy(allow(action)) })) }) },
      { A: ['kms:Encrypt', 'kms:Decrypt'] }],
    ['of two groups', { Ops: group('ops', 'kms:Decrypt'), Dev: group('dev', 'kms:Encrypt'), U: user('ann', ['ops', 'dev']), V: user('bob', ['dev']) },
      { U: ['kms:Encrypt', 'kms:Decrypt'], V: ['kms:Encrypt'] }],
    ['of a group that two were added to', {
      Ops: group('ops', 'kms:Decrypt'),
      U: user('ann'),
      V: user('bob'),
      W: user('cid'),
      Add: { Type: 'AWS::IAM::UserToGroupAddition', Properties: { GroupName: 'ops', Users: ['ann', 'bob'] } },
    }, { U: ['kms:Decrypt'], V: ['kms:Decrypt'], W: [] }],
    ['with an Allow and a Deny', { A: role(), P: attached('Policy', { Roles: [{ Ref: 'A' }] }, allow('kms:*'), { ...allow('kms:Decrypt'), Effect: 'Deny' }) },
      { A: ['kms:Encrypt', 'kms:GenerateDataKey'] }],
  ])('%s', (_, resources, expected) => expect(mayIn(resources)).toEqual(expected));

  test.each<[string, string[]]>([
    ['AdministratorAccess', USES],
    ['PowerUserAccess', USES],
    ['AWSKeyManagementServicePowerUser', []],
    ['AmazonS3FullAccess', []],
    ['service-role/AWSLambdaVPCAccessExecutionRole', []],
  ])('that AWS manages: %s', (name, uses) => expect(mayIn({ A: role({ ManagedPolicyArns: [`arn:aws:iam::aws:policy/${name}`] }) })).toEqual({ A: uses }));
});

test('each replica of a key has the aliases of its own Region', () => {
  const alias = (AliasName: string, TargetKeyId: unknown) => ({ Type: 'AWS::KMS::Alias', Properties: { AliasName, TargetKeyId } });
  const primary = {
    Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { MultiRegion: true } }, Alias: alias('alias/first', { Ref: 'Key' }) },
    Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Key', 'Arn'] } } },
  };
  const output = { 'Fn::GetStackOutput': { StackName: 'Primary', OutputName: 'Arn', Region: 'us-east-1' } };
  const replica = { Resources: { Key: { Type: 'AWS::KMS::ReplicaKey', Properties: { PrimaryKeyArn: output, KeyPolicy: policy() } }, Alias: alias('alias/second', { Ref: 'Key' }) } };
  const { keys } = readTemplates([{ template: primary, stack: 'Primary', region: 'us-east-1' }, { template: replica, stack: 'Replica', region: 'eu-west-1' }]);
  expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(1);
  expect(keys.map(({ region, aliases }) => [region, aliases])).toEqual([['us-east-1', ['alias/first']], ['eu-west-1', ['alias/second']]]);
});

describe('a stored parameter is that of the own account and Region', () => {
  const writes = (Value: string) => ({ Resources: { Stored: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/role', Value } } } });
  const reads = { Parameters: { Role: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/role' } }, Resources: { Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: { Ref: 'Role' } } } } };
  const HERE = { account: '111122223333', region: 'us-east-1' };
  const nameOf = (...stored: (typeof HERE)[]) => readTemplates([
    ...stored.map((env, n) => ({ template: writes(`role-${n}`), stack: `Stored${n}`, ...env })), { template: reads, stack: 'Reads', ...HERE },
  ]).identities[0].name;

  test.each<[string, (typeof HERE)[], RegExp]>([
    ['beside others', [{ ...HERE, region: 'eu-west-1' }, { ...HERE, account: '444455556666' }, HERE], /^role-2$/],
    ['and not of another Region', [{ ...HERE, region: 'eu-west-1' }], /^unresolved-/],
    ['and not of another account', [{ ...HERE, account: '444455556666' }], /^unresolved-/],
  ])('%s', (_, stored, name) => expect(nameOf(...stored)).toMatch(name));
});

describe('a value that is written to another Region is read there', () => {
  const REMOTE = 'eu-west-1';
  const writer = { Resources: { Writer: { Type: 'Custom::CrossRegionExportWriter', Properties: { WriterProps: { region: REMOTE, exports: { '/cdk/exports/Role': 'writer-role' } } } } } };
  const reader = {
    Resources: {
      Reader: { Type: 'Custom::CrossRegionExportReader', Properties: {} },
      Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: { 'Fn::GetAtt': ['Reader', '/cdk/exports/Role'] } } },
    },
  };
  const nameOf = (account: string, region: string) => readTemplates([
    { template: writer, stack: 'Writer', account: '111122223333', region: 'us-east-1' }, { template: reader, stack: 'Reader', account, region },
  ]).identities[0].name;

  test.each<[string, string, string, RegExp]>([
    ['in that Region', '111122223333', REMOTE, /^writer-role$/],
    ['and in no third one', '111122223333', 'us-west-2', /^unresolved-/],
    ['and in no other account', '444455556666', REMOTE, /^unresolved-/],
  ])('%s', (_, account, region, name) => expect(nameOf(account, region)).toMatch(name));
});

test('a comparison with what is not known is not known, whichever side it stands on', () => {
  const compared = (...sides: unknown[]) => valueOf({ 'Fn::If': ['Same', 'yes', 'no'] }, { Conditions: { Same: { 'Fn::Equals': sides } }, Parameters: { Stage: { Type: 'String' } } });
  expect([compared({ Ref: 'Stage' }, 'prod'), compared('prod', { Ref: 'Stage' })]).toEqual(Array(2).fill(expect.stringMatching(/^unresolved-/)));
  expect([compared({ Ref: 'Stage' }, { Ref: 'Stage' }), compared('prod', 'prod'), compared('prod', 'test')]).toEqual(['yes', 'yes', 'no']);
});

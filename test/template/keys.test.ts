import { allow, policy } from './reading';
import { whyRefused } from '../../src/spec/policy-grammar';
import { readTemplate, readTemplates } from '../../src/template';

const key = (Properties: object = {}) => readTemplate({ Resources: { Key: { Type: 'AWS::KMS::Key', Properties } } }).keys[0];

describe('an AWS::KMS::Key', () => {
  test.each<[string, object, object]>([
    ['is symmetric, enabled and does not rotate by default', {}, {
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
      enabled: true,
      rotation: false,
      rotationPeriodInDays: undefined,
      pendingWindowInDays: 30,
      multiRegion: false,
      multiRegionKeyType: undefined,
      description: '',
      tags: {},
    }],
    ['rotates in 365 days unless told otherwise', { EnableKeyRotation: true }, { rotation: true, rotationPeriodInDays: 365 }],
    ['rotates as told', { EnableKeyRotation: 'true', RotationPeriodInDays: '90' }, { rotation: true, rotationPeriodInDays: 90 }],
    ['signs', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }, { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' }],
    ['is off', { Enabled: false }, { enabled: false }],
    ['is off, as a parameter says it', { Enabled: 'false' }, { enabled: false }],
    ['is the primary of replicas', { MultiRegion: true }, { multiRegion: true, multiRegionKeyType: 'PRIMARY', keyId: expect.stringMatching(/^mrk-[0-9a-f]{32}$/) }],
    ['waits to be deleted', { PendingWindowInDays: 7 }, { pendingWindowInDays: 7 }],
    ['waits for its material', { Origin: 'EXTERNAL' }, { origin: 'EXTERNAL' }],
    ['has description and tags', { Description: 'd', Tags: [{ Key: 'a', Value: 'b' }, { Key: 'n', Value: 1 }] }, { description: 'd', tags: { a: 'b', n: '1' } }],
  ])('%s', (_, properties, facts) => expect({ rotationPeriodInDays: undefined, multiRegionKeyType: undefined, ...key(properties) }).toMatchObject(facts));

  test('has the ARN of its id, account and Region', () => {
    const { arn, keyId, account, region } = key();
    expect(arn).toBe(`arn:aws:kms:${region}:${account}:key/${keyId}`);
  });
});

describe('its policy', () => {
  const ROOT = 'arn:aws:iam::111122223333:root';

  test('has everything resolved', () => {
    const resources = {
      Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'reader' } },
      Key: {
        Type: 'AWS::KMS::Key',
        Properties: {
          KeyPolicy: policy({
            Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', Principal: { AWS: [{ 'Fn::GetAtt': ['Role', 'Arn'] }, { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' }] },
          }),
        },
      },
    };
    expect(readTemplate({ Resources: resources }).keys[0].policy.Statement).toMatchObject([{ Principal: { AWS: ['arn:aws:iam::111122223333:role/reader', ROOT] } }]);
  });

  test('is the one KMS gives where there is none: the account decides', () => {
    expect(key().policy.Statement).toMatchObject([{ Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*' }]);
  });

  test('may be written as text', () => {
    expect(key({ KeyPolicy: JSON.stringify(policy(allow('kms:Decrypt'))) }).policy.Statement).toEqual([allow('kms:Decrypt')]);
  });

  test('may have a single statement', () => {
    expect(key({ KeyPolicy: { Statement: allow('kms:Decrypt') } }).policy.Statement).toEqual(allow('kms:Decrypt'));
  });

  test('is there as it is written, with what KMS refuses in it', () => {
    const written = { ...policy(allow('kms:Decrypt'), { Action: 'kms:*', Conditions: {} }), Comment: 'x' };
    expect(key({ KeyPolicy: written }).policy).toEqual(written);
    const twice = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}';
    expect(whyRefused(key({ KeyPolicy: twice }).policy, 'key policy')).toContain('Statement[0].Effect of the policy: it stands there twice');
  });

  test.each<[string, unknown, number, RegExp]>([
    ['a statement that is not known', policy(allow('kms:Decrypt'), { 'Fn::ImportValue': 'Statement' }), 1, /^it is not known: left out/],
    ['a statement whose effect is not known', policy({ ...allow('kms:Decrypt'), Effect: { 'Fn::ImportValue': 'Effect' } }), 0, /^it is not known: left out/],
    ['a document that is not known', { 'Fn::ImportValue': 'Policy' }, 0, /no policy document/],
    ['text that is none', 'allow everybody', 0, /no policy document/],
  ])('leaves out and lists %s', (_, document, left, because) => {
    const deployment = readTemplate({ Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: document } } } });
    expect(deployment.keys[0].policy.Statement).toHaveLength(left);
    expect(deployment.unresolved.map((entry) => entry.because)).toContainEqual(expect.stringMatching(because));
  });
});

describe('aliases', () => {
  test.each<[string, unknown]>([
    ['the ARN of its key', { 'Fn::GetAtt': ['Key', 'Arn'] }],
    ['the id of its key', { Ref: 'Key' }],
  ])('an alias that names %s belongs to it', (_, TargetKeyId) => {
    const { keys, aliases } = readTemplate({
      Resources: {
        Key: { Type: 'AWS::KMS::Key' },
        Other: { Type: 'AWS::KMS::Key' },
        Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/orders', TargetKeyId } },
      },
    });
    expect(keys.map((found) => found.aliases)).toEqual([['alias/orders'], []]);
    expect(aliases).toEqual([{
      stack: 'Stack', logicalId: 'Alias', name: 'alias/orders', arn: 'arn:aws:kms:us-east-1:111122223333:alias/orders', targetKeyArn: keys[0].arn,
    }]);
  });
});

describe('a replica', () => {
  const primary = {
    Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { MultiRegion: true, KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY', Enabled: false } } },
    Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Key', 'Arn'] } } },
  };
  const replica = (PrimaryKeyArn: unknown) => ({
    Resources: { Replica: { Type: 'AWS::KMS::ReplicaKey', Properties: { PrimaryKeyArn, KeyPolicy: policy(allow('kms:Verify')), Description: 'there' } } },
  });

  test('has id, spec and usage of its primary, but its own policy, Region and state', () => {
    const [first, second] = readTemplates([
      { template: replica({ 'Fn::GetStackOutput': { StackName: 'P', OutputName: 'Arn', Region: 'us-east-1' } }), stack: 'R', region: 'eu-west-1' },
      { template: primary, stack: 'P' },
    ]).keys;
    expect(second).toMatchObject({
      type: 'AWS::KMS::ReplicaKey',
      keyId: first.keyId,
      region: 'eu-west-1',
      arn: `arn:aws:kms:eu-west-1:111122223333:key/${first.keyId}`,
      enabled: true,
      spec: 'RSA_2048',
      usage: 'SIGN_VERIFY',
      multiRegion: true,
      multiRegionKeyType: 'REPLICA',
      primaryKeyArn: first.arn,
      description: 'there',
      policy: { Statement: [allow('kms:Verify')] },
    });
  });

  test('rotates as its primary does', () => {
    const rotating = structuredClone(primary) as { Resources: { Key: { Properties: object } } };
    rotating.Resources.Key.Properties = { MultiRegion: true, EnableKeyRotation: true, RotationPeriodInDays: 180 };
    const output = { 'Fn::GetStackOutput': { StackName: 'P', OutputName: 'Arn', Region: 'us-east-1' } };
    const { keys } = readTemplates([{ template: rotating, stack: 'P' }, { template: replica(output), stack: 'R', region: 'eu-west-1' }]);
    expect(keys[1]).toMatchObject({ type: 'AWS::KMS::ReplicaKey', rotation: true, rotationPeriodInDays: 180 });
  });

  test('of a primary that is nowhere is read as symmetric, and that is listed', () => {
    const arn = 'arn:aws:kms:us-east-1:111122223333:key/mrk-0123456789abcdef0123456789abcdef';
    const deployment = readTemplate(replica(arn), { region: 'eu-west-1' });
    expect(deployment.keys[0]).toMatchObject({ keyId: 'mrk-0123456789abcdef0123456789abcdef', spec: 'SYMMETRIC_DEFAULT', multiRegionKeyType: 'REPLICA' });
    expect(deployment.unresolved).toMatchObject([{ expression: arn, because: expect.stringContaining('primary key is in none of the templates') }]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACCOUNT, allow, ownedBy, role } from './support/policies';
import type { PolicyDocument } from '../../src/authz';
import { startLocalKms } from '../../src/testing';
import type { LocalKms, LocalKmsOptions } from '../../src/testing';

/** What the local KMS says of templates that leave open what matters to decisions, or that KMS would not take. */

const OWNER = role('Owner');
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const running: LocalKms[] = [];
afterEach(() => Promise.all(running.splice(0).map((local) => local.stop())));

const key = (KeyPolicy: PolicyDocument, more: object = {}) => ({
  Type: 'AWS::KMS::Key', Properties: { KeyPolicy, ...more }, Metadata: { 'aws:cdk:path': 'Shop/Key/Resource' },
});
const started = async (options: LocalKmsOptions): Promise<LocalKms> => {
  const local = await startLocalKms(options);
  running.push(local);
  return local;
};
const questionsOf = async (resources: object, options: LocalKmsOptions = {}, more: object = {}) => (
  (await started({ template: { ...more, Resources: resources }, principals: [OWNER], ...options })).openQuestions
);

test('nothing of templates that tell everything', async () => {
  expect(await questionsOf({ Key: key(ownedBy(ROOT)) })).toEqual([]);
});

test('policies whose documents are not here, and aliases of keys that are not', async () => {
  const Role = {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: 'Role',
      AssumeRolePolicyDocument: { Statement: [] },
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonRDSFullAccess', 'arn:aws:iam::aws:policy/ReadOnlyAccess'],
      PermissionsBoundary: 'arn:aws:iam::111122223333:policy/Boundary',
    },
  };
  const Alias = { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/elsewhere', TargetKeyId: '0f0f0f0f-0000-4000-8000-000000000000' } };
  expect(await questionsOf({ Role, Alias })).toEqual([
    expect.stringContaining('AmazonRDSFullAccess, whose document is not known here'),
    expect.stringContaining('policy/Boundary, whose document is not known here'),
    expect.stringContaining('alias alias/elsewhere of arn:aws:kms:us-east-1:111122223333:key/0f0f0f0f-0000-4000-8000-000000000000 is not served'),
  ]);
});

describe('a key policy with a part from elsewhere', () => {
  const statements = [
    allow('Writes', { AWS: { 'Fn::ImportValue': 'WriterArn' } }, ['kms:Encrypt']),
    allow('Reads', { AWS: { Ref: 'ReaderArn' } }, ['kms:Decrypt']),
  ];
  const resources = { Key: key(ownedBy(OWNER, ...statements)) };
  const parameters = { Parameters: { ReaderArn: { Type: 'String' } } };

  test('is said to have it', async () => {
    expect(await questionsOf(resources, {}, parameters)).toEqual([
      expect.stringMatching(/^the key policy of Shop\/Key holds \{"Fn::ImportValue":"WriterArn"\}, whose value is not known \(.+\): give it with the option 'parameters' or 'exports'$/),
      expect.stringMatching(/^the key policy of Shop\/Key holds \{"Ref":"ReaderArn"\}, whose value is not known/),
    ]);
  });

  test('is whole when the values are given', async () => {
    const [writer, reader] = [role('Writer'), role('Reader')];
    const given = { exports: { WriterArn: writer }, parameters: { ReaderArn: reader } };
    const local = await started({ template: { ...parameters, Resources: resources }, principals: [OWNER, writer, reader], ...given });
    expect(local.openQuestions).toEqual([]);
    await expect(local.port('Writer').call('Encrypt', { KeyId: local.keyArn('Key'), Plaintext: Buffer.from('x') })).resolves.toHaveProperty('CiphertextBlob');
  });
});

describe('a key policy that names somebody', () => {
  const naming = (principal: string) => ({ Key: key(ownedBy(OWNER, allow('Reads', { AWS: principal }, ['kms:Decrypt']))) });

  test.each<[string, string]>([
    ['whom no template makes', role('DoesNotExist')],
    ['by a session of nobody', `arn:aws:sts::${ACCOUNT}:assumed-role/DoesNotExist/i-0abc`],
    ['by the unique id of nobody', 'AROADEADDEADDEADDEADD'],
  ])('%s', async (_, principal) => {
    expect(await questionsOf(naming(principal))).toEqual([
      `the key policy of Shop/Key names ${principal}, which no template here makes: KMS refuses the policy unless it exists. Describe it with the option 'principals'`,
    ]);
  });

  test.each<[string, string]>([
    ['who is described by hand', OWNER],
    ['by a session of such a role', `arn:aws:sts::${ACCOUNT}:assumed-role/Owner/nightly`],
    ['who is the account', ROOT],
    ['by the account\'s number', ACCOUNT],
    ['of an account that is elsewhere', role('Partner', '444455556666')],
    ['who is everybody', '*'],
  ])('%s leaves nothing open', async (_, principal) => {
    expect(await questionsOf(naming(principal))).toEqual([]);
  });
});

describe('several keys that name the same stranger', () => {
  const policy = ownedBy(OWNER, allow('Reads', { AWS: role('DoesNotExist') }, ['kms:Decrypt']));

  test('say so each', async () => {
    expect(await questionsOf({ Key: key(policy), Other: { ...key(policy), Metadata: { 'aws:cdk:path': 'Shop/Other/Resource' } } })).toEqual([
      expect.stringMatching(/^the key policy of Shop\/Key names .*role\/DoesNotExist, /), expect.stringMatching(/^the key policy of Shop\/Other names .*role\/DoesNotExist, /),
    ]);
  });

  test('say so without a template too', async () => {
    const keys = [{ policy, aliases: ['alias/orders'] }, { policy }, { aliases: ['alias/fine'], policy: ownedBy(OWNER) }, {}];
    expect((await started({ keys, principals: [OWNER] })).openQuestions).toEqual(['alias/orders', 'keys[1]'].map((name) => (
      `the policy of key '${name}' names ${role('DoesNotExist')}, whom nothing here describes: KMS refuses the policy unless it exists. Describe it with the option 'principals'`
    )));
  });

  test('do not once it is described', async () => {
    expect((await started({ keys: [{ policy }], principals: [OWNER, role('DoesNotExist')] })).openQuestions).toEqual([]);
  });
});

test('a key policy that names a role by its unique id is the role\'s', async () => {
  const Role = { Type: 'AWS::IAM::Role', Properties: { RoleName: 'Reader', AssumeRolePolicyDocument: { Statement: [] } } };
  const reads = allow('Reads', { AWS: { 'Fn::GetAtt': ['Role', 'RoleId'] } }, ['kms:DescribeKey']);
  const local = await started({ template: { Resources: { Role, Key: key(ownedBy(OWNER, reads)) } }, principals: [OWNER] });
  expect(local.openQuestions).toEqual([]);
  const KeyId = local.keyArn('Key');
  await expect(local.port('Reader').call('DescribeKey', { KeyId })).resolves.toBeDefined();
  expect((await local.port('Owner').call('GetKeyPolicy', { KeyId })).Policy).toContain(role('Reader'));
});

/** An assembly of stacks, each with its resources, that a role deploys. */
function assemblyOf(stacks: Readonly<Record<string, object>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'open-questions-'));
  const artifacts = Object.fromEntries(Object.entries(stacks).map(([name, Resources]) => {
    writeFileSync(join(directory, `${name}.template.json`), JSON.stringify({ Resources }));
    const properties = { templateFile: `${name}.template.json`, cloudFormationExecutionRoleArn: role('cdk-exec') };
    return [name, { type: 'aws:cloudformation:stack', environment: `aws://${ACCOUNT}/us-east-1`, properties }];
  }));
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ version: '54.0.0', artifacts }));
  return directory;
}

async function questionsOfAssembly(stacks: Readonly<Record<string, object>>): Promise<readonly string[]> {
  const directory = assemblyOf(stacks);
  try {
    return (await started({ assembly: directory, principals: [OWNER] })).openQuestions;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('a key that its deployer could not change again', () => {
  const leftToIam = ownedBy(ROOT);
  const denied = { Sid: 'OnlyBreakGlass', Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*', Condition: { ArnNotEquals: { 'aws:PrincipalArn': OWNER } } };

  test.each<[string, object]>([
    ['since its policy names others', key(ownedBy(OWNER))],
    ['since its policy denies it to all but one', key(ownedBy(ROOT, denied))],
  ])('%s', async (_, Key) => {
    expect(await questionsOfAssembly({ Shop: { Key } })).toEqual([
      expect.stringMatching(/^KMS would refuse to create Shop\/Key: under its policy arn:aws:iam::111122223333:role\/cdk-exec, which deploys it, could not change that policy again \(.+\)$/),
    ]);
  });

  test.each<[string, object]>([
    ['is left to IAM', key(leftToIam)],
    ['asks KMS to look away', key(ownedBy(OWNER), { BypassPolicyLockoutSafetyCheck: true })],
  ])('unless it %s', async (_, Key) => {
    expect(await questionsOfAssembly({ Shop: { Key } })).toEqual([]);
  });
});

describe('an alias that is made twice', () => {
  const stack = (...aliases: string[]) => ({
    Key: key(ownedBy(ROOT)),
    Other: key(ownedBy(ROOT)),
    ...Object.fromEntries(aliases.map((logicalId, index) => [
      logicalId, { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/data', TargetKeyId: { 'Fn::GetAtt': [index ? 'Other' : 'Key', 'Arn'] } } },
    ])),
  });

  test('by one stack cannot be deployed', async () => {
    const directory = assemblyOf({ Shop: stack('One', 'Two') });
    await expect(startLocalKms({ assembly: directory })).rejects.toThrow(
      "stack 'Shop' makes alias/data twice, as One and as Two: CloudFormation fails with AlreadyExistsException",
    );
    rmSync(directory, { recursive: true });
  });

  test.each<[string, LocalKmsOptions]>([
    ['by two keys without a template', { keys: [{ aliases: ['alias/data'] }, { aliases: ['alias/data'] }] }],
    ['by a template and a key beside it', { template: { Resources: stack('One') }, keys: [{ aliases: ['alias/data'] }] }],
  ])('%s starts nothing', async (_, options) => {
    await expect(startLocalKms(options)).rejects.toThrow(/^alias 'alias\/data' points to arn:aws:kms:us-east-1:\S+ already: it cannot point to \S+ too$/);
  });

  test('by two stacks is of the first', async () => {
    const directory = assemblyOf({ Shop: stack('One'), Mall: stack('One') });
    const local = await started({ assembly: directory });
    rmSync(directory, { recursive: true });
    expect(local.openQuestions).toEqual(['alias alias/data is made by stack Shop and by stack Mall, in one account and Region: it is served for the key of Shop']);
    expect(local.keyArn('alias/data')).toBe(local.keyArn('Shop.Key'));
  });
});

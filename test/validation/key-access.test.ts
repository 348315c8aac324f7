import { App, CfnParameter, DefaultStackSynthesizer, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { CfnKey } from 'aws-cdk-lib/aws-kms';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { KeyAccess, KmsService, SymmetricDataKey } from '../../src';
import type { KeyAccessAnswer, KeyAccessProps } from '../../src';

const HERE = { account: '444455556666', region: 'eu-west-1' };
const THERE = '777788889999';
const ROOT = { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' };
const arn = (name: string, account = '111122223333') => `arn:aws:iam::${account}:role/${name}`;
const role = (name: string, account?: string) => new iam.ArnPrincipal(arn(name, account));

/** Statement of a key policy; lets a role decrypt unless told otherwise. */
const allow = (more: object = {}) => ({ Sid: 'Use', Effect: 'Allow', Principal: { AWS: arn('reader') }, Action: 'kms:Decrypt', Resource: '*', ...more });
const ADMINISTER = allow({ Sid: 'Administer', Principal: { AWS: ROOT }, Action: ['kms:DescribeKey', 'kms:EnableKey'] });
const template = (statements: readonly unknown[], more: object = {}) => ({
  Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Version: '2012-10-17', Statement: statements }, ...more } } },
});
const access = (statements: readonly unknown[], props?: KeyAccessProps) => KeyAccess.fromTemplate(template([ADMINISTER, ...statements]), props);
const verdict = ({ holds, undecidable }: KeyAccessAnswer) => (undecidable ? 'undecidable' : holds ? 'holds' : 'fails');

/** A claim, the statements that it is asked of, and what comes of it: the verdict, and part of the message. */
type Row = readonly [string, readonly unknown[], string, string];

describe('onlyAllows(kms:Decrypt, reader)', () => {
  test.each<Row>([
    ['the reader alone', [allow()], 'holds', ''],
    ['the reader under a context', [allow({ Condition: { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } } })], 'holds', ''],
    ['another role besides', [allow(), allow({ Sid: 'More', Principal: { AWS: arn('other') } })], 'fails', `${arn('other')} may kms:Decrypt on`],
    ['another role, which a Deny keeps out', [allow(), allow({ Sid: 'More', Principal: { AWS: arn('other') } }), allow({ Sid: 'No', Effect: 'Deny', Principal: { AWS: arn('other') } })], 'holds', ''],
    ['the whole account', [allow(), allow({ Sid: 'More', Principal: { AWS: ROOT } })], 'fails', 'any role of account 111122223333'],
    ['nobody: the reader is not let in', [allow({ Principal: { AWS: arn('other') }, Action: 'kms:Encrypt' })], 'fails', `${arn('reader')} cannot kms:Decrypt`],
    ['the reader, whom a Deny keeps out', [allow(), allow({ Sid: 'No', Effect: 'Deny' })], 'fails', 'cannot kms:Decrypt'],
    ['somebody who may change the policy', [allow(), allow({ Sid: 'Own', Principal: { AWS: arn('admin') }, Action: 'kms:PutKeyPolicy' })], 'fails', `${arn('admin')} may kms:PutKeyPolicy, by statement 'Own', and so let in others`],
    ['somebody who may create grants for anybody', [allow(), allow({ Sid: 'Hand', Principal: { AWS: arn('admin') }, Action: 'kms:CreateGrant' })], 'fails', 'kms:CreateGrant'],
    ['somebody of whose grants not all was looked at', [allow(), allow({ Sid: 'Hand', Principal: { AWS: arn('admin') }, Action: 'kms:CreateGrant', Condition: { StringLike: { 'aws:SourceIp': '*.5' }, IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } })], 'undecidable', ''],
    ['a principal that a parameter names', [allow(), allow({ Sid: 'More', Principal: { AWS: { Ref: 'Nobody' } } })], 'undecidable', 'not known'],
    ['a statement of which nothing is known', [allow(), { 'Fn::ImportValue': 'Statement' }], 'undecidable', 'whether statement #3 of the key policy allows or denies'],
    ['a statement of which the effect is not known', [allow(), allow({ Sid: 'More', Effect: { 'Fn::ImportValue': 'Effect' } })], 'undecidable', 'statement #3'],
    ['a policy that KMS refuses', [allow(), allow()], 'undecidable', 'AWS would refuse the key policy'],
  ])('%s', (_, statements, expected, said) => {
    const answer = access(statements).onlyAllows('kms:Decrypt', role('reader'));
    expect(verdict(answer)).toBe(expected);
    expect(answer.message.replace(/\s+/g, ' ')).toContain(said);
    expect(answer.message).toContain('not counted: grants that exist');
    for (const line of answer.message.split('\n').slice(1).filter((one) => !one.startsWith('  request: '))) expect(line.length).toBeLessThanOrEqual(120);
  });

  test.each<[string, KeyAccessProps, RegExp | undefined]>([
    ['neither is given', {}, /account 111122223333 and Region us-east-1 stand in for what the templates do not tell/],
    ['both are', { account: '111122223333', region: 'us-east-1' }, undefined],
  ])('that account and Region are made up is told once, where %s', (_, props, expected) => {
    const { message } = KeyAccess.fromTemplate({ Resources: { Key: { Type: 'AWS::KMS::Key' } } }, props).onlyAllows('kms:Decrypt', role('reader'));
    const said = message.replace(/\s+/g, ' ');
    expect(said.match(/stand in for/g) ?? []).toHaveLength(expected ? 1 : 0);
    if (expected) expect(said).toMatch(expected);
  });

  test('a policy of which nothing is known is undecidable', () => {
    const unknown = KeyAccess.fromTemplate({ Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { 'Fn::ImportValue': 'Policy' } } } } });
    for (const answer of [unknown.onlyAllows('kms:Decrypt', role('reader')), unknown.requiresContext('tenant'), unknown.allowsNobodyOutside('111122223333'), unknown.allows({ principal: arn('reader'), action: 'kms:Decrypt' })]) {
      expect(verdict(answer)).toBe('undecidable');
      expect(answer.message).toContain('the template tells nothing');
    }
  });

  test('the key policy that KMS gives leaves it to the account', () => {
    expect(verdict(KeyAccess.fromTemplate({ Resources: { Key: { Type: 'AWS::KMS::Key' } } }).onlyAllows('kms:Decrypt', role('reader')))).toBe('fails');
  });

  test('takes an account as a whole, several principals, and patterns of actions', () => {
    const key = access([allow({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'] }), allow({ Sid: 'More', Principal: { AWS: ROOT }, Action: 'kms:Encrypt' })]);
    expect(verdict(key.onlyAllows('kms:Encrypt', new iam.AccountPrincipal('111122223333')))).toBe('holds');
    expect(verdict(key.onlyAllows('kms:Encrypt', new iam.AccountPrincipal(THERE)))).toBe('fails');
    expect(verdict(key.onlyAllows('kms:GenerateDataKey*', role('reader')))).toBe('holds');
    expect(verdict(key.onlyAllows('kms:Decrypt', role('reader'), role('other')))).toBe('fails');
  });

  test('takes a session, which has the ARN of its role in aws:PrincipalArn', () => {
    const session = 'arn:aws:sts::111122223333:assumed-role/reader/me';
    expect(verdict(access([allow({ Principal: { AWS: session } })]).onlyAllows('kms:Decrypt', new iam.ArnPrincipal(session)))).toBe('holds');
  });

  test('shows what is certain, where something else is open besides', () => {
    const key = access([allow(), allow({ Sid: 'More', Principal: { AWS: { Ref: 'Nobody' } } }), allow({ Sid: 'Own', Principal: { AWS: arn('admin') }, Action: 'kms:PutKeyPolicy' })]);
    const answer = key.onlyAllows('kms:Decrypt', role('reader'));
    expect([verdict(answer), answer.witness?.action]).toEqual(['fails', 'kms:PutKeyPolicy']);
  });

  test('takes a service that calls in its own name', () => {
    const logs = access([allow({ Principal: { Service: 'logs.us-east-1.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } } })]);
    expect(verdict(logs.onlyAllows('kms:Decrypt', new iam.ServicePrincipal('logs.us-east-1.amazonaws.com')))).toBe('holds');
    expect(verdict(logs.onlyAllows('kms:Decrypt', new iam.ServicePrincipal('sns.amazonaws.com')))).toBe('fails');
  });

  test.each<[string, KeyAccessProps, string]>([
    ['fails for who may change the policy', {}, 'fails'],
    ['not if they are its owners', { policyOwners: [role('admin')] }, 'holds'],
    ['nor if that is left out', { ignoreEscalation: true }, 'holds'],
    ['but for others than its owners', { policyOwners: [role('other')] }, 'fails'],
  ])('%s', (_, props, expected) => {
    const answer = access([allow(), allow({ Sid: 'Own', Principal: { AWS: arn('admin') }, Action: 'kms:PutKeyPolicy' })], props).onlyAllows('kms:Decrypt', role('reader'));
    expect(verdict(answer)).toBe(expected);
    if (props.ignoreEscalation) expect(answer.message).toContain(`left out: ${arn('admin')} may kms:PutKeyPolicy`);
  });

  const deploys = (account: string) => `cdk-hnb659fds-cfn-exec-role-${account}-us-east-1`;
  test.each<[string, string, string]>([
    ['of the key\'s account', '111122223333', 'holds'],
    ['of another account', THERE, 'fails'],
  ])('the role of cdk bootstrap that the policy names owns the policy of a template alone: one %s', (_, account, expected) => {
    const own = allow({ Sid: 'Own', Principal: { AWS: arn(deploys(account), account) }, Action: ['kms:PutKeyPolicy', 'kms:CreateGrant'] });
    expect(verdict(access([allow(), own], { account: '111122223333' }).onlyAllows('kms:Decrypt', role('reader')))).toBe(expected);
  });

  test('the role that an assembly names does, and no other of cdk bootstrap', () => {
    const app = new App();
    const stack = new Stack(app, 'Orders', { env: HERE, synthesizer: new DefaultStackSynthesizer({ cloudFormationExecutionRole: arn('deploys', HERE.account) }) });
    const key = new Key(stack, 'Key', { policy: new iam.PolicyDocument() });
    const let_ = (sid: string, name: string, action: string) => key.addToResourcePolicy(new iam.PolicyStatement({ sid, principals: [role(name, HERE.account)], actions: [action], resources: ['*'] }));
    let_('Use', 'reader', 'kms:Decrypt');
    let_('Own', 'deploys', 'kms:PutKeyPolicy');
    const answer = () => KeyAccess.fromAssembly(app.synth({ force: true }).directory, { key }).onlyAllows('kms:Decrypt', role('reader', HERE.account));
    expect(verdict(answer())).toBe('holds');
    let_('Bootstrap', `cdk-hnb659fds-cfn-exec-role-${HERE.account}-${HERE.region}`, 'kms:PutKeyPolicy');
    expect(verdict(answer())).toBe('fails');
  });
});

describe('requiresContext(tenant)', () => {
  const bound = { Condition: { Null: { 'kms:EncryptionContext:tenant': 'false' } } };
  const throughS3 = allow({ Sid: 'ThroughS3', Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } } });
  test.each<Row>([
    ['asked for', [allow(bound)], 'holds', ''],
    ['asked for by a value', [allow({ Condition: { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } } })], 'holds', ''],
    ['not asked for', [allow()], 'fails', `${arn('reader')} may kms:Decrypt`],
    ['asked for if it is there', [allow({ Condition: { StringEqualsIfExists: { 'kms:EncryptionContext:tenant': 'a' } } })], 'fails', 'may kms:Decrypt'],
    ['one in its place', [allow({ Condition: { StringEquals: { 'kms:EncryptionContext:project': 'a' } } })], 'fails', 'may kms:Decrypt'],
    ['nobody who could give one', [], 'fails', 'nobody can use the key'],
    ['not asked for through a service', [allow(bound), throughS3], 'fails', 'through s3.us-east-1.amazonaws.com'],
  ])('%s', (_, statements, expected, said) => {
    const answer = access(statements).requiresContext('tenant');
    expect(verdict(answer)).toBe(expected);
    expect(answer.message).toContain(said);
  });

  test('of direct calls alone', () => {
    expect(verdict(access([allow(bound), throughS3]).requiresContext('tenant', { directOnly: true }))).toBe('holds');
    expect(verdict(access([allow(), throughS3]).requiresContext('tenant', { directOnly: true }))).toBe('fails');
    expect(verdict(access([throughS3]).requiresContext('tenant', { directOnly: true }))).toBe('fails');
    const forLogs = allow({ Sid: 'Logs', Principal: { Service: 'logs.us-east-1.amazonaws.com' } });
    expect(verdict(access([allow(bound), forLogs]).requiresContext('tenant', { directOnly: true }))).toBe('holds');
  });

  test('of direct calls alone, but round it by a service as well', () => {
    const own = allow({ Sid: 'Own', Principal: { AWS: arn('admin') }, Action: 'kms:PutKeyPolicy', Condition: { StringEquals: { 'kms:ViaService': 'cloudformation.us-east-1.amazonaws.com' } } });
    expect(verdict(access([allow(bound), own]).requiresContext('tenant', { directOnly: true }))).toBe('fails');
  });

  test('by its value, and of some actions', () => {
    const key = access([allow({ Condition: { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } } }), allow({ Sid: 'Write', Action: 'kms:Encrypt' })]);
    expect(verdict(key.requiresContext('tenant', { value: 'a', actions: ['kms:Decrypt'] }))).toBe('holds');
    expect(verdict(key.requiresContext('tenant', { value: 'b', actions: ['kms:Decrypt'] }))).toBe('fails');
    expect(verdict(key.requiresContext('tenant', { actions: ['kms:Encrypt'] }))).toBe('fails');
  });
});

describe('allowsNobodyOutside', () => {
  const theirs = (more: object = {}) => allow({ Sid: 'Theirs', Principal: { AWS: `arn:aws:iam::${THERE}:root` }, ...more });
  test.each<Row>([
    ['the account alone', [allow()], 'holds', ''],
    ['another account', [allow(), theirs()], 'fails', `of account ${THERE}`],
    ['another account that may only look', [allow(), theirs({ Action: 'kms:DescribeKey' })], 'fails', 'kms:DescribeKey'],
    ['everybody, of the account by a condition', [allow({ Principal: '*', Condition: { StringEquals: { 'kms:CallerAccount': '111122223333' } } })], 'holds', ''],
    ['everybody', [allow({ Principal: '*' })], 'fails', 'may kms:Decrypt'],
    ['a service, which is of no account', [allow({ Principal: { Service: 'logs.amazonaws.com' } })], 'holds', 'KP-19'],
  ])('%s', (_, statements, expected, said) => {
    const answer = access(statements).allowsNobodyOutside('111122223333');
    expect(verdict(answer)).toBe(expected);
    expect(answer.message).toContain(said);
  });

  test('takes several accounts', () => {
    expect(verdict(access([allow(), theirs()]).allowsNobodyOutside('111122223333', THERE))).toBe('holds');
  });

  test('of which nobody is let in fails', () => {
    expect(access([allow()]).allowsNobodyOutside(THERE).message).toContain('nobody of these accounts can do anything with it either');
  });
});

describe('allows', () => {
  const tenant = allow({ Condition: { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } } });
  test('tells which condition a refused request does not meet', () => {
    const key = access([tenant]);
    expect(verdict(key.allows({ principal: arn('reader'), action: 'kms:Decrypt', encryptionContext: { tenant: 'a' } }))).toBe('holds');
    const refused = key.allows({ principal: arn('reader'), action: 'kms:Decrypt', encryptionContext: { tenant: 'b' } });
    expect(verdict(refused)).toBe('fails');
    expect(refused.message).toContain("nearest: statement 'Use': StringEquals kms:EncryptionContext:tenant wants 'a'");
  });

  test('hangs on IAM policies that nobody knows where they have to allow it too', () => {
    const request = { principal: arn('theirs', THERE), action: 'kms:Decrypt' };
    const key = access([allow({ Principal: { AWS: arn('theirs', THERE) } })]);
    expect(verdict(key.allows(request))).toBe('undecidable');
    expect(verdict(key.allows({ ...request, anyIamPolicies: true }))).toBe('holds');
    expect(verdict(access([allow()]).allows(request))).toBe('fails');
  });

  const withRole = (policies: readonly unknown[]) => {
    const { Resources: { Key: key } } = template([ADMINISTER, allow({ Principal: { AWS: ROOT } })]);
    return KeyAccess.fromTemplate({ Resources: { Key: key, Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'known', AssumeRolePolicyDocument: { Statement: [] }, Policies: policies } } } });
  };
  test('does not hang on IAM policies of a role that the template makes', () => {
    expect(verdict(withRole([]).allows({ principal: arn('known'), action: 'kms:Decrypt' }))).toBe('fails');
    expect(verdict(withRole([]).allows({ principal: arn('unknown'), action: 'kms:Decrypt' }))).toBe('undecidable');
  });

  test('keeps what its IAM policies deny, whatever others may allow', () => {
    const deny = { PolicyName: 'No', PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' }] } };
    const request = { principal: arn('known'), action: 'kms:Decrypt', anyIamPolicies: true };
    expect([[], [deny]].map((policies) => verdict(withRole(policies).allows(request)))).toEqual(['holds', 'fails']);
  });
});

test.each<[string, readonly unknown[], (key: KeyAccess) => KeyAccessAnswer]>([
  ['another role', [allow({ Principal: { AWS: arn('other') } })], (key) => key.onlyAllows('kms:Decrypt', role('reader'))],
  ['the account, by IAM policies', [allow({ Principal: { AWS: ROOT } })], (key) => key.onlyAllows('kms:Decrypt', role('reader'))],
  ['a way round', [allow(), allow({ Sid: 'Own', Principal: { AWS: ROOT }, Action: 'kms:PutKeyPolicy' })], (key) => key.onlyAllows('kms:Decrypt', role('reader'))],
  ['a grant', [allow(), allow({ Sid: 'Hand', Principal: { AWS: arn('admin') }, Action: 'kms:CreateGrant' })], (key) => key.onlyAllows('kms:Decrypt', role('reader'))],
  ['a context that is not asked for', [allow({ Condition: { StringLike: { 'kms:EncryptionContext:project': 'a*' } } })], (key) => key.requiresContext('tenant')],
  ['another account, from an address', [allow({ Principal: '*', Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })], (key) => key.allowsNobodyOutside('111122223333')],
])('the witness is a request that is allowed: %s', (_, statements, claim) => {
  const key = access(statements);
  const { witness } = claim(key);
  expect(witness).toBeDefined();
  expect(JSON.parse(JSON.stringify(witness))).toEqual(witness);
  expect(verdict(key.allows(witness!))).toBe('holds');
});

describe('an app', () => {
  const app = new App();
  const stack = new Stack(app, 'Orders', { env: HERE });
  const other = new Stack(app, 'Readers', { env: HERE });
  const assumedBy = new iam.ServicePrincipal('lambda.amazonaws.com');
  const reader = new iam.Role(stack, 'Reader', { assumedBy });
  const handler = new Function(stack, 'Handler', { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('0') });
  const far = new iam.Role(other, 'Reader', { assumedBy, roleName: 'far-reader' });
  const importedRole = iam.Role.fromRoleName(stack, 'Imported', 'imported');
  const data = new SymmetricDataKey(stack, 'Data', { contextKeys: ['tenant'] });
  data.grants.decrypt(reader);
  data.grants.encrypt(handler);
  data.grants.reEncryptTo(far);
  data.grants.reEncryptFrom(importedRole);
  new Bucket(stack, 'Bucket', { encryptionKey: data.forService(KmsService.S3) }).grantRead(handler);
  const plain = new Key(stack, 'Plain');
  const { directory } = app.synth();
  const made = Template.fromStack(stack);

  test.each<[string, () => KeyAccess]>([
    ['by its template', () => KeyAccess.fromTemplate(made, { key: data })],
    ['by the JSON of it, and the logical id', () => KeyAccess.fromTemplate(made.toJSON(), { logicalId: stack.getLogicalId(data.node.defaultChild as CfnKey) })],
    ['by its assembly', () => KeyAccess.fromAssembly(directory, { key: data })],
  ])('is read %s', (_, read) => {
    const key = read();
    expect(verdict(key.onlyAllows('kms:Encrypt', handler))).toBe('holds');
    expect(verdict(key.onlyAllows('kms:Encrypt', reader))).toBe('fails');
    expect(verdict(key.onlyAllows('kms:Decrypt', reader, handler))).toBe('holds');
    expect(verdict(key.onlyAllows('kms:ReEncryptFrom', importedRole))).toBe('holds');
    expect(verdict(key.requiresContext('tenant', { directOnly: true }))).toBe('holds');
    expect(verdict(key.allowsNobodyOutside(stack.account))).toBe('holds');
    expect(verdict(key.allows({ principal: reader.roleArn, action: 'kms:Decrypt', encryptionContext: { tenant: 'a' } }))).toBe('holds');
    expect(verdict(key.allows({ principal: reader.roleArn, action: 'kms:Decrypt' }))).toBe('fails');
  });

  test('is spoken of by the paths of its constructs', () => {
    expect(KeyAccess.fromTemplate(made, { key: data }).onlyAllows('kms:Decrypt', reader).message)
      .toMatch(/^Orders\/Data: nobody except the role Orders\/Reader can kms:Decrypt, and they can: does not hold\n {2}the role Orders\/Handler\/ServiceRole, through s3/);
  });

  test('has roles of other stacks in its assembly, and a template alone does not', () => {
    expect(verdict(KeyAccess.fromAssembly(directory, { key: data }).onlyAllows('kms:ReEncryptTo', far))).toBe('holds');
    for (const props of [{ key: data }, { logicalId: stack.getLogicalId(data.node.defaultChild as CfnKey) }]) {
      expect(() => KeyAccess.fromTemplate(made, props).onlyAllows('kms:ReEncryptTo', far)).toThrow("'Readers/Reader' is in stack 'Readers', whose template was not read: read the whole app: KeyAccess.fromAssembly");
    }
  });

  test.each<[string, () => KeyAccess, string]>([
    ['of several keys without one chosen', () => KeyAccess.fromTemplate(made), "which of the keys is meant? Choose it by 'key' or 'logicalId'"],
    ['a logical id that no key has', () => KeyAccess.fromTemplate(made, { logicalId: 'Zebra' }), "no key has the logical id 'Zebra'"],
    ['a construct that is no key', () => KeyAccess.fromTemplate(made, { key: reader }), "'Orders/Reader' is no key of the template: there are Orders/Data, Orders/Plain"],
    ['a template without keys', () => KeyAccess.fromTemplate({ Resources: {} }), 'the template has no KMS key'],
    ['a text', () => KeyAccess.fromTemplate('{}'), 'expected a Template of aws-cdk-lib/assertions, or the JSON of a template, got string'],
    ['nothing', () => KeyAccess.fromTemplate(undefined), 'got undefined'],
    ['a directory that is no assembly', () => KeyAccess.fromAssembly(__dirname), 'is no cloud assembly'],
  ])('%s is refused', (_, read, message) => expect(read).toThrow(message));

  test('chooses a key by its L1 as well', () => expect(KeyAccess.fromTemplate(made, { key: plain.node.defaultChild! }).keyName).toBe('Orders/Plain'));

  test.each<[string, iam.IGrantable, string]>([
    ['under conditions', new iam.PrincipalWithConditions(role('reader'), { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }), 'is a principal under conditions'],
    ['everybody', new iam.AnyPrincipal(), 'everybody is no principal that a claim can name'],
    ['federated', new iam.WebIdentityPrincipal('idp.example'), 'is told by Federated, and not by an ARN'],
    ['nobody', {} as iam.IGrantable, 'expected a grantee, such as a role or a function, or the ARN of a principal, got {}'],
    ['a parameter', new iam.ArnPrincipal(new CfnParameter(stack, 'Partner').valueAsString), 'cannot be told from the template'],
    ['a group', new iam.Group(stack, 'Group'), "who 'Orders/Group' is cannot be told"],
    ['imported without its role', Function.fromFunctionArn(stack, 'Foreign', 'arn:aws:lambda:eu-west-1:444455556666:function:f'), 'stands for no principal'],
  ])('a principal that is %s is refused', (_, principal, message) => {
    expect(() => KeyAccess.fromTemplate(made, { key: data }).onlyAllows('kms:Decrypt', principal)).toThrow(message);
  });
});

describe('what it is asked', () => {
  const key = access([allow()]);
  test.each<[string, () => unknown, string]>([
    ['no principal', () => key.onlyAllows('kms:Decrypt'), "onlyAllows('kms:Decrypt') takes the principals that can"],
    ['no such action', () => key.onlyAllows('kms:Decript', role('reader')), "'kms:Decript' is no action on a key"],
    ['two actions as one', () => key.onlyAllows('kms:ReEncrypt', role('reader')), 'kms:ReEncryptFrom and kms:ReEncryptTo'],
    ['no account', () => key.allowsNobodyOutside('4444'), "takes account ids of 12 digits, got '4444'"],
    ['no such action of a request', () => key.allows({ principal: arn('reader'), action: 'kms:Decript' }), 'kms:Decript'],
    ['nobody', () => key.allows({ principal: 'reader', action: 'kms:Decrypt' }), "'reader' cannot make a request"],
  ])('%s is refused', (_, ask, message) => expect(ask).toThrow(message));
});

import { ACCOUNT, ALICE, BOB, NO_POLICY, ROOT, TestKms, keyIdOf } from './kms';
import type { PolicyStatement, World } from '../../../src/authz';
import { decide } from '../../../src/authz';

const ADMINISTRATOR: PolicyStatement = { Effect: 'Allow', Action: '*', Resource: '*' };
const WORLD: World = {
  identities: [{ arn: ALICE, policies: [{ name: 'administrator', document: { Version: '2012-10-17', Statement: ADMINISTRATOR } }] }, { arn: BOB }],
};

const allow = (AWS: string, Action: string): PolicyStatement => ({ Effect: 'Allow', Principal: { AWS }, Action, Resource: '*' });
const text = (...Statement: PolicyStatement[]) => JSON.stringify({ Version: '2012-10-17', Statement });

const real = () => new TestKms((request) => decide(WORLD, request));
const LOCKED_OUT = 'MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.';

describe('the lock-out safety check', () => {
  test.each([
    ['names the caller', text(allow(ALICE, 'kms:*')), true],
    ['leaves it to IAM, which lets the caller', text(allow(ROOT, 'kms:PutKeyPolicy')), true],
    ['names somebody else only', text(allow(BOB, 'kms:*')), false],
    ['lets the caller do everything but that', text(allow(ALICE, 'kms:*'), { ...allow(ALICE, 'kms:PutKeyPolicy'), Effect: 'Deny' }), false],
    ['allows nothing', JSON.stringify(NO_POLICY), false],
  ])('of a policy that %s', async (_, Policy, passes) => {
    const kms = real();
    const KeyId = kms.key({ policy: { Version: '2012-10-17', Statement: allow(ROOT, 'kms:*') } });
    const put = kms.call('PutKeyPolicy', { KeyId, Policy });
    const created = kms.call('CreateKey', { Policy });
    if (passes) {
      expect(await put).toEqual({});
      expect(await created).toHaveProperty('KeyMetadata');
    } else {
      await expect(put).rejects.toThrow(LOCKED_OUT.split(': ')[1]);
      await expect(created).rejects.toThrow(LOCKED_OUT.split(': ')[1]);
      expect(await kms.call('PutKeyPolicy', { KeyId, Policy, BypassPolicyLockoutSafetyCheck: true })).toEqual({});
    }
  });

  test('does not look at KMS\'s own default policy', async () => {
    const onlyCreate: PolicyStatement = { Effect: 'Allow', Action: 'kms:CreateKey', Resource: '*' };
    const world: World = { identities: [{ arn: BOB, policies: [{ name: 'create', document: { Version: '2012-10-17', Statement: onlyCreate } }] }] };
    const kms = new TestKms((request) => decide(world, request), { principal: BOB });
    expect(await kms.call('CreateKey')).toHaveProperty('KeyMetadata');
    expect(await kms.refusal('CreateKey', { Policy: text(allow(ROOT, 'kms:*')) })).toBe(LOCKED_OUT);
  });
});

test('a new policy counts at once', async () => {
  const kms = real();
  const KeyId = kms.key({ policy: { Version: '2012-10-17', Statement: allow(ALICE, 'kms:*') } });
  expect(await kms.refusal('DescribeKey', { KeyId }, { principal: BOB })).toMatch(/^AccessDeniedException/);
  await kms.call('PutKeyPolicy', { KeyId, Policy: text(allow(ALICE, 'kms:*'), allow(BOB, 'kms:DescribeKey')) });
  expect(await kms.call('DescribeKey', { KeyId }, { principal: BOB })).toHaveProperty('KeyMetadata');
});

test('a policy comes back as it was given', async () => {
  const kms = new TestKms();
  const KeyId = kms.key();
  const Policy = `{ "Version": "2012-10-17",\n "Statement": [${JSON.stringify(allow(ALICE, 'kms:*'))}] }`;
  await kms.call('PutKeyPolicy', { KeyId, PolicyName: 'default', Policy });
  expect(await kms.call('GetKeyPolicy', { KeyId, PolicyName: 'default' })).toEqual({ Policy, PolicyName: 'default' });
  expect(await kms.call('ListKeyPolicies', { KeyId })).toEqual({ PolicyNames: ['default'], Truncated: false });
  expect(await kms.refusal('GetKeyPolicy', { KeyId, PolicyName: 'other' })).toBe('NotFoundException: No such policy exists');
});

test('without a policy a key gets the default one', async () => {
  const kms = new TestKms();
  const { KeyMetadata } = await kms.call('CreateKey');
  const { Policy } = await kms.call('GetKeyPolicy', { KeyId: KeyMetadata.KeyId });
  expect(JSON.parse(Policy)).toEqual({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [{ Sid: 'Enable IAM User Permissions', Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' }],
  });
  expect(KeyMetadata.Arn).toBe(`arn:aws:kms:us-east-1:${ACCOUNT}:key/${keyIdOf(KeyMetadata.Arn)}`);
});

describe('a policy is refused', () => {
  const statement = { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' };
  const withStatement = (change: object) => JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, ...change }] });
  const kms = new TestKms();
  const KeyId = kms.key();

  test.each([
    ['that is not JSON', '{', /^MalformedPolicyDocumentException/],
    ['that is a list', '[]', /^MalformedPolicyDocumentException/],
    ['without statements', '{"Version":"2012-10-17"}', /^MalformedPolicyDocumentException/],
    ['of another version', JSON.stringify({ Version: '2020-01-01', Statement: [statement] }), /^MalformedPolicyDocumentException/],
    ['without a principal', withStatement({ Principal: undefined }), /^MalformedPolicyDocumentException/],
    ['with a principal that is a string', withStatement({ Principal: ALICE }), /^MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals\./],
    ['with a misspelt effect', withStatement({ Effect: 'allow' }), /^MalformedPolicyDocumentException/],
    ['with an unknown element', withStatement({ Actions: 'kms:*' }), /^MalformedPolicyDocumentException/],
    ['with Action and NotAction', withStatement({ NotAction: 'kms:Decrypt' }), /^MalformedPolicyDocumentException/],
    ['with an action that is a number', withStatement({ Action: 1 }), /^MalformedPolicyDocumentException/],
    ['with a condition that is a string', withStatement({ Condition: 'never' }), /^MalformedPolicyDocumentException/],
    ['with one Sid twice', JSON.stringify({ Statement: [{ ...statement, Sid: 'A' }, { ...statement, Sid: 'A' }] }), /^MalformedPolicyDocumentException/],
    ['over 32,768 bytes', withStatement({ Sid: 'A'.repeat(32_768) }), /^LimitExceededException/],
    ['with a character beyond Latin-1', withStatement({ Sid: '日' }), /^ValidationException/],
    ['that is empty', '', /^ValidationException/],
  ])('%s', async (_, Policy, refusal) => {
    expect(await kms.refusal('PutKeyPolicy', { KeyId, Policy })).toMatch(refusal);
  });

  test('under another name than default', async () => {
    expect(await kms.refusal('PutKeyPolicy', { KeyId, PolicyName: 'other', Policy: JSON.stringify(NO_POLICY) })).toMatch(/^ValidationException/);
  });

  test('but not for a statement without an action, which does nothing', async () => {
    expect(await kms.call('PutKeyPolicy', { KeyId, Policy: withStatement({ Action: undefined }) })).toEqual({});
  });
});

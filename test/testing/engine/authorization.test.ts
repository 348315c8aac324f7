import { ACCOUNT, ALICE, BOB, NO_POLICY, ROOT, STRANGER, TestKms, bytes, keyIdOf, only } from './kms';
import type { KmsRequest, PolicyDocument, PolicyStatement, World } from '../../../src/authz';
import { decide } from '../../../src/authz';

const identity = (arn: string, ...Statement: PolicyStatement[]) => ({ arn, policies: [{ name: 'its policy', document: { Version: '2012-10-17', Statement } }] });
const everything: PolicyStatement = { Effect: 'Allow', Action: 'kms:*', Resource: '*' };

const WORLD: World = {
  identities: [identity(ALICE, everything), identity(BOB), identity(STRANGER, everything)],
};

const policy = (...Statement: PolicyStatement[]): PolicyDocument => ({ Version: '2012-10-17', Statement });
const allow = (AWS: string, Action: string | string[], rest: Partial<PolicyStatement> = {}): PolicyStatement =>
  ({ Sid: 'Use', Effect: 'Allow', Principal: { AWS }, Action, Resource: '*', ...rest });
const deny = (AWS: string, Action: string): PolicyStatement => ({ Effect: 'Deny', Principal: { AWS }, Action, Resource: '*' });

const real = () => new TestKms((request) => decide(WORLD, request));

describe('what authorization is asked', () => {
  const kms = new TestKms();
  const KeyId = kms.key({ tags: { team: 'billing' } });
  const id = keyIdOf(KeyId);
  kms.engine.addAlias('alias/data', KeyId);
  const signing = kms.key({ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' });
  const mac = kms.key({ spec: 'HMAC_256' });
  const Message = bytes('x');
  const on = (conditionKeys: Record<string, unknown>, rest: object = {}) => ({ conditionKeys, ...rest });

  test.each<[string, Record<string, unknown>, string, object]>([
    ['Encrypt', { KeyId: 'alias/data', Plaintext: Message, EncryptionContext: { a: 'b' } }, 'Encrypt',
      on({ 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT' }, { requestedKeyId: 'alias/data', encryptionContext: { a: 'b' } })],
    ['GenerateDataKey', { KeyId: id, KeySpec: 'AES_256', EncryptionContext: { a: 'b' } }, 'GenerateDataKey',
      on({ 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT' }, { encryptionContext: { a: 'b' } })],
    ['GenerateDataKeyPair', { KeyId, KeyPairSpec: 'ECC_NIST_P256' }, 'GenerateDataKeyPair', on({ 'kms:DataKeyPairSpec': 'ECC_NIST_P256' })],
    ['Sign', { KeyId: signing, Message, SigningAlgorithm: 'ECDSA_SHA_256' }, 'Sign',
      on({ 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'RAW' })],
    ['GenerateMac', { KeyId: mac, Message, MacAlgorithm: 'HMAC_SHA_256' }, 'GenerateMac', on({ 'kms:MacAlgorithm': 'HMAC_SHA_256' })],
    ['ScheduleKeyDeletion', { KeyId: kms.key() }, 'ScheduleKeyDeletion', on({ 'kms:ScheduleKeyDeletionPendingWindowInDays': '30' })],
    ['EnableKeyRotation', { KeyId, RotationPeriodInDays: 180 }, 'EnableKeyRotation', on({ 'kms:RotationPeriodInDays': '180' })],
    ['TagResource', { KeyId, Tags: [{ TagKey: 'stage', TagValue: 'prod' }] }, 'TagResource', on({ 'aws:TagKeys': ['stage'], 'aws:RequestTag/stage': 'prod' })],
    ['UntagResource', { KeyId, TagKeys: ['stage'] }, 'UntagResource', on({ 'aws:TagKeys': ['stage'] })],
    ['PutKeyPolicy', { KeyId, Policy: JSON.stringify(NO_POLICY), BypassPolicyLockoutSafetyCheck: true }, 'PutKeyPolicy',
      on({ 'kms:BypassPolicyLockoutSafetyCheck': 'true' })],
    ['CreateGrant', { KeyId, GranteePrincipal: BOB, RetiringPrincipal: ALICE, Operations: ['Decrypt'], Constraints: { EncryptionContextSubset: { a: 'b' } } }, 'CreateGrant',
      on({ 'kms:GranteePrincipal': BOB, 'kms:RetiringPrincipal': ALICE, 'kms:GrantIsForAWSResource': 'false' },
        { requestedGrant: { operations: ['Decrypt'], constraints: { EncryptionContextSubset: { a: 'b' } } } })],
    ['CreateAlias', { AliasName: 'alias/new', TargetKeyId: KeyId }, 'CreateAlias', { aliasArn: `arn:aws:kms:us-east-1:${ACCOUNT}:alias/new` }],
    ['CreateKey', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', MultiRegion: true }, 'CreateKey',
      on({ 'kms:KeySpec': 'ECC_NIST_P256', 'kms:KeyUsage': 'SIGN_VERIFY', 'kms:MultiRegion': 'true', 'kms:KeyOrigin': 'AWS_KMS' })],
  ])('%s %#', async (operation, input, action, expected) => {
    kms.asked.length = 0;
    await kms.call(operation, input);
    expect(kms.asked[0]).toMatchObject({ principal: ALICE, action: `kms:${action}`, ...expected });
  });

  test('includes the key as it is now: policy, tags, aliases, grants', async () => {
    const fresh = kms.key({ tags: { team: 'billing' } });
    kms.engine.addAlias('alias/fresh', fresh);
    await kms.call('TagResource', { KeyId: fresh, Tags: [{ TagKey: 'stage', TagValue: 'prod' }] });
    const { GrantId } = await kms.call('CreateGrant', { KeyId: fresh, GranteePrincipal: BOB, Operations: ['Decrypt'] });
    const newPolicy = policy(allow(ALICE, 'kms:*'));
    await kms.call('PutKeyPolicy', { KeyId: fresh, Policy: JSON.stringify(newPolicy) });
    await kms.call('DescribeKey', { KeyId: fresh });
    expect(kms.asked[kms.asked.length - 1].key).toEqual({
      arn: fresh,
      policy: newPolicy,
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
      multiRegion: false,
      aliases: ['alias/fresh'],
      tags: { team: 'billing', stage: 'prod' },
      grants: [{ grantId: GrantId, granteePrincipal: BOB, operations: ['Decrypt'] }],
    });
  });

  test('a call through a service and one as a service say so', async () => {
    await kms.call('ListGrants', { KeyId }, { viaService: 's3.us-east-1.amazonaws.com' });
    await kms.call('ListGrants', { KeyId }, { principal: 'logs.us-east-1.amazonaws.com', conditionKeys: { 'aws:SourceAccount': ACCOUNT } });
    expect(kms.asked.slice(-2)).toMatchObject([
      { principal: ALICE, viaService: 's3.us-east-1.amazonaws.com', conditionKeys: { 'kms:GrantIsForAWSResource': 'true' } },
      { principal: 'logs.us-east-1.amazonaws.com', conditionKeys: { 'aws:SourceAccount': ACCOUNT, 'kms:GrantIsForAWSResource': 'true' } },
    ]);
  });
});

describe('a denial comes first', () => {
  const kms = new TestKms(only());
  const disabled = kms.key({ enabled: false });
  const signing = kms.key({ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' });

  test.each<[string, string, Record<string, unknown>]>([
    ['the state of the key', 'Encrypt', { KeyId: disabled, Plaintext: bytes('x') }],
    ['the usage of the key', 'Encrypt', { KeyId: signing, Plaintext: bytes('x') }],
    ['the ciphertext', 'Decrypt', { KeyId: kms.key(), CiphertextBlob: bytes('nonsense') }],
    ['a signature', 'Verify', { KeyId: signing, Message: bytes('x'), Signature: bytes('x'), SigningAlgorithm: 'ECDSA_SHA_256' }],
    ['the policy text', 'PutKeyPolicy', { KeyId: signing, Policy: '{' }],
    ['a dry run', 'Encrypt', { KeyId: kms.key(), Plaintext: bytes('x'), DryRun: true }],
    ['a grant that is not there', 'RevokeGrant', { KeyId: signing, GrantId: 'none' }],
  ])('before %s', async (_, operation, input) => {
    expect(await kms.refusal(operation, input)).toMatch(/^AccessDeniedException/);
  });
});

describe('the words of a denial', () => {
  const NO_RESOURCE_POLICY = 'because no resource-based policy allows the kms:Encrypt action';
  const NO_IDENTITY_POLICY = 'because no identity-based policy allows the kms:Encrypt action';
  const NOT_VISIBLE = 'because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access';

  test.each<[string, PolicyDocument, string, string]>([
    ['the key policy says nothing of the role', policy(allow(BOB, 'kms:Encrypt')), ALICE, NO_RESOURCE_POLICY],
    ['the key policy leaves it to IAM, which says nothing', policy(allow(ROOT, 'kms:*')), BOB, NO_IDENTITY_POLICY],
    ['the key policy denies', policy(allow(ALICE, 'kms:*'), deny('*', 'kms:Encrypt')), ALICE, 'with an explicit deny in a resource-based policy'],
    ['the caller is of another account', policy(allow(ALICE, 'kms:*')), STRANGER, NOT_VISIBLE],
    ['the caller is of another account and denied', policy(deny(STRANGER, 'kms:*')), STRANGER, NOT_VISIBLE],
  ])('%s', async (_, keyPolicy, principal, reason) => {
    const kms = real();
    const KeyId = kms.key({ policy: keyPolicy });
    expect(await kms.refusal('Encrypt', { KeyId, Plaintext: bytes('x') }, { principal }))
      .toBe(`AccessDeniedException: User: ${principal} is not authorized to perform: kms:Encrypt on resource: ${KeyId} ${reason}`);
  });

  test('an explicit deny in an identity policy is named', async () => {
    const world: World = { identities: [identity(ALICE, everything, { Effect: 'Deny', Action: 'kms:Encrypt', Resource: '*' })] };
    const kms = new TestKms((request) => decide(world, request));
    const KeyId = kms.key({ policy: policy(allow(ROOT, 'kms:*')) });
    expect(await kms.refusal('Encrypt', { KeyId, Plaintext: bytes('x') })).toMatch(/with an explicit deny in an identity-based policy$/);
  });

  test('a stranger cannot tell a key that is not there from one that is', async () => {
    const kms = real();
    const there = kms.key({ policy: policy(allow(ALICE, 'kms:*')) });
    const notThere = `arn:aws:kms:us-east-1:${ACCOUNT}:key/00000000-0000-4000-8000-000000000000`;
    const answer = async (KeyId: string) => (await kms.refusal('DescribeKey', { KeyId }, { principal: STRANGER })).replace(KeyId, 'the key');
    expect(await answer(there)).toBe(await answer(notThere));
  });

  test('a stranger cannot tell an alias that is not there from one that is, nor learn its key', async () => {
    const kms = real();
    const KeyId = kms.key({ policy: policy(allow(ALICE, 'kms:*')) });
    kms.engine.addAlias('alias/there', KeyId);
    const answer = async (name: string) => kms.refusal('DescribeKey', { KeyId: KeyId.replace(/key\/.*/, name) }, { principal: STRANGER });
    expect((await answer('alias/there')).replace('there', 'none')).toBe(await answer('alias/none'));
    expect(await answer('alias/there')).not.toContain(keyIdOf(KeyId));
  });

  test('a service is told of the resource policy only, even where the account decides by IAM', async () => {
    const kms = real();
    const KeyId = kms.key({ policy: policy(allow(ROOT, 'kms:*')) });
    expect(await kms.refusal('Encrypt', { KeyId, Plaintext: bytes('x') }, { principal: 'logs.us-east-1.amazonaws.com' })).toContain(NO_RESOURCE_POLICY);
  });

  test('where the ciphertext names the key, a denial does not', async () => {
    const kms = real();
    const KeyId = kms.key({ policy: policy(allow(ALICE, 'kms:Encrypt')) });
    const { CiphertextBlob } = await kms.call('Encrypt', { KeyId, Plaintext: bytes('x') });
    expect(await kms.refusal('Decrypt', { CiphertextBlob }, { principal: BOB })).toBe(
      `AccessDeniedException: User: ${BOB} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because no resource-based policy allows the kms:Decrypt action`,
    );
  });
});

describe('the record of a call', () => {
  const use = policy(allow(ALICE, ['kms:Encrypt', 'kms:DescribeKey'], { Condition: { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } } }));

  test('says who did what with which key and context, and by which statement', async () => {
    const kms = real();
    const KeyId = kms.key({ policy: use });
    await kms.call('Encrypt', { KeyId, Plaintext: bytes('a secret'), EncryptionContext: { tenant: 'a' } });
    expect(kms.records).toEqual([{
      at: kms.now,
      principal: ALICE,
      account: ACCOUNT,
      region: 'us-east-1',
      operation: 'Encrypt',
      keyArn: KeyId,
      encryptionContext: { tenant: 'a' },
      authorizations: [{ action: 'kms:Encrypt', keyArn: KeyId, decision: expect.objectContaining({ outcome: 'Allowed' }) }],
      decision: expect.objectContaining({ decidedBy: [expect.objectContaining({ kind: 'key policy', statement: 'Use', effect: 'Allow' })] }),
    }]);
    expect(JSON.stringify(kms.records)).not.toContain('secret');
  });

  test('says what was refused, and why', async () => {
    const kms = real();
    const KeyId = kms.key({ policy: use });
    const refusal = await kms.refusal('Encrypt', { KeyId, Plaintext: bytes('x'), EncryptionContext: { tenant: 'b' } });
    expect(kms.records[0]).toMatchObject({ error: 'AccessDeniedException', decision: { outcome: 'ImplicitlyDenied' } });
    expect(refusal).toBe(`AccessDeniedException: ${kms.records[0].errorMessage}`);
  });

  test('of a call that never came to authorization has no decision', async () => {
    const kms = real();
    await kms.refusal('Encrypt', { KeyId: 'alias/none', Plaintext: bytes('x') });
    expect(kms.records[0]).toMatchObject({ error: 'NotFoundException', authorizations: [] });
    expect(kms.records[0]).not.toHaveProperty('decision');
  });
});

describe('other accounts', () => {
  const kms = real();
  const KeyId = kms.key({ policy: policy(allow(ROOT, 'kms:*', { Sid: 'Account' }), allow(STRANGER, ['kms:Encrypt', 'kms:DescribeKey', 'kms:DisableKey'])) });
  const stranger = { principal: STRANGER };

  test('use a key whose policy names them, by its ARN', async () => {
    expect(await kms.call('Encrypt', { KeyId, Plaintext: bytes('x') }, stranger)).toMatchObject({ KeyId });
  });

  test('do not find it by its id, which is looked up in their own account', async () => {
    expect(await kms.refusal('Encrypt', { KeyId: keyIdOf(KeyId), Plaintext: bytes('x') }, stranger))
      .toBe(`NotFoundException: Key '${KeyId.replace(ACCOUNT, '444455556666')}' does not exist`);
  });

  test('do not manage it, whatever its policy says', async () => {
    expect(await kms.refusal('DisableKey', { KeyId }, stranger)).toMatch(/^AccessDeniedException/);
  });
});

test('a question beside the call is not recorded as an authorization', async () => {
  const kms = new TestKms(({ action }: KmsRequest) => only('kms:PutKeyPolicy')({ action, principal: ALICE }));
  const KeyId = kms.key();
  await kms.call('PutKeyPolicy', { KeyId, Policy: JSON.stringify(NO_POLICY) });
  expect(kms.asked).toHaveLength(2);
  expect(kms.records[0].authorizations).toHaveLength(1);
});

import { ACCOUNT, ALICE, BOB, ROOT, STRANGER, TestKms, bytes } from './kms';
import type { KmsRequest, World } from '../../../src/authz';
import { decide } from '../../../src/authz';

const CAROL = `arn:aws:iam::${ACCOUNT}:role/Carol`;
const WORLD: World = { identities: [ALICE, BOB, CAROL].map((arn) => ({ arn })) };

/** Alice may make and list grants; whatever else anyone may do comes from a grant. */
const POLICY = {
  Version: '2012-10-17',
  Statement: [{
    Sid: 'MakeGrants', Effect: 'Allow' as const, Principal: { AWS: ALICE }, Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant', 'kms:Encrypt'], Resource: '*',
  }],
};

const real = () => new TestKms((request: KmsRequest) => decide(WORLD, request));
const DECRYPT = { GranteePrincipal: BOB, Operations: ['Decrypt'] };
const as = (principal: string) => ({ principal });

describe('a grant', () => {
  const kms = real();
  const KeyId = kms.key({ policy: POLICY });
  const encrypt = async (EncryptionContext?: Record<string, string>) =>
    (await kms.call('Encrypt', { KeyId, Plaintext: bytes('hello'), EncryptionContext })).CiphertextBlob;

  test('works from the moment it is made until it is revoked, with and without its token', async () => {
    const CiphertextBlob = await encrypt();
    expect(await kms.refusal('Decrypt', { CiphertextBlob }, as(BOB))).toMatch(/^AccessDeniedException/);
    const { GrantId, GrantToken } = await kms.call('CreateGrant', { KeyId, ...DECRYPT });
    expect((await kms.call('Decrypt', { CiphertextBlob }, as(BOB))).Plaintext).toEqual(bytes('hello'));
    expect((await kms.call('Decrypt', { CiphertextBlob, GrantTokens: [GrantToken] }, as(BOB))).Plaintext).toEqual(bytes('hello'));
    expect(kms.records[kms.records.length - 1].decision?.decidedBy).toEqual([expect.objectContaining({ kind: 'grant', policy: GrantId })]);
    expect(await kms.call('RevokeGrant', { KeyId, GrantId })).toEqual({});
    expect(await kms.refusal('Decrypt', { CiphertextBlob }, as(BOB))).toMatch(/^AccessDeniedException/);
  });

  test.each([
    ['EncryptionContextSubset', { tenant: 'a' }, { tenant: 'a', more: '1' }, true],
    ['EncryptionContextSubset', { tenant: 'a' }, { tenant: 'b', more: '1' }, false],
    ['EncryptionContextEquals', { tenant: 'a' }, { tenant: 'a' }, true],
    ['EncryptionContextEquals', { tenant: 'a' }, { tenant: 'a', more: '1' }, false],
  ])('under %s %j with context %j opens: %p', async (constraint, pairs, context, opens) => {
    const { GrantId } = await kms.call('CreateGrant', { KeyId, ...DECRYPT, Constraints: { [constraint]: pairs } });
    const CiphertextBlob = await encrypt(context);
    const call = kms.call('Decrypt', { CiphertextBlob, EncryptionContext: context }, as(BOB));
    await (opens ? expect(call).resolves.toMatchObject({ KeyId }) : expect(call).rejects.toMatchObject({ name: 'AccessDeniedException' }));
    await kms.call('RevokeGrant', { KeyId, GrantId });
  });

  test('to create grants hands on no more than it has', async () => {
    await kms.call('CreateGrant', { KeyId, GranteePrincipal: BOB, Operations: ['CreateGrant', 'Decrypt'] });
    const handOn = (Operations: string[]) => kms.call('CreateGrant', { KeyId, GranteePrincipal: CAROL, Operations }, as(BOB));
    await expect(handOn(['Decrypt'])).resolves.toHaveProperty('GrantId');
    await expect(handOn(['Decrypt', 'Encrypt'])).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('retiring', () => {
  test.each([
    ['its retiring principal', CAROL, true],
    ['its grantee', BOB, false],
    ['its creator', ALICE, false],
  ])('by %s is allowed: %p', async (_, principal, allowed) => {
    const kms = real();
    const KeyId = kms.key({ policy: POLICY });
    const { GrantToken } = await kms.call('CreateGrant', { KeyId, ...DECRYPT, RetiringPrincipal: CAROL });
    const call = kms.call('RetireGrant', { GrantToken }, as(principal));
    await (allowed ? expect(call).resolves.toEqual({}) : expect(call).rejects.toMatchObject({ name: 'AccessDeniedException' }));
    expect((await kms.call('ListGrants', { KeyId })).Grants).toHaveLength(allowed ? 0 : 1);
  });

  test('by a grantee takes the RetireGrant operation, and reaches that grant only', async () => {
    const kms = real();
    const KeyId = kms.key({ policy: POLICY });
    const own = await kms.call('CreateGrant', { KeyId, GranteePrincipal: BOB, Operations: ['Decrypt', 'RetireGrant'] });
    const other = await kms.call('CreateGrant', { KeyId, GranteePrincipal: CAROL, Operations: ['Decrypt'] });
    expect(await kms.refusal('RetireGrant', { KeyId, GrantId: other.GrantId }, as(BOB))).toMatch(/^AccessDeniedException/);
    expect(await kms.call('RetireGrant', { KeyId, GrantId: own.GrantId }, as(BOB))).toEqual({});
  });

  test.each([
    ['neither token nor id', {}, /^ValidationException/],
    ['token and id', { GrantToken: 'x', GrantId: 'y' }, /^ValidationException/],
    ['an unknown token', { GrantToken: 'x' }, /^InvalidGrantTokenException$/],
    ['a key id that is no ARN', { KeyId: '00000000-0000-4000-8000-000000000000', GrantId: 'y' }, /^InvalidArnException/],
  ])('with %s is refused', async (_, input, refusal) => {
    expect(await real().refusal('RetireGrant', input)).toMatch(refusal);
  });
});

describe('CreateGrant', () => {
  const kms = new TestKms();
  const KeyId = kms.key();
  const rsa = kms.key({ spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' });
  const signing = kms.key({ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' });
  const manyPairs = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`k${index}`, 'v']));

  test('of the same name and terms returns the same grant under another token; of other terms, another grant', async () => {
    const named = { KeyId, ...DECRYPT, Name: 'nightly' };
    const first = await kms.call('CreateGrant', named);
    const again = await kms.call('CreateGrant', named);
    const other = await kms.call('CreateGrant', { ...named, Operations: ['Encrypt'] });
    expect(again.GrantId).toBe(first.GrantId);
    expect(again.GrantToken).not.toBe(first.GrantToken);
    expect(other.GrantId).not.toBe(first.GrantId);
    expect((await kms.call('ListGrants', { KeyId, GranteePrincipal: BOB })).Grants).toHaveLength(2);
  });

  test('without a name makes a new one each time', async () => {
    const [a, b] = [await kms.call('CreateGrant', { KeyId, ...DECRYPT }), await kms.call('CreateGrant', { KeyId, ...DECRYPT })];
    expect(a.GrantId).not.toBe(b.GrantId);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['no grantee', { Operations: ['Decrypt'] }, /^ValidationException/],
    ['two grantees', { ...DECRYPT, GranteeServicePrincipal: 'dynamodb.us-east-1.amazonaws.com' }, /^ValidationException/],
    ['a grantee that is nobody', { GranteePrincipal: 'bob', Operations: ['Decrypt'] }, /^InvalidArnException/],
    ['a group of another account', { GranteePrincipal: 'arn:aws:iam::444455556666:group/devs', Operations: ['Decrypt'] }, /^InvalidArnException/],
    ['an instance profile', { GranteePrincipal: `arn:aws:iam::${ACCOUNT}:instance-profile/web`, Operations: ['Decrypt'] }, /^InvalidArnException/],
    ['a role without a name', { ...DECRYPT, RetiringPrincipal: `arn:aws:iam::${ACCOUNT}:role/` }, /^InvalidArnException/],
    ['a function instead of its role', { GranteePrincipal: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:web`, Operations: ['Decrypt'] }, /^InvalidArnException/],
    ['no operation', { GranteePrincipal: BOB, Operations: [] }, /^ValidationException/],
    ['an operation that cannot be granted', { GranteePrincipal: BOB, Operations: ['PutKeyPolicy'] }, /^ValidationException: 1 validation error detected: Value '\[PutKeyPolicy\]' at 'operations' failed .*: \[Member must satisfy enum value set: \[[^\]]*\]\]$/],
    ['an operation that the key cannot do', { KeyId: signing, ...DECRYPT }, /^ValidationException/],
    ['data keys under RSA', { KeyId: rsa, GranteePrincipal: BOB, Operations: ['GenerateDataKey'] }, /^ValidationException/],
    ['a context constraint on RSA', { KeyId: rsa, ...DECRYPT, Constraints: { EncryptionContextEquals: { a: 'b' } } },
      /^ValidationException: EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key\.$/],
    ['both context constraints', { ...DECRYPT, Constraints: { EncryptionContextEquals: { a: 'b' }, EncryptionContextSubset: { a: 'b' } } }, /^ValidationException/],
    ['nine context pairs', { ...DECRYPT, Constraints: { EncryptionContextEquals: manyPairs } }, /^ValidationException/],
    ['a context value of 385 characters', { ...DECRYPT, Constraints: { EncryptionContextEquals: { a: 'x'.repeat(385) } } }, /^ValidationException/],
    ['a grant token that is none', { ...DECRYPT, GrantTokens: ['x'] }, /^InvalidGrantTokenException$/],
  ])('with %s is refused', async (_, input, refusal) => {
    expect(await kms.refusal('CreateGrant', { KeyId, ...input })).toMatch(refusal);
  });

  test.each([
    ['Sign, Verify and GetPublicKey for a signing key', signing, ['Sign', 'Verify', 'GetPublicKey', 'DescribeKey']],
    ['Encrypt, Decrypt and ReEncrypt for RSA', rsa, ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GetPublicKey']],
  ])('grants %s', async (_, key, Operations) => {
    expect(await kms.call('CreateGrant', { KeyId: key, GranteePrincipal: BOB, Operations, Constraints: {} })).toHaveProperty('GrantToken');
  });
});

describe('ListGrants', () => {
  test('shows a grant as it was asked for, services as such', async () => {
    const kms = new TestKms();
    const KeyId = kms.key();
    const { GrantId } = await kms.call('CreateGrant', {
      KeyId,
      GranteeServicePrincipal: 'dynamodb.us-east-1.amazonaws.com',
      RetiringPrincipal: CAROL,
      Operations: ['Decrypt'],
      Constraints: { EncryptionContextSubset: { a: 'b' }, SourceArn: 'arn:aws:dynamodb:us-east-1:111122223333:table/T' },
      Name: 'table',
    });
    const expected = {
      KeyId,
      GrantId,
      Name: 'table',
      CreationDate: kms.now,
      GranteeServicePrincipal: 'dynamodb.us-east-1.amazonaws.com',
      RetiringPrincipal: CAROL,
      IssuingAccount: ROOT,
      Operations: ['Decrypt'],
      Constraints: { EncryptionContextSubset: { a: 'b' }, SourceArn: 'arn:aws:dynamodb:us-east-1:111122223333:table/T' },
    };
    expect(await kms.call('ListGrants', { KeyId })).toEqual({ Grants: [expected], Truncated: false });
    expect(await kms.call('ListRetirableGrants', { RetiringPrincipal: CAROL })).toEqual({ Grants: [expected], Truncated: false });
    expect((await kms.call('ListRetirableGrants', { RetiringPrincipal: BOB })).Grants).toEqual([]);
    expect(await kms.refusal('ListGrants', { KeyId, GrantId: 'none' })).toBe('InvalidGrantIdException');
  });

  test('pages through many', async () => {
    const kms = new TestKms();
    const KeyId = kms.key();
    for (let made = 0; made < 5; made++) await kms.call('CreateGrant', { KeyId, ...DECRYPT });
    const seen: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await kms.call('ListGrants', { KeyId, Limit: 2, Marker });
      seen.push(...page.Grants.map(({ GrantId }: { GrantId: string }) => GrantId));
      expect(page.Truncated).toBe(page.NextMarker !== undefined);
      Marker = page.NextMarker;
    } while (Marker);
    expect(new Set(seen).size).toBe(5);
    expect(seen).toHaveLength(5);
  });
});

test('a grant reaches into another account', async () => {
  const world: World = {
    identities: [{ arn: STRANGER, policies: [{ name: 'use KMS', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*' } } }] }],
  };
  const kms = new TestKms((request) => decide(world, request));
  const KeyId = kms.key({ policy: POLICY });
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId, Plaintext: bytes('hello') });
  expect(await kms.refusal('Decrypt', { KeyId, CiphertextBlob }, as(STRANGER))).toMatch(/^AccessDeniedException/);
  await kms.call('CreateGrant', { KeyId, GranteePrincipal: STRANGER, Operations: ['Decrypt'] });
  expect((await kms.call('Decrypt', { KeyId, CiphertextBlob }, as(STRANGER))).Plaintext).toEqual(bytes('hello'));
});

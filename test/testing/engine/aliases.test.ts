import { ACCOUNT, ALICE, ROOT, STRANGER, TestKms } from './kms';
import type { World } from '../../../src/authz';
import { decide } from '../../../src/authz';

const arn = (name: string) => `arn:aws:kms:us-east-1:${ACCOUNT}:${name}`;

describe('an alias', () => {
  test('is made, moved, listed and deleted', async () => {
    const kms = new TestKms();
    const [first, second] = [kms.key(), kms.key()];
    const idOf = async () => (await kms.call('DescribeKey', { KeyId: 'alias/data' })).KeyMetadata.Arn;
    const CreationDate = kms.now;
    expect(await kms.call('CreateAlias', { AliasName: 'alias/data', TargetKeyId: first })).toEqual({});
    expect(await idOf()).toBe(first);
    kms.pass(1);
    expect(await kms.call('UpdateAlias', { AliasName: 'alias/data', TargetKeyId: second })).toEqual({});
    expect(await idOf()).toBe(second);
    expect(await kms.call('ListAliases')).toEqual({
      Aliases: [{ AliasName: 'alias/data', AliasArn: arn('alias/data'), TargetKeyId: second.split('/')[1], CreationDate, LastUpdatedDate: kms.now }],
      Truncated: false,
    });
    expect((await kms.call('ListAliases', { KeyId: first })).Aliases).toEqual([]);
    expect(await kms.call('DeleteAlias', { AliasName: 'alias/data' })).toEqual({});
    expect(await kms.refusal('DeleteAlias', { AliasName: 'alias/data' })).toBe(`NotFoundException: Alias ${arn('alias/data')} is not found.`);
  });

  const kms = new TestKms();
  const TargetKeyId = kms.key();
  kms.engine.addAlias('alias/taken', TargetKeyId);

  test.each<[string, Record<string, unknown>, string | RegExp]>([
    ['without its prefix', { AliasName: 'data' },
      'ValidationException: Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html'],
    ['with characters that no alias has', { AliasName: 'alias/a b' }, /^ValidationException: 1 validation error detected: Value 'alias\/a b' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern/],
    ['reserved for AWS', { AliasName: 'alias/aws/s3' }, 'NotAuthorizedException'],
    ['that is taken', { AliasName: 'alias/taken' }, `AlreadyExistsException: An alias with the name ${arn('alias/taken')} already exists`],
    ['of an alias', { AliasName: 'alias/new', TargetKeyId: 'alias/taken' }, 'ValidationException: Aliases must refer to keys. Not aliases'],
    ['of a key that is not there', { AliasName: 'alias/new', TargetKeyId: '00000000-0000-4000-8000-000000000000' }, /^NotFoundException: Key /],
  ])('%s is refused', async (_, input, refusal) => {
    expect(await kms.refusal('CreateAlias', { TargetKeyId, ...input })).toEqual(typeof refusal === 'string' ? refusal : expect.stringMatching(refusal));
  });

  test('is the 51st of its key and refused', async () => {
    const full = kms.key();
    for (let made = 0; made < 50; made++) kms.engine.addAlias(`alias/full-${made}`, full);
    expect(await kms.refusal('CreateAlias', { AliasName: 'alias/full-50', TargetKeyId: full })).toMatch(/^LimitExceededException/);
    expect((await kms.call('ListAliases', { KeyId: full })).Aliases).toHaveLength(50);
  });

  test.each<[string, object, object, boolean]>([
    ['symmetric to symmetric', {}, {}, true],
    ['RSA to ECC of the same usage', { spec: 'RSA_2048', usage: 'SIGN_VERIFY' }, { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' }, true],
    ['symmetric to RSA encryption', {}, { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' }, false],
    ['RSA signing to RSA encryption', { spec: 'RSA_2048', usage: 'SIGN_VERIFY' }, { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' }, false],
    ['symmetric to HMAC', {}, { spec: 'HMAC_256' }, false],
  ])('moves from %s: %#', async (_, from, to, moves) => {
    const fresh = new TestKms();
    fresh.engine.addAlias('alias/a', fresh.key(from));
    const move = fresh.call('UpdateAlias', { AliasName: 'alias/a', TargetKeyId: fresh.key(to) });
    await (moves ? expect(move).resolves.toEqual({}) : expect(move).rejects.toMatchObject({ name: 'ValidationException' }));
  });
});

test('moving an alias takes the permission on the alias and on both keys', async () => {
  const statement = (Action: string) => ({ Effect: 'Allow' as const, Principal: { AWS: ROOT }, Action, Resource: '*' });
  const world: World = {
    identities: [{ arn: ALICE, policies: [{ name: 'aliases', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*' } } }] }],
  };
  const kms = new TestKms((request) => decide(world, request));
  const key = (Action: string) => kms.key({ policy: { Version: '2012-10-17', Statement: statement(Action) } });
  const [from, to, closed] = [key('kms:UpdateAlias'), key('kms:UpdateAlias'), key('kms:Encrypt')];
  kms.engine.addAlias('alias/a', from);
  expect(await kms.refusal('UpdateAlias', { AliasName: 'alias/a', TargetKeyId: closed })).toContain(`kms:UpdateAlias on resource: ${closed}`);
  expect(await kms.call('UpdateAlias', { AliasName: 'alias/a', TargetKeyId: to })).toEqual({});
  expect(kms.records[1].authorizations.map(({ keyArn }) => keyArn)).toEqual([from, to]);
});

test('aliases of other accounts are their own', async () => {
  const kms = new TestKms();
  kms.engine.addAlias('alias/same', kms.key());
  const other = kms.key({ account: '444455556666' });
  await kms.call('CreateAlias', { AliasName: 'alias/same', TargetKeyId: other }, { principal: STRANGER });
  expect((await kms.call('DescribeKey', { KeyId: 'alias/same' }, { principal: STRANGER })).KeyMetadata.Arn).toBe(other);
  expect((await kms.call('ListAliases')).Aliases).toHaveLength(1);
});

test('a name that is taken is no name for another key from the start', () => {
  const fresh = new TestKms();
  fresh.engine.addAlias('alias/a', fresh.key());
  expect(() => fresh.engine.addAlias('alias/a', fresh.key())).toThrow(/^alias 'alias\/a' points to arn:\S+ already: it cannot point to arn:\S+ too$/);
  expect(() => fresh.engine.addAlias('alias/a', fresh.key({ region: 'eu-west-1' }))).not.toThrow();
});

import { allow, deny, HOME, keyWith, PARTNER, READER, ROOT, WRITER } from './support/key-world';
import { decide } from '../../src/authz';
import type { IdentityFacts, KeyFacts, PolicyStatement } from '../../src/authz';
import { accessOf, deadStatements, differences } from '../../src/proof';
import { modelOf } from '../../src/proof/model';

const tenant = (value: string) => ({ StringEquals: { 'kms:EncryptionContext:tenant': value } });
const HMAC: Partial<KeyFacts> = { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' };

describe('dead', () => {
  const whole = (actions: string[]) => ({ actions, entirely: true });
  const part = (actions: string[]) => ({ actions, entirely: false });
  test.each<[string, PolicyStatement, Partial<KeyFacts>, object, string]>([
    ['a condition key that the action does not have', allow(READER, ['kms:Decrypt', 'kms:CreateGrant'], { Bool: { 'kms:GrantIsForAWSResource': 'true' } }), {}, part(['kms:Decrypt']), 'requests for it carry no such key'],
    ['a context on DescribeKey', allow(READER, ['kms:Decrypt', 'kms:DescribeKey'], tenant('t1')), {}, part(['kms:DescribeKey']), 'requests for it carry no such key'],
    ['a context on an HMAC key', allow(READER, 'kms:GenerateMac', tenant('t1')), HMAC, whole(['kms:GenerateMac']), 'keys of HMAC_256 have no encryption context'],
    ['a context on an RSA key', allow(READER, 'kms:Decrypt', tenant('t1')), { spec: 'RSA_2048' }, whole(['kms:Decrypt']), 'keys of RSA_2048 have no encryption context'],
    ['a misspelt condition key', allow(READER, 'kms:Decrypt', { StringEquals: { 'kms:EncryptionContex:tenant': 't1' } }), {}, whole(['kms:Decrypt']), 'no such condition key is known'],
    ['a condition key of another service', allow(READER, 'kms:Decrypt', { StringEquals: { 's3:prefix': 'a' } }), {}, whole(['kms:Decrypt']), 'no such condition key is known'],
    ['another usage', allow(READER, ['kms:GenerateMac', 'kms:Decrypt']), HMAC, part(['kms:Decrypt']), 'a key for GENERATE_VERIFY_MAC is not used with it'],
    ['a service in another Region', allow(READER, 'kms:Decrypt', { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } }), {}, whole(['kms:Decrypt']), 'their own Region, here us-east-1'],
    ['conditions that exclude each other', allow(READER, 'kms:Decrypt', { StringEquals: { 'kms:EncryptionContext:tenant': 't1' }, Null: { 'kms:EncryptionContext:tenant': 'true' } }), {}, whole(['kms:Decrypt']), 'no request meets all of its conditions'],
    ['an organization of a service', allow({ Service: 'logs.us-east-1.amazonaws.com' }, 'kms:Decrypt', { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }), {}, whole(['kms:Decrypt']), 'no request meets StringEquals aws:PrincipalOrgID'],
    ['what does not work across accounts', allow(PARTNER, ['kms:Decrypt', 'kms:GetKeyPolicy']), {}, part(['kms:GetKeyPolicy']), 'nobody whom it names makes such a request'],
    ['an algorithm that the key does not have', allow(READER, 'kms:Decrypt', { StringEquals: { 'kms:EncryptionAlgorithm': 'RSAES_OAEP_SHA_1' } }), {}, whole(['kms:Decrypt']), 'no request meets'],
    ['a Deny on a condition key that the action does not have', deny('*', ['kms:Decrypt', 'kms:CreateGrant'], { Bool: { 'kms:GrantIsForAWSResource': 'false' } }), {}, part(['kms:Decrypt']), 'requests for it carry no such key'],
    ['another resource', { ...allow(READER, 'kms:Decrypt'), Resource: 'arn:aws:kms:us-east-1:111122223333:alias/a' }, {}, whole(['kms:Decrypt']), 'nobody whom it names'],
    ['no resource', { ...allow(READER, 'kms:Decrypt'), Resource: undefined }, {}, whole([]), 'it has no effect'],
    ['actions of another service', allow(READER, 's3:GetObject'), {}, whole([]), 'none of its actions'],
  ])('for %s: %#', (_, statement, facts, expected, because) => {
    expect(deadStatements(keyWith([statement], facts))).toEqual([expect.objectContaining({ statement: 'S1', ...expected, because: expect.stringContaining(because) })]);
  });

  test.each<[string, PolicyStatement, Partial<KeyFacts>]>([
    ['a context on decrypting', allow(READER, 'kms:Decrypt', tenant('t1')), {}],
    ['actions that a wildcard brings along', allow(READER, 'kms:*', tenant('t1')), {}],
    ['IfExists', allow(READER, ['kms:Decrypt', 'kms:DescribeKey'], { StringEqualsIfExists: { 'kms:EncryptionContext:tenant': 't1' } }), {}],
    ['a service in this Region', allow(READER, 'kms:Decrypt', { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } }), {}],
    ['a tag that nobody here knows', allow('*', 'kms:Decrypt', tenant('${aws:PrincipalTag/team}')), {}],
    ['an organization', allow('*', 'kms:Decrypt', { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }), {}],
    ['an address as text, of which not all are looked at', allow(READER, 'kms:Decrypt', { StringLike: { 'aws:SourceIp': '*.5' }, IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }), {}],
    ['the algorithm of the key', allow(READER, 'kms:Decrypt', { StringEquals: { 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT' } }), {}],
  ])('is not: %s', (_, statement, facts) => expect(deadStatements(keyWith([statement], facts))).toEqual([]));
});

test('no statement is dead where not all principals were looked at', () => {
  const at = () => keyWith([allow(READER, 'kms:Decrypt', { StringLike: { 'aws:PrincipalArn': '*:role/other' } })]);
  expect(deadStatements(at())).toHaveLength(1);
  const overlapping = at();
  // What makes them too many takes seconds.
  Object.assign(modelOf(overlapping).principals, { incomplete: 'the patterns for principals overlap in too many ways' });
  expect(deadStatements(overlapping)).toEqual([]);
});

describe('access', () => {
  const brief = (statements: PolicyStatement[], identities: IdentityFacts[] = []) =>
    accessOf(keyWith(statements, {}, identities)).map(({ principal, actions, by, conditions, viaServices, certain }) =>
      `${principal}: ${actions.join(', ')} by ${by}${viaServices ? ` through ${viaServices.join()}` : ''}${conditions.length > 0 ? ` if ${conditions.join(' and ')}` : ''}${certain ? '' : ', perhaps'}`);

  test.each<[string, PolicyStatement[], string[]]>([
    ['a role', [allow(READER, 'kms:Decrypt', tenant('t1'))], [`${READER}: kms:Decrypt by key policy if kms:EncryptionContext:tenant is t1`]],
    ['through a service', [allow(READER, 'kms:Decrypt', { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } })], [`${READER}: kms:Decrypt by key policy through s3.us-east-1.amazonaws.com`]],
    ['the account', [allow(ROOT, 'kms:Decrypt')], [`${ROOT}: kms:Decrypt by IAM`]],
    ['another account', [allow('444455556666', 'kms:Decrypt')], ['arn:aws:iam::444455556666:root: kms:Decrypt by IAM']],
    ['a role of another account', [allow(PARTNER, 'kms:Decrypt')], [`${PARTNER}: kms:Decrypt by IAM`]],
    ['everybody', [allow('*', 'kms:Decrypt')], ['*: kms:Decrypt by key policy']],
    ['a service', [allow({ Service: 'logs.us-east-1.amazonaws.com' }, ['kms:Decrypt', 'kms:Encrypt'])], ['logs.us-east-1.amazonaws.com: kms:Decrypt, kms:Encrypt by key policy']],
    ['a role, but for what is denied', [allow(READER, ['kms:Decrypt', 'kms:Encrypt']), deny('*', 'kms:Decrypt')], [`${READER}: kms:Encrypt by key policy`]],
    ['nobody', [allow(READER, 'kms:Decrypt', { StringEquals: { 'kms:EncryptionContex:a': 'x' } })], []],
  ])('of %s', (_, statements, expected) => expect([...new Set(brief(statements))]).toEqual(expect.arrayContaining(expected)));

  test('names roles of the world that IAM lets in, and not those that it does not', () => {
    const identity = (arn: string, Action: string): IdentityFacts =>
      ({ arn, tags: {}, policies: [{ name: 'own', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource: '*' } } }] });
    const lines = brief([allow(ROOT, 'kms:Decrypt')], [identity(READER, 'kms:*'), identity(WRITER, 's3:*')]);
    expect(lines).toEqual(expect.arrayContaining([`${READER}: kms:Decrypt by IAM`, `${ROOT}: kms:Decrypt by IAM`]));
    expect(lines.filter((line) => line.startsWith(WRITER))).toEqual([]);
  });
});

describe('differences', () => {
  test('are told in both directions, by principal and statement, each with a request', () => {
    const old = keyWith([allow(READER, 'kms:Decrypt', tenant('t1')), allow(WRITER, ['kms:Encrypt', 'kms:GenerateDataKey'])]);
    const next = keyWith([allow(READER, 'kms:Decrypt'), allow(WRITER, 'kms:Encrypt')]);
    const found = differences(old, next);
    expect(found.map(({ change, principal, actions, duty, certain }) => [change, principal, actions, duty, certain])).toEqual([
      ['possible', READER, ['kms:Decrypt'], 'decrypt', true],
      ['impossible', WRITER, ['kms:GenerateDataKey'], 'generate data keys', true],
    ]);
    for (const { change, request } of found) {
      const [before, after] = [old, next].map(({ key, world }) => decide(world, { ...request, key }).allowed);
      expect([before, after]).toEqual(change === 'possible' ? [false, true] : [true, false]);
    }
  });

  test('there are none between a policy and itself, or another order of it', () => {
    const statements = [allow(READER, 'kms:Decrypt', tenant('t1')), allow(ROOT, 'kms:*'), deny('*', 'kms:Decrypt', tenant('t2'))];
    expect(differences(keyWith(statements), keyWith([...statements].reverse()))).toEqual([]);
  });

  test('say of whom the account may let in that no IAM policy is needed now, in both directions', () => {
    const root = allow(ROOT, 'kms:*');
    const brief = (old: PolicyStatement[], next: PolicyStatement[]) => differences(keyWith(old), keyWith(next))
      .map((each) => [each.change, each.principal, each.actions.join(), each.statements.join(), each.certain, each.withoutIam]);
    const more = [root, allow(READER, ['kms:Decrypt', 'kms:PutKeyPolicy'])];
    expect(brief([root], more)).toEqual([['possible', READER, 'kms:Decrypt,kms:PutKeyPolicy', 'S2', true, true]]);
    expect(brief(more, [root])).toEqual([['impossible', READER, 'kms:Decrypt,kms:PutKeyPolicy', 'S2', true, true]]);
    expect(brief([root], [root, allow(PARTNER, 'kms:Decrypt')])).toEqual([['possible', PARTNER, 'kms:Decrypt', 'S2', true, false]]);
    expect(brief(more, [...more].reverse())).toEqual([]);
  });

  test('say what a Deny takes away', () => {
    const statement = allow(`arn:aws:iam::${HOME}:role/Reader`, 'kms:Decrypt');
    expect(differences(keyWith([statement]), keyWith([statement, deny('*', 'kms:Decrypt', tenant('t2'))])))
      .toMatchObject([{ change: 'impossible', principal: READER, request: { encryptionContext: { tenant: 't2' } } }]);
  });
});

import { allow, deny, HOME, keyWith, READER, ROOT, shown, SYMBOL, WRITER } from './support/key-world';
import type { IdentityFacts, PolicyStatement } from '../../src/authz';
import { allowsNothingNew, nobodyExcept, requiresContext } from '../../src/proof';
import type { Verdict } from '../../src/proof';

/** Proofs look at some principals and values only: those that a policy may be made to slip through between them. */

const DECRYPT = 'kms:Decrypt';
const when = (operator: string, key: string, ...values: string[]) => ({ [operator]: { [key]: values } });
const arnLike = (...patterns: string[]) => when('ArnLike', 'aws:PrincipalArn', ...patterns);
const stringLike = (...patterns: string[]) => when('StringLike', 'aws:PrincipalArn', ...patterns);
const tenant = (operator: string, ...values: string[]) => when(operator, 'kms:EncryptionContext:tenant', ...values);
const noServices = deny('*', DECRYPT, when('Bool', 'aws:PrincipalIsAWSService', 'true'));
const federated = (account: string, name = 'any-principal') => `arn:aws:sts::${account}:federated-user/${name}`;

describe('of principals', () => {
  const BOB = `arn:aws:iam::${HOME}:user/Bob`;
  test.each<[string, PolicyStatement[], string]>([
    ['an account by its last digits, in a pattern across colons', [allow('*', DECRYPT, stringLike('arn:aws:*4444:role/*'))], 'arn:aws:iam::999999994444:role/any-principal'],
    ['an account by its last digits, in a pattern from the start', [allow('*', DECRYPT, stringLike('*4444:role/App'))], 'arn:aws:iam::999999994444:role/App'],
    ['an account by its first digits, of which some are denied', [
      allow('*', DECRYPT, when('StringLike', 'kms:CallerAccount', '44*')), deny('*', DECRYPT, arnLike('arn:aws:iam::445*:*', 'arn:aws:iam::449*:*')),
    ], 'arn:aws:iam::448999999999:role/any-principal'],
    ['a root user by its id', [allow('*', DECRYPT, { ...when('StringLike', 'aws:userid', '4444*'), ...when('StringEquals', 'aws:PrincipalType', 'Account') })], 'arn:aws:iam::444499999999:root'],
    ['a root user by a pattern for all of its id', [
      allow('*', DECRYPT, { ...when('StringLike', 'aws:userid', '44445555666?'), ...when('StringEquals', 'aws:PrincipalType', 'Account') }),
    ], 'arn:aws:iam::444455556669:root'],
    ['federated users by their type', [allow('*', DECRYPT, when('StringEquals', 'aws:PrincipalType', 'FederatedUser'))], federated('999999999999')],
    ['federated users, as all other types are denied', [
      allow('*', DECRYPT), deny('*', DECRYPT, when('StringEquals', 'aws:PrincipalType', 'AssumedRole', 'User', 'Account')), noServices,
    ], federated('999999999999')],
    ['federated users, as all other ARNs are denied', [
      allow('*', DECRYPT), deny('*', DECRYPT, arnLike('arn:aws:iam::*:role/*', 'arn:aws:iam::*:user/*', 'arn:aws:iam::*:root')), noServices,
    ], federated('999999999999')],
    ['federated users by IAM, whose session policies nobody knows', [allow(ROOT, DECRYPT, arnLike('arn:aws:sts::*:federated-user/*'))], federated(HOME)],
    ['the federated session of a user', [allow(BOB, DECRYPT, when('StringEquals', 'aws:PrincipalType', 'FederatedUser'))], federated(HOME, 'Bob')],
    ['a user below a path by its name', [allow(ROOT, DECRYPT, { ...when('StringLike', 'aws:username', 'a*'), ...arnLike('arn:aws:iam::*:user/p/*') })], `arn:aws:iam::${HOME}:user/p/a`],
    ['services of a pattern, of which some are denied', [
      allow('*', DECRYPT, when('StringLike', 'aws:PrincipalServiceName', 's*.amazonaws.com')), deny('*', DECRYPT, when('StringLike', 'aws:PrincipalServiceName', 'sa*')),
    ], 's.amazonaws.com'],
    ['other services of a pattern than the one that is denied by name', [
      allow('*', DECRYPT, when('StringLike', 'aws:PrincipalServiceName', 's*.amazonaws.com')), deny({ Service: 's.amazonaws.com' }, DECRYPT),
    ], 'sx.amazonaws.com'],
    ['others than who is denied under the name of a stranger', [
      allow(ROOT, DECRYPT), deny({ AWS: [`arn:aws:iam::${HOME}:role/any-principal`, `arn:aws:iam::${HOME}:user/any-principal`] }, DECRYPT),
    ], `arn:aws:iam::${HOME}:role/any-principal-2`],
    ['others than the service that is denied under the name of a stranger', [
      allow('*', DECRYPT, when('Bool', 'aws:PrincipalIsAWSService', 'true')), deny({ Service: 'any-service.amazonaws.com' }, DECRYPT),
    ], 'any-service-2.amazonaws.com'],
  ])('%s', (_, statements, principal) => {
    const proof = nobodyExcept(keyWith(statements), [READER], [DECRYPT]);
    expect([proof.verdict, shown(proof)]).toEqual(['fails', expect.objectContaining({ principal })]);
  });

  test.each<[string, string[], Verdict]>([
    ['all services', ['*.amazonaws.com'], 'holds'],
    ['some services', ['s*.amazonaws.com'], 'fails'],
    ['all services but those of a name', ['?????*.amazonaws.com'], 'fails'],
    ['all roles', ['arn:aws:iam::*:role/*'], 'fails'],
  ])('of a claim that excepts %s', (_, except, verdict) => {
    expect(nobodyExcept(keyWith([allow('*', DECRYPT, when('Bool', 'aws:PrincipalIsAWSService', 'true'))]), except, [DECRYPT]).verdict).toBe(verdict);
  });

  test('of a claim that excepts all services, a role that is named like one', () => {
    const named = `arn:aws:iam::${HOME}:role/s3.amazonaws.com`;
    expect(shown(nobodyExcept(keyWith([allow(named, DECRYPT)]), ['*.amazonaws.com'], [DECRYPT]))).toMatchObject({ principal: named });
  });

  test('patterns that no federated user has for a name find none', () => {
    const slash = [allow('*', DECRYPT, arnLike('arn:aws:sts::*:federated-user/a/*'))];
    expect(nobodyExcept(keyWith(slash), [READER], [DECRYPT]).verdict).toBe('holds');
  });
});

test('of an account that no template tells', () => {
  const arn = `arn:aws:kms:us-east-1:${SYMBOL}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
  const proof = nobodyExcept(keyWith([allow('*', DECRYPT, when('StringEquals', 'kms:CallerAccount', SYMBOL))], { arn }), [READER], [DECRYPT]);
  expect([proof.verdict, shown(proof)]).toEqual(['fails', expect.objectContaining({ principal: `arn:aws:iam::${SYMBOL}:role/any-principal` })]);
});

describe('of values', () => {
  const onNames = when('ForAllValues:StringLike', 'kms:EncryptionContextKeys', 'Te*');
  test.each<[string, PolicyStatement[], object]>([
    ['a spelling of a name by a pattern', [allow(WRITER, DECRYPT, { ...onNames, ...tenant('StringEquals', 't1') })], { encryptionContext: { Tenant: 't1' } }],
    ['an empty tag', [
      allow(WRITER, DECRYPT, { ...when('StringNotLike', 'aws:PrincipalTag/team', '?*'), ...when('StringEquals', 'aws:PrincipalTag/team', '', 'red') }),
    ], { conditionKeys: { 'aws:principaltag/team': '' } }],
    ['a binary value that is none of those', [
      allow(WRITER, DECRYPT, when('Null', 'aws:referer', 'false')), deny('*', DECRYPT, when('BinaryEquals', 'aws:referer', 'eDA=', 'eDE')),
    ], { conditionKeys: { 'aws:referer': 'eDI=' } }],
    ['a variable and a pattern', [
      allow(WRITER, DECRYPT, { ...tenant('StringEquals', '${aws:PrincipalTag/team}'), ...tenant('StringLike', 'a*') }),
    ], { encryptionContext: { tenant: 'a' }, conditionKeys: { 'aws:principaltag/team': 'a' } }],
  ])('%s', (_, statements, request) => {
    const proof = nobodyExcept(keyWith(statements), [READER], [DECRYPT]);
    expect([proof.verdict, shown(proof)]).toEqual(['fails', expect.objectContaining(request)]);
  });

  const team = '${aws:PrincipalTag/team}';
  const address = (operator: string, value: string) => when(operator, 'aws:SourceIp', value);
  test.each<[string, PolicyStatement[], string]>([
    ['an address as text', [allow(WRITER, DECRYPT, { ...address('StringLike', '*.5'), ...address('IpAddress', '203.0.113.0/24') })], 'aws:SourceIp in several ways'],
    ['an address that is not one', [allow(WRITER, DECRYPT, { ...address('StringNotEquals', '203.0.113.0'), ...address('IpAddress', '203.0.113.0/24') })], 'aws:SourceIp in several ways'],
    ['a time as text', [
      allow(WRITER, DECRYPT, { ...when('StringLike', 'aws:CurrentTime', '*-02-*'), ...when('DateLessThan', 'aws:CurrentTime', '2026-06-01T00:00:00Z') }),
    ], 'aws:CurrentTime in several ways'],
    ['a number as text', [
      allow(WRITER, DECRYPT, { ...when('StringLike', 'aws:MultiFactorAuthAge', '1?'), ...when('NumericLessThan', 'aws:MultiFactorAuthAge', '300') }),
    ], 'aws:MultiFactorAuthAge in several ways'],
    ['a variable among wildcards', [allow(WRITER, DECRYPT, stringLike(`*role/Wr${team}r*`))], `what '*role/Wr${team}r*' of StringLike aws:PrincipalArn may stand for`],
    ['a variable behind other text, beside a pattern', [
      allow(WRITER, DECRYPT, { ...when('StringEquals', 'aws:UserAgent', `p-${team}`), ...when('StringLike', 'aws:UserAgent', 'p-a*') }),
    ], `what 'p-${team}' of StringEquals aws:UserAgent may stand for`],
    ['two variables, of which one is denied', [
      allow(WRITER, DECRYPT, { ...when('StringEquals', 'aws:SourceArn', team), ...when('Null', 'aws:PrincipalTag/cost', 'false') }),
      deny('*', DECRYPT, when('StringLike', 'aws:SourceArn', '${aws:PrincipalTag/cost}')),
      deny('*', DECRYPT, when('StringNotLike', 'aws:SourceArn', '${aws:PrincipalTag/cost}', 'x*')),
    ], 'may stand for is more than is looked at'],
  ])('what is not looked at is not proved: %s', (_, statements, because) => {
    expect(nobodyExcept(keyWith(statements), [READER], [DECRYPT])).toMatchObject({ verdict: 'undecidable', because: expect.stringContaining(because) });
  });

  test.each<[string, PolicyStatement[], Verdict]>([
    ['a variable alone, whose pair is denied', [allow(WRITER, DECRYPT, tenant('StringEquals', team)), deny('*', DECRYPT, tenant('StringLike', '*'))], 'holds'],
    ['a truth value as text', [
      allow(WRITER, DECRYPT, { ...when('Bool', 'aws:MultiFactorAuthPresent', 'true'), ...when('StringEquals', 'aws:MultiFactorAuthPresent', 'false') }),
    ], 'holds'],
    ['two spellings of a name whose many values a pattern denies', [
      allow(WRITER, DECRYPT, tenant('StringEquals', ...Array.from({ length: 40 }, (_, index) => `t${index}`))), deny('*', DECRYPT, tenant('StringLike', 't*')),
    ], 'undecidable'],
  ])('what is looked at is: %s', (_, statements, verdict) => {
    expect(nobodyExcept(keyWith(statements), [READER], [DECRYPT]).verdict).toBe(verdict);
  });
});

test('of two spellings of a name, values that lack what a claim requires', () => {
  const twice = keyWith([allow(WRITER, DECRYPT, tenant('StringLike', 't*')), deny('*', DECRYPT, tenant('StringLike', 't*'))]);
  expect(requiresContext(twice, [DECRYPT], { tenant: 't' }).verdict).toBe('undecidable');
});

describe('of what a caller was, and is', () => {
  const writer = (facts: Partial<IdentityFacts>): IdentityFacts => ({ arn: WRITER, policies: [], tags: {}, ...facts });
  const byTag = (tags?: Record<string, string>) => keyWith([allow(WRITER, DECRYPT, when('StringEquals', 'aws:PrincipalTag/team', 'red'))], {}, [writer({ tags })]);
  const byOrganization = (organizationId?: string) =>
    keyWith([allow(WRITER, DECRYPT, when('StringEquals', 'aws:PrincipalOrgID', 'o-2'))], {}, [writer({ organizationId })]);
  test.each<[string, ReturnType<typeof keyWith>, ReturnType<typeof keyWith>, Verdict]>([
    ['a tag that was another one, and is not known now', byTag({ team: 'blue' }), byTag(undefined), 'fails'],
    ['a tag that was that one, and is not known now', byTag({ team: 'red' }), byTag(undefined), 'holds'],
    ['an organization that was another one, and is not known now', byOrganization('o-1'), byOrganization(undefined), 'fails'],
    ['a tag that was spelled in two ways, of which no page says which counts', byTag({ team: 'red', Team: 'blue' }), byTag({ team: 'red' }), 'undecidable'],
    ['a tag that is another one', byTag({ team: 'red' }), byTag({ team: 'blue' }), 'holds'],
  ])('%s', (_, old, next, verdict) => expect(allowsNothingNew(old, next).verdict).toBe(verdict));
});

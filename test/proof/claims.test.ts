import { ADMIN, allow, deny, HOME, keyWith, PARTNER, READER, ROOT, shown, SYMBOL, WRITER } from './support/key-world';
import { decide } from '../../src/authz';
import type { IdentityFacts, KeyFacts, PolicyStatement } from '../../src/authz';
import { allowsNothingNew, can, nobodyCanBoth, nobodyExcept, requiresContext } from '../../src/proof';
import type { Verdict } from '../../src/proof';

const tenant = (value: string, operator = 'StringEquals') => ({ [operator]: { 'kms:EncryptionContext:tenant': value } });
const agent = (value: string) => ({ StringLike: { 'aws:UserAgent': value } });
const DECRYPT = 'kms:Decrypt';

describe('nobody except the reader can decrypt', () => {
  const ofOrg = { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } };
  const rows: [string, PolicyStatement[], Verdict, object?][] = [
    ['the reader alone may', [allow(READER, DECRYPT)], 'holds'],
    ['nobody may', [allow(WRITER, 'kms:Encrypt')], 'holds'],
    ['the writer may, too', [allow({ AWS: [READER, WRITER] }, DECRYPT)], 'fails', { principal: WRITER }],
    ['the writer may encrypt', [allow(READER, DECRYPT), allow(WRITER, 'kms:Encrypt')], 'holds'],
    ['everybody may', [allow('*', DECRYPT)], 'fails', { principal: 'arn:aws:iam::999999999999:role/any-principal' }],
    ['everybody may, but a Deny leaves the reader', [allow('*', DECRYPT), deny('*', DECRYPT, { ArnNotEquals: { 'aws:PrincipalArn': READER } })], 'holds'],
    ['that Deny spares all readers', [allow('*', DECRYPT), deny('*', DECRYPT, { ArnNotLike: { 'aws:PrincipalArn': `arn:aws:iam::${HOME}:role/Read*` } })], 'fails'],
    ['a Deny for another action', [allow('*', DECRYPT), deny('*', 'kms:Encrypt', { ArnNotEquals: { 'aws:PrincipalArn': READER } })], 'fails'],
    ['the account may', [allow(ROOT, 'kms:*')], 'fails', { principal: `arn:aws:iam::${HOME}:role/any-principal` }],
    ['the account may, for the reader', [allow(ROOT, 'kms:*', { ArnEquals: { 'aws:PrincipalArn': READER } })], 'holds'],
    ['the account may, for roles of a pattern of which one is the reader', [allow(ROOT, DECRYPT, { ArnLike: { 'aws:PrincipalArn': `${READER}*` } })], 'fails', { principal: `${READER}x` }],
    ['the account may, for roles below a path', [allow(ROOT, DECRYPT, { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HOME}:role/app/*` } })], 'fails', { principal: `arn:aws:iam::${HOME}:role/app/x` }],
    ['the account may, for roles of a pattern', [allow(ROOT, DECRYPT, { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/app-*' } })], 'fails', { principal: `arn:aws:iam::${HOME}:role/app-` }],
    ['another account may', [allow('444455556666', DECRYPT)], 'fails', { principal: 'arn:aws:iam::444455556666:role/any-principal' }],
    ['another account may what does not work across accounts', [allow('444455556666', 'kms:GetKeyPolicy')], 'holds'],
    ['a service may', [allow({ Service: 'logs.us-east-1.amazonaws.com' }, DECRYPT)], 'fails', { principal: 'logs.us-east-1.amazonaws.com' }],
    ['a policy owner may', [allow(ADMIN, DECRYPT)], 'holds'],
    ['the root user may', [allow(ROOT, DECRYPT, { ArnEquals: { 'aws:PrincipalArn': ROOT } })], 'holds'],
    ['overlapping patterns leave something', [allow(WRITER, DECRYPT, tenant('a*b', 'StringLike')), deny('*', DECRYPT, tenant('*ab', 'StringLike'))], 'fails'],
    ['overlapping patterns leave nothing', [allow(WRITER, DECRYPT, agent('a*b')), deny('*', DECRYPT, agent('a*'))], 'holds'],
    ['patterns for a pair leave nothing, if no context names it in two spellings', [allow(WRITER, DECRYPT, tenant('a*b', 'StringLike')), deny('*', DECRYPT, tenant('a*', 'StringLike'))], 'undecidable'],
    ['two patterns meet in one Allow', [allow(WRITER, DECRYPT, { StringLike: { 'kms:EncryptionContext:tenant': 'a*c' }, StringNotLike: { 'kms:EncryptionContext:tenant': ['a?c', 'ac'] } })], 'fails', { encryptionContext: { tenant: 'axxc' } }],
    ['an organization may', [allow('*', DECRYPT, ofOrg)], 'fails'],
    ['an organization may, which the Deny rules out', [allow('*', DECRYPT, ofOrg), deny('*', DECRYPT, { StringNotEquals: { 'aws:PrincipalOrgID': 'o-2' } })], 'holds'],
    ['addresses inside a range and out of one in it', [allow(WRITER, DECRYPT, { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' }, NotIpAddress: { 'aws:SourceIp': '203.0.113.0/25' } })], 'fails'],
    ['addresses inside a range and out of the one around it', [allow(WRITER, DECRYPT, { IpAddress: { 'aws:SourceIp': '203.0.113.0/25' }, NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })], 'holds'],
    ['two halves of a range denied', [allow(WRITER, DECRYPT, { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }), deny('*', DECRYPT, { IpAddress: { 'aws:SourceIp': ['203.0.113.0/25', '203.0.113.128/25'] } })], 'holds'],
    ['an age of MFA between two whole numbers', [allow(WRITER, DECRYPT, { NumericGreaterThan: { 'aws:MultiFactorAuthAge': '10' }, NumericLessThan: { 'aws:MultiFactorAuthAge': '11' } })], 'holds'],
    ['an age of MFA that is left', [allow(WRITER, DECRYPT, { NumericGreaterThan: { 'aws:MultiFactorAuthAge': '10' }, NumericLessThan: { 'aws:MultiFactorAuthAge': '12' } })], 'fails'],
    ['a time that never is', [allow(WRITER, DECRYPT, { DateGreaterThan: { 'aws:CurrentTime': '2026-06-30T00:00:00Z' }, DateLessThanEquals: { 'aws:CurrentTime': '2026-06-30T00:00:00Z' } })], 'holds'],
    ['a time that comes', [allow(WRITER, DECRYPT, { DateGreaterThan: { 'aws:CurrentTime': '2026-06-30T00:00:00Z' }, DateLessThan: { 'aws:CurrentTime': '2026-06-30T00:00:01Z' } })], 'fails'],
    ['a time said in two ways', [allow(WRITER, DECRYPT, { DateGreaterThan: { 'aws:CurrentTime': '2026-06-30T00:00:00Z' }, NumericLessThan: { 'aws:EpochTime': '1700000000' } })], 'holds'],
    ['MFA and none', [allow(WRITER, DECRYPT, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }), deny('*', DECRYPT, { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } })], 'holds'],
    ['in either case, but not as it is', [allow(WRITER, DECRYPT, { StringEqualsIgnoreCase: { 'kms:EncryptionContext:tenant': 'Blue' }, StringNotEquals: { 'kms:EncryptionContext:tenant': ['blue', 'Blue'] } })], 'fails'],
    ['in either case, of which there is one', [allow(WRITER, DECRYPT, { StringEqualsIgnoreCase: { 'aws:UserAgent': '7' }, StringNotEquals: { 'aws:UserAgent': '7' } })], 'holds'],
    ['a tag of who calls equals a pair', [allow('*', DECRYPT, tenant('${aws:PrincipalTag/team}'))], 'fails'],
    ['a tag equals a pair that is denied', [allow(WRITER, DECRYPT, { ...tenant('${aws:PrincipalTag/team}') }), deny('*', DECRYPT, tenant('*', 'StringLike'))], 'holds'],
    ['a tag equals a pair that is denied where it is there, as an empty one may not be', [allow(WRITER, DECRYPT, { ...tenant('${aws:PrincipalTag/team}') }), deny('*', DECRYPT, { Null: { 'kms:EncryptionContext:tenant': 'false' } })], 'undecidable'],
    ['through a service in a Region that a Deny rules out', [allow(WRITER, DECRYPT, { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } }), deny('*', DECRYPT, { StringLike: { 'kms:ViaService': 's3.*' } })], 'holds'],
    ['a condition key that the action does not have', [allow(WRITER, DECRYPT, { Bool: { 'kms:GrantIsForAWSResource': 'true' } })], 'holds'],
    ['a Deny on a condition key that the action does not have', [allow(WRITER, DECRYPT), deny('*', DECRYPT, { Bool: { 'kms:GrantIsForAWSResource': 'false' } })], 'fails'],
    ['an address and a VPC endpoint at once', [allow(WRITER, DECRYPT, { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' }, StringEquals: { 'aws:SourceVpce': 'vpce-1' } })], 'holds'],
  ];
  test.each(rows.map(([name, statements, verdict, request = {}]) => [name, statements, verdict, request] as const))('%s: %#', (_, statements, verdict, request) => {
    const proof = nobodyExcept(keyWith(statements), [READER], [DECRYPT]);
    expect(proof.verdict).toBe(verdict);
    if (verdict === 'fails') expect(shown(proof)).toMatchObject(request);
  });

  test.each<[string, PolicyStatement[], string]>([
    ['an unknown principal', [allow(SYMBOL, DECRYPT)], "statement 'S1'"],
    ['an unknown action', [allow(WRITER, SYMBOL)], "statement 'S1'"],
    ['a Deny for an unknown principal', [allow(WRITER, DECRYPT), deny(SYMBOL, DECRYPT)], "'S2'"],
    ['a Deny on a condition key that nobody knows', [allow(WRITER, DECRYPT), deny('*', DECRYPT, { Null: { 'kms:NotYetKnown': 'true' } })], 'a condition key that is not known'],
    ['an operator that does not exist', [allow(WRITER, DECRYPT, { StringMatches: { 'kms:EncryptionContext:tenant': 'a' } })], 'AWS would refuse the key policy'],
    ['a key with several values and no set operator', [allow(WRITER, DECRYPT, { StringEquals: { 'kms:EncryptionContextKeys': 'tenant' } })], "statement 'S1'"],
  ])('is undecidable for %s', (_, statements, because) => {
    const proof = nobodyExcept(keyWith(statements), [READER], [DECRYPT]);
    expect(proof).toMatchObject({ verdict: 'undecidable', because: expect.stringContaining(because) });
  });

  test.each<[string, string[], Verdict]>([
    ['a pattern of roles', [`arn:aws:iam::${HOME}:role/*`], 'holds'],
    ['a narrower pattern', [`arn:aws:iam::${HOME}:role/W*`], 'fails'],
    ['the account', [HOME], 'holds'],
    ['the account by its root ARN', [ROOT], 'holds'],
    ['another account', ['444455556666'], 'fails'],
    ['everybody', ['*'], 'holds'],
  ])('may except %s', (_, except, verdict) => {
    expect(nobodyExcept(keyWith([allow(READER, DECRYPT), allow(WRITER, DECRYPT)]), except, [DECRYPT]).verdict).toBe(verdict);
  });

  const delegated = (policies: IdentityFacts['policies'], more: object = {}): IdentityFacts => ({ arn: WRITER, policies, tags: {}, ...more });
  const forWriter = [allow(ROOT, DECRYPT, { ArnEquals: { 'aws:PrincipalArn': WRITER } })];
  const all = [{ name: 'own', document: { Version: '2012-10-17', Statement: { Effect: 'Allow' as const, Action: 'kms:*', Resource: '*' } } }];
  test.each<[string, IdentityFacts[], Verdict]>([
    ['that is known to have no policy', [delegated([])], 'holds'],
    ['whose policy allows it', [delegated(all)], 'fails'],
    ['that nobody knows', [], 'fails'],
    ['with a managed policy that nobody knows', [delegated([], { managedPolicyArns: ['arn:aws:iam::aws:policy/Some'] })], 'fails'],
    ['with a boundary without it', [delegated(all, { boundary: { name: 'b', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } } } })], 'holds'],
  ])('where the account leaves it to IAM, for a role %s', (_, identities, verdict) => {
    expect(nobodyExcept(keyWith(forWriter, {}, identities), [READER], [DECRYPT]).verdict).toBe(verdict);
  });

  test('a counterexample replays', () => {
    const { counterexample } = nobodyExcept(keyWith([allow('*', DECRYPT, tenant('a*', 'StringLike'))]), [READER], [DECRYPT]);
    const { world, request, bound, decision } = counterexample!;
    expect(decide(world, JSON.parse(JSON.stringify(request)), { bound })).toEqual(decision);
    expect(decision.decidedBy[0]).toMatchObject({ statement: 'S1' });
  });

  test('an action that does not exist is refused by name', () => {
    expect(() => nobodyExcept(keyWith([]), [], ['kms:ReEncrypt'])).toThrow("'kms:ReEncrypt' is no action on a key: it is two: kms:ReEncryptFrom and kms:ReEncryptTo");
  });
});

describe('decrypting requires the tenant', () => {
  const names = (set: string, ...values: string[]) => ({ [`${set}:StringEquals`]: { 'kms:EncryptionContextKeys': values } });
  test.each<[string, PolicyStatement[], Verdict]>([
    ['its value is compared', [allow(READER, DECRYPT, tenant('t1'))], 'holds'],
    ['IfExists opens it', [allow(READER, DECRYPT, tenant('t1', 'StringEqualsIfExists'))], 'fails'],
    ['it has to be there', [allow(READER, DECRYPT, { Null: { 'kms:EncryptionContext:tenant': 'false' } })], 'holds'],
    ['a negated comparison opens it', [allow(READER, DECRYPT, tenant('t1', 'StringNotEquals'))], 'fails'],
    ['one of its names is it', [allow(READER, DECRYPT, names('ForAnyValue', 'tenant'))], 'holds'],
    ['one of its names begins like it', [allow(READER, DECRYPT, { 'ForAnyValue:StringLike': { 'kms:EncryptionContextKeys': 'tenant*' } })], 'fails'],
    ['one of its names is it or another', [allow(READER, DECRYPT, names('ForAnyValue', 'tenant', 'stage'))], 'fails'],
    ['no name is another', [allow(READER, DECRYPT, names('ForAllValues', 'tenant'))], 'fails'],
    ['no name is another, and some name is there', [allow(READER, DECRYPT, { ...names('ForAllValues', 'tenant'), Null: { 'kms:EncryptionContextKeys': 'false' } })], 'holds'],
    ['a Deny asks for it', [allow(READER, DECRYPT), deny('*', DECRYPT, { Null: { 'kms:EncryptionContext:tenant': 'true' } })], 'holds'],
    ['the name is written in another case', [allow(READER, DECRYPT, { StringEquals: { 'kms:EncryptionContext:TENANT': 't1' } })], 'holds'],
    ['one statement of two asks for it', [allow(READER, DECRYPT, tenant('t1')), allow(WRITER, DECRYPT)], 'fails'],
    ['nobody may', [allow(READER, 'kms:Encrypt')], 'holds'],
  ])('%s: %#', (_, statements, verdict) => {
    expect(requiresContext(keyWith(statements), [DECRYPT], ['tenant']).verdict).toBe(verdict);
  });

  test.each<[string, Record<string, string>, Verdict]>([
    ['the value that is compared', { tenant: 't1' }, 'holds'],
    ['another value', { tenant: 't2' }, 'fails'],
    ['one value of those that begin like it', { tenant: 't' }, 'fails'],
    ['a pair that nobody asks for', { tenant: 't1', stage: 'x' }, 'fails'],
  ])('with %s', (_, context, verdict) => {
    expect(requiresContext(keyWith([allow(READER, DECRYPT, tenant('t1'))]), [DECRYPT], context).verdict).toBe(verdict);
  });

  test('fails with one value of a pattern, be it the shortest', () => {
    expect(requiresContext(keyWith([allow(READER, DECRYPT, tenant('t*', 'StringLike'))]), [DECRYPT], { tenant: 't' })).toMatchObject({ verdict: 'fails' });
  });

  test('fails for a key without encryption context, and for an action without', () => {
    const rsa: Partial<KeyFacts> = { spec: 'RSA_2048' };
    expect(requiresContext(keyWith([allow(READER, DECRYPT)], rsa), [DECRYPT], ['tenant']).verdict).toBe('fails');
    expect(requiresContext(keyWith([allow(READER, 'kms:DescribeKey')]), ['kms:DescribeKey'], ['tenant']).verdict).toBe('fails');
    expect(requiresContext(keyWith([allow(READER, DECRYPT, tenant('t1'))], rsa), [DECRYPT], ['tenant']).verdict).toBe('holds');
  });
});

describe('nobody can both change the policy and decrypt', () => {
  test.each<[string, PolicyStatement[], Verdict]>([
    ['two roles', [allow(WRITER, 'kms:PutKeyPolicy'), allow(READER, DECRYPT)], 'holds'],
    ['one role, by two statements', [allow(READER, 'kms:PutKeyPolicy'), allow(READER, DECRYPT, tenant('t1'))], 'fails'],
    ['one role, by a wildcard', [allow(READER, 'kms:*')], 'fails'],
    ['one role, and a Deny of the one for it', [allow(READER, 'kms:*'), deny(READER, 'kms:Decrypt')], 'holds'],
    ['the account, for roles of two patterns that meet', [
      allow(ROOT, 'kms:PutKeyPolicy', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/a*' } }), allow(ROOT, DECRYPT, { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/*z' } }),
    ], 'fails'],
    ['the account, for roles of two patterns that do not', [
      allow(ROOT, 'kms:PutKeyPolicy', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/a*' } }), allow(ROOT, DECRYPT, { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/b*' } }),
    ], 'holds'],
    ['a policy owner', [allow(ADMIN, 'kms:*')], 'holds'],
    ['a role, perhaps', [allow(READER, 'kms:PutKeyPolicy'), allow(SYMBOL, DECRYPT)], 'undecidable'],
  ])('%s', (_, statements, verdict) => {
    expect(nobodyCanBoth(keyWith(statements), ['kms:PutKeyPolicy'], [DECRYPT]).verdict).toBe(verdict);
  });

  test('shows both requests of one principal', () => {
    const proof = nobodyCanBoth(keyWith([allow(READER, 'kms:PutKeyPolicy'), allow(READER, DECRYPT)]), ['kms:PutKeyPolicy'], [DECRYPT]);
    expect([proof.counterexample, proof.other].map((one) => [one!.request.principal, one!.request.action])).toEqual([[READER, 'kms:PutKeyPolicy'], [READER, DECRYPT]]);
  });
});

describe('with escalation', () => {
  const read = allow(READER, DECRYPT);
  const grant = (condition?: PolicyStatement['Condition']) => allow(WRITER, 'kms:CreateGrant', condition);
  test.each<[string, PolicyStatement[], Partial<KeyFacts>, Verdict, string[]]>([
    ['nothing', [read], {}, 'holds', []],
    ['a policy owner changes the policy', [read, allow(ADMIN, 'kms:PutKeyPolicy')], {}, 'holds', []],
    ['the root user changes the policy', [read, allow(ROOT, 'kms:PutKeyPolicy', { ArnEquals: { 'aws:PrincipalArn': ROOT } })], {}, 'holds', []],
    ['a role changes the policy', [read, allow(WRITER, 'kms:PutKeyPolicy')], {}, 'fails', [`${WRITER} kms:PutKeyPolicy S2`]],
    ['the reader itself changes it', [read, allow(READER, 'kms:PutKeyPolicy')], {}, 'fails', [`${READER} kms:PutKeyPolicy S2`]],
    ['a role makes grants', [read, grant()], {}, 'fails', [`${WRITER} kms:CreateGrant S2`]],
    ['grants for resources of AWS', [read, grant({ Bool: { 'kms:GrantIsForAWSResource': 'true' } })], {}, 'holds', []],
    ['grants that are not denied for resources of AWS', [read, grant(), deny('*', 'kms:CreateGrant', { Bool: { 'kms:GrantIsForAWSResource': 'false' } })], {}, 'holds', []],
    ['grants of another operation', [read, grant({ 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Encrypt', 'DescribeKey'] } })], {}, 'holds', []],
    ['grants of that operation among others', [read, grant({ 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Encrypt', 'Decrypt'] } })], {}, 'fails', [`${WRITER} kms:CreateGrant S2`]],
    ['grants to the reader', [read, grant({ StringEquals: { 'kms:GranteePrincipal': READER } })], {}, 'holds', []],
    ['grants to whose name begins like the reader\'s', [read, grant({ StringLike: { 'kms:GranteePrincipal': `${READER}*` } })], {}, 'fails', [`${WRITER} kms:CreateGrant S2`]],
    ['grants to another', [read, grant({ StringEquals: { 'kms:GranteePrincipal': PARTNER } })], {}, 'fails', [`${WRITER} kms:CreateGrant S2`]],
    ['replicas of a key of one Region', [read, allow(WRITER, 'kms:ReplicateKey')], {}, 'holds', []],
    ['replicas', [read, allow(WRITER, 'kms:ReplicateKey')], { multiRegion: true, multiRegionKeyType: 'PRIMARY' }, 'fails', [`${WRITER} kms:ReplicateKey S2`]],
  ])('%s: %#', (_, statements, facts, verdict, ways) => {
    const proof = nobodyExcept(keyWith(statements, facts), [READER], [DECRYPT]);
    expect(proof.verdict).toBe('holds');
    expect(proof.escalation.verdict).toBe(verdict);
    expect(proof.escalation.ways.map(({ principal, action, statement }) => `${principal} ${action} ${statement}`)).toEqual(ways);
    for (const { request } of proof.escalation.ways) expect(decide({ identities: [] }, request).allowed).toBe(true);
  });

  test('a grant that itself carries the context does not go round it', () => {
    const constrained = grant({ StringEquals: { 'kms:EncryptionContext:tenant': 't1', 'kms:GrantConstraintType': 'EncryptionContextSubset' } });
    const escalation = (one: PolicyStatement) => requiresContext(keyWith([allow(READER, DECRYPT, tenant('t1')), one]), [DECRYPT], ['tenant']).escalation.verdict;
    expect([escalation(constrained), escalation(grant())]).toEqual(['holds', 'fails']);
  });

  test('is no better than the direct verdict', () => {
    expect(nobodyExcept(keyWith([allow(WRITER, DECRYPT)]), [READER], [DECRYPT]).escalation.verdict).toBe('fails');
  });
});

describe('can', () => {
  test.each<[string, PolicyStatement[], object, Verdict]>([
    ['with what is asked for', [allow(READER, DECRYPT, tenant('t1'))], { encryptionContext: { tenant: 't1' } }, 'holds'],
    ['without', [allow(READER, DECRYPT, tenant('t1'))], {}, 'fails'],
    ['where nothing tells', [allow(READER, DECRYPT, { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })], {}, 'undecidable'],
    ['where the address is told', [allow(READER, DECRYPT, { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })], { conditionKeys: { 'aws:SourceIp': '203.0.113.9' } }, 'holds'],
    ['by IAM policies, of which the world knows none', [allow(ROOT, DECRYPT)], {}, 'fails'],
    ['where the policy is none', [allow('garbage', DECRYPT), allow(READER, DECRYPT)], {}, 'undecidable'],
  ])('%s', (_, statements, request, verdict) => {
    expect(can(keyWith(statements), { principal: READER, action: DECRYPT, ...request }).verdict).toBe(verdict);
  });
});

describe('allows nothing new', () => {
  const narrow = allow(READER, DECRYPT, tenant('t1*', 'StringLike'));
  const wide = allow(READER, DECRYPT, tenant('t*', 'StringLike'));
  const open = allow(READER, DECRYPT, { StringEquals: { 'kms:EncryptionContextKeys': 'tenant' } });
  test.each<[string, PolicyStatement[], PolicyStatement[], Verdict]>([
    ['the same', [wide], [wide], 'holds'],
    ['another order', [wide, allow(WRITER, 'kms:Encrypt')], [allow(WRITER, 'kms:Encrypt'), wide], 'holds'],
    ['a narrower pattern', [wide], [narrow], 'holds'],
    ['a wider pattern', [narrow], [wide], 'fails'],
    ['a statement less', [wide, allow(WRITER, DECRYPT)], [wide], 'holds'],
    ['a statement more', [wide], [wide, allow(WRITER, DECRYPT)], 'fails'],
    ['a Deny more', [wide], [wide, deny('*', DECRYPT, tenant('t1'))], 'holds'],
    ['a Deny less', [wide, deny('*', DECRYPT, tenant('t1'))], [wide], 'fails'],
    ['a Deny less that denied nothing', [wide, deny('*', DECRYPT, tenant('u'))], [wide], 'holds'],
    ['one pattern in two', [wide], [narrow, allow(READER, DECRYPT, tenant('t2*', 'StringLike'))], 'holds'],
    ['two values in one pattern', [allow(READER, DECRYPT, tenant('t1')), allow(READER, DECRYPT, tenant('t2'))], [allow(READER, DECRYPT, tenant('t?', 'StringLike'))], 'fails'],
    ['a wildcard written out', [allow(READER, 'kms:GenerateDataKey*')], [allow(READER, ['kms:GenerateDataKey', 'kms:GenerateDataKeyPair'])], 'holds'],
    ['a role in place of the account, which needs no IAM policy then', [allow(ROOT, DECRYPT)], [allow(READER, DECRYPT)], 'fails'],
    ['the account in place of a role', [allow(READER, DECRYPT)], [allow(ROOT, DECRYPT)], 'fails'],
    ['the account once more', [allow(ROOT, 'kms:*')], [allow(ROOT, 'kms:*'), allow(HOME, DECRYPT)], 'holds'],
    ['a role of another account, whose policies count as before', [allow('444455556666', DECRYPT)], [allow(PARTNER, DECRYPT)], 'holds'],
    ['the root user', [allow(ROOT, 'kms:*')], [allow(ROOT, 'kms:*'), allow('*', DECRYPT, { ArnEquals: { 'aws:PrincipalArn': ROOT } })], 'holds'],
    ['what nobody can tell, in both', [open, allow(WRITER, DECRYPT)], [open], 'holds'],
    ['what nobody can tell, in the new one', [], [open], 'undecidable'],
    ['what nobody can tell, in the old one', [open], [allow(READER, DECRYPT, { 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': 'tenant' } })], 'undecidable'],
    ['a condition less that every request meets, beside one that nobody can tell', [allow(READER, DECRYPT, { Null: { 'kms:EncryptionContext:tenant': 'false' }, StringEquals: { 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT' } })],
      [allow(READER, DECRYPT, { Null: { 'kms:EncryptionContext:tenant': 'false' } })], 'holds'],
    ['something for a policy owner', [wide], [wide, allow(ADMIN, DECRYPT)], 'holds'],
  ])('%s: %#', (_, old, next, verdict) => {
    const proof = allowsNothingNew(keyWith(old), keyWith(next));
    expect(proof.verdict).toBe(verdict);
    if (verdict === 'fails') expect(proof.counterexample!.decision.allowed).toBe(true);
  });

  describe('where the account is let in', () => {
    const root = allow(ROOT, 'kms:*');
    const bound = allow(READER, DECRYPT, tenant('t1'));
    test.each<[string, PolicyStatement[], PolicyStatement[]]>([
      ['a role beside the account', [root], [root, allow(READER, DECRYPT)]],
      ['who may change the policy', [root], [root, allow(READER, 'kms:PutKeyPolicy')]],
      ['a session of a role', [root], [root, allow(`arn:aws:sts::${HOME}:assumed-role/Reader/s`, DECRYPT)]],
      ['everybody of the account', [root], [root, allow('*', DECRYPT, { StringEquals: { 'kms:CallerAccount': HOME } })]],
      ['a condition less', [root, bound], [root, allow(READER, DECRYPT)]],
    ])('%s takes no IAM policy, and did: %#', (_, old, next) => {
      const proof = allowsNothingNew(keyWith(old), keyWith(next));
      expect(proof).toMatchObject({ verdict: 'fails', withoutIam: true, counterexample: { decision: { allowed: true } } });
      expect(allowsNothingNew(keyWith(next), keyWith(old)).verdict).toBe('holds');
    });

    test.each<[string, PolicyStatement[], PolicyStatement[]]>([
      ['another order', [root, bound], [bound, root]],
      ['a grant in two statements', [root, allow(READER, [DECRYPT, 'kms:Encrypt'])], [root, allow(READER, DECRYPT), allow(READER, 'kms:Encrypt')]],
      ['a wildcard written out', [root, allow(READER, 'kms:GenerateDataKey*')], [root, allow(READER, ['kms:GenerateDataKey', 'kms:GenerateDataKeyPair'])]],
      ['a narrower condition', [root, allow(READER, DECRYPT, tenant('t*', 'StringLike'))], [root, bound]],
      ['a role less', [root, bound], [root]],
    ])('%s is nothing new: %#', (_, old, next) => expect(allowsNothingNew(keyWith(old), keyWith(next)).verdict).toBe('holds'));

    test('a role whose IAM policies are known gains nothing where they allow, before and after', () => {
      const reader = (Action: string): IdentityFacts =>
        ({ arn: READER, policies: [{ name: 'own', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource: '*' } } }] });
      const [old, next] = [[root], [root, allow(READER, DECRYPT)]];
      const verdict = (before: IdentityFacts[], after: IdentityFacts[]) => allowsNothingNew(keyWith(old, {}, before), keyWith(next, {}, after)).verdict;
      expect(verdict([reader(DECRYPT)], [reader(DECRYPT)])).toBe('holds');
      expect(verdict([reader(DECRYPT)], [reader('s3:*')])).toBe('holds');
      expect(verdict([reader('s3:*')], [reader('s3:*')])).toBe('fails');
      expect(verdict([reader('s3:*')], [reader(DECRYPT)])).toBe('fails');
    });

    test('a role with managed policies of which nobody knows the text may have had none that allows', () => {
      const reader: IdentityFacts & { managedPolicyArns: string[] } = { arn: READER, policies: [], managedPolicyArns: [`arn:aws:iam::${HOME}:policy/unknown`] };
      expect(allowsNothingNew(keyWith([root], {}, [reader]), keyWith([root, allow(READER, DECRYPT)], {}, [reader]))).toMatchObject({ verdict: 'fails', withoutIam: true });
    });
  });

  test('counts what a role gains by its tags, and what the key is', () => {
    const team = allow(WRITER, DECRYPT, { StringEquals: { 'aws:PrincipalTag/team': 'blue' } });
    const tagged = (value: string) => keyWith([team], {}, [{ arn: WRITER, tags: { team: value } }]);
    expect([allowsNothingNew(tagged('red'), tagged('blue')), allowsNothingNew(tagged('blue'), tagged('red'))].map(({ verdict }) => verdict)).toEqual(['fails', 'holds']);
    const forRsa = allow(WRITER, DECRYPT, { StringEquals: { 'kms:KeySpec': 'RSA_2048' } });
    const of = (spec: string) => keyWith([forRsa], { spec });
    expect([allowsNothingNew(of('SYMMETRIC_DEFAULT'), of('RSA_2048')), allowsNothingNew(of('RSA_2048'), of('SYMMETRIC_DEFAULT'))].map(({ verdict }) => verdict))
      .toEqual(['fails', 'holds']);
  });

  test('counts what identities got under delegation', () => {
    const identity = (Action: string): IdentityFacts =>
      ({ arn: WRITER, tags: {}, policies: [{ name: 'own', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource: '*' } } }] });
    const at = (Action: string) => keyWith([allow(ROOT, 'kms:*', { ArnEquals: { 'aws:PrincipalArn': WRITER } })], {}, [identity(Action)]);
    expect([allowsNothingNew(at('kms:Encrypt'), at('kms:*')), allowsNothingNew(at('kms:*'), at('kms:Encrypt'))].map(({ verdict }) => verdict)).toEqual(['fails', 'holds']);
  });
});

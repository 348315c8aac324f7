import { conditionKeysOf, decide } from '../../src/authz';
import type { IdentityFacts, KeyFacts, KmsRequest, PolicyDocument, PolicyStatement, World } from '../../src/authz';
import { symbolsIn } from '../../src/template';

const ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const APP = 'arn:aws:iam::111122223333:role/App';
const SESSION = 'arn:aws:sts::111122223333:assumed-role/App/s1';
const ROOT: PolicyStatement = { Sid: 'EnableIam', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' };
const USE: PolicyStatement = { Sid: 'Use', Effect: 'Allow', Principal: { AWS: APP }, Action: 'kms:Decrypt', Resource: '*' };

const DENY: PolicyStatement = { ...USE, Sid: 'No', Effect: 'Deny' };

const NOTHING: PolicyDocument = { Version: '2012-10-17', Statement: [] };

const key = (Statement: PolicyStatement[], more: Partial<KeyFacts> = {}): KeyFacts =>
  ({ arn: ARN, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', policy: { Version: '2012-10-17', Statement }, ...more });
const app = (...Statement: PolicyStatement[]): IdentityFacts => ({ arn: APP, policies: [{ name: 'Own', document: { Version: '2012-10-17', Statement } }] });
const world = (...identities: IdentityFacts[]): World => ({ identities });
const decrypt = (of: KeyFacts, more: Partial<KmsRequest> = {}): KmsRequest => ({ principal: SESSION, action: 'kms:Decrypt', key: of, ...more });
const tenant = (value: string): PolicyStatement['Condition'] => ({ StringEquals: { 'kms:EncryptionContext:tenant': value } });

describe('the answer in words', () => {
  test.each<[string, KeyFacts, IdentityFacts, Partial<KmsRequest>, string]>([
    ['one statement', key([USE]), app(), {}, `${SESSION} may kms:Decrypt on ${ARN}: statement 'Use' of the key policy allows it`],
    ['two statements', key([ROOT]), app({ Effect: 'Allow', Action: 'kms:*', Resource: '*' }), {},
      `${SESSION} may kms:Decrypt on ${ARN}: statement 'EnableIam' of the key policy, and statement '#1' of the identity policy 'Own' allow it`],
    ['a grant', key([], { grants: [{ grantId: 'g1', granteePrincipal: APP, operations: ['Decrypt'] }] }), app(), {},
      `${SESSION} may kms:Decrypt on ${ARN}: grant 'g1' allows it`],
    ['a deny', key([USE, DENY]), app(), {}, `${SESSION} may not kms:Decrypt on ${ARN}: statement 'No' of the key policy denies it`],
    ['a deny on doubt', key([USE, { ...DENY, Condition: { StringEquals: { 'kms:EncryptionContextKeys': 'a' } } }]), app(),
      { encryptionContext: { a: '1' } },
      `${SESSION} may not kms:Decrypt on ${ARN}: statement 'No' of the key policy denies it, since nothing tells whether StringEquals kms:EncryptionContextKeys holds`],
    ['nothing at all', key([]), app(), {}, `${SESSION} may not kms:Decrypt on ${ARN}: neither the key policy nor a grant allows it`],
    ['delegation without IAM', key([ROOT]), app(), {},
      `${SESSION} may not kms:Decrypt on ${ARN}: statement 'EnableIam' of the key policy leaves it to IAM, but no identity policy of ${SESSION} allows kms:Decrypt`],
    ['delegation and a boundary', key([ROOT]), { ...app({ Effect: 'Allow', Action: 'kms:*', Resource: '*' }), boundary: { name: 'Limit', document: NOTHING } }, {},
      `${SESSION} may not kms:Decrypt on ${ARN}: statement 'EnableIam' of the key policy leaves it to IAM, but the permissions boundary does not allow kms:Decrypt`],
    ['delegation and a session policy', key([ROOT]),
      { ...app({ Effect: 'Allow', Action: 'kms:*', Resource: '*' }), sessionPolicies: [{ name: 'Handed', document: NOTHING }] }, {},
      `${SESSION} may not kms:Decrypt on ${ARN}: statement 'EnableIam' of the key policy leaves it to IAM, but the session policy does not allow kms:Decrypt`],
    ['the role named, and a boundary', key([USE]), { ...app(), boundary: { name: 'Limit', document: NOTHING } }, {},
      `${SESSION} may not kms:Decrypt on ${ARN}: statement 'Use' of the key policy names ${APP}, but a permissions boundary or session policy does not allow it`],
    ['an alias without permission', key([{ ...USE, Action: 'kms:CreateAlias' }]), app(), { action: 'kms:CreateAlias', aliasArn: 'arn:aws:kms:us-east-1:111122223333:alias/x' },
      `${SESSION} may not kms:CreateAlias on ${ARN}: the key could be, but of the alias 'arn:aws:kms:us-east-1:111122223333:alias/x' no identity policy of ${SESSION} allows kms:CreateAlias`],
    ['through a service', key([]), app(), { viaService: 's3.us-east-1.amazonaws.com' },
      `${SESSION}, through s3.us-east-1.amazonaws.com, may not kms:Decrypt on ${ARN}: neither the key policy nor a grant allows it`],
    ['an action on no key', key([]), app(), { action: 'kms:ListKeys', key: undefined }, `${SESSION} may not kms:ListKeys: no identity policy of ${SESSION} allows kms:ListKeys`],
  ])('%s', (_, of, identity, more, reason) => expect(decide(world(identity), decrypt(of, more)).reason).toBe(reason));
});

describe('near misses name the first condition that failed', () => {
  test.each<[string, PolicyStatement, Partial<KmsRequest>, string]>([
    ['another value', { ...USE, Condition: tenant('t1') }, { encryptionContext: { tenant: 't2' } },
      "StringEquals kms:EncryptionContext:tenant wants 't1', the request has 't2'"],
    ['no value', { ...USE, Condition: tenant('t1') }, {}, "StringEquals kms:EncryptionContext:tenant wants 't1', the request has none"],
    ['the second of two', { ...USE, Condition: { ...tenant('t1'), Bool: { 'kms:MultiRegion': true } } }, { encryptionContext: { tenant: 't1' } },
      "Bool kms:MultiRegion wants 'true', the request has 'false'"],
    ['what AWS leaves open', { ...USE, Condition: { StringEquals: { 'kms:EncryptionContextKeys': 'a' } } }, { encryptionContext: { a: '1' } },
      "StringEquals kms:EncryptionContextKeys wants 'a', the request has 'a'; what follows from that is not known"],
    ['an operator that does not exist', { ...USE, Condition: { StringMatches: { 'kms:ViaService': 'x' } } }, {},
      "AWS would refuse the policy: statement 'Use', Condition: 'StringMatches' is no condition operator: StringEquals, StringLike, ArnLike, Bool, Null … are"],
    ['a part that is not known yet', { ...USE, Principal: { AWS: 'unresolved-0123456789abcdef' } }, {}, 'a part of it is not known yet'],
  ])('%s', (_, statement, more, because) => {
    const { allowed, nearMisses } = decide(world(), decrypt(key([statement]), more));
    expect(allowed).toBe(false);
    expect(nearMisses).toEqual([{ statement: { kind: 'key policy', policy: 'key policy', statement: 'Use', effect: 'Allow' }, because }]);
  });

  test('statements for others, and other actions, are no near misses', () => {
    const others = [{ ...USE, Principal: { AWS: 'arn:aws:iam::111122223333:role/Other' } }, { ...USE, Sid: 'Encrypt', Action: 'kms:Encrypt' }, { ...DENY, Condition: tenant('t1') }];
    expect(decide(world(), decrypt(key(others))).nearMisses).toEqual([]);
  });

  test('the sound statements of a policy that AWS would refuse are', () => {
    const { nearMisses } = decide(world(), decrypt(key([USE, { Effect: 'Allow', Action: 'kms:Sign', Resource: '*' }])));
    expect(nearMisses).toEqual([expect.objectContaining({ because: "AWS would refuse the policy: statement '#2', Principal: a key policy says in every statement whom it speaks of: add Principal" })]);
  });

  test('grants whose constraints fail are', () => {
    const grants = [{ grantId: 'g1', granteePrincipal: APP, operations: ['Decrypt'], constraints: { EncryptionContextSubset: { tenant: 't1' } } }];
    const { nearMisses } = decide(world(), decrypt(key([], { grants })));
    expect(nearMisses).toEqual([{ statement: { kind: 'grant', policy: 'g1', statement: 'g1', effect: 'Allow' }, because: 'the encryption context does not include {"tenant":"t1"}' }]);
  });
});

describe('values that no template tells', () => {
  const unknown = 'unresolved-0123456789abcdef';

  test('are what template reading writes', () => expect(symbolsIn(`arn:aws:iam::${unknown}:root`)).toEqual([unknown]));

  test.each<[string, PolicyStatement[], boolean]>([
    ['an Allow for an unknown principal', [{ ...USE, Principal: { AWS: unknown } }], false],
    ['an Allow for an unknown principal and the role', [{ ...USE, Principal: { AWS: [unknown, APP] } }], true],
    ['a Deny for an unknown principal', [USE, { ...DENY, Principal: { AWS: unknown } }], false],
    ['a Deny for an unknown principal and another role', [USE, { ...DENY, Principal: { AWS: [unknown, 'arn:aws:iam::111122223333:role/Other'] } }], false],
    ['a Deny for a role of an unknown account', [USE, { ...DENY, Principal: { AWS: `arn:aws:iam::${unknown}:role/App` } }], false],
    ['an Allow under an unknown value', [{ ...USE, Condition: tenant(unknown) }], false],
    ['an Allow under an unknown value or the one of the request', [{ ...USE, Condition: { StringEquals: { 'kms:EncryptionContext:tenant': [unknown, 't1'] } } }], true],
    ['an Allow under an unknown value or another', [{ ...USE, Condition: { StringEquals: { 'kms:EncryptionContext:tenant': ['t2', unknown] } } }], false],
    ['a Deny under an unknown value or another', [USE, { ...DENY, Condition: { StringEquals: { 'kms:EncryptionContext:tenant': ['t2', unknown] } } }], false],
    ['a Deny under an unknown value', [USE, { ...DENY, Condition: tenant(unknown) }], false],
    ['a Deny of an unknown action', [USE, { ...DENY, Action: unknown }], false],
    ['a Deny under two values, one known to fail', [USE, { ...DENY, Condition: { ...tenant(unknown), Bool: { 'kms:MultiRegion': true } } }], true],
  ])('%s', (_, statements, expected) =>
    expect(decide(world(), decrypt(key(statements), { encryptionContext: { tenant: 't1' } })).allowed).toBe(expected));

  test.each<[string, PolicyStatement['Condition']]>([
    ['a number', { NumericLessThan: { 'aws:MultiFactorAuthAge': '10' } }],
    ['an ARN', { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::*' } }],
    ['a truth', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }],
  ])('compared as %s they neither allow nor let pass', (_, Condition) => {
    const [conditionKey] = Object.keys(Object.values(Condition!)[0]);
    const request = { conditionKeys: { [conditionKey]: unknown } };
    expect(decide(world(), decrypt(key([{ ...USE, Condition }]), request)).allowed).toBe(false);
    expect(decide(world(), decrypt(key([USE, { ...DENY, Condition }]), request)).outcome).toBe('ExplicitlyDenied');
  });

  test('in a resource of an IAM policy they spoil neither the policy nor its other statements', () => {
    const own = app({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: unknown }, { Effect: 'Allow', Action: 'kms:Encrypt', Resource: ARN });
    expect(decide(world(own), decrypt(key([ROOT]))).allowed).toBe(false);
    expect(decide(world(own), decrypt(key([ROOT]), { action: 'kms:Encrypt' })).allowed).toBe(true);
  });
});

describe('requests that cannot be asked', () => {
  test.each<[string, Partial<KmsRequest>, string]>([
    ['an action that KMS does not have', { action: 'kms:Decipher' }, "'kms:Decipher' is not an action that policies know: expected an action of KMS, such as kms:Decrypt"],
    ['the operation ReEncrypt', { action: 'kms:ReEncrypt' },
      "'kms:ReEncrypt' is not an action that policies know: ask for kms:ReEncryptFrom on the source key and kms:ReEncryptTo on the destination key"],
    ['an action on a key without a key', { key: undefined }, "kms:Decrypt is about a key, and the request has none: give 'key'"],
    ['a group as principal', { principal: 'arn:aws:iam::111122223333:group/Ops' },
      "'arn:aws:iam::111122223333:group/Ops' cannot make a request: expected the ARN of a user, role, role session, federated user or account root, or a service principal"],
    ['a role session without a name', { principal: 'arn:aws:sts::111122223333:assumed-role/App' }, 'cannot make a request'],
    ['a user without a name', { principal: 'arn:aws:iam::111122223333:user' }, 'cannot make a request'],
    ['a role of a service that has none', { principal: 'arn:aws:s3::111122223333:role/App' }, 'cannot make a request'],
    ['a role without a name', { principal: 'arn:aws:iam::111122223333:role' }, 'cannot make a request'],
    ['a federated session with a path', { principal: 'arn:aws:sts::111122223333:federated-user/a/b' }, 'cannot make a request'],
    ['an STS principal of another kind', { principal: 'arn:aws:sts::111122223333:self/x' }, 'cannot make a request'],
    ['a bare name', { principal: 'App' }, 'cannot make a request'],
    ['half an ARN', { principal: 'arn:aws:iam' }, 'cannot make a request'],
  ])('%s', (_, more, message) => expect(() => decide(world(), decrypt(key([USE]), more))).toThrow(message));

  test('action names of requests count in any case', () => {
    expect(decide(world(), decrypt(key([USE]), { action: 'KMS:DECRYPT' })).reason).toContain('may kms:Decrypt');
  });
});

describe('limits of a key policy', () => {
  const padded = (bytes: number) => {
    const filler = { ...USE, Sid: 'Filler', Condition: { StringEquals: { 'aws:SourceIdentity': '' } } };
    const size = JSON.stringify({ Version: '2012-10-17', Statement: [USE, filler] }).length;
    return key([USE, { ...filler, Condition: { StringEquals: { 'aws:SourceIdentity': 'x'.repeat(bytes - size) } } }]);
  };
  test.each([[32_768, true], [32_769, false]])('%d bytes: %s', (bytes, expected) => expect(decide(world(), decrypt(padded(bytes))).allowed).toBe(expected));
});

describe('condition keys from parameters', () => {
  test.each<[string, string, Record<string, unknown>, Record<string, unknown>]>([
    ['a parameter of the same meaning', 'kms:Sign', { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'DIGEST' }, { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' }],
    ['a parameter of another operation', 'kms:Encrypt', { SigningAlgorithm: 'ECDSA_SHA_256' }, {}],
    ['a list', 'kms:CreateGrant', { Operations: ['Decrypt', 'Encrypt'] }, { 'kms:GrantOperations': ['Decrypt', 'Encrypt'] }],
    ['a member of a parameter', 'kms:CreateGrant', { Constraints: { SourceArn: 'arn:aws:s3:::b' } }, { 'kms:GrantConstraintSourceArn': 'arn:aws:s3:::b' }],
    ['a number and a truth', 'kms:ScheduleKeyDeletion', { PendingWindowInDays: 7 }, { 'kms:ScheduleKeyDeletionPendingWindowInDays': '7' }],
    ['a date, in Unix time', 'kms:ImportKeyMaterial', { ValidTo: new Date('2018-12-31T11:59:59Z') }, { 'kms:ValidTo': '1546257599' }],
    ['tags', 'kms:TagResource', { Tags: [{ TagKey: 'a', TagValue: 'b' }] }, { 'aws:RequestTag/a': 'b', 'aws:TagKeys': ['a'] }],
    ['tag keys', 'kms:UntagResource', { TagKeys: ['a'] }, { 'aws:TagKeys': ['a'] }],
    ['the defaults of CreateKey', 'kms:CreateKey', {},
      { 'kms:KeySpec': 'SYMMETRIC_DEFAULT', 'kms:KeyUsage': 'ENCRYPT_DECRYPT', 'kms:KeyOrigin': 'AWS_KMS', 'kms:MultiRegion': 'false' }],
    ['a multi-Region key', 'kms:CreateKey', { MultiRegion: true }, { 'kms:MultiRegion': 'true', 'kms:MultiRegionKeyType': 'PRIMARY' }],
  ])('%s', (_, action, parameters, expected) => expect(conditionKeysOf(action, parameters)).toEqual(expect.objectContaining(expected)));

  test('there are none beside them', () => {
    expect(conditionKeysOf('kms:Encrypt', { SigningAlgorithm: 'ECDSA_SHA_256', KeyId: 'alias/x', EncryptionContext: { a: 'b' } })).toEqual({});
    expect(conditionKeysOf('kms:DescribeKey', { TagKeys: ['a'], Tags: [{ TagKey: 'a', TagValue: 'b' }] })).toEqual({});
    expect(conditionKeysOf('kms:TagResource', { Tags: [] })).toEqual({});
    expect(conditionKeysOf('kms:CreateKey', {})).not.toHaveProperty('kms:MultiRegionKeyType');
  });
});

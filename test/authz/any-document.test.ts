import fc from 'fast-check';
import { decide } from '../../src/authz';
import type { Bound, KeyFacts, KmsRequest, NamedPolicy, PolicyDocument, World } from '../../src/authz';
import { whyRefused } from '../../src/spec/policy-grammar';
import type { PolicyPlacement } from '../../src/spec/policy-grammar';

/** No document, whatever is in it, is thrown at; one that AWS would refuse allows nothing. */

const ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const APP = 'arn:aws:iam::111122223333:role/App';
const callers = ['arn:aws:sts::111122223333:assumed-role/App/s1', APP, 'arn:aws:iam::111122223333:user/Bob', 'arn:aws:iam::111122223333:root', 'logs.us-east-1.amazonaws.com'];
const USE = { Sid: 'Use', Effect: 'Allow', Principal: { AWS: APP }, Action: 'kms:Decrypt', Resource: '*' };
const both: readonly Bound[] = ['surely', 'perhaps'];

const keyWith = (policy: unknown): KeyFacts => ({ arn: ARN, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', policy: policy as PolicyDocument });
const named = (document: unknown): NamedPolicy => ({ name: 'own', document: document as PolicyDocument });

/** Whether anybody is allowed to decrypt under a document, as a key policy or as the policies of the role. */
function allowedBy(document: unknown, placement: PolicyPlacement, bound: Bound): boolean {
  const account = { Version: '2012-10-17', Statement: { ...USE, Principal: { AWS: 'arn:aws:iam::111122223333:root' } } };
  const key = keyWith(placement === 'key policy' ? document : account);
  const world: World = placement === 'key policy' ? { identities: [] } : { identities: [{ arn: APP, policies: [named(document)] }] };
  const request = (principal: string): KmsRequest => ({ principal, action: 'kms:Decrypt', key, encryptionContext: { tenant: 't1' } });
  const asked = placement === 'key policy' ? callers : callers.slice(0, 2);
  return asked.map((principal) => decide(world, request(principal), { bound })).some(({ allowed }) => allowed);
}

/** Values that come near what a policy holds, and names that objects inherit. */
const words = fc.constantFrom(
  'Allow', 'Deny', '*', 'kms:*', 'kms:Decrypt', 'kms*', APP, 'arn:aws:iam::111122223333:root', '111122223333', 'garbage', '2012-10-17', 'StringEquals', 'Null',
  'ForAnyValue:StringLikeIfExists', 'aws:userid', 'kms:EncryptionContext:tenant', 'constructor', '__proto__', 'toString', '${aws:userid}', '${', 'true', '', '😀', 'unresolved-0123456789abcdef',
);
const names = fc.oneof(words, fc.constantFrom('Version', 'Id', 'Statement', 'Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition', 'AWS', 'Service'));
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, words, fc.constantFrom(null, true, 0, 1e21, -1), fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 4 }).map((members) => JSON.parse(`{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`) as unknown)),
}));
const element = (...good: unknown[]) => fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: anything });
const statement = fc.record({
  Sid: element('A', 'B'),
  Effect: element('Allow', 'Allow', 'Deny'),
  Principal: element('*', { AWS: APP }, { AWS: [APP, 'garbage'] }),
  NotPrincipal: element({ AWS: APP }),
  Action: element('kms:*', ['kms:Decrypt'], []),
  NotAction: element('kms:Sign', []),
  Resource: element('*', []),
  NotResource: element([]),
  Condition: element({}, { StringEquals: { 'kms:EncryptionContext:tenant': 't1' } }, { StringEquals: { constructor: 'x' } }, { Bool: { 'aws:SecureTransport': 'maybe' } }),
  Conditions: anything,
}, { requiredKeys: [] });
/** Two good statements, one of them with one element changed: what may be refused for one reason alone. */
const near = (good: object) => fc.tuple(names, anything).map(([name, value]) => (
  { Version: '2012-10-17', Statement: [good, { ...good, Sid: 'Second', ...JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as object }] }
));
const wild = fc.oneof(anything, fc.record({
  Version: element('2012-10-17', '2008-10-17'), Id: element('x'), Statement: fc.oneof(fc.array(statement, { maxLength: 3 }), statement, anything), Comment: anything,
}, { requiredKeys: ['Statement'] }));

const placements: readonly PolicyPlacement[] = ['key policy', 'iam policy'];

test.each(placements)('any JSON as %s is answered, and allows nothing where it is refused', (placement) => {
  let [refused, taken] = [0, 0];
  const { Principal, ...own } = USE;
  const document = fc.oneof(wild, near(placement === 'key policy' ? { ...own, Principal } : own));
  fc.assert(fc.property(document, fc.constantFrom(...both), (one, bound) => {
    const allowed = allowedBy(one, placement, bound);
    const why = whyRefused(one, placement, { resolved: true });
    if (why === undefined) taken += 1;
    else refused += 1;
    expect({ why, allowed: why !== undefined && allowed }).toEqual({ why, allowed: false });
  }), { numRuns: 1_500, seed: 7 });
  // Both have to come up, or nothing was shown.
  expect(Math.min(refused, taken)).toBeGreaterThan(15);
});

describe('12,000 levels are answered', () => {
  const deep = (open: string, close: string) => JSON.parse(open.repeat(12_000) + '0' + close.repeat(12_000)) as unknown;
  const list = deep('[', ']');
  const object = deep('{"AWS":', '}');

  test.each<[string, unknown]>([
    ['as a document', list], ['as a document of objects', object], ['as statements', { Statement: list }], ['as an effect', { Statement: { ...USE, Effect: list } }],
    ['as a principal', { Statement: { ...USE, Principal: object } }], ['as principals', { Statement: { ...USE, Principal: { AWS: list } } }],
    ['as an action', { Statement: { ...USE, Action: list } }], ['as a resource', { Statement: { ...USE, Resource: list } }],
    ['as a condition', { Statement: { ...USE, Condition: object } }], ['as an operator', { Statement: { ...USE, Condition: { StringEquals: object } } }],
    ['as a value', { Statement: { ...USE, Condition: { StringEquals: { 'aws:userid': list } } } }], ['as an unknown element', { Statement: { ...USE, Conditions: list } }],
  ])('%s', (_, one) => {
    for (const placement of placements) for (const bound of both) expect(allowedBy(one, placement, bound)).toBe(false);
  });
});

describe('a second statement that AWS would refuse takes away what the first allows', () => {
  const allowed = (second: object) => both.map((bound) => allowedBy({ Version: '2012-10-17', Statement: [USE, { ...USE, Sid: 'Second', ...second }] }, 'key policy', bound));

  test('and one that it takes does not', () => expect(allowed({})).toEqual([true, true]));

  test.each<[string, object]>([
    ['Conditions', { Conditions: { Bool: { 'aws:SecureTransport': 'true' } } }],
    ['condition', { condition: {} }],
    ['a Sid that is there already', { Sid: 'Use' }],
    ['nobody', { Principal: {} }],
    ['an empty list of principals', { Principal: { AWS: [] } }],
    ['Allow with NotPrincipal', { Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::111122223333:role/X' } }],
    ['garbage beside a good principal', { Principal: { AWS: [APP, 'garbage'] } }],
    ['a bucket beside a good principal', { Principal: { AWS: [APP, 'arn:aws:s3:::bucket'] } }],
    ['eleven digits beside a good principal', { Principal: { AWS: [APP, '11112222333'] } }],
    ['a group', { Principal: { AWS: 'arn:aws:iam::111122223333:group/devs' } }],
    ['a pattern for a service', { Principal: { Service: '*.amazonaws.com' } }],
    ['a service without a dot', { Principal: { Service: 's3' } }],
    ['an action without its service', { Action: 'kms*' }],
    ['a pattern for the service of an action', { Action: '?ms:*' }],
    ['an empty list of actions', { Action: [] }],
    ['an empty list of actions that are left out', { Action: undefined, NotAction: [] }],
    ['an empty list of resources', { Resource: [] }],
    ['an empty list of resources that are left out', { Resource: undefined, NotResource: [] }],
    ['an empty list of values', { Condition: { StringEquals: { 'kms:KeySpec': [] } } }],
    ['a condition key without its service', { Condition: { StringEquals: { constructor: 'x' } } }],
    ['a condition key called __proto__', { Condition: { StringEquals: JSON.parse('{"__proto__":"x"}') as object } }],
    ['no condition key', { Condition: { StringEquals: {} } }],
    ['an operator in another case', { Condition: { stringEquals: { 'kms:KeySpec': 'x' } } }],
    ['a number that is none', { Condition: { NumericLessThan: { 'aws:MultiFactorAuthAge': 'ten' } } }],
    ['a date that is none', { Condition: { DateLessThan: { 'aws:CurrentTime': 'tomorrow' } } }],
    ['a truth that is none', { Condition: { Bool: { 'aws:SecureTransport': 'yes' } } }],
    ['an address that is none', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0' } } }],
    ['one condition key in two spellings', { Condition: { StringEquals: { 'kms:KeySpec': 'a', 'KMS:keyspec': 'b' } } }],
    ['an intrinsic function in place of a text', { Resource: { Ref: 'Key' } }],
  ])('%s', (_, second) => expect(allowed(JSON.parse(JSON.stringify(second)) as object)).toEqual([false, false]));

  test('a statement without Action or Resource is stored, gives nothing and takes nothing away', () => {
    for (const second of [{ Action: undefined }, { Resource: undefined }]) expect(allowed(second)).toEqual([true, true]);
    const alone = (change: object) => both.map((bound) => allowedBy({ Version: '2012-10-17', Statement: [{ ...USE, ...change }] }, 'key policy', bound));
    expect(alone({})).toEqual([true, true]);
    expect(alone({ Resource: undefined })).toEqual([false, false]);
    expect(alone({ Action: undefined })).toEqual([false, false]);
  });
});

describe('a Deny of a policy that AWS would refuse', () => {
  const outcome = (deny: object) => decide({ identities: [] }, {
    principal: callers[0], action: 'kms:Decrypt', key: keyWith({ Version: '2012-10-17', Statement: [USE, { ...USE, Sid: 'No', Effect: 'Deny', ...deny }] }),
  }).outcome;

  test.each<[string, object, string]>([
    ['acts on what can be read of it', { Conditions: {} }, 'ExplicitlyDenied'],
    ['acts on an action that is no text', { Action: [1] }, 'ExplicitlyDenied'],
    ['acts on Action and NotAction', { NotAction: 'kms:Decrypt' }, 'ExplicitlyDenied'],
    ['acts on a list of actions that are left out, which leaves out none', { Action: null, NotAction: [] }, 'ExplicitlyDenied'],
    ['acts on a condition that is no object', { Condition: 'never' }, 'ExplicitlyDenied'],
    ['acts on an operator without an object', { Condition: { StringEquals: 'x' } }, 'ExplicitlyDenied'],
    ['acts on an empty list of values', { Condition: { StringEquals: { 'kms:KeySpec': [] } } }, 'ExplicitlyDenied'],
    ['acts on a value that is null, beside one that fails', { Condition: { StringEquals: { 'kms:KeySpec': ['RSA_2048', null] } } }, 'ExplicitlyDenied'],
    ['acts on a value that is a list', { Condition: { StringEquals: { 'kms:KeySpec': [['x']] } } }, 'ExplicitlyDenied'],
    ['acts on a principal of an unknown kind', { Principal: { aws: APP } }, 'ExplicitlyDenied'],
    ['does not act on another action', { Action: ['kms:Sign'], Conditions: {} }, 'ImplicitlyDenied'],
    ['does not act on an empty list of actions', { Action: [] }, 'ImplicitlyDenied'],
    ['does not act for another principal', { Principal: { AWS: 'arn:aws:iam::111122223333:role/Other' }, Conditions: {} }, 'ImplicitlyDenied'],
    ['does not act on a condition that fails', { Condition: { StringEquals: { 'kms:KeySpec': 'RSA_2048' } }, Conditions: {} }, 'ImplicitlyDenied'],
    ['does not act on an empty list of values with ForAnyValue', { Condition: { 'ForAnyValue:StringEquals': { 'kms:KeySpec': [] } } }, 'ImplicitlyDenied'],
  ])('%s', (_, deny, expected) => expect(outcome(deny)).toBe(expected));
});

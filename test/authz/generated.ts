import fc from 'fast-check';
import type { IdentityFacts, KmsRequest, NamedPolicy, PolicyDocument, PolicyStatement, World } from '../../src/authz';

/** Worlds and requests made by chance, small enough that statements and requests meet often. */

const A = '111122223333';
const B = '444455556666';
export const KEY_ARN = `arn:aws:kms:us-east-1:${A}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

const SESSION = `arn:aws:sts::${A}:assumed-role/App/s1`;
const ROLE = `arn:aws:iam::${A}:role/App`;
const USER = `arn:aws:iam::${A}:user/Bob`;
const PARTNER = `arn:aws:iam::${B}:role/Partner`;
const SERVICE = 'logs.us-east-1.amazonaws.com';

const callers = [SESSION, SESSION, `arn:aws:sts::${A}:assumed-role/App/s2`, USER, `arn:aws:sts::${B}:assumed-role/Partner/s1`, SERVICE];
const principals: PolicyStatement['Principal'][] = [
  '*', { AWS: '*' }, { AWS: `arn:aws:iam::${A}:root` }, { AWS: A }, { AWS: ROLE }, { AWS: SESSION }, { AWS: USER }, { AWS: [USER, ROLE] },
  { AWS: `arn:aws:iam::${B}:root` }, { AWS: PARTNER }, { Service: SERVICE }, { AWS: [`arn:aws:iam::${A}:root`, PARTNER], Service: [SERVICE] },
];
const requested = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:DescribeKey', 'kms:GetPublicKey'];
const actions = ['kms:*', '*', 'kms:Decrypt', 'KMS:decrypt', 'kms:GenerateDataKey*', 'kms:De*', 'kms:?ncrypt', 'kms:Encrypt', 's3:*', 'kms:Get*'];
const resources = [
  '*', KEY_ARN, `arn:aws:kms:us-east-1:${A}:key/*`, 'arn:aws:kms:*:*:key/*', `arn:aws:kms:eu-west-1:${A}:key/*`,
  `arn:aws:kms:us-east-?:${A}:key/1234*`,
];

/** Condition keys with values they may have in requests and values that policies may ask for. */
interface Domain {
  readonly key: string;
  readonly operators: readonly string[];
  readonly wanted: readonly string[];
}

const strings = ['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', 'StringLike', 'StringNotLike'];
const arns = ['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'];
const domains: Domain[] = [
  { key: 'kms:EncryptionContext:tenant', operators: strings, wanted: ['t1', 'T1', 't*', 't?', 't2'] },
  { key: 'kms:EncryptionContext:Tenant', operators: ['StringEquals', 'StringLike'], wanted: ['t1', '${aws:PrincipalTag/team}', "${aws:PrincipalTag/team, 't2'}"] },
  { key: 'kms:EncryptionContext:tenant', operators: ['StringLike'], wanted: ['${*}', 't${?}', '?'] },
  { key: 'kms:ViaService', operators: strings, wanted: ['s3.us-east-1.amazonaws.com', 's3.*.amazonaws.com', 'sqs.us-east-1.amazonaws.com'] },
  { key: 'kms:CallerAccount', operators: strings, wanted: [A, B, '1*'] },
  { key: 'aws:PrincipalArn', operators: arns, wanted: [ROLE, USER, `arn:aws:iam::${A}:*`, 'arn:aws:iam::*:role/?pp', PARTNER] },
  { key: 'aws:PrincipalTag/team', operators: strings, wanted: ['t1', 'red', 'r*'] },
  { key: 'aws:PrincipalOrgID', operators: strings, wanted: ['o-1', 'o-2'] },
  { key: 'aws:PrincipalIsAWSService', operators: ['Bool'], wanted: ['true', 'false'] },
  { key: 'aws:sourceip', operators: ['IpAddress', 'NotIpAddress'], wanted: ['203.0.113.0/24', '203.0.113.7', '198.51.100.0/22'] },
  { key: 'aws:VpcSourceIp', operators: ['IpAddress', 'NotIpAddress'], wanted: ['2001:db8::/32', '2001:DB8:0:1::/64'] },
  { key: 'aws:SourceArn', operators: arns, wanted: ['arn:aws:s3:::invoices', 'arn:aws:s3:::*', 'arn:aws:logs:*:*:log-group:*'] },
  {
    key: 'aws:MultiFactorAuthAge',
    operators: ['NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericLessThanEquals', 'NumericGreaterThan', 'NumericGreaterThanEquals'],
    wanted: ['9', '10', '300'],
  },
  {
    key: 'aws:CurrentTime',
    operators: ['DateEquals', 'DateNotEquals', 'DateLessThan', 'DateLessThanEquals', 'DateGreaterThan', 'DateGreaterThanEquals'],
    wanted: ['2026-01-01T00:00:00Z', '2026-06-30T12:00:00Z'],
  },
  { key: 'aws:MultiFactorAuthPresent', operators: ['Bool'], wanted: ['true', 'false'] },
];
const positive = strings.filter((name) => !name.includes('Not'));
const several: Domain = { key: 'kms:EncryptionContextKeys', operators: positive, wanted: ['tenant', 'stage', 't*', 'Tenant'] };

const some = <T>(values: readonly T[], max = 2) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: max });

const comparison = fc.constantFrom(...domains).chain(({ key, operators, wanted }) => fc.record({
  operator: fc.constantFrom(...operators), ifExists: fc.boolean(), key: fc.constant(key), values: some(wanted),
})).map(({ operator, ifExists, key, values }) => ({ [operator + (ifExists ? 'IfExists' : '')]: { [key]: values } }));
const presence = fc.record({ key: fc.constantFrom(...domains.map(({ key }) => key), several.key), value: fc.constantFrom('true', 'false') })
  .map(({ key, value }) => ({ Null: { [key]: value } }));
const setComparison = fc.record({
  set: fc.constantFrom('ForAnyValue', 'ForAllValues'), operator: fc.constantFrom(...several.operators), values: some(several.wanted),
}).map(({ set, operator, values }) => ({ [`${set}:${operator}`]: { [several.key]: values } }));
const block = fc.oneof({ weight: 6, arbitrary: comparison }, { weight: 1, arbitrary: presence }, { weight: 2, arbitrary: setComparison });
const condition = fc.array(block, { maxLength: 2 }).map((blocks) => Object.assign({}, ...blocks) as PolicyStatement['Condition']);

const effect = fc.constantFrom<PolicyStatement['Effect']>('Allow', 'Allow', 'Allow', 'Allow', 'Deny');
const on = fc.record({ exclude: fc.integer({ max: 5, min: 0 }), values: some(actions) })
  .map(({ exclude, values }) => (exclude === 0 ? { NotAction: values } : { Action: values }));
const at = fc.record({ exclude: fc.integer({ max: 7, min: 0 }), values: some(resources) })
  .map(({ exclude, values }) => (exclude === 0 ? { NotResource: values } : { Resource: values }));
const numbered = (statements: PolicyStatement[]): PolicyDocument =>
  ({ Version: '2012-10-17', Statement: statements.map((statement, index) => ({ Sid: `S${index + 1}`, ...statement })) });

/** A statement of a key policy. A third of them have no condition, so that there is something to allow. */
export const keyStatement: fc.Arbitrary<PolicyStatement> = fc.record({
  Effect: effect, Principal: fc.constantFrom(...principals), on, condition: fc.option(condition, { freq: 3 }),
}).map(({ Effect, Principal, on: action, condition: Condition }) => ({ Effect, Principal, ...action, Resource: '*', ...(Condition && { Condition }) }));

/** A statement of an IAM policy. */
export const iamStatement: fc.Arbitrary<PolicyStatement> = fc.record({ Effect: effect, on, at, condition: fc.option(condition, { freq: 3 }) })
  .map(({ Effect, on: action, at: resource, condition: Condition }) => ({ Effect, ...action, ...resource, ...(Condition && { Condition }) }));

const keyPolicy = fc.array(keyStatement, { minLength: 1, maxLength: 5 }).map(numbered);
const iamPolicy = (name: string): fc.Arbitrary<NamedPolicy> =>
  fc.array(iamStatement, { minLength: 1, maxLength: 3 }).map((statements) => ({ name, document: numbered(statements) }));
const limit = (name: string) => fc.option(iamPolicy(name), { nil: undefined, freq: 2 });

const identity = (arn: string): fc.Arbitrary<IdentityFacts> => fc.record({
  arn: fc.constant(arn),
  policies: fc.array(iamPolicy('own'), { maxLength: 2 }),
  boundary: limit('boundary'),
  sessionPolicies: arn.includes(':role/') ? limit('session').map((policy) => (policy ? [policy] : [])) : fc.constant([]),
  tags: fc.constantFrom<Record<string, string>>({}, { team: 't1' }, { team: 'red' }),
  organizationId: fc.constantFrom(undefined, 'o-1', 'o-2'),
});

const maybe = (...values: string[]) => fc.constantFrom(undefined, ...values);
/** Keys of which a request without a value is one of which it is not known. */
const carried = {
  'aws:SourceIp': ['203.0.113.7', '198.51.100.1'],
  'aws:MultiFactorAuthAge': ['5', '10', '1000'],
  'aws:MultiFactorAuthPresent': ['true', 'false'],
  'aws:CurrentTime': ['2026-01-01T00:00:00Z', '2026-03-01T00:00:00Z', '2027-01-01T00:00:00Z'],
};
const conditionKeys = fc.record({
  ...Object.fromEntries(Object.entries(carried).map(([name, values]) => [name, maybe(...values)])),
  'aws:VpcSourceIp': maybe('2001:db8::1', '2001:db8:0:1::ffff', '2001:db9::1'),
  'aws:SourceArn': maybe('arn:aws:s3:::invoices', 'arn:aws:logs:us-east-1:111122223333:log-group:g'),
}).map((keys) => JSON.parse(JSON.stringify(keys)) as Record<string, string>);

/** What the same request may carry of them for all we know: a value, and of all but the time maybe none. */
export const completion: fc.Arbitrary<KmsRequest['conditionKeys']> = fc.record(Object.fromEntries(Object.entries(carried).map(([name, values]) =>
  [name, fc.constantFrom<string | string[]>(...values, ...(name === 'aws:CurrentTime' ? [] : [[] as string[]]))])));

const request = (policy: PolicyDocument): fc.Arbitrary<KmsRequest> => fc.record({
  principal: fc.constantFrom(...callers),
  action: fc.constantFrom(...requested),
  key: fc.constant({ arn: KEY_ARN, policy, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' }),
  encryptionContext: fc.constantFrom<KmsRequest['encryptionContext']>(undefined, { tenant: 't1' }, { tenant: 't2', stage: 'x' }, { stage: 'x' }, { tenant: '*' }),
  viaService: maybe('s3.us-east-1.amazonaws.com', 'sqs.eu-west-1.amazonaws.com'),
  conditionKeys,
});

/** Of condition keys that every request carries, or may: that this one does not, where it has no value for them. */
export function toldAbsent(given: KmsRequest): KmsRequest {
  const service = given.principal.startsWith('arn:') ? [] : ['kms:CallerAccount'];
  const absent = Object.fromEntries([...Object.keys(carried), ...service].map((name) => [name, [] as string[]]));
  return { ...given, conditionKeys: { ...absent, ...given.conditionKeys } };
}

/** A world with its key policy, and requests to its key. */
export interface Scene {
  readonly world: World;
  readonly requests: readonly KmsRequest[];
}

/** Scenes with so many requests each. */
export const scenes = (requests: number): fc.Arbitrary<Scene> => fc.tuple(keyPolicy, identity(ROLE), identity(USER), identity(PARTNER))
  .chain(([policy, ...identities]) => fc.record({
    world: fc.constant<World>({ identities }),
    requests: fc.array(request(policy), { minLength: requests, maxLength: requests }),
  }));

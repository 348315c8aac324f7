import fc from 'fast-check';
import type { PolicyDocument, PolicyStatement } from '../../../src/authz';

/**
 * Key policies made by chance for which AWS's pages leave nothing open, so that a proof has two answers: patterns that overlap, denies among them, and most
 * operators. What is left out: variables, several values without a set operator, NotPrincipal, IfExists and negation behind a set operator, empty texts.
 */

export const HOME = '111122223333';
export const READER = `arn:aws:iam::${HOME}:role/Reader`;

const principals: PolicyStatement['Principal'][] = [
  '*', { AWS: '*' }, { AWS: READER }, { AWS: `arn:aws:iam::${HOME}:role/Writer` }, { AWS: `arn:aws:iam::${HOME}:root` },
  { AWS: '444455556666' }, { AWS: 'arn:aws:iam::444455556666:role/Partner' }, { Service: 'logs.us-east-1.amazonaws.com' },
  { AWS: [READER, `arn:aws:iam::${HOME}:user/Bob`] },
];
const actions = ['kms:*', 'kms:Decrypt', 'kms:De*', 'kms:Encrypt', 'kms:?ncrypt', 'kms:GenerateDataKey*', 'kms:PutKeyPolicy', 'kms:*Key*', 'KMS:decrypt'];

/** A condition key, and what policies ask of it. */
interface Domain {
  readonly key: string;
  readonly operators: readonly string[];
  readonly wanted: readonly string[];
  /** How often. */
  readonly weight?: number;
}

const STRINGS = ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'];
const LIKE = ['StringLike', 'StringLike', 'StringNotLike', 'StringEquals'];
const ARNS = ['ArnLike', 'ArnNotLike', 'ArnEquals', 'ArnNotEquals'];
const patterns = ['a*', '*b', 'a*b', '*ab*', 'ab', 'a?', '?b', '*', 'aab', 'AB', 'a', '??', 'b*a'];

export const DOMAINS: readonly Domain[] = [
  { key: 'kms:EncryptionContext:a', operators: LIKE, wanted: patterns, weight: 5 },
  { key: 'kms:EncryptionContext:b', operators: STRINGS, wanted: patterns, weight: 2 },
  { key: 'kms:ViaService', operators: LIKE, wanted: ['s3.*.amazonaws.com', '*.us-east-1.amazonaws.com', 's3.us-east-1.amazonaws.com', 's*', 'sqs.*'], weight: 2 },
  { key: 'kms:CallerAccount', operators: ['StringEquals', 'StringNotEquals'], wanted: [HOME, '444455556666', '777788889999'] },
  {
    key: 'aws:PrincipalArn',
    operators: [...ARNS, 'StringLike', 'StringNotLike'],
    wanted: [READER, `arn:aws:iam::${HOME}:role/*`, 'arn:aws:iam::*:role/R*', 'arn:aws:iam::*:role/*r', 'arn:aws:iam::*:user/*', `arn:aws:iam::${HOME}:*/W*`],
    weight: 3,
  },
  { key: 'aws:SourceArn', operators: ARNS, wanted: ['arn:aws:s3:::a*', 'arn:aws:s3:::*b', 'arn:aws:*:*:111122223333:*', 'arn:aws:sqs:us-east-1:*:q'], weight: 2 },
  { key: 'aws:SourceIp', operators: ['IpAddress', 'NotIpAddress'], wanted: ['203.0.113.0/24', '203.0.113.128/25', '203.0.0.0/16', '203.0.113.7', '198.51.100.0/22'], weight: 2 },
  {
    key: 'aws:MultiFactorAuthAge',
    operators: ['NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericLessThanEquals', 'NumericGreaterThan', 'NumericGreaterThanEquals'],
    wanted: ['0', '1', '2', '300', '301'],
  },
  {
    key: 'aws:CurrentTime',
    operators: ['DateEquals', 'DateNotEquals', 'DateLessThan', 'DateLessThanEquals', 'DateGreaterThan', 'DateGreaterThanEquals'],
    wanted: ['2026-01-01T00:00:00Z', '2026-06-30T12:00:00Z', '2026-06-30T12:00:01Z'],
  },
  { key: 'aws:MultiFactorAuthPresent', operators: ['Bool'], wanted: ['true', 'false'] },
  { key: 'aws:PrincipalTag/team', operators: STRINGS, wanted: patterns },
];

const names = ['a', 'b', 'c', 'a*', '?', 'd*', '*d'];
const some = <T>(values: readonly T[], max = 2) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: max });
const weighted = fc.constantFrom(...DOMAINS.flatMap((domain) => Array<Domain>(domain.weight ?? 1).fill(domain)));

const comparison = weighted.chain(({ key, operators, wanted }) => fc.record({
  operator: fc.constantFrom(...operators), ifExists: fc.boolean(), values: some(wanted),
}).map(({ operator, ifExists, values }) => ({ [operator + (ifExists ? 'IfExists' : '')]: { [key]: values } })));
const presence = fc.record({ key: fc.constantFrom(...DOMAINS.map(({ key }) => key), 'kms:EncryptionContextKeys'), value: fc.constantFrom('true', 'false') })
  .map(({ key, value }) => ({ Null: { [key]: value } }));
const onNames = fc.record({ set: fc.constantFrom('ForAnyValue', 'ForAllValues'), operator: fc.constantFrom('StringEquals', 'StringLike'), values: some(names) })
  .map(({ set, operator, values }) => ({ [`${set}:${operator}`]: { 'kms:EncryptionContextKeys': values } }));
const block = fc.oneof({ weight: 7, arbitrary: comparison }, { weight: 1, arbitrary: presence }, { weight: 2, arbitrary: onNames });
const condition = fc.array(block, { minLength: 1, maxLength: 3 }).map((blocks) => Object.assign({}, ...blocks) as NonNullable<PolicyStatement['Condition']>);

const conditioned = fc.option(condition, { freq: 4, nil: undefined });
const allow = fc.record({ Principal: fc.constantFrom(...principals), Action: some(actions), Condition: conditioned })
  .map((parts): PolicyStatement => ({ Effect: 'Allow', ...parts, Resource: '*' }));
const whom = fc.constantFrom<PolicyStatement['Principal']>('*', '*', { AWS: READER });
const deny = fc.record({ Principal: whom, Action: some(actions), Condition: condition })
  .map((parts): PolicyStatement => ({ Effect: 'Deny', ...parts, Resource: '*' }));

const statements = fc.tuple(fc.array(allow, { minLength: 1, maxLength: 3 }), fc.array(deny, { maxLength: 3 }))
  .map(([allows, denies]) => [...allows, ...denies]);

export const documentOf = (list: readonly PolicyStatement[]): PolicyDocument =>
  JSON.parse(JSON.stringify({ Version: '2012-10-17', Statement: list.map((statement, index) => ({ Sid: `S${index + 1}`, ...statement })) })) as PolicyDocument;

/** A policy, and one that differs from it in one statement. */
export interface PolicyPair {
  readonly policy: PolicyDocument;
  readonly changed: PolicyDocument;
}

export const pairs: fc.Arbitrary<PolicyPair> = fc.record({ list: statements, at: fc.nat(), other: fc.oneof(allow, deny), drop: fc.boolean() })
  .map(({ list, at, other, drop }) => {
    const place = at % list.length;
    const replaced = list.map((statement, index) => (index === place ? { ...other, Effect: statement.Effect } : statement));
    const changed = drop && list.length > 1 ? list.filter((_, index) => index !== place) : replaced;
    return { policy: documentOf(list), changed: documentOf(changed) };
  });

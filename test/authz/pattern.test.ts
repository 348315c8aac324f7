import fc from 'fast-check';
import { Pattern } from '../../src/authz/pattern';
import type { PatternSyntax } from '../../src/authz/pattern';

const WILD: PatternSyntax = { wildcards: true, variables: true };
const TAGS: Record<string, string> = { 'aws:PrincipalTag/team': 'red', 'aws:PrincipalTag/star': '*' };
const fits = (pattern: string, text: string, syntax = WILD) => new Pattern(pattern, syntax).matches(text, (key) => TAGS[key]);

describe('what a policy string matches', () => {
  test.each([
    ['kms:*', 'kms:Decrypt', 'yes'],
    ['*', '', 'yes'],
    ['kms:Generate*Plaintext', 'kms:GenerateDataKeyWithoutPlaintext', 'yes'],
    ['kms:Generate*Plaintext', 'kms:GenerateDataKey', 'no'],
    ['a*b*c', 'a-b-b-c', 'yes'],
    ['a*b*c', 'a-c-b', 'no'],
    ['**', 'anything', 'yes'],
    ['?', '', 'no'],
    ['?', '😀', 'yes'],
    ['t?', 't12', 'no'],
    ['a.c', 'abc', 'no'],
    ['${aws:PrincipalTag/team}-*', 'red-1', 'yes'],
    ['${aws:PrincipalTag/none}', '', 'no'],
    ['${aws:PrincipalTag/none, \'blue\'}', 'blue', 'yes'],
    ['${aws:PrincipalTag/star}', 'x', 'no'],
    ['${aws:PrincipalTag/star}', '*', 'yes'],
    ['${*}${?}${$}', '*?$', 'yes'],
    ['${not closed', '${not closed', 'yes'],
    ['${}', '${}', 'yes'],
  ])('%s and %s: %s', (pattern, text, expected) => expect(fits(pattern, text)).toBe(expected));

  test.each([
    ['without wildcards', { wildcards: false, variables: true }, 'a*', 'ab', 'no'],
    ['without variables', { wildcards: true, variables: false }, '${aws:PrincipalTag/team}', 'red', 'no'],
    ['in lower case', { ...WILD, fold: (text: string) => text.toLowerCase() }, 'KMS:de*', 'kms:Decrypt', 'yes'],
  ] as const)('%s', (_, syntax, pattern, text, expected) => expect(fits(pattern, text, syntax)).toBe(expected));
});

describe('segments of a resource ARN', () => {
  test.each([
    ['arn:aws:kms:*:1:key/*', 'arn:aws:kms:us-east-1:1:key/x', 'yes'],
    ['arn:aws:kms:us-*-1:1:key/x', 'arn:aws:kms:us-east-1:1:key/x', 'yes'],
    ['arn:aws:kms:us*st-1:1:key/x', 'arn:aws:kms:us:east-1:1:key/x', 'no'],
    ['arn:aws:kms:us?east-1:1:key/x', 'arn:aws:kms:us:east-1:1:key/x', 'no'],
    ['arn:aws:kms:us*:1:key/x', 'arn:aws:kms:us:east-1:1:key/x', 'yes'],
    ['arn:aws:kms:*', 'arn:aws:kms:us-east-1:1:key/x', 'yes'],
  ])('%s and %s: %s', (pattern, text, expected) => expect(fits(pattern, text, { ...WILD, segments: true })).toBe(expected));
});

describe('what is not known yet', () => {
  const unknown = 'unresolved-0123456789abcdef';
  test.each([
    ['equals itself', `arn:${unknown}`, `arn:${unknown}`, 'yes'],
    ['fits a wildcard', 'arn:*', `arn:${unknown}`, 'yes'],
    ['may equal anything else', `arn:${unknown}`, 'arn:aws', 'unclear'],
    ['may be what is wanted', 'arn:aws', `arn:${unknown}`, 'unclear'],
  ])('%s', (_, pattern, text, expected) => expect(fits(pattern, text)).toBe(expected));
});

describe('properties', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', ':', '.'), maxLength: 8 });
  const wild = fc.string({ unit: fc.constantFrom('a', 'b', ':', '.', '*', '?'), maxLength: 8 });
  /** The same by regular expression: slow on bad patterns, and obvious. */
  const obvious = (pattern: string) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`);

  test('wildcards match what the obvious regular expression matches', () => {
    fc.assert(fc.property(wild, letters, (pattern, text) => fits(pattern, text) === (obvious(pattern).test(text) ? 'yes' : 'no')), { numRuns: 2000 });
  });

  test('within segments nothing more matches', () => {
    fc.assert(fc.property(wild, letters, (pattern, text) =>
      fits(pattern, text, { ...WILD, segments: true }) === 'no' || fits(pattern, text) === 'yes'), { numRuns: 1000 });
  });

  test('many asterisks take no time that grows with their number', () => {
    expect(fits(`${'*a'.repeat(40)}b`, 'a'.repeat(2000))).toBe('no');
  });
});

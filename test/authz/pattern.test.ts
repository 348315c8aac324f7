import fc from 'fast-check';
import { Pattern, UNCLEAR } from '../../src/authz/pattern';
import type { PatternSyntax, VariableValues } from '../../src/authz/pattern';

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
    ['has no letters of its own', '*e*', unknown, 'unclear'],
    ['has no beginning of its own', 'un*', unknown, 'unclear'],
    ['is no single character', '?', unknown, 'unclear'],
    ['is taken by an asterisk between other text', 'a*b', `a${unknown}b`, 'yes'],
    ['may be the value of a variable', '${aws:PrincipalTag/open}', 'x', 'unclear'],
    ['may be a part of the value of a variable', 'a-${aws:PrincipalTag/open}', 'a-x', 'unclear'],
    ['may be whether a variable has a value', '${aws:PrincipalTag/doubtful}', 'x', 'unclear'],
    ['may be whether the default of a variable counts', '${aws:PrincipalTag/doubtful, \'x\'}', 'x', 'unclear'],
  ])('%s', (_, pattern, text, expected) => {
    const values: VariableValues = (key) => (key.endsWith('/open') ? unknown : UNCLEAR);
    expect(new Pattern(pattern, WILD).matches(text, values)).toBe(expected);
  });

  test('may hold a colon, which an asterisk within a segment does not take', () => {
    expect(fits('arn:aws:kms:us*st-1:1:key/x', `arn:aws:kms:us${unknown}st-1:1:key/x`, { ...WILD, segments: true })).toBe('unclear');
  });

  test('of a variable without a value the answer is given from outside', () => {
    expect(new Pattern('${aws:PrincipalTag/none}', WILD).matches('x', () => undefined, 'unclear')).toBe('unclear');
    expect(new Pattern('x', WILD).matches('x', () => undefined, 'unclear')).toBe('yes');
  });

  test('whatever it stands for, what is certain holds', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 3 });
    const wildPart = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 4 });
    const flags = { inPattern: fc.boolean(), inText: fc.boolean(), segments: fc.boolean() };
    const whole = fc.record({ w1: wildPart, w2: wildPart, t1: part, t2: part, stands: part, ...flags });
    fc.assert(fc.property(whole, ({ w1, w2, t1, t2, stands, inPattern, inText, segments }) => {
      const syntax = { ...WILD, segments };
      const [pattern, text] = [inPattern ? w1 + unknown + w2 : w1 + w2, inText ? t1 + unknown + t2 : t1 + t2];
      const answer = fits(pattern, text, syntax);
      const known = fits(pattern.replace(unknown, stands), text.replace(unknown, stands), syntax);
      return answer === 'unclear' ? inPattern || inText : answer === known;
    }), { numRuns: 3000 });
  });
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

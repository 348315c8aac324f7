import { Lazy } from 'aws-cdk-lib';
import { both, demands, fingerprint } from '../../src/policy/conditions';
import type { Tells } from '../../src/policy/conditions';
import type { Conditions } from '../../src/policy/permission';

describe('conditions that must both hold', () => {
  test.each<[string, Conditions | undefined, Conditions | undefined, Conditions]>([
    ['nothing and nothing is nothing', undefined, undefined, {}],
    ['different operators stand side by side', { StringEquals: { a: '1' } }, { Null: { b: 'false' } }, { StringEquals: { a: '1' }, Null: { b: 'false' } }],
    ['different keys of one operator too', { StringEquals: { a: '1' } }, { StringEquals: { b: '2' } }, { StringEquals: { a: '1', b: '2' } }],
    ['what both say is said once', { StringEquals: { a: ['1', '2'] } }, { StringEquals: { a: ['1', '2'] } }, { StringEquals: { a: ['1', '2'] } }],
  ])('%s', (_, some, others, all) => expect(both(some, others)).toEqual(all));

  test('but not two values of one key', () => {
    expect(() => both({ StringEquals: { a: '1' } }, { StringEquals: { a: '2' } }))
      .toThrow('condition StringEquals a is asked to be "1" and "2" at once: grant the two separately');
  });

  test('leave their parts alone', () => {
    const part = { StringEquals: { a: '1' } };
    both(part, { StringEquals: { b: '2' } });
    expect(part).toEqual({ StringEquals: { a: '1' } });
  });
});

/** One who knows sources by their ARNs, and no pattern for every ARN. */
const tells: Tells = (key, arn, wildcards) => key === 'aws:sourcearn' && (wildcards === 'none' || !/^(arn:)?[*?:]*$/.test(arn));

describe('a condition demands a value', () => {
  test.each<[boolean, string, Conditions]>([
    [true, 'when it compares one', { StringEquals: { 'aws:SourceArn': 'x' } }],
    [true, 'whatever the case of the key', { ArnLike: { 'AWS:sourcearn': 'x' } }],
    [true, 'when any of the request\'s values must match', { 'ForAnyValue:StringLike': { 'aws:SourceArn': 'x' } }],
    [true, 'when a pattern says something', { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::*' } }],
    [true, 'when a star is not a pattern', { StringEquals: { 'aws:SourceArn': '*' } }],
    [false, 'not with a pattern for everything', { StringLike: { 'aws:SourceArn': '*' } }],
    [false, 'not with one for every ARN', { ArnLike: { 'aws:SourceArn': 'arn:*:*:*:*:*' } }],
    [false, 'not with ArnEquals, which takes patterns too', { ArnEquals: { 'aws:SourceArn': 'arn:*' } }],
    [false, 'not with one such pattern among others', { 'ForAnyValue:StringLike': { 'aws:SourceArn': ['x', '?*'] } }],
    [false, 'not with IfExists', { StringEqualsIfExists: { 'aws:SourceArn': 'x' } }],
    [false, 'not with ForAllValues, true of none', { 'ForAllValues:StringEquals': { 'aws:SourceArn': 'x' } }],
    [false, 'not with a negation, true of none', { StringNotEquals: { 'aws:SourceArn': 'x' } }],
    [false, 'not with ArnNotLike either', { ArnNotLike: { 'aws:SourceArn': 'x' } }],
    [false, 'not with Null', { Null: { 'aws:SourceArn': 'true' } }],
    [false, 'not of another key', { StringEquals: { 'aws:SourceVpc': 'x' } }],
  ])('%s: %s', (expected, _, conditions) => expect(demands(conditions, tells)).toBe(expected));
});

describe('fingerprints', () => {
  test('are equal for equal values', () => expect(fingerprint({ a: ['1'] })).toBe(fingerprint({ a: ['1'] })));
  test('differ for different values', () => expect(fingerprint({ a: ['1'] })).not.toBe(fingerprint({ a: ['2'] })));
  test('differ for different tokens, whatever they will be', () => {
    const [one, other] = [Lazy.any({ produce: () => 1 }), Lazy.any({ produce: () => 1 })];
    expect(fingerprint({ a: one })).toBe(fingerprint({ a: one }));
    expect(fingerprint({ a: one })).not.toBe(fingerprint({ a: other }));
  });
});

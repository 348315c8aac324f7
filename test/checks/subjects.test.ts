import { check } from '../../src/checks';
import { readTemplate } from '../../src/template';

/** Findings name whom they speak of, whoever the policy lets in. */

const messagesFor = (Principal: unknown, actions: unknown = 'kms:*'): readonly (readonly [string, string])[] => {
  const KeyPolicy = { Version: '2012-10-17', Statement: [{ Sid: 'Use', Effect: 'Allow', Principal, Action: actions, Resource: '*' }] };
  const { findings } = check(readTemplate({ Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy } } } }), { also: ['KP-30'], protectedKeys: ['Key'] });
  return findings.flatMap((finding) => [finding, ...finding.related ?? []]).map(({ rule, message }) => [rule, message]);
};

test.each<[string, unknown, string]>([
  ['everybody', '*', 'everybody'],
  ['everybody, as AWS', { AWS: '*' }, 'everybody'],
  ['everybody and a role', { AWS: ['*', 'arn:aws:iam::111122223333:role/r'] }, 'everybody and arn:aws:iam::111122223333:role/r'],
  ['another account, beside its own', { AWS: ['111122223333', '444455556666'] }, '111122223333 and 444455556666'],
  ['a role', { AWS: 'arn:aws:iam::111122223333:role/r' }, 'arn:aws:iam::111122223333:role/r'],
])('KP-12 names %s', (_, principal, whom) => {
  const said = messagesFor(principal).find(([rule]) => rule === 'KP-12')?.[1];
  expect(said).toContain(`lets ${whom} use the key without an encryption context`);
});

test.each<[string, unknown]>([
  ['everybody', '*'],
  ['whoever another stack exports', { AWS: { 'Fn::ImportValue': 'Theirs' } }],
  ['a federation', { Federated: 'cognito-identity.amazonaws.com' }],
  ['a canonical user', { CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' }],
  ['a principal that was deleted', { AWS: 'AROAEXAMPLEEXAMPLE123' }],
  ['a service', { Service: 'logs.us-east-1.amazonaws.com' }],
  ['a user of another account', { AWS: 'arn:aws:iam::444455556666:user/u' }],
])('no rule has a gap where a name belongs: %s', (_, principal) => {
  for (const [, message] of [...messagesFor(principal), ...messagesFor(principal, ['kms:Create*', 'kms:Put*', 'kms:Decrypt'])]) {
    expect(message).not.toMatch(/ {2}| ,|\b(lets|in) (,|use|and)\b/);
  }
});

import { readPolicy } from '../../src/authz';
import type { PolicyDocument } from '../../src/authz';

/** A policy as data: what checks and proofs read, beside what decides. */

const APP = 'arn:aws:iam::111122223333:role/App';

const document: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Use',
      Effect: 'Allow',
      Principal: { AWS: ['*', '111122223333', 'arn:aws-cn:iam::111122223333:root', APP, 'AROADBQP57FF2AEXAMPLE', 'unresolved-0123456789abcdef'], Service: 'logs.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:De*'],
      Resource: '*',
      Condition: { 'StringEquals': { 'kms:KeySpec': 'SYMMETRIC_DEFAULT' }, 'ForAnyValue:StringLikeIfExists': { 'kms:EncryptionContextKeys': ['a', 'b*'] }, 'Bool': { 'aws:SecureTransport': true } },
    },
    { Effect: 'Deny', NotPrincipal: { AWS: APP }, NotAction: 'kms:Sign', NotResource: 'arn:aws:kms:*:*:key/x' },
    { Sid: 'Inert', Effect: 'Allow', Principal: '*', Resource: '*' },
  ],
};

describe('a statement as data', () => {
  const { statements, refused } = readPolicy(document, 'key policy');
  const [use, deny, inert] = statements;

  test('has its name, its effect and whether it has any', () => {
    expect(statements.map(({ name, effect, inert: idle }) => [name, effect, idle])).toEqual([['Use', 'Allow', false], ['#2', 'Deny', false], ['Inert', 'Allow', true]]);
    expect(refused).toBeUndefined();
  });

  test('has every principal, by what it names', () => {
    expect(use.principals).toEqual({
      excluding: false,
      named: [
        { kind: 'anyone' }, { kind: 'account', account: '111122223333' }, { kind: 'account', account: '111122223333', partition: 'aws-cn' }, { kind: 'arn', arn: APP },
        { kind: 'nobody' }, { kind: 'unknown', text: 'unresolved-0123456789abcdef' }, { kind: 'service', service: 'logs.amazonaws.com' },
      ],
    });
    expect(deny.principals).toEqual({ excluding: true, named: [{ kind: 'arn', arn: APP }] });
  });

  test('has its actions and resources, and whether they are left out', () => {
    expect([use.actions, use.resources, deny.actions, deny.resources]).toMatchObject([
      { names: ['kms:Decrypt', 'kms:De*'], excluding: false }, { names: ['*'], excluding: false },
      { names: ['kms:Sign'], excluding: true }, { names: ['arn:aws:kms:*:*:key/x'], excluding: true },
    ]);
    expect(inert.actions).toBeUndefined();
  });

  test('has every comparison of its condition', () => {
    expect(use.conditions.map(({ operator, key, wanted }) => [operator, key, wanted])).toEqual([
      ['StringEquals', 'kms:KeySpec', ['SYMMETRIC_DEFAULT']], ['ForAnyValue:StringLikeIfExists', 'kms:EncryptionContextKeys', ['a', 'b*']], ['Bool', 'aws:SecureTransport', ['true']],
    ]);
  });

  test('is the same object for the same document: it is read once', () => {
    expect(readPolicy(document, 'key policy')).toBe(readPolicy(document, 'key policy'));
    expect(readPolicy(document, 'iam policy')).not.toBe(readPolicy(document, 'key policy'));
  });
});

test('of a document that AWS would refuse there is the reason beside what can be read', () => {
  const { statements, refused } = readPolicy({ Statement: [null, { Effect: 'allow', Principal: 1, Action: [2, 'kms:*'], Condition: [] }] }, 'key policy');
  expect(refused).toBe("statement '#1', Statement: it is null: a statement is an object with Effect, Action and Resource");
  expect(statements.map(({ effect, actions }) => [effect, actions?.names])).toEqual([['Deny', undefined], ['Deny', ['kms:*']]]);
});

import { decide } from '../../src/authz';
import type { GrantFacts, KmsRequest } from '../../src/authz';
import { GRANT_OPERATIONS } from '../../src/spec/action-resources';

/** A grant constrained to an encryption context, operation by operation (KMS Developer Guide, "Creating grants", Using grant constraints). */

const WORKER = 'arn:aws:iam::111122223333:role/Worker';
const CONTEXT = { Department: 'IT' };
const WITH_CONTEXT = [
  'Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext',
];
/** Asked otherwise: what the new grant may give, and who may end it. */
const OF_GRANTS = ['CreateGrant', 'RetireGrant'];

function allowed(operation: string, constraints: GrantFacts['constraints'], encryptionContext: KmsRequest['encryptionContext']): boolean {
  const nothing = { Sid: 'Nothing', Effect: 'Allow' as const, Principal: '*' as const, Resource: '*' };
  const key = {
    arn: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    policy: { Version: '2012-10-17', Statement: [nothing] },
    grants: [{ grantId: 'g1', granteePrincipal: WORKER, operations: [operation], constraints }],
  };
  return decide({ identities: [] }, { principal: WORKER, action: `kms:${operation}`, key, encryptionContext }).allowed;
}

describe.each(WITH_CONTEXT)('%s under a grant', (operation) => {
  test.each<[string, GrantFacts['constraints'], KmsRequest['encryptionContext'], boolean]>([
    ['without constraint', undefined, undefined, true],
    ['for a context that it has', { EncryptionContextSubset: CONTEXT }, { ...CONTEXT, Purpose: 'Test' }, true],
    ['for a context, with another one', { EncryptionContextSubset: CONTEXT }, { Department: 'HR' }, false],
    ['for a context, without any', { EncryptionContextSubset: CONTEXT }, undefined, false],
    ['for exactly one context that it has', { EncryptionContextEquals: CONTEXT }, CONTEXT, true],
    ['for exactly one context, with more', { EncryptionContextEquals: CONTEXT }, { ...CONTEXT, Purpose: 'Test' }, false],
  ])('%s', (_, constraints, context, expected) => expect(allowed(operation, constraints, context)).toBe(expected));
});

test.each(GRANT_OPERATIONS.filter((operation) => !WITH_CONTEXT.includes(operation) && !OF_GRANTS.includes(operation)))(
  '%s has no encryption context: the constraint is not asked', (operation) => {
    expect(allowed(operation, { EncryptionContextSubset: CONTEXT }, undefined)).toBe(true);
    expect(allowed(operation, { EncryptionContextEquals: CONTEXT }, undefined)).toBe(true);
  },
);

test.each([['arn:aws:iam::111122223333:root', true], ['arn:aws-cn:iam::111122223333:root', false], ['arn:aws:iam::444455556666:root', false]])(
  'a grant for %s is for whom the account chooses, of that partition: %s', (granteePrincipal, expected) => {
    const own = { name: 'own', document: { Version: '2012-10-17', Statement: { Effect: 'Allow' as const, Action: 'kms:*', Resource: '*' } } };
    const key = {
      arn: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      policy: { Version: '2012-10-17', Statement: [{ Sid: 'Nothing', Effect: 'Allow' as const, Principal: '*' as const, Resource: '*' }] },
      grants: [{ grantId: 'g1', granteePrincipal, operations: ['Decrypt'] }],
    };
    expect(decide({ identities: [{ arn: WORKER, policies: [own] }] }, { principal: WORKER, action: 'kms:Decrypt', key }).allowed).toBe(expected);
  },
);

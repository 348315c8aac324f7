import { decideByIam } from '../../src/authz';
import type { IdentityFacts, PolicyStatement } from '../../src/authz';

const READER = 'arn:aws:iam::111122223333:role/Reader';
const OBJECT = 'arn:aws:s3:::invoices/c-17/1';

const reader = (...statements: PolicyStatement[]): IdentityFacts => ({
  arn: READER, policies: [{ name: 'Reading', document: { Version: '2012-10-17', Statement: statements } }],
});
const READS: PolicyStatement = { Sid: 'Reads', Effect: 'Allow', Action: 's3:GetObject*', Resource: 'arn:aws:s3:::invoices/*' };

describe('what IAM says before a service turns to KMS', () => {
  test.each<[string, IdentityFacts, string, string, boolean]>([
    ['an identity policy allows the action on the resource', reader(READS), 's3:GetObject', OBJECT, true],
    ['another action of the service', reader(READS), 's3:PutObject', OBJECT, false],
    ['another bucket', reader(READS), 's3:GetObject', 'arn:aws:s3:::payroll/1', false],
    ['no policy at all', { arn: READER }, 's3:GetObject', OBJECT, false],
    ['a deny beside the allow', reader(READS, { Effect: 'Deny', Action: '*', Resource: '*' }), 's3:GetObject', OBJECT, false],
    ['a permissions boundary that says nothing of it', {
      ...reader(READS), boundary: { name: 'Limit', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*' } } },
    }, 's3:GetObject', OBJECT, false],
  ])('%s', (_, identity, action, resource, expected) => {
    expect(decideByIam({ identities: [identity] }, { principal: READER, action, resource }).allowed).toBe(expected);
  });

  test('a refusal says what is missing, and of what', () => {
    const { reason } = decideByIam({ identities: [reader(READS)] }, { principal: READER, action: 's3:PutObject', resource: OBJECT });
    expect(reason).toBe(`${READER} may not s3:PutObject: no identity policy of ${READER} allows s3:PutObject on ${OBJECT}`);
  });
});

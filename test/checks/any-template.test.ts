import * as fc from 'fast-check';
import { allow, keyTemplate, policyOf, ROOT } from './support/policies';
import { check } from '../../src/checks';
import { readTemplate, TemplateError } from '../../src/template';

/** Whatever is in a template: a finding or a clear error, never a crash, and never symbols in what people read. */

const NAMES = ['kms:Decrypt', 'kms:*', 'kms:decript', '*', 'KMS:DECRYPT', 'kms:ReEncrypt*', 'arn:aws:iam::111122223333:root', 'arn:aws:iam::444455556666:role/x', '111122223333', 'logs.us-east-1.amazonaws.com', 'o', ''];
const intrinsic = fc.oneof(
  fc.record({ Ref: fc.constantFrom('Key', 'P', 'AWS::AccountId', 'AWS::NoValue', 'Nowhere') }),
  fc.record({ 'Fn::GetAtt': fc.constantFrom(['Key', 'Arn'], ['Role', 'Arn'], ['Nowhere', 'Arn'], 'Role.Arn', 7) }),
  fc.record({ 'Fn::Sub': fc.constantFrom('${Role.Arn}', '${P}', '${', 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root') }),
  fc.record({ 'Fn::ImportValue': fc.string() }),
  fc.record({ 'Fn::If': fc.constant(['C', 'a', { Ref: 'P' }]) }),
);
const scalar = fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null), intrinsic);
const some = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(fc.constantFrom('AWS', 'Service', 'Federated', 'aws', '__proto__'), fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })), { maxKeys: 2 }));
const OPERATORS = ['StringEquals', 'StringLike', 'ForAllValues:StringEquals', 'ForAnyValue:StringLikeIfExists', 'Null', 'Bool', 'stringequals', 'NumericLessThan', 'ArnLike', 'IpAddress'];
const KEYS = ['kms:EncryptionContext:tenant', 'kms:EncryptionContextKeys', 'kms:ViaService', 'KMS:CALLERACCOUNT', 'aws:SourceArn', 'aws:PrincipalArn', 'kms:Nonsense', 'kms:GrantIsForAWSResource', 'tenant', ''];
const byKey = fc.dictionary(fc.constantFrom(...KEYS), fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })), { maxKeys: 2 });
const condition = fc.oneof(scalar, fc.dictionary(fc.constantFrom(...OPERATORS), fc.oneof(scalar, byKey), { maxKeys: 2 }));
const statement = fc.oneof({
  weight: 9,
  arbitrary: fc.record({
    Sid: scalar, Effect: fc.constantFrom('Allow', 'Deny', 'allow', { Ref: 'P' }), Principal: some, NotPrincipal: some, Action: some, action: some, NotAction: some, Resource: some, Condition: condition,
  }, { requiredKeys: ['Effect'] }),
}, { weight: 1, arbitrary: fc.anything() as fc.Arbitrary<object> });
const document = fc.oneof(
  { weight: 8, arbitrary: fc.record({ Version: fc.constantFrom('2012-10-17', '2008-10-17', 'x'), Statement: fc.oneof(fc.array(statement, { maxLength: 4 }), statement) }) },
  { weight: 1, arbitrary: some }, { weight: 1, arbitrary: fc.anything({ withBigInt: false }) },
);
const properties = fc.record({
  KeyPolicy: document,
  KeySpec: scalar,
  KeyUsage: scalar,
  EnableKeyRotation: scalar,
  RotationPeriodInDays: scalar,
  PendingWindowInDays: scalar,
  MultiRegion: scalar,
  Origin: scalar,
  BypassPolicyLockoutSafetyCheck: scalar,
}, { requiredKeys: [] });
const template = fc.record({
  Parameters: fc.constant({ P: { Type: 'String' } }),
  Conditions: fc.constant({ C: { 'Fn::Equals': [{ Ref: 'P' }, 'x'] } }),
  Resources: fc.record({
    Key: fc.record({ Type: fc.constant('AWS::KMS::Key'), Properties: properties, DeletionPolicy: scalar }, { requiredKeys: ['Type'] }),
    Replica: fc.record({ Type: fc.constant('AWS::KMS::ReplicaKey'), Properties: fc.record({ PrimaryKeyArn: fc.oneof(scalar, fc.constant({ 'Fn::GetAtt': ['Key', 'Arn'] })), KeyPolicy: document }) }),
    Role: fc.record({ Type: fc.constant('AWS::IAM::Role'), Properties: fc.record({ AssumeRolePolicyDocument: document, Policies: some }, { requiredKeys: [] }) }),
    Policy: fc.record({ Type: fc.constantFrom('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::SSO::PermissionSet'), Properties: fc.record({ PolicyDocument: document, Roles: some, InlinePolicy: document }) }),
    Group: fc.record({ Type: fc.constant('AWS::Logs::LogGroup'), Properties: fc.record({ KmsKeyId: scalar }) }),
    Function: fc.record({ Type: fc.constant('AWS::Lambda::Function'), Properties: fc.record({ Role: scalar, Environment: fc.oneof(scalar, fc.record({ Variables: fc.dictionary(fc.constantFrom('KEYSMITH_A', 'B'), scalar) })) }) }),
  }, { requiredKeys: ['Key'] }),
}, { requiredKeys: ['Resources', 'Parameters'] });

/** Whether JSON holds it: `fc.anything` also makes what a template cannot have. */
function plain(value: unknown): object {
  return JSON.parse(JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' || typeof inner === 'symbol' ? String(inner) : inner))) as object;
}

test('no template makes it fail, and none shows symbols', () => {
  fc.assert(fc.property(template, (written) => {
    let read;
    try {
      read = readTemplate(plain(written));
    } catch (error) {
      if (error instanceof TemplateError) return;
      throw error;
    }
    const { findings } = check(read, { also: ['KP-30'] });
    for (const { message, fix } of findings) {
      expect(message).not.toMatch(/failed: |unresolved-[0-9a-f]{16}/);
      expect(fix).not.toMatch(/unresolved-[0-9a-f]{16}/);
    }
  }), { numRuns: 600 });
}, 120_000);

describe('odd documents', () => {
  const found = (keyPolicy: unknown) => check(readTemplate(keyTemplate(undefined, { KeyPolicy: keyPolicy }))).findings.map(({ rule }) => rule);

  test.each<[string, unknown, string]>([
    ['a list for a policy', [], 'KP-35'],
    ['no statement', policyOf([]), 'KP-35'],
    ['nulls', policyOf([null, null]), 'KP-35'],
    ['odd casing of elements', policyOf({ effect: 'Allow', principal: '*', action: 'kms:*', resource: '*' }), 'KP-35'],
    ['an unknown action', policyOf([allow({ Action: 'kms:Nonsense' }), { ...allow(), Sid: 'Admin', Principal: { AWS: ROOT }, Action: 'kms:*', Condition: undefined }]), 'KP-18'],
    ['an unknown condition key', policyOf([allow({ Condition: { StringEquals: { 'kms:Nonsense': 'x' } } })]), 'KP-18'],
    ['a whole policy that refers to its key', { 'Fn::GetAtt': ['Key', 'Arn'] }, 'KP-00'],
  ])('%s', (_, document_, rule) => {
    try {
      expect(found(document_)).toContain(rule);
    } catch (error) {
      // A circle is what CloudFormation refuses as well: reading says so.
      if (!(error instanceof TemplateError)) throw error;
      expect(error.message).toContain('depend on each other');
    }
  });

  test('ten thousand statements are told to be too many, in time', () => {
    const started = Date.now();
    const statements = Array.from({ length: 10_000 }, (_, index) => allow({ Sid: `S${index}`, Principal: { AWS: `arn:aws:iam::111122223333:role/r${index}` } }));
    expect(found(policyOf(statements))).toContain('KP-35');
    expect(Date.now() - started).toBeLessThan(20_000);
  }, 60_000);
});

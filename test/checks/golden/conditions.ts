import type { Golden, Json } from '../support/policies';
import { allow, HERE, keyTemplate, role, ROOT } from '../support/policies';

const TENANT = 'kms:EncryptionContext:tenant';
const KEYS = 'kms:EncryptionContextKeys';
const under = (condition: Json | undefined, more: Json = {}) => keyTemplate([allow({ Condition: condition, ...more })]);
const attached = (contract: object) => ({
  Function: {
    Type: 'AWS::Lambda::Function',
    Properties: { Role: role('reader'), Environment: { Variables: { KEYSMITH_DATA: { 'Fn::Join': ['', ['{"keyArn":"', { 'Fn::GetAtt': ['Key', 'Arn'] }, `",${JSON.stringify(contract).slice(1)}`]] } } } },
  },
});
const CONTRACT = { version: 1, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', contextKeys: ['tenant'] };

export const CONDITIONS: readonly Golden[] = [
  {
    rule: 'KP-12',
    hits: [
      { name: 'a role without a condition', template: under(undefined), statement: 'Use', level: 'warning' },
      { name: 'the account with everything', template: keyTemplate([allow({ Principal: { AWS: ROOT }, Action: 'kms:*', Condition: undefined })]), statement: 'Use', level: 'warning' },
      { name: 'a function that keeps a contract', template: keyTemplate([allow({ Condition: undefined })], {}, attached(CONTRACT)), statement: 'Use', level: 'error' },
    ],
    misses: [
      { name: 'a role under a context', template: under({ StringEquals: { [TENANT]: 't1' } }) },
      { name: 'a role under any value of the context', template: under({ Null: { [TENANT]: 'false' } }) },
      { name: 'a role that comes through a service', template: under({ StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } }) },
      { name: 'a service', template: under({ StringEquals: { 'aws:SourceAccount': HERE } }, { Principal: { Service: 's3.amazonaws.com' } }) },
      { name: 'a key that signs', template: keyTemplate([allow({ Action: 'kms:Sign', Condition: undefined })], { EnableKeyRotation: false, KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }) },
      { name: 'a context that a Deny asks for', template: keyTemplate([allow({ Condition: undefined }), { Effect: 'Deny', Principal: '*', Action: 'kms:Decrypt', Resource: '*', Condition: { Null: { [TENANT]: 'true' } } }]) },
      { name: 'a function whose contract the policy holds', template: keyTemplate([allow()], {}, attached(CONTRACT)) },
    ],
    mutations: [{ name: 'the condition goes', good: { template: under({ StringEquals: { [TENANT]: 't1' } }) }, bad: { template: under({}) } }],
  },
  {
    rule: 'KP-13',
    hits: [
      { name: 'all keys of the context, or none', template: under({ 'ForAllValues:StringEquals': { [KEYS]: ['tenant'] } }), statement: 'Use', level: 'error' },
      { name: 'ForAllValues on a key with one value', template: under({ 'ForAllValues:StringEquals': { [TENANT]: ['t1'] } }), statement: 'Use' },
    ],
    misses: [
      { name: 'beside the pair', template: under({ 'StringEquals': { [TENANT]: 't1' }, 'ForAllValues:StringEquals': { [KEYS]: ['tenant'] } }) },
      { name: 'beside Null', template: under({ 'Null': { [TENANT]: 'false' }, 'ForAllValues:StringEquals': { [KEYS]: ['tenant'] } }) },
      { name: 'beside ForAnyValue', template: under({ 'ForAnyValue:StringEquals': { [KEYS]: ['tenant'] }, 'ForAllValues:StringEquals': { [KEYS]: ['tenant'] } }) },
      { name: 'a Deny, which acts on more', template: under({ 'ForAllValues:StringEquals': { [KEYS]: ['tenant'] } }, { Effect: 'Deny' }) },
    ],
    mutations: [{ name: 'the pair beside it goes', good: { template: under({ 'StringEquals': { [TENANT]: 't1' }, 'ForAllValues:StringEquals': { [KEYS]: ['tenant'] } }) }, bad: { template: under({ 'ForAllValues:StringEquals': { [KEYS]: ['tenant'] } }) } }],
  },
  {
    rule: 'KP-14',
    hits: [{ name: 'one of the keys, with any value', template: under({ 'ForAnyValue:StringEquals': { [KEYS]: ['tenant'] } }), statement: 'Use', level: 'warning' }],
    misses: [
      { name: 'and nothing else', template: under({ 'ForAnyValue:StringEquals': { [KEYS]: ['tenant'] }, 'ForAllValues:StringEquals': { [KEYS]: ['tenant'] } }) },
      { name: 'and a value', template: under({ 'ForAnyValue:StringEquals': { [KEYS]: ['tenant'] }, 'StringEquals': { [TENANT]: 't1' } }) },
      { name: 'a Deny', template: under({ 'ForAnyValue:StringEquals': { [KEYS]: ['tenant'] } }, { Effect: 'Deny' }) },
    ],
    mutations: [{ name: 'ForAllValues goes', good: { template: under({ 'ForAnyValue:StringEquals': { [KEYS]: ['tenant'] }, 'ForAllValues:StringEquals': { [KEYS]: ['tenant'] } }) }, bad: { template: under({ 'ForAnyValue:StringEquals': { [KEYS]: ['tenant'] } }) } }],
  },
  {
    rule: 'KP-15',
    hits: [
      { name: 'any value', template: under({ StringLike: { [TENANT]: '*' } }), statement: 'Use', level: 'warning' },
      { name: 'tenant-1 and tenant-10', template: under({ StringLike: { [TENANT]: 'tenant-1*' } }), statement: 'Use' },
      { name: 'whatever ends so', template: under({ StringLike: { [TENANT]: '*-prod' } }), statement: 'Use' },
    ],
    misses: [
      { name: 'behind a slash', template: under({ StringLike: { [TENANT]: 'tenant-1/*' } }) },
      { name: 'behind a colon, as trails have it', template: under({ StringLike: { 'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:*:${HERE}:trail/*` } }) },
      { name: 'a name that CloudFormation makes', template: under({ StringLike: { 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::stack-bucket-*' } }, { Principal: { Service: 's3.amazonaws.com' } }) },
      { name: 'a Deny', template: under({ StringLike: { [TENANT]: 'tenant-1*' } }, { Effect: 'Deny' }) },
    ],
    mutations: [{ name: 'the delimiter goes', good: { template: under({ StringLike: { [TENANT]: 'tenant-1/*' } }) }, bad: { template: under({ StringLike: { [TENANT]: 'tenant-1*' } }) } }],
  },
  {
    rule: 'KP-16',
    hits: [
      { name: 'IfExists on the context', template: under({ StringEqualsIfExists: { [TENANT]: 't1' } }), statement: 'Use', level: 'error' },
      { name: 'IfExists on a source', template: under({ StringEqualsIfExists: { 'aws:SourceAccount': HERE } }, { Principal: { Service: 's3.amazonaws.com' } }), statement: 'Use' },
      { name: 'a negated value of the context', template: under({ StringNotEquals: { [TENANT]: 't2' } }), statement: 'Use' },
      { name: 'a second factor if there is one', template: under({ BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } }), statement: 'Use' },
      { name: 'Null with true', template: under({ Null: { [TENANT]: 'true' } }), statement: 'Use' },
    ],
    misses: [
      { name: 'IfExists on what every request has', template: under({ StringEqualsIfExists: { 'kms:CallerAccount': HERE }, StringEquals: { [TENANT]: 't1' } }) },
      { name: 'a negated value beside the key', template: under({ StringNotEquals: { [TENANT]: 't2' }, Null: { [TENANT]: 'false' } }) },
      { name: 'direct calls', template: under({ Null: { 'kms:ViaService': 'true', [TENANT]: 'false' } }) },
      { name: 'a Deny with IfExists, which acts on more', template: under({ BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } }, { Effect: 'Deny' }) },
    ],
    mutations: [{ name: 'StringEquals becomes StringEqualsIfExists', good: { template: under({ StringEquals: { [TENANT]: 't1' } }) }, bad: { template: under({ StringEqualsIfExists: { [TENANT]: 't1' } }) } }],
  },
  {
    rule: 'KP-17',
    hits: [
      { name: 'a service in any Region', template: under({ StringEquals: { 'kms:ViaService': 'dynamodb.*.amazonaws.com' } }), statement: 'Use', level: 'error' },
      { name: 'a Deny that never denies', template: under({ StringEquals: { 'aws:PrincipalArn': role('intern-*') } }, { Effect: 'Deny' }), statement: 'Use' },
    ],
    misses: [
      { name: 'StringLike', template: under({ StringLike: { 'kms:ViaService': 'dynamodb.*.amazonaws.com' } }) },
      { name: 'ArnEquals, which knows wildcards', template: under({ ArnEquals: { 'aws:PrincipalArn': role('reader-*') }, StringEquals: { [TENANT]: 't1' } }) },
      { name: 'the pair of log deliveries, literal by design', template: under({ StringEquals: { 'kms:EncryptionContext:SourceArn': `arn:aws:logs:us-east-1:${HERE}:*` } }, { Principal: { Service: 'delivery.logs.amazonaws.com' } }) },
      { name: 'an asterisk that is meant', template: under({ StringEquals: { [TENANT]: 'a${*}b' } }) },
    ],
    mutations: [{ name: 'StringLike becomes StringEquals', good: { template: under({ StringLike: { [TENANT]: 'tenant-1/*' } }) }, bad: { template: under({ StringEquals: { [TENANT]: 'tenant-1/*' } }) } }],
  },
  {
    rule: 'KP-20',
    hits: [
      { name: 'everybody through a service', template: under({ StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } }, { Principal: '*' }), statement: 'Use', level: 'error' },
      { name: 'a service’s context that anybody may send', template: under({ StringEquals: { 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::files' } }), statement: 'Use', level: 'warning' },
    ],
    misses: [
      { name: 'of the own account', template: under({ StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com', 'kms:CallerAccount': HERE } }, { Principal: { AWS: '*' } }) },
      { name: 'of the organization', template: under({ StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com', 'aws:PrincipalOrgID': 'o-aaaaaaaaaa' } }, { Principal: { AWS: '*' } }) },
      { name: 'a role through a service', template: under({ StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } }) },
      { name: 'the context together with the service', template: under({ StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com', 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::files' } }) },
    ],
    mutations: [{ name: 'kms:CallerAccount goes', good: { template: under({ StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com', 'kms:CallerAccount': HERE } }, { Principal: { AWS: '*' } }) }, bad: { template: under({ StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } }, { Principal: { AWS: '*' } }) } }],
  },
  {
    rule: 'KP-30',
    hits: [{ name: 'a decryption outside of enclaves', template: under({ StringEquals: { [TENANT]: 't1' } }), options: { also: ['KP-30'] }, statement: 'Use', level: 'error' }],
    misses: [
      { name: 'unless it is asked for', template: under({ StringEquals: { [TENANT]: 't1' } }) },
      { name: 'an attested one', template: under({ StringEqualsIgnoreCase: { 'kms:RecipientAttestation:ImageSha384': 'ab' } }), options: { also: ['KP-30'] } },
      { name: 'under a Deny of all others', template: keyTemplate([allow(), { Effect: 'Deny', Principal: '*', Action: 'kms:Decrypt', Resource: '*', Condition: { StringNotEqualsIgnoreCase: { 'kms:RecipientAttestation:ImageSha384': 'ab' } } }]), options: { also: ['KP-30'] } },
    ],
    mutations: [{ name: 'the attestation goes', good: { template: under({ StringEqualsIgnoreCase: { 'kms:RecipientAttestation:PCR0': 'ab' } }), options: { also: ['KP-30'] } }, bad: { template: under({ StringEquals: { [TENANT]: 't1' } }), options: { also: ['KP-30'] } } }],
  },
  {
    rule: 'KP-35',
    hits: [
      { name: 'no such effect', template: keyTemplate([allow({ Effect: 'allow' })]), statement: 'Use', level: 'error' },
      { name: 'no such operator', template: under({ StringEqual: { [TENANT]: 't1' } }), statement: 'Use' },
      { name: 'a principal with a wildcard', template: keyTemplate([allow({ Principal: { AWS: `arn:aws:iam::${HERE}:role/*` } })]), statement: 'Use' },
      { name: 'statements that are no list and no object', template: keyTemplate([], { KeyPolicy: { Version: '2012-10-17', Statement: 7 } }) },
      { name: 'more than KMS takes', template: keyTemplate(Array.from({ length: 300 }, (_, index) => allow({ Sid: `S${index}` }))) },
    ],
    misses: [
      { name: 'one statement in the place of a list', template: keyTemplate(undefined, { KeyPolicy: { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' } } }) },
      { name: 'a policy with intrinsics', template: keyTemplate([allow({ Principal: { AWS: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' } } })]) },
    ],
    mutations: [{ name: 'an element in the plural', good: { template: keyTemplate([allow()]) }, bad: { template: keyTemplate([allow({ Actions: 'kms:Decrypt' })]) } }],
  },
];

import type { Golden } from '../support/policies';
import { allow, bare, HERE, keyTemplate, role, ROOT } from '../support/policies';

const admin = (more: object = {}) => allow({ Sid: 'Admin', Principal: { AWS: role('admin') }, Action: ['kms:PutKeyPolicy', 'kms:DescribeKey'], Condition: undefined, ...more });
const forService = allow({ Sid: 'Service', Principal: { Service: 's3.amazonaws.com' }, Action: 'kms:PutKeyPolicy', Condition: { StringEquals: { 'aws:SourceAccount': HERE } } });
const grants = (more: object = {}) => allow({ Sid: 'Grants', Action: 'kms:CreateGrant', Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } }, ...more });
const withoutFactor = (condition: object = { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } }, action: string | string[] = ['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:DeleteImportedKeyMaterial']) => (
  { Sid: 'SecondFactor', Effect: 'Deny', Principal: '*', Action: action, Resource: '*', Condition: condition }
);
/** A key with an alias, whose user may move it, and an IAM policy under a condition. */
const mover = (condition?: object, more: object = {}) => keyTemplate([allow({ Action: ['kms:Decrypt', 'kms:UpdateAlias'], Condition: undefined, ...more })], {}, {
  Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/orders', TargetKeyId: { Ref: 'Key' } } },
  ...condition && {
    Reading: {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: { PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', Condition: condition }] } },
    },
  },
});
const ofAll = (action: string | string[], condition: object = { StringEquals: { 'kms:CallerAccount': HERE } }) => allow({ Sid: 'All', Principal: '*', Action: action, Condition: condition });
const LINKED = role('aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess');
const ADMIN_ACTIONS = ['kms:Create*', 'kms:Describe*', 'kms:Enable*', 'kms:List*', 'kms:Put*'];

export const DUTIES: readonly Golden[] = [
  {
    rule: 'KP-03',
    hits: [
      { name: 'an Allow of all but one action', template: keyTemplate([allow({ Action: undefined, NotAction: 'kms:ScheduleKeyDeletion' })]), statement: 'Use', level: 'error' },
      { name: 'the same for the account', template: keyTemplate([allow({ Action: undefined, NotAction: 'kms:Decrypt', Principal: { AWS: ROOT } })]), statement: 'Use', level: 'warning' },
    ],
    misses: [{ name: 'a Deny of all but one action', template: keyTemplate([allow({ Effect: 'Deny', Action: undefined, NotAction: 'kms:Decrypt' })]) }],
    mutations: [{ name: 'Action becomes NotAction', good: { template: keyTemplate([allow()]) }, bad: { template: keyTemplate([allow({ Action: undefined, NotAction: 'kms:Decrypt' })]) } }],
  },
  {
    rule: 'KP-04',
    hits: [
      { name: 'everything for a role', template: keyTemplate([allow({ Action: 'kms:*' })]), statement: 'Use', level: 'warning' },
      { name: 'a pattern from looking to deciphering', template: keyTemplate([allow({ Action: 'kms:De*' })]), statement: 'Use' },
      { name: 'a pattern that encrypts and decrypts', template: keyTemplate([allow({ Action: 'kms:*crypt' })]), statement: 'Use' },
      { name: 'everything of every service', template: keyTemplate([allow({ Action: '*' })]), statement: 'Use' },
    ],
    misses: [
      { name: 'everything for the account', template: keyTemplate([allow({ Action: 'kms:*', Principal: { AWS: ROOT }, Condition: undefined })]) },
      { name: 'kms:ReEncrypt*, which every page has', template: keyTemplate([allow({ Action: ['kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'] })]) },
      { name: 'patterns that only look', template: keyTemplate([allow({ Action: ['kms:List*', 'kms:Describe*'], Condition: undefined })]) },
      { name: 'a Deny of everything', template: keyTemplate([allow({ Action: 'kms:*', Effect: 'Deny' })]) },
    ],
    mutations: [{ name: 'kms:Decrypt becomes kms:D*', good: { template: keyTemplate([allow()]) }, bad: { template: keyTemplate([allow({ Action: 'kms:D*' })]) } }],
  },
  {
    rule: 'KP-08',
    hits: [
      { name: 'one role with everything', template: keyTemplate([allow({ Action: 'kms:*', Condition: undefined })]), statement: 'Use', level: 'error' },
      { name: 'one role in two statements', template: keyTemplate([admin(), allow({ Principal: { AWS: role('admin') } })]), statement: 'Admin' },
      { name: 'one of two roles, where a Deny names the other', template: keyTemplate([allow({ Principal: { AWS: [role('admin'), role('reader')] }, Action: 'kms:*', Condition: undefined }), { Effect: 'Deny', Principal: { AWS: role('admin') }, Action: 'kms:PutKeyPolicy', Resource: '*' }]), statement: 'Use', level: 'error' },
      { name: 'everybody of the account', template: keyTemplate([ofAll(['kms:PutKeyPolicy', 'kms:Decrypt'])]), statement: 'All', level: 'error' },
      { name: 'everybody, who use it once they let themselves', template: keyTemplate([ofAll('kms:PutKeyPolicy', { StringEquals: { 'aws:PrincipalOrgID': 'o-aaaaaaaaaa' } })]), statement: 'All', level: 'error' },
      { name: 'an administrator, where everybody uses', template: keyTemplate([admin(), ofAll('kms:Decrypt')]), statement: 'Admin' },
      { name: 'one role under conditions that all of its account meet', template: keyTemplate([allow({ Action: ['kms:PutKeyPolicy', 'kms:Decrypt'], Condition: { StringEquals: { 'kms:CallerAccount': HERE }, Bool: { 'aws:SecureTransport': 'true' } } })]), statement: 'Use' },
      { name: 'a role that administers, and its session that uses', template: keyTemplate([admin(), allow({ Principal: { AWS: `arn:aws:sts::${HERE}:assumed-role/admin/deploys` } })]), statement: 'Admin' },
      { name: 'one who signs', template: keyTemplate([allow({ Action: ['kms:PutKeyPolicy', 'kms:Sign'], Condition: undefined })], { EnableKeyRotation: false, KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }), statement: 'Use' },
    ],
    misses: [
      { name: 'two roles', template: keyTemplate([admin(), allow()]) },
      { name: 'an administrator, where everybody uses it through a service', template: keyTemplate([admin(), ofAll('kms:Decrypt', { StringEquals: { 'kms:CallerAccount': HERE, 'kms:ViaService': 's3.us-east-1.amazonaws.com' } })]) },
      { name: 'an administrator by a condition, where everybody uses it under another', template: keyTemplate([ofAll('kms:PutKeyPolicy', { ArnEquals: { 'aws:PrincipalArn': role('admin') } }), { ...ofAll('kms:Decrypt', { ArnEquals: { 'aws:PrincipalArn': role('reader') } }), Sid: 'Use' }]) },
      { name: 'an administrator under a second factor', template: keyTemplate([admin({ Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }), allow({ Principal: { AWS: role('admin') } })]) },
      { name: 'a session of another role', template: keyTemplate([admin(), allow({ Principal: { AWS: `arn:aws:sts::${HERE}:assumed-role/adm/deploys` } })]) },
      { name: 'the account, where IAM policies decide', template: bare([allow({ Action: 'kms:*', Principal: { AWS: ROOT }, Condition: undefined })]) },
      { name: 'one role to whom the use is denied', template: keyTemplate([admin(), allow({ Principal: { AWS: role('admin') } }), { Effect: 'Deny', Principal: '*', Action: 'kms:Decrypt', Resource: '*' }]) },
      { name: 'one who encrypts only', template: keyTemplate([admin(), allow({ Principal: { AWS: role('admin') }, Action: 'kms:Encrypt' })]) },
    ],
    mutations: [{ name: 'the user becomes the administrator', good: { template: keyTemplate([admin(), allow()]) }, bad: { template: keyTemplate([admin({ Principal: { AWS: role('reader') } }), allow()]) } }],
  },
  {
    rule: 'KP-09',
    hits: [
      { name: 'a user who creates grants as they like', template: keyTemplate([allow(), grants({ Condition: undefined })]), statement: 'Grants', level: 'error' },
      { name: 'a service-linked role', template: keyTemplate([allow({ Principal: { AWS: LINKED }, Action: ['kms:Decrypt', 'kms:CreateGrant'] })]), statement: 'Use', level: 'warning' },
      { name: 'a role beside a service-linked one', template: keyTemplate([allow({ Principal: { AWS: [LINKED, role('reader')] }, Action: ['kms:Decrypt', 'kms:CreateGrant'] })]), statement: 'Use', level: 'error', options: { rules: ['KP-09'] } },
      { name: 'a user who makes replicas', template: keyTemplate([allow({ Action: ['kms:Decrypt', 'kms:ReplicateKey'], Condition: undefined })], { MultiRegion: true }), statement: 'Use' },
      { name: 'a user who moves an alias that permissions ask for', template: mover({ 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/orders' } }), statement: 'Use', level: 'error' },
      { name: 'the same where a pattern asks for it', template: mover({ StringLike: { 'kms:RequestAlias': 'alias/or*' } }), statement: 'Use', level: 'error' },
      { name: 'a user who moves the alias of a protected key', template: mover(), statement: 'Use', options: { protectedKeys: ['orders'], rules: ['KP-09'] }, level: 'error' },
      { name: 'an administrator by patterns', template: keyTemplate([allow({ Action: ADMIN_ACTIONS, Condition: undefined })]), statement: 'Use', level: 'warning' },
    ],
    misses: [
      { name: 'a user who moves an alias that nothing depends on', template: mover() },
      { name: 'the same where permissions ask for another alias', template: mover({ 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/order' } }) },
      { name: 'an administrator who moves one that permissions ask for', template: mover({ StringLike: { 'kms:RequestAlias': 'alias/or*' } }, { Action: ['kms:UpdateAlias', 'kms:Encrypt'] }) },
      { name: 'a user whose grants are for services', template: keyTemplate([allow(), grants()]) },
      { name: 'kms:ReplicateKey on a key that cannot be replicated', template: keyTemplate([allow({ Action: ['kms:Decrypt', 'kms:ReplicateKey'], Condition: undefined })]) },
      { name: 'an administrator who replicates', template: keyTemplate([allow({ Sid: 'Replicas', Principal: { AWS: role('admin') }, Action: 'kms:ReplicateKey', Condition: undefined })], { MultiRegion: true }) },
      { name: 'patterns for the account', template: keyTemplate([allow({ Action: ADMIN_ACTIONS, Principal: { AWS: ROOT }, Condition: undefined })]) },
    ],
    mutations: [{ name: 'the bound of the grants goes', good: { template: keyTemplate([allow(), grants()]) }, bad: { template: keyTemplate([allow(), grants({ Condition: undefined })]) } }],
  },
  {
    rule: 'KP-10',
    hits: [
      { name: 'grants for anybody', template: keyTemplate([grants({ Condition: undefined })]), statement: 'Grants', level: 'error' },
      { name: 'grants of some operations for anybody', template: keyTemplate([grants({ Condition: { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt'] } } })]), statement: 'Grants', level: 'error' },
      { name: 'grants of a service-linked role', template: keyTemplate([grants({ Principal: { AWS: LINKED }, Condition: undefined })]), statement: 'Grants', level: 'warning' },
      { name: 'grants of a role beside a service-linked one', template: keyTemplate([grants({ Principal: { AWS: [LINKED, role('reader')] }, Condition: undefined })]), statement: 'Grants', level: 'error' },
      { name: 'grants through a service', template: keyTemplate([grants({ Condition: { StringEquals: { 'kms:ViaService': 'dynamodb.us-east-1.amazonaws.com' } } })]), statement: 'Grants', level: 'warning' },
      { name: 'the flag where requests may be without it', template: keyTemplate([grants({ Condition: { BoolIfExists: { 'kms:GrantIsForAWSResource': 'true' } } })]), statement: 'Grants', level: 'error' },
    ],
    misses: [
      { name: 'grants for services', template: keyTemplate([grants()]) },
      {
        name: 'one grantee, operations and a constraint',
        template: keyTemplate([grants({ Condition: { 'StringEquals': { 'kms:GranteePrincipal': role('worker'), 'kms:GrantConstraintType': 'EncryptionContextSubset' }, 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt'] } } })]),
      },
      { name: 'the account', template: keyTemplate([grants({ Condition: undefined, Principal: { AWS: ROOT } })]) },
      { name: 'a service', template: keyTemplate([grants({ Principal: { Service: 'dnssec-route53.amazonaws.com' }, Condition: undefined })]) },
    ],
    mutations: [{ name: 'true becomes false', good: { template: keyTemplate([grants()]) }, bad: { template: keyTemplate([grants({ Condition: { Bool: { 'kms:GrantIsForAWSResource': 'false' } } })]) } }],
  },
  {
    rule: 'KP-11',
    hits: [
      { name: 'what CDK’s grantEncrypt gives', template: keyTemplate([allow({ Action: ['kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'] })]), statement: 'Use', level: 'error' },
      { name: 'kms:ReEncryptFrom alone', template: keyTemplate([allow({ Action: 'kms:ReEncryptFrom' })]), statement: 'Use' },
    ],
    misses: [
      { name: 'who decrypts as well, in another statement', template: keyTemplate([allow({ Action: ['kms:Encrypt', 'kms:ReEncrypt*'] }), allow({ Sid: 'Decrypt' })]) },
      { name: 'to the same key only', template: keyTemplate([allow({ Action: ['kms:ReEncrypt*'], Condition: { Bool: { 'kms:ReEncryptOnSameKey': 'true' }, StringEquals: { 'kms:EncryptionContext:tenant': 't1' } } })]) },
      { name: 'kms:ReEncryptTo', template: keyTemplate([allow({ Action: ['kms:Encrypt', 'kms:ReEncryptTo'] })]) },
    ],
    mutations: [{ name: 'kms:ReEncryptTo becomes kms:ReEncrypt*', good: { template: keyTemplate([allow({ Action: ['kms:Encrypt', 'kms:ReEncryptTo'] })]) }, bad: { template: keyTemplate([allow({ Action: ['kms:Encrypt', 'kms:ReEncrypt*'] })]) } }],
  },
  {
    rule: 'KP-21',
    hits: [
      { name: 'a policy for a user of the key only', template: bare([allow()]), level: 'error' },
      { name: 'an administrator who is denied it', template: bare([admin(), { Effect: 'Deny', Principal: '*', Action: 'kms:PutKeyPolicy', Resource: '*' }]), level: 'error' },
      { name: 'one role, and no account', template: bare([admin(), allow()]), level: 'warning' },
      { name: 'a service, which changes no policy for anybody', template: bare([forService, allow()]), level: 'error' },
      { name: 'one role, beside a service', template: bare([forService, admin(), allow()]), level: 'warning' },
      { name: 'another account, which never can', template: bare([allow({ Action: 'kms:*', Principal: { AWS: 'arn:aws:iam::444455556666:root' }, Condition: undefined })]), options: { trustedAccounts: ['444455556666'], homeAccount: HERE }, level: 'error' },
    ],
    misses: [
      { name: 'the account', template: keyTemplate([allow()]) },
      { name: 'the account, beside a service', template: keyTemplate([forService]) },
      { name: 'two roles', template: bare([admin({ Principal: { AWS: [role('admin'), role('second')] } }), allow()]) },
      { name: 'a key without a policy, which has KMS’s own', template: { Resources: { Key: { Type: 'AWS::KMS::Key' } } } },
      { name: 'a policy of which nothing is known', template: keyTemplate([], { KeyPolicy: { 'Fn::ImportValue': 'Policy' } }) },
    ],
    mutations: [
      { name: 'the statement of the administrator goes', good: { template: keyTemplate([allow()]) }, bad: { template: bare([allow()]) } },
      { name: 'the account becomes a service', good: { template: bare([{ ...forService, Principal: { AWS: ROOT } }]) }, bad: { template: bare([forService]) } },
    ],
  },
  {
    rule: 'KP-23',
    hits: [
      { name: 'a user who schedules the deletion', template: keyTemplate([allow({ Action: ['kms:Decrypt', 'kms:ScheduleKeyDeletion'] })]), statement: 'Use', level: 'error' },
      { name: 'a user who deletes the alias, which can be made again', template: keyTemplate([allow({ Action: ['kms:Decrypt', 'kms:DeleteAlias'] })]), statement: 'Use', level: 'warning' },
      { name: 'a protected key that the account may delete as IAM policies say', template: keyTemplate([allow()]), options: { protectedKeys: ['Stack.Key'], rules: ['KP-23'] }, statement: 'Administers', level: 'error' },
      { name: 'a protected key, a Deny of which spares who has no session', template: keyTemplate([allow(), withoutFactor({ Bool: { 'aws:MultiFactorAuthPresent': 'false' } })]), options: { protectedKeys: ['Key'], rules: ['KP-23'] }, level: 'error' },
      { name: 'a protected key that may be disabled', template: keyTemplate([allow(), allow({ Sid: 'Off', Principal: { AWS: role('admin') }, Action: 'kms:DisableKey', Condition: undefined }), withoutFactor(undefined, 'kms:ScheduleKeyDeletion')]), options: { protectedKeys: ['Key'], rules: ['KP-23'] }, statement: 'Off', level: 'error' },
      { name: 'everybody of the account', template: keyTemplate([ofAll('kms:ScheduleKeyDeletion')]), statement: 'All', level: 'error' },
      { name: 'a user who disables the key, in another statement', template: keyTemplate([allow(), allow({ Sid: 'Off', Action: 'kms:DisableKey', Condition: undefined })]), statement: 'Off' },
    ],
    misses: [
      { name: 'an administrator', template: keyTemplate([allow(), allow({ Sid: 'Off', Principal: { AWS: role('admin') }, Action: 'kms:DisableKey', Condition: undefined })]) },
      { name: 'a protected key with a Deny without a second factor', template: keyTemplate([allow(), withoutFactor()]), options: { protectedKeys: ['Key'], rules: ['KP-23'] } },
      { name: 'a protected key that only some may end, with a second factor', template: bare([admin(), allow({ Sid: 'Off', Principal: { AWS: role('admin') }, Action: 'kms:ScheduleKeyDeletion', Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } })]), options: { protectedKeys: ['Key'], rules: ['KP-23'] } },
      { name: 'another key than the protected one', template: keyTemplate([allow()]), options: { protectedKeys: ['Other'], rules: ['KP-23'] } },
      { name: 'a user with a second factor', template: keyTemplate([allow(), allow({ Sid: 'Off', Action: 'kms:DisableKey', Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } })]) },
    ],
    mutations: [{ name: 'the administrator becomes the user', good: { template: keyTemplate([allow(), allow({ Sid: 'Off', Principal: { AWS: role('admin') }, Action: 'kms:DisableKey', Condition: undefined })]) }, bad: { template: keyTemplate([allow(), allow({ Sid: 'Off', Action: 'kms:DisableKey', Condition: undefined })]) } }],
  },
];

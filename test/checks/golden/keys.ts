import { readTemplates } from '../../../src/template';
import type { Golden, Json } from '../support/policies';
import { ADMINISTERS, allow, HERE, keyTemplate, PARTNER, policyOf, role, ROOT } from '../support/policies';

const made = (properties: Json, key: Json = {}) => keyTemplate([allow()], properties, {}, key);
const signing = (properties: Json) => keyTemplate([], { EnableKeyRotation: false, KeyUsage: 'SIGN_VERIFY', ...properties });
const source = (condition?: Json, service: string | readonly string[] = 's3.amazonaws.com', more: Json = {}) =>
  keyTemplate([allow({ Principal: { Service: service }, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Condition: condition, ...more })]);
const denies = (condition: Json, action = 'kms:*'): Json => ({ Sid: 'Deny', Effect: 'Deny', Principal: '*', Action: action, Resource: '*', Condition: condition });
const fromArn = (arn: unknown): Json => ({ ArnLike: { 'aws:SourceArn': arn } });
const ofLogs = (arn: string): Json => ({ ArnLike: { 'kms:EncryptionContext:aws:logs:arn': arn } });
const identity = (statement: Json, type = 'AWS::IAM::Policy'): Json => ({
  Resources: { Policy: { Type: type, Properties: { PolicyName: 'p', Roles: ['r'], RoleName: 'r', PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:Decrypt', ...statement }] } } } },
});
const assembly = (template: object) => ({ template: {}, templates: [{ path: 'Prod', stack: 'Prod', template }] });
const RULE = {
  Watch: { Type: 'AWS::Events::Rule', Properties: { EventPattern: { source: ['aws.kms'], detail: { eventName: ['ScheduleKeyDeletion', 'DisableKey'] } }, Targets: [{ Id: 'a', Arn: 'arn:aws:sns:us-east-1:111122223333:alarms' }] } },
};
const LOGS_STATEMENT = allow({
  Sid: 'Logs',
  Principal: { Service: 'logs.us-east-1.amazonaws.com' },
  Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
  Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:us-east-1:${HERE}:log-group:*` } },
});
const LOG_GROUP = { Group: { Type: 'AWS::Logs::LogGroup', Properties: { KmsKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } } } };
const TOPIC = { Topic: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: { Ref: 'Key' } } } };
const ALARMS_STATEMENT = allow({
  Principal: { Service: 'cloudwatch.amazonaws.com' }, Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Condition: { StringEquals: { 'aws:SourceAccount': HERE } },
});
const TABLE = { Table: { Type: 'AWS::DynamoDB::Table', Properties: { SSESpecification: { SSEEnabled: true, KMSMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } } } } };
const reader = (trust: Json, more: Json = {}): Json => keyTemplate([allow({ Principal: { AWS: { 'Fn::GetAtt': ['Reader', 'Arn'] } } })], {}, {
  Reader: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', ...trust }] } } }, ...more,
});
const DELEGATED = allow({ Sid: 'Account', Principal: { AWS: ROOT }, Action: 'kms:*', Condition: undefined });
const PRIMARY = { Parameters: { Primary: { Type: 'String' } } };
/** A primary key in us-east-1 and a replica in eu-west-1, with these statements besides the account's. */
const replicated = (statements: Json[], ofReplica: Json[]) => ({
  template: {},
  templates: [
    { stack: 'Primary', region: 'us-east-1', template: { ...keyTemplate(statements, { MultiRegion: true }), Outputs: { Key: { Value: { 'Fn::GetAtt': ['Key', 'Arn'] }, Export: { Name: 'primary' } } } } },
    {
      stack: 'Replica',
      region: 'eu-west-1',
      parameters: { Primary: primaryArn(statements) },
      template: { ...PRIMARY, Resources: { Replica: { Type: 'AWS::KMS::ReplicaKey', DeletionPolicy: 'Retain', Properties: { PrimaryKeyArn: { Ref: 'Primary' }, KeyPolicy: policyOf([ADMINISTERS, ...ofReplica]) } } } },
    },
  ],
});
const primaryArn = (statements: Json[]) => readTemplates([{ stack: 'Primary', region: 'us-east-1', template: keyTemplate(statements, { MultiRegion: true }) }]).keys[0].arn;
const through = (region: string) => allow({ Condition: { StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` } } });
const LAMBDA = { Principal: { Service: 'lambda.amazonaws.com' } };
const functions = (...roles: string[]): Json => Object.fromEntries(roles.map((one, index) => [`Function${index}`, { Type: 'AWS::Lambda::Function', Properties: { Role: { 'Fn::GetAtt': [one, 'Arn'] } } }]));
const OTHER = { Other: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', ...LAMBDA }] } } } };

export const KEYS: readonly Golden[] = [
  {
    rule: 'KP-18',
    hits: [
      { name: 'a condition key that decryption never has', template: keyTemplate([allow({ Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } })]), statement: 'Use', level: 'error' },
      { name: 'a misspelt condition key', template: keyTemplate([allow({ Condition: { StringEquals: { 'kms:CallerAcount': HERE } } })]), statement: 'Use', level: 'error' },
      { name: 'a misspelt condition key under a negated operator, by which a Deny denies all', template: keyTemplate([allow(), denies({ StringNotLike: { 'kms:ViaServce': 's3*' } })]), statement: 'Deny', level: 'error' },
      { name: 'a misspelt encryption context under a negated operator', template: keyTemplate([allow(), denies({ StringNotEquals: { 'kms:EncryptionContxt:tenant': 't1' } }, 'kms:Decrypt')]), statement: 'Deny', level: 'error' },
      { name: 'a misspelt global key under a negated operator', template: keyTemplate([allow(), denies({ StringNotEquals: { 'aws:PrincipalAccunt': HERE } })]), statement: 'Deny', level: 'error' },
      { name: 'a misspelt condition key with IfExists, by which an Allow allows all', template: keyTemplate([allow({ Condition: { StringEqualsIfExists: { 'kms:CallerAcount': HERE } } })]), statement: 'Use', level: 'error' },
      { name: 'a misspelt condition key beside one that no action lacks', template: keyTemplate([allow(), denies({ StringNotLike: { 'kms:ViaServce': 's3*' }, Bool: { 'kms:GrantIsForAWSResource': 'false' } }, 'kms:CreateGrant')]), statement: 'Deny', level: 'error' },
      { name: 'one misspelt condition key for all actions, once', template: keyTemplate([allow(), denies({ StringEquals: { 'kms:ViaServce': 's3' } })]), statement: 'Deny', level: 'error' },
      { name: 'a Deny of everything, under a key that requests for two actions carry', template: keyTemplate([allow(), denies({ Bool: { 'kms:GrantIsForAWSResource': 'false' } })]), statement: 'Deny', level: 'warning' },
      { name: 'a misspelt action', template: keyTemplate([allow({ Action: 'kms:Decript' })]), statement: 'Use', level: 'error' },
      { name: 'a context on a key that signs', template: signing({ KeySpec: 'ECC_NIST_P256', KeyPolicy: policyOf([ADMINISTERS, allow({ Action: 'kms:Sign' })]) }), statement: 'Use', level: 'error' },
      { name: 'a description under a context, beside actions that live', template: keyTemplate([allow({ Action: ['kms:Decrypt', 'kms:DescribeKey'] })]), statement: 'Use', level: 'warning' },
      { name: 'a statement about another key', template: keyTemplate([allow({ Resource: `arn:aws:kms:us-east-1:${HERE}:key/other` })]), statement: 'Use', level: 'error' },
    ],
    misses: [
      { name: 'a statement under a context', template: keyTemplate([allow()]) },
      { name: 'a Deny of other accounts', template: keyTemplate([allow(), denies({ StringNotEquals: { 'aws:PrincipalAccount': HERE } })]) },
      { name: 'a Deny of everything through other services', template: keyTemplate([allow(), denies({ StringNotLike: { 'kms:ViaService': 's3*' } })]) },
      { name: 'a Deny of everything, where requests without the key are meant too', template: keyTemplate([allow(), denies({ BoolIfExists: { 'kms:GrantIsForAWSResource': 'false' } })]) },
      { name: 'a Deny of grants only', template: keyTemplate([allow(), denies({ Bool: { 'kms:GrantIsForAWSResource': 'false' } }, 'kms:CreateGrant')]) },
      { name: 'an Allow of everything under a context, which brings along what has none', template: keyTemplate([allow({ Action: 'kms:*' })]) },
      { name: 'a claim of an identity provider', template: keyTemplate([allow(), denies({ StringNotEquals: { 'accounts.google.com:aud': 'app' } })]) },
      { name: 'patterns that bring along what cannot be', template: keyTemplate([allow({ Action: 'kms:*', Principal: { AWS: ROOT }, Condition: undefined })]) },
      { name: 'all keys of the account, of which this is one', template: keyTemplate([allow({ Resource: `arn:aws:kms:us-east-1:${HERE}:key/*` })]) },
      { name: 'grants for services', template: keyTemplate([allow({ Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'], Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } })]) },
    ],
    mutations: [{ name: 'a letter of the condition key goes', good: { template: keyTemplate([allow({ Condition: { StringEquals: { 'kms:EncryptionContext:tenant': 't1' } } })]) }, bad: { template: keyTemplate([allow({ Condition: { StringEquals: { 'kms:EncryptonContext:tenant': 't1' } } })]) } },
      { name: 'a letter of the condition key of a Deny goes', good: { template: keyTemplate([allow(), denies({ StringNotEquals: { 'aws:PrincipalAccount': HERE } })]) }, bad: { template: keyTemplate([allow(), denies({ StringNotEquals: { 'aws:PrincipalAccunt': HERE } })]) } },
      { name: 'a Deny of grants becomes one of everything', good: { template: keyTemplate([allow(), denies({ Bool: { 'kms:GrantIsForAWSResource': 'false' } }, 'kms:CreateGrant')]) }, bad: { template: keyTemplate([allow(), denies({ Bool: { 'kms:GrantIsForAWSResource': 'false' } })]) } }],
  },
  {
    rule: 'KP-19',
    hits: [
      { name: 'S3 for any bucket', template: source(), statement: 'Use', level: 'error' },
      { name: 'topics of any account', template: source(undefined, 'sns.amazonaws.com'), statement: 'Use', level: 'error' },
      { name: 'EventBridge, which tells topics no source', template: source(undefined, 'events.amazonaws.com'), statement: 'Use', level: 'warning' },
      { name: 'a service of which no page says what it tells', template: source(undefined, 'newcomer.amazonaws.com'), statement: 'Use', level: 'warning' },
      { name: 'CloudWatch Logs for any account', template: source(undefined, 'logs.us-east-1.amazonaws.com'), statement: 'Use', level: 'error' },
      { name: 'a service by the names that it has in several Regions, once', template: source(undefined, ['guardduty.amazonaws.com', 'guardduty.ap-east-1.amazonaws.com']), statement: 'Use' },
      { name: 'any source', template: source({ StringLike: { 'aws:SourceAccount': '*' } }), statement: 'Use', level: 'error' },
      { name: 'an account that nobody trusts', template: source({ StringEquals: { 'aws:SourceAccount': PARTNER } }), statement: 'Use', level: 'error' },
      { name: 'such an account beside the own one', template: source({ StringEquals: { 'aws:SourceAccount': [HERE, PARTNER] } }), statement: 'Use', level: 'error' },
      { name: 'accounts that begin alike', template: source({ StringLike: { 'aws:SourceAccount': '1111*' } }), statement: 'Use', level: 'error' },
      { name: 'a topic of an account that nobody trusts', template: source(fromArn(`arn:aws:sns:us-east-1:${PARTNER}:*`), 'sns.amazonaws.com'), statement: 'Use', level: 'error' },
      { name: 'topics whose account is a wildcard', template: source(fromArn('arn:aws:sns:*:*:*'), 'sns.amazonaws.com'), statement: 'Use', level: 'error' },
      { name: 'topics whose account is twelve of them', template: source(fromArn('arn:aws:sns:us-east-1:????????????:*'), 'sns.amazonaws.com'), statement: 'Use', level: 'error' },
      { name: 'all buckets', template: source(fromArn('arn:aws:s3:::*')), statement: 'Use', level: 'error' },
      { name: 'buckets that begin alike, which anybody may make', template: source(fromArn('arn:aws:s3:::reports-*')), statement: 'Use', level: 'error' },
      { name: 'whatever APIs, whose ARNs have no account', template: source(fromArn('arn:aws:apigateway:us-east-1::/restapis/*'), 'newcomer.amazonaws.com'), statement: 'Use', level: 'warning' },
      { name: 'any organization', template: source({ StringLike: { 'aws:SourceOrgID': 'o-*' } }), statement: 'Use', level: 'error' },
      { name: 'paths of any organization', template: source({ 'ForAnyValue:StringLike': { 'aws:SourceOrgPaths': 'o-*/r-ab12/*' } }), statement: 'Use', level: 'error' },
      { name: 'log groups of any account', template: source(ofLogs('arn:aws:logs:*:*:*'), 'logs.us-east-1.amazonaws.com'), statement: 'Use', level: 'error' },
      { name: 'log groups of an account that nobody trusts', template: source(ofLogs(`arn:aws:logs:us-east-1:${PARTNER}:*`), 'logs.us-east-1.amazonaws.com'), statement: 'Use', level: 'error' },
      { name: 'trails of any account', template: source({ StringLike: { 'kms:EncryptionContext:aws:cloudtrail:arn': 'arn:aws:cloudtrail:*:*:trail/*' } }, 'cloudtrail.amazonaws.com'), statement: 'Use', level: 'error' },
    ],
    misses: [
      { name: 'S3 for this account', template: source({ StringEquals: { 'aws:SourceAccount': HERE } }) },
      { name: 'log groups of this account', template: keyTemplate([LOGS_STATEMENT]) },
      { name: 'S3 for a trusted account', template: source({ StringEquals: { 'aws:SourceAccount': PARTNER } }), options: { trustedAccounts: [PARTNER] } },
      { name: 'the account of the key, as a variable', template: source({ StringEquals: { 'aws:SourceAccount': '${aws:ResourceAccount}' } }) },
      { name: 'all buckets of this account', template: source({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::*' }, StringEquals: { 'aws:SourceAccount': HERE } }) },
      { name: 'topics of this account, in any Region', template: source(fromArn(`arn:aws:sns:*:${HERE}:*`), 'sns.amazonaws.com') },
      { name: 'whatever of this account', template: source({ StringLike: { 'aws:SourceArn': `arn:*:${HERE}:*` } }, 'sns.amazonaws.com') },
      { name: 'a bucket', template: source(fromArn('arn:aws:s3:::reports')) },
      { name: 'objects of a bucket', template: source({ StringLike: { 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::reports/*' } }) },
      { name: 'one organization', template: source({ StringEquals: { 'aws:SourceOrgID': 'o-aaaaaaaaaa' } }) },
      { name: 'a unit of one organization', template: source({ 'ForAnyValue:StringLike': { 'aws:SourceOrgPaths': 'o-aaaaaaaaaa/r-ab12/*' } }) },
      { name: 'a topic that a parameter names', template: { Parameters: { Topic: { Type: 'String' } }, ...source(fromArn({ Ref: 'Topic' }), 'sns.amazonaws.com') } },
      { name: 'a service that only looks', template: source(undefined, 's3.amazonaws.com', { Action: 'kms:DescribeKey' }) },
      { name: 'a service whose grants are for resources', template: source({ Bool: { 'kms:GrantIsForAWSResource': 'true' } }, 'dnssec-route53.amazonaws.com', { Action: 'kms:CreateGrant' }) },
      { name: 'a Deny', template: source(undefined, 's3.amazonaws.com', { Effect: 'Deny' }) },
    ],
    mutations: [{ name: 'aws:SourceAccount goes', good: { template: source({ StringEquals: { 'aws:SourceAccount': HERE } }) }, bad: { template: source({ StringEquals: { 'kms:KeyUsage': 'ENCRYPT_DECRYPT' } }) } },
      { name: 'the account of the topics becomes a wildcard', good: { template: source(fromArn(`arn:aws:sns:*:${HERE}:*`), 'sns.amazonaws.com') }, bad: { template: source(fromArn('arn:aws:sns:*:*:*'), 'sns.amazonaws.com') } }],
  },
  {
    rule: 'KP-22',
    hits: [{ name: 'the check is bypassed', template: made({ BypassPolicyLockoutSafetyCheck: true }), level: 'error' }, { name: 'by a text', template: made({ BypassPolicyLockoutSafetyCheck: 'true' }) }],
    misses: [{ name: 'it is not', template: made({ BypassPolicyLockoutSafetyCheck: false }) }],
    mutations: [{ name: 'false becomes true', good: { template: made({ BypassPolicyLockoutSafetyCheck: false }) }, bad: { template: made({ BypassPolicyLockoutSafetyCheck: true }) } }],
  },
  {
    rule: 'KP-24',
    hits: [
      { name: 'no rotation', template: made({ EnableKeyRotation: undefined }), level: 'warning' },
      { name: 'a rotation in three years', template: made({ RotationPeriodInDays: 1000 }), level: 'warning' },
      { name: 'a period that KMS does not have', template: made({ RotationPeriodInDays: 30 }), level: 'error' },
      { name: 'rotation of a key that signs', template: signing({ KeySpec: 'ECC_NIST_P256', EnableKeyRotation: true }), level: 'error' },
      { name: 'rotation of imported material', template: made({ Origin: 'EXTERNAL' }), level: 'error' },
    ],
    misses: [
      { name: 'a rotation a year', template: made({}) },
      { name: 'a key that signs', template: signing({ KeySpec: 'ECC_NIST_P256' }) },
      { name: 'an HMAC key', template: keyTemplate([], { EnableKeyRotation: false, KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }) },
      { name: 'imported material', template: made({ Origin: 'EXTERNAL', EnableKeyRotation: false }) },
      { name: 'a replica, which rotates with its primary', template: { Resources: { Replica: { Type: 'AWS::KMS::ReplicaKey', DeletionPolicy: 'Retain', Properties: { PrimaryKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/mrk-1', KeyPolicy: { Version: '2012-10-17', Statement: [] } } } } } },
    ],
    mutations: [{ name: 'true becomes false', good: { template: made({ EnableKeyRotation: true }) }, bad: { template: made({ EnableKeyRotation: false }) } }],
  },
  {
    rule: 'KP-25',
    hits: [
      { name: 'an elliptic curve without a usage', template: keyTemplate([], { EnableKeyRotation: false, KeySpec: 'ECC_NIST_P256' }), level: 'error' },
      { name: 'a symmetric key that signs', template: keyTemplate([], { EnableKeyRotation: false, KeyUsage: 'SIGN_VERIFY' }), level: 'error' },
      { name: 'RSA of 2048 bits for encryption', template: keyTemplate([], { EnableKeyRotation: false, KeySpec: 'RSA_2048' }), level: 'warning' },
      { name: 'a spec that KMS does not know', template: keyTemplate([], { EnableKeyRotation: false, KeySpec: 'RSA_1024' }), level: 'error' },
    ],
    misses: [
      { name: 'RSA of 2048 bits that signs', template: signing({ KeySpec: 'RSA_2048' }) },
      { name: 'RSA of 4096 bits', template: keyTemplate([], { EnableKeyRotation: false, KeySpec: 'RSA_4096' }) },
      { name: 'a spec from a parameter', template: { Parameters: { Spec: { Type: 'String' } }, ...keyTemplate([], { KeySpec: { Ref: 'Spec' } }) } },
    ],
    mutations: [{ name: 'RSA_3072 becomes RSA_2048', good: { template: keyTemplate([], { EnableKeyRotation: false, KeySpec: 'RSA_3072' }) }, bad: { template: keyTemplate([], { EnableKeyRotation: false, KeySpec: 'RSA_2048' }) } }],
  },
  {
    rule: 'KP-26',
    hits: [
      { name: 'no DeletionPolicy', template: made({}, { DeletionPolicy: undefined }), level: 'warning' },
      { name: 'DeletionPolicy Delete', template: made({}, { DeletionPolicy: 'Delete' }) },
      { name: 'a week to save it', template: made({ PendingWindowInDays: 7 }), level: 'warning' },
      { name: 'a day, which KMS refuses', template: made({ PendingWindowInDays: 1 }), level: 'error' },
    ],
    misses: [
      { name: 'retained, a month', template: made({}) },
      { name: 'two weeks', template: made({ PendingWindowInDays: 14 }) },
      { name: 'retained except when it could not be created', template: made({}, { DeletionPolicy: 'RetainExceptOnCreate' }) },
    ],
    mutations: [{ name: 'Retain becomes Delete', good: { template: made({}) }, bad: { template: made({}, { DeletionPolicy: 'Delete' }) } }],
  },
  {
    rule: 'KP-27',
    hits: [
      { name: 'decryption under every key', template: identity({ Resource: '*' }), statement: 'p/#1', level: 'error' },
      { name: 'every key of the account', template: identity({ Resource: `arn:aws:kms:*:${HERE}:key/*` }), statement: 'p/#1' },
      { name: 'every key of another account', template: identity({ Resource: `arn:aws:kms:us-east-1:${PARTNER}:key/k1` }) },
      { name: 'in a policy of a role alone', template: identity({ Resource: '*' }, 'AWS::IAM::RolePolicy') },
      { name: 'in a role', template: { Resources: { Role: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyName: 'inline', PolicyDocument: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*' } } }] } } } }, statement: 'inline/#1' },
      { name: 'in a permission set', template: { Resources: { Set: { Type: 'AWS::SSO::PermissionSet', Properties: { Name: 'dev', InlinePolicy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}]}' } } } }, statement: 'dev/#1' },
      { name: 'an administrator', template: identity({ Action: '*', Resource: '*' }), level: 'warning' },
      { name: 'all but', template: identity({ Action: undefined, NotAction: 'iam:*', Resource: '*' }), level: 'warning' },
    ],
    misses: [
      { name: 'one key', template: identity({ Resource: `arn:aws:kms:us-east-1:${HERE}:key/k1` }) },
      { name: 'keys with an alias', template: identity({ Resource: '*', Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/data' } } }) },
      { name: 'through a service', template: identity({ Resource: '*', Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } } }) },
      { name: 'another action', template: identity({ Action: 'kms:ListAliases', Resource: '*' }) },
      { name: 'a Deny', template: identity({ Effect: 'Deny', Resource: '*' }) },
    ],
    mutations: [{ name: 'the key becomes a wildcard', good: { template: identity({ Resource: `arn:aws:kms:us-east-1:${HERE}:key/k1` }) }, bad: { template: identity({ Resource: `arn:aws:kms:us-east-1:${HERE}:key/*` }) } }],
  },
  {
    rule: 'KP-28',
    hits: [{ name: 'an assembly without an alarm', ...assembly(made({})), level: 'warning' }],
    misses: [
      { name: 'one template', template: made({}) },
      { name: 'an assembly with a rule', ...assembly(keyTemplate([allow()], {}, RULE)) },
    ],
    mutations: [{ name: 'the target of the rule goes', good: assembly(keyTemplate([allow()], {}, RULE)), bad: assembly(keyTemplate([allow()], {}, { Watch: { ...RULE.Watch, Properties: { ...RULE.Watch.Properties, Targets: [] } } })) }],
  },
  {
    rule: 'KP-29',
    hits: [{ name: 'a replica that lets a reader out', ...replicated([allow()], []), level: 'warning' }],
    misses: [
      { name: 'one policy for both', ...replicated([allow()], [allow()]) },
      { name: 'the services of each Region', ...replicated([through('us-east-1')], [through('eu-west-1')]) },
    ],
    mutations: [{ name: 'the reader of the replica becomes another', good: replicated([allow()], [allow()]), bad: replicated([allow()], [allow({ Principal: { AWS: role('other') } })]) }],
  },
  {
    rule: 'KP-32',
    hits: [
      { name: 'a replica that lets in one more', ...replicated([], [allow()]), statement: 'Use', level: 'error' },
      { name: 'a replica under fewer conditions', ...replicated([allow()], [allow({ Condition: undefined })]), statement: 'Use', level: 'error' },
      { name: 'a replica that lets in one without an IAM policy', ...replicated([DELEGATED], [DELEGATED, allow()]), statement: 'Use', level: 'error' },
    ],
    misses: [
      { name: 'one policy for both', ...replicated([allow()], [allow()]) },
      { name: 'the services of each Region', ...replicated([through('us-east-1')], [through('eu-west-1')]) },
      { name: 'a replica that lets in fewer', ...replicated([allow()], []) },
      { name: 'a replica that lets in fewer without an IAM policy', ...replicated([DELEGATED, allow()], [DELEGATED]) },
      { name: 'another order of the account and a role', ...replicated([DELEGATED, allow()], [allow(), DELEGATED]) },
    ],
    mutations: [{ name: 'the condition of the replica goes', good: replicated([allow()], [allow()]), bad: replicated([allow()], [allow({ Condition: {} })]) }],
  },
  {
    rule: 'KP-31',
    hits: [
      { name: 'a log group whose service is not let in', template: keyTemplate([allow()], {}, LOG_GROUP), level: 'error' },
      { name: 'a table that nobody may use through DynamoDB', template: keyTemplate([], {}, TABLE), level: 'error' },
      { name: 'a topic whose alarms may look at the key alone', template: keyTemplate([{ ...ALARMS_STATEMENT, Action: ['kms:DescribeKey'] }], {}, TOPIC), level: 'warning' },
      { name: 'a queue that nobody may use', template: keyTemplate([], {}, { Queue: { Type: 'AWS::SQS::Queue', Properties: { KmsMasterKeyId: { Ref: 'Key' } } } }), level: 'warning' },
      { name: 'by an alias', template: keyTemplate([], {}, { Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/logs', TargetKeyId: { Ref: 'Key' } } }, Queue: { Type: 'AWS::SQS::Queue', Properties: { KmsMasterKeyId: 'alias/logs' } } }), level: 'warning' },
    ],
    misses: [
      { name: 'a log group whose service is let in', template: keyTemplate([LOGS_STATEMENT], {}, LOG_GROUP) },
      { name: 'a topic that alarms alone send to', template: keyTemplate([ALARMS_STATEMENT], {}, TOPIC) },
      { name: 'a table, where the account decides', template: keyTemplate([allow({ Principal: { AWS: ROOT }, Action: 'kms:*', Condition: undefined })], {}, TABLE) },
      { name: 'a log group with a key from elsewhere', template: { Resources: { Group: { Type: 'AWS::Logs::LogGroup', Properties: { KmsKeyId: 'arn:aws:kms:us-east-1:111122223333:key/other' } } } } },
    ],
    mutations: [{ name: 'the service of another Region', good: { template: keyTemplate([LOGS_STATEMENT], {}, LOG_GROUP) }, bad: { template: keyTemplate([{ ...LOGS_STATEMENT, Principal: { Service: 'logs.eu-west-1.amazonaws.com' } }], {}, LOG_GROUP) } }],
  },
  {
    rule: 'KP-33',
    hits: [
      { name: 'a role that the whole account may take on', template: reader({ Principal: { AWS: ROOT } }), statement: 'trust policy/#1', level: 'warning' },
      { name: 'a role that everybody may take on', template: reader({ Principal: '*' }), level: 'error' },
      { name: 'a role for another account', template: reader({ Principal: { AWS: role('x', PARTNER) } }), level: 'error' },
      { name: 'a role for whomever a provider vouches', template: reader({ Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: `arn:aws:iam::${HERE}:oidc-provider/token.example` } }), level: 'warning' },
    ],
    misses: [
      { name: 'a role of its service', template: reader(LAMBDA) },
      { name: 'a role for one other role', template: reader({ Principal: { AWS: role('deployer') } }) },
      { name: 'a provider for one subject', template: reader({ Principal: { Federated: `arn:aws:iam::${HERE}:oidc-provider/token.example` }, Condition: { StringEquals: { 'token.example:sub': 'repo:a/b' } } }) },
      { name: 'a role without keys', template: keyTemplate([allow()], {}, { Reader: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: ROOT } }] } } } }) },
    ],
    mutations: [{ name: 'the account joins the service', good: { template: reader(LAMBDA) }, bad: { template: reader({ Principal: { ...LAMBDA.Principal, AWS: ROOT } }) } }],
  },
  {
    rule: 'KP-34',
    hits: [{ name: 'one role for two functions', template: reader(LAMBDA, functions('Reader', 'Reader')), level: 'warning' }],
    misses: [
      { name: 'one function', template: reader(LAMBDA, functions('Reader')) },
      { name: 'a shared role without keys', template: reader(LAMBDA, { ...OTHER, ...functions('Reader', 'Other', 'Other') }) },
    ],
    mutations: [{ name: 'the second function takes the role of the first', good: { template: reader(LAMBDA, { ...OTHER, ...functions('Reader', 'Other') }) }, bad: { template: reader(LAMBDA, { ...OTHER, ...functions('Reader', 'Reader') }) } }],
  },
];

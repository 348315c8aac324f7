import { all, HERE, keyTemplate, PARTNER, policyOf, reportOf, role, ROOT } from './support/policies';
import type { Json } from './support/policies';

/** Key policies that AWS's own pages recommend, as facts: whom they let in, to what, under which conditions. None of them is an error. Read in November 2026. */

const REGION = 'us-east-1';
const account = (more: Json = {}): Json => ({ Sid: 'Enable IAM User Permissions', Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*', ...more });
const gives = (principal: Json | string, action: string | string[], condition?: Json): Json => ({
  Effect: 'Allow', Principal: principal, Action: action, Resource: '*', ...condition === undefined ? {} : { Condition: condition },
});
const service = (name: string, action: string | string[], condition?: Json) => gives({ Service: name }, action, condition);
const aws = (arn: string | string[], action: string | string[], condition?: Json) => gives({ AWS: arn }, action, condition);

const ADMINISTRATORS = [
  'kms:Create*', 'kms:Describe*', 'kms:Enable*', 'kms:List*', 'kms:Put*', 'kms:Update*', 'kms:Revoke*', 'kms:Disable*', 'kms:Get*', 'kms:Delete*', 'kms:TagResource',
  'kms:UntagResource', 'kms:ScheduleKeyDeletion', 'kms:CancelKeyDeletion', 'kms:RotateKeyOnDemand',
];
const USE = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];
const GRANTS = ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'];
const FOR_AWS = { Bool: { 'kms:GrantIsForAWSResource': 'true' } };
const AUTO_SCALING = `arn:aws:iam::${HERE}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
const here = { StringEquals: { 'aws:SourceAccount': HERE } };
const via = (name: string, more: Json = {}) => ({ StringEquals: { 'kms:CallerAccount': HERE, 'kms:ViaService': `${name}.${REGION}.amazonaws.com`, ...more } });

const PAGES: readonly (readonly [page: string, statements: readonly Json[], properties?: Json])[] = [
  ['KMS Developer Guide, "Default key policy", by the API', [account()]],
  ['KMS Developer Guide, "Default key policy", by the console: administrators, users, grants', [
    account(), aws(role('ExampleAdminRole'), ADMINISTRATORS), aws(role('ExampleUserRole'), USE), aws(role('ExampleUserRole'), GRANTS, FOR_AWS),
  ]],
  ['KMS Developer Guide, the same for a key that signs', [
    account(), aws(role('ExampleAdminRole'), ADMINISTRATORS), aws(role('ExampleUserRole'), ['kms:DescribeKey', 'kms:Sign', 'kms:Verify', 'kms:GetPublicKey']),
  ], { EnableKeyRotation: false, KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }],
  ['KMS Developer Guide, the same for an HMAC key', [
    account(), aws(role('ExampleAdminRole'), ADMINISTRATORS), aws(role('ExampleUserRole'), ['kms:DescribeKey', 'kms:GenerateMac', 'kms:VerifyMac']),
  ], { EnableKeyRotation: false, KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }],
  ['KMS Developer Guide, the same for RSA encryption', [
    account(), aws(role('ExampleUserRole'), ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:DescribeKey', 'kms:GetPublicKey']),
  ], { EnableKeyRotation: false, KeySpec: 'RSA_4096', KeyUsage: 'ENCRYPT_DECRYPT' }],
  ['KMS Developer Guide, "Allowing users in other accounts to use a KMS key": a role', [account(), aws(role('ExternalRole', PARTNER), USE)]],
  ['KMS Developer Guide, "Allowing users in other accounts to use a KMS key": an account', [account(), aws(`arn:aws:iam::${PARTNER}:root`, USE), aws(`arn:aws:iam::${PARTNER}:root`, GRANTS, FOR_AWS)]],
  ['KMS Developer Guide, "kms:EncryptionContext": the pair, and nothing else', [
    account(), aws(role('RoleForExampleApp'), ['kms:Decrypt', 'kms:GenerateDataKey*'], {
      'StringEquals': { 'kms:EncryptionContext:AppName': 'ExampleApp' }, 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['AppName'] },
    }),
  ]],
  ['KMS Developer Guide, "kms:EncryptionContextKeys": one of them', [account(), aws(role('RoleForExampleApp'), ['kms:Decrypt'], { 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': 'Department' } })]],
  ['KMS Developer Guide, "kms:ViaService"', [account(), aws(role('KMSTestRole'), [...USE, 'kms:CreateGrant', 'kms:ListGrants'], { StringEquals: { 'kms:ViaService': [`ec2.${REGION}.amazonaws.com`, `rds.${REGION}.amazonaws.com`] } })]],
  ['KMS Developer Guide, "kms:CallerAccount", as managed keys have it', [
    gives({ AWS: '*' }, [...USE.slice(0, 4), 'kms:CreateGrant', 'kms:DescribeKey'], via('ec2')), aws(ROOT, ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant', 'kms:PutKeyPolicy']),
  ]],
  ['KMS Developer Guide, "kms:GrantIsForAWSResource"', [account(), aws(role('ExampleUserRole'), 'kms:CreateGrant', FOR_AWS)]],
  ['KMS Developer Guide, "Permissions for AWS services in key policies"', [
    account(), service('cloudtrail.amazonaws.com', 'kms:GenerateDataKey*', {
      StringEquals: { 'aws:SourceArn': `arn:aws:cloudtrail:${REGION}:${HERE}:trail/trail-name` }, StringLike: { 'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:*:${HERE}:trail/*` },
    }),
  ]],
  ['CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail"', [
    account(),
    service('cloudtrail.amazonaws.com', 'kms:GenerateDataKey*', {
      StringEquals: { 'aws:SourceArn': `arn:aws:cloudtrail:${REGION}:${HERE}:trail/trail-name` }, StringLike: { 'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:*:${HERE}:trail/*` },
    }),
    gives({ AWS: '*' }, ['kms:Decrypt', 'kms:ReEncryptFrom'], { StringEquals: { 'kms:CallerAccount': HERE }, StringLike: { 'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:*:${HERE}:trail/*` } }),
    service('cloudtrail.amazonaws.com', 'kms:DescribeKey', { StringEquals: { 'aws:SourceArn': `arn:aws:cloudtrail:${REGION}:${HERE}:trail/trail-name` } }),
  ]],
  ['CloudWatch Logs User Guide, "Encrypt log data"', [
    account(), service(`logs.${REGION}.amazonaws.com`, ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'], {
      ArnEquals: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${REGION}:${HERE}:log-group:log-group-name` },
    }),
  ]],
  ['CloudWatch Logs User Guide, the same for all log groups', [
    account(), service(`logs.${REGION}.amazonaws.com`, ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'], {
      ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${REGION}:${HERE}:*` },
    }),
  ]],
  ['SNS Developer Guide, "Key management": CloudWatch alarms', [account(), service('cloudwatch.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey*'], {
    ArnLike: { 'aws:SourceArn': `arn:aws:cloudwatch:${REGION}:${HERE}:alarm:*` }, StringEquals: { 'aws:SourceAccount': HERE },
  })]],
  ['SNS Developer Guide, "Key management": EventBridge, which tells no source', [account(), service('events.amazonaws.com', ['kms:GenerateDataKey*', 'kms:Decrypt'])]],
  ['SQS Developer Guide, "Key management": S3 notifications', [account(), service('s3.amazonaws.com', ['kms:GenerateDataKey', 'kms:Decrypt'], {
    ArnEquals: { 'aws:SourceArn': 'arn:aws:s3:::amzn-s3-demo-bucket' }, ...here,
  })]],
  ['SQS Developer Guide, "Key management": topics', [account(), service('sns.amazonaws.com', ['kms:GenerateDataKey', 'kms:Decrypt'], { ArnEquals: { 'aws:SourceArn': `arn:aws:sns:${REGION}:${HERE}:topic` } })]],
  ['S3 User Guide, "Granting permissions to publish event notification messages"', [account(), service('s3.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey'], here)]],
  ['S3 User Guide, "Using server-side encryption with AWS KMS": an inventory', [account(), service('s3.amazonaws.com', ['kms:GenerateDataKey'], { ArnLike: { 'aws:SourceARN': 'arn:aws:s3:::amzn-s3-demo-bucket' }, ...here })]],
  ['EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use with encrypted volumes"', [account(), aws(AUTO_SCALING, USE), aws(AUTO_SCALING, 'kms:CreateGrant', FOR_AWS)]],
  ['DynamoDB Developer Guide, "Authorizing use of your customer managed key"', [
    account(), aws(role('admin'), ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant']),
    aws(role('db-lead'), [...USE.slice(0, 4), 'kms:DescribeKey', 'kms:CreateGrant'], { StringLike: { 'kms:ViaService': 'dynamodb.*.amazonaws.com' } }),
    service('dynamodb.amazonaws.com', ['kms:Describe*', 'kms:Get*', 'kms:List*']),
  ]],
  ['Secrets Manager User Guide, "Authorizing use of your customer managed key"', [
    account(), aws(role('SecretsRole'), ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey*', 'kms:CreateGrant', 'kms:DescribeKey'], via('secretsmanager')),
  ]],
  ['Route 53 Developer Guide, "Key policy for DNSSEC signing"', [
    account(), service('dnssec-route53.amazonaws.com', ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Sign']), service('dnssec-route53.amazonaws.com', ['kms:CreateGrant'], FOR_AWS),
  ], { EnableKeyRotation: false, KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }],
  ['EventBridge User Guide, "Encrypting event buses"', [account(), service('events.amazonaws.com', ['kms:DescribeKey', 'kms:GenerateDataKey', 'kms:Decrypt'], {
    StringEquals: { 'aws:SourceAccount': HERE, 'aws:SourceArn': `arn:aws:events:${REGION}:${HERE}:event-bus/bus`, 'kms:EncryptionContext:aws:events:event-bus:arn': `arn:aws:events:${REGION}:${HERE}:event-bus/bus` },
  })]],
  ['AWS Config Developer Guide, "Permissions for the KMS key for the S3 bucket"', [account(), service('config.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey'], here)]],
  ['GuardDuty User Guide, "Exporting findings": the key', [account(), service('guardduty.amazonaws.com', 'kms:GenerateDataKey', { StringEquals: { 'aws:SourceAccount': HERE, 'aws:SourceArn': `arn:aws:guardduty:${REGION}:${HERE}:detector/d` } })]],
  ['Step Functions Developer Guide, "Data at rest encryption": log delivery', [account(), service('delivery.logs.amazonaws.com', 'kms:Decrypt*', { StringEquals: { 'kms:EncryptionContext:SourceArn': `arn:aws:logs:${REGION}:${HERE}:*` } })]],
  ['KMS Developer Guide, "Attested platforms"', [account(), aws(role('data-processing'), ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:GenerateRandom'], { StringEqualsIgnoreCase: { 'kms:RecipientAttestation:ImageSha384': 'ab12' } })]],
  ['IAM User Guide, data perimeters: a Deny of other organizations', [
    account(), { ...gives('*', 'kms:*', { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-aaaaaaaaaa' }, BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } }), Effect: 'Deny' },
  ]],
];

test('there are twenty of them at least', () => expect(PAGES.length).toBeGreaterThanOrEqual(20));

// A row without properties has one argument less, and Jest would pass its callback for it.
test.each(PAGES.map(([page, statements, properties = {}]) => [page, statements, properties] as const))('%s: no error', (_, statements, properties) => {
  const template = keyTemplate(undefined, { KeyPolicy: policyOf(statements), ...properties });
  const report = reportOf({ template, options: { trustedAccounts: [PARTNER] } });
  expect(all(report.findings).filter(({ level }) => level === 'error').map(({ rule, message }) => `${rule} ${message}`)).toEqual([]);
});

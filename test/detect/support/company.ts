import { ACCOUNT, REGION } from './callers';
import type { Caller } from './callers';
import { readTemplates } from '../../../src/template';
import type { Deployment } from '../../../src/template';

/**
 * A company with 20 roles and three keys: as its template says it, and as it is. CloudFormation has made up the ids of the keys and the ends of half of the roles'
 * names, so that neither stands in the template.
 */

const arnOf = (id: string, region = REGION): string => `arn:aws:kms:${region}:${ACCOUNT}:key/${id}`;

export const KEYS = {
  data: arnOf('5a1fe0de-7c55-4f2b-9a86-20b1f1f0c001'),
  signing: arnOf('5a1fe0de-7c55-4f2b-9a86-20b1f1f0c002'),
  global: arnOf('mrk-5a1fe0de7c554f2b9a8620b1f1f0c003'),
};
/** The key of another team in the same account. */
export const FOREIGN_KEY = arnOf('5a1fe0de-7c55-4f2b-9a86-20b1f1f0c009');
export const GLOBAL_REPLICA = arnOf('mrk-5a1fe0de7c554f2b9a8620b1f1f0c003', 'eu-west-1');

export const CONTEXT = { Project: 'SnowyPII' };

const DEPLOYER_NAME = `cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`;
export const DEPLOYER: Caller = { kind: 'through a service', name: DEPLOYER_NAME, service: 'cloudformation.amazonaws.com', session: 'AWSCloudFormation' };

/** Logical ids; every second role has a name of its own. */
const numbered = (what: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${what}${String(index + 1).padStart(2, '0')}`);
export const READERS = numbered('Reader', 11);
export const WRITERS = numbered('Writer', 3);
export const SIGNERS = numbered('Signer', 2);
export const [BATCH, PUBLISHER, DATABASE, TRAVELLER] = ['NightlyBatch', 'Publisher', 'Database', 'Traveller'];
const ROLES = [...READERS, ...WRITERS, ...SIGNERS, BATCH, PUBLISHER, DATABASE, TRAVELLER];

const isNamed = (logicalId: string): boolean => ROLES.indexOf(logicalId) % 2 === 0;

/** What the role is called in the account. */
export function roleName(logicalId: string): string {
  return isNamed(logicalId) ? `company-${logicalId.toLowerCase()}` : `Company-${logicalId}-Q7r2Xk9LmT4w`;
}

export function role(logicalId: string): Caller {
  return { kind: 'role', name: roleName(logicalId) };
}

export function through(service: string, logicalId: string): Caller {
  return { kind: 'through a service', name: roleName(logicalId), service: `${service}.amazonaws.com` };
}

const arns = (logicalIds: readonly string[]): object[] => logicalIds.map((logicalId) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] }));
const deployer = `arn:aws:iam::${ACCOUNT}:role/${DEPLOYER_NAME}`;

const allow = (Sid: string, AWS: unknown, Action: string | string[], Condition?: object): object => (
  { Sid, Effect: 'Allow', Principal: { AWS }, Action, Resource: '*', ...(Condition ? { Condition } : {}) });

const administration = [
  allow('Administration', { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' }, [
    'kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:EnableKey', 'kms:DisableKey', 'kms:ScheduleKeyDeletion', 'kms:CancelKeyDeletion', 'kms:UpdateAlias', 'kms:RevokeGrant',
  ]),
  allow('Deployer', deployer, ['kms:PutKeyPolicy', 'kms:GetKeyPolicy', 'kms:UpdateAlias', 'kms:CreateAlias', 'kms:DeleteAlias', 'kms:EnableKeyRotation']),
];

const via = (service: string): object => ({ StringEquals: { 'kms:ViaService': `${service}.${REGION}.amazonaws.com`, 'kms:CallerAccount': ACCOUNT } });
const direct = { Null: { 'kms:ViaService': 'true' }, StringEquals: { 'kms:EncryptionContext:Project': CONTEXT.Project } };

const policy = (...statements: object[]): object => ({ Version: '2012-10-17', Statement: [...administration, ...statements] });

export const COMPANY_TEMPLATE = {
  Resources: {
    Data: {
      Type: 'AWS::KMS::Key',
      Properties: {
        EnableKeyRotation: true,
        KeyPolicy: policy(
          allow('Readers', arns([...READERS, BATCH]), 'kms:Decrypt', direct),
          allow('Writers', arns(WRITERS), ['kms:GenerateDataKey', 'kms:Decrypt'], via('s3')),
          allow('WritersInName', arns(WRITERS), 'kms:GenerateDataKeyWithoutPlaintext', direct),
          allow('Database', arns([DATABASE]), ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'], via('dynamodb')),
          allow('DatabaseGrants', arns([DATABASE]), 'kms:CreateGrant', { Bool: { 'kms:GrantIsForAWSResource': 'true' } }),
        ),
      },
    },
    DataAlias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/company-data', TargetKeyId: { 'Fn::GetAtt': ['Data', 'Arn'] } } },
    Signing: {
      Type: 'AWS::KMS::Key',
      Properties: {
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
        KeyPolicy: policy(
          allow('Signers', arns(SIGNERS), 'kms:Sign', { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } }),
          allow('Publisher', arns([PUBLISHER]), 'kms:GetPublicKey'),
        ),
      },
    },
    SigningAlias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/company-signing', TargetKeyId: { 'Fn::GetAtt': ['Signing', 'Arn'] } } },
    Global: { Type: 'AWS::KMS::Key', Properties: { MultiRegion: true, KeyPolicy: policy(allow('Travellers', arns([TRAVELLER]), ['kms:Encrypt', 'kms:Decrypt'], direct)) } },
    ...Object.fromEntries(ROLES.map((logicalId) => [logicalId, {
      Type: 'AWS::IAM::Role',
      Properties: {
        ...(isNamed(logicalId) ? { RoleName: roleName(logicalId) } : {}),
        AssumeRolePolicyDocument: {
          Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
        },
      },
    }])),
  },
};

/** What `cdk synth` would have written. */
export function companyTemplate(): Deployment {
  return readTemplates([{ stack: 'Company', account: ACCOUNT, region: REGION, executionRoleArn: deployer, template: COMPANY_TEMPLATE }]);
}

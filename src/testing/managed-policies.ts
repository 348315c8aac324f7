import type { NamedPolicy } from '../authz/types';
import { awsManagedPolicy } from '../template/managed-policies';

/**
 * AWS managed policies by what they say about KMS, which is all that counts here; their whole documents are long and change.
 * Source: AWS Managed Policy Reference Guide, the page of each.
 */
const ON_KMS: Readonly<Record<string, readonly string[]>> = {
  // Everything but IAM, Organizations and account management.
  PowerUserAccess: ['kms:*'],
  ReadOnlyAccess: ['kms:Describe*', 'kms:Get*', 'kms:List*'],
  SecurityAudit: ['kms:Describe*', 'kms:Get*', 'kms:List*'],
  AWSKeyManagementServicePowerUser: [
    'kms:CreateAlias', 'kms:CreateKey', 'kms:DeleteAlias', 'kms:Describe*', 'kms:GenerateRandom', 'kms:Get*', 'kms:List*',
    'kms:TagResource', 'kms:UntagResource',
  ],
};

/** AWS managed policies that roles of CDK apps carry and that do not speak of KMS. */
const NOT_ON_KMS = [
  'AWSLambdaBasicExecutionRole', 'AWSLambdaVPCAccessExecutionRole', 'AWSLambdaDynamoDBExecutionRole', 'AWSLambdaKinesisExecutionRole',
  'AWSLambdaSQSQueueExecutionRole', 'AWSXRayDaemonWriteAccess', 'AWSXrayWriteOnlyAccess', 'CloudWatchAgentServerPolicy',
  'CloudWatchLambdaInsightsExecutionRolePolicy', 'AmazonAPIGatewayPushToCloudWatchLogs', 'AmazonECSTaskExecutionRolePolicy',
];

/** What the AWS managed policy with this ARN or name allows on KMS; undefined if it is not known here. */
export function managedPolicy(arnOrName: string): NamedPolicy | undefined {
  const name = arnOrName.slice(arnOrName.lastIndexOf('/') + 1);
  const whole = awsManagedPolicy(arnOrName === name ? `arn:aws:iam::aws:policy/${name}` : arnOrName);
  if (whole) return whole;
  const actions = Object.hasOwn(ON_KMS, name) ? ON_KMS[name] : undefined;
  if (!actions && !NOT_ON_KMS.includes(name)) return undefined;
  return {
    name: `${name} (AWS managed)`,
    document: { Version: '2012-10-17', Statement: actions ? [{ Sid: name, Effect: 'Allow', Action: actions, Resource: '*' }] : [] },
  };
}

/** Names that `managedPolicy` knows and that allow something on KMS. */
export const MANAGED_POLICY_NAMES: readonly string[] = ['AdministratorAccess', ...Object.keys(ON_KMS)];

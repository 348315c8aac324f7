import type { NamedPolicy, PolicyDocument } from '../authz/types';

const allow = (...actions: string[]): PolicyDocument => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] });
const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

/**
 * Policies that AWS manages, by what follows `:iam::aws:policy/` in their ARN: those that are short, have long been the same in what
 * concerns keys, and that applications attach. All others are known by name only.
 * Source: AWS Managed Policy Reference, the page of each (February 2026).
 */
const DOCUMENTS: ReadonlyMap<string, PolicyDocument> = new Map<string, PolicyDocument>([
  ['AdministratorAccess', allow('*')],
  ['PowerUserAccess', {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
      {
        Effect: 'Allow',
        Action: [
          'account:GetAccountInformation', 'account:GetGovCloudAccountInformation', 'account:GetPrimaryEmail', 'account:ListRegions',
          'iam:CreateServiceLinkedRole', 'iam:DeleteServiceLinkedRole', 'iam:ListRoles',
          'organizations:DescribeEffectivePolicy', 'organizations:DescribeOrganization',
        ],
        Resource: '*',
      },
    ],
  }],
  ['AWSKeyManagementServicePowerUser', allow(
    'kms:CreateAlias', 'kms:CreateKey', 'kms:DeleteAlias', 'kms:Describe*', 'kms:GenerateRandom', 'kms:Get*', 'kms:List*',
    'kms:TagResource', 'kms:UntagResource', 'iam:ListGroups', 'iam:ListRoles', 'iam:ListUsers',
  )],
  ['AmazonS3FullAccess', allow('s3:*', 's3-object-lambda:*')],
  ['AmazonS3ReadOnlyAccess', allow('s3:Get*', 's3:List*', 's3:Describe*', 's3-object-lambda:Get*', 's3-object-lambda:List*')],
  ['AWSXRayDaemonWriteAccess', allow(
    'xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets', 'xray:GetSamplingStatisticSummaries',
  )],
  ['service-role/AWSLambdaBasicExecutionRole', allow(...LOGS)],
  ['service-role/AWSLambdaVPCAccessExecutionRole', allow(
    ...LOGS, 'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
  )],
  ['service-role/AWSLambdaSQSQueueExecutionRole', allow('sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', ...LOGS)],
  ['service-role/AWSLambdaDynamoDBExecutionRole', allow(
    'dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams', ...LOGS,
  )],
  ['service-role/AWSLambdaKinesisExecutionRole', allow(
    'kinesis:DescribeStream', 'kinesis:DescribeStreamSummary', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards',
    'kinesis:ListStreams', 'kinesis:SubscribeToShard', ...LOGS,
  )],
  ['service-role/AmazonAPIGatewayPushToCloudWatchLogs', allow(
    ...LOGS, 'logs:DescribeLogGroups', 'logs:DescribeLogStreams', 'logs:GetLogEvents', 'logs:FilterLogEvents',
  )],
]);

/** The policy behind an ARN of AWS's own account, if its document is known here. */
export function awsManagedPolicy(arn: string): NamedPolicy | undefined {
  const name = /^arn:[^:]+:iam::aws:policy\/(.+)$/.exec(arn)?.[1] ?? '';
  const document = DOCUMENTS.get(name);
  return document && { name: `${name.slice(name.lastIndexOf('/') + 1)} (AWS managed)`, document };
}

import { GeneratedName, ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, ServiceContext } from './rows';

/** Without the `:*` in which CloudFormation's `Arn` of a log group ends. */
const LOG_GROUPS: ServiceContext = {
  key: 'aws:logs:arn', values: ['arn:{partition}:logs:{region}:{account}:log-group:{name}'], imported: [{ property: 'logGroupName' }],
};
const ENCRYPTION = { page: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html', date: '2026-11-29' };
const THROUGH_LOGS = { shape: ServiceCall.THROUGH_SERVICE, via: 'logs.{region}.amazonaws.com', ...ENCRYPTION };
// The principal has the Region in it, and the partition's own end.
const AS_LOGS = {
  who: ServiceUser.SERVICE, shape: ServiceCall.AS_SERVICE, when: ServiceRowTime.GIVEN, principal: 'logs.{region}.{urlSuffix}', principalInCdk: 'logs.amazonaws.com', ...ENCRYPTION,
};

/**
 * Amazon CloudWatch Logs. Constructs of CDK grant nothing on the key of a log group: what the service itself needs is written as soon as one has the view. The
 * page's statement has Describe* under the encryption context, where it allows nothing, since DescribeKey carries none.
 */
export const LOGS: KmsServiceProps = {
  name: 'Logs',
  title: 'Amazon CloudWatch Logs',
  keyProperties: [{ resourceType: 'AWS::Logs::LogGroup', path: 'KmsKeyId' }],
  resourceNames: [{ resourceType: 'AWS::Logs::LogGroup', property: 'LogGroupName', generated: GeneratedName.STACK_AND_ID, maxLength: 512 }],
  rows: [
    {
      sid: 'ServiceOfLogs',
      ...AS_LOGS,
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'],
      context: LOG_GROUPS,
    },
    { sid: 'ServiceOfLogsDescribes', ...AS_LOGS, actions: ['kms:DescribeKey'] },
    {
      sid: 'ReadThroughLogs',
      who: ServiceUser.READER,
      when: ServiceRowTime.GRANTED,
      ...THROUGH_LOGS,
      actions: ['kms:Decrypt'],
      context: LOG_GROUPS,
      userActions: ['logs:FilterLogEvents', 'logs:GetLogEvents', 'logs:GetLogRecord', 'logs:GetQueryResults', 'logs:StartLiveTail', 'logs:StartQuery'],
    },
    {
      sid: 'WriteThroughLogs',
      who: ServiceUser.WRITER,
      when: ServiceRowTime.GRANTED,
      ...THROUGH_LOGS,
      actions: ['kms:Encrypt', 'kms:GenerateDataKey'],
      context: LOG_GROUPS,
      userActions: ['logs:PutLogEvents'],
    },
    // CreateLogGroup and AssociateKmsKey look at the key for whoever calls them.
    { sid: 'DescribeThroughLogs', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH_LOGS, actions: ['kms:DescribeKey'] },
  ],
};

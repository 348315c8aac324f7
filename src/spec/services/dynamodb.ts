import { backingUp } from './backup';
import { GeneratedName, ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, ServiceContext } from './rows';

const TABLES: ServiceContext = { key: 'aws:dynamodb:tableName', values: ['{name}'], imported: [{ property: 'tableName' }] };
// The Region is open, because global tables make calls across Regions.
const THROUGH_DYNAMODB = { shape: ServiceCall.THROUGH_SERVICE, via: 'dynamodb.*.amazonaws.com' };
const USAGE_NOTES = { page: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html', date: '2026-11-28' };
// The principal works for the replicas of a table, which have its name, in all the accounts that the tables' own policies agree on.
const REPLICATION = {
  who: ServiceUser.SERVICE,
  shape: ServiceCall.AS_SERVICE,
  when: ServiceRowTime.GRANTED,
  principal: 'replication.dynamodb.amazonaws.com',
  sourceArn: 'arn:{partition}:dynamodb:*:*:table/{name}',
  sourceAccount: '{account}',
  sourceAccountsIn: [
    { path: 'ResourcePolicy.PolicyDocument', policyAction: 'dynamodb:AssociateTableReplica' },
    { path: 'Replicas.*.ResourcePolicy.PolicyDocument', policyAction: 'dynamodb:AssociateTableReplica' },
    { path: 'GlobalTableSourceArn' },
  ],
  page: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables_MA_security.html',
  date: '2026-11-28',
};

/** Amazon DynamoDB. The context is the same in all cryptographic operations; a table key that was used in the last five minutes is served from a cache. */
export const DYNAMODB: KmsServiceProps = {
  name: 'DynamoDB',
  title: 'Amazon DynamoDB',
  keyProperties: [
    { resourceType: 'AWS::DynamoDB::Table', path: 'SSESpecification.KMSMasterKeyId' },
    { resourceType: 'AWS::DynamoDB::GlobalTable', path: 'Replicas.*.SSESpecification.KMSMasterKeyId', regionPath: 'Replicas.*.Region' },
  ],
  resourceNames: [
    { resourceType: 'AWS::DynamoDB::Table', property: 'TableName', generated: GeneratedName.STACK_AND_ID, maxLength: 255 },
    { resourceType: 'AWS::DynamoDB::GlobalTable', property: 'TableName', generated: GeneratedName.STACK_AND_ID, maxLength: 255 },
  ],
  rows: [
    // Whoever accesses the table has the table's key decrypted, for reads and writes alike.
    { sid: 'ReadThroughDynamoDB', who: ServiceUser.READER, when: ServiceRowTime.GRANTED, ...THROUGH_DYNAMODB, actions: ['kms:Decrypt'], context: TABLES, ...USAGE_NOTES },
    { sid: 'WriteThroughDynamoDB', who: ServiceUser.WRITER, when: ServiceRowTime.GRANTED, ...THROUGH_DYNAMODB, actions: ['kms:Decrypt'], context: TABLES, ...USAGE_NOTES },
    // "you must add the permissions kms:Decrypt and kms:GenerateDataKey to the IAM role used for backup"; no context is named.
    { sid: 'BackUpThroughDynamoDB', ...backingUp('arn:{partition}:dynamodb:{region}:{account}:table/{name}'), ...THROUGH_DYNAMODB, actions: ['kms:Decrypt', 'kms:GenerateDataKey'] },
    // The principal that selects the key. It makes, renames and moves tables, so that their names are left out.
    {
      sid: 'DeployThroughDynamoDB',
      who: ServiceUser.DEPLOYER,
      when: ServiceRowTime.GIVEN,
      ...THROUGH_DYNAMODB,
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'],
      ...USAGE_NOTES,
    },
    { sid: 'DescribeThroughDynamoDB', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH_DYNAMODB, actions: ['kms:DescribeKey'], ...USAGE_NOTES },
    { sid: 'GrantThroughDynamoDB', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH_DYNAMODB, actions: ['kms:CreateGrant'], ...USAGE_NOTES },
    // Global tables over several accounts.
    {
      sid: 'ServiceOfDynamoDB',
      ...REPLICATION,
      actions: ['kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'],
      context: TABLES,
    },
    { sid: 'ServiceOfDynamoDBDescribes', ...REPLICATION, actions: ['kms:DescribeKey'] },
  ],
};

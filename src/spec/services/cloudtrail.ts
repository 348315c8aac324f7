import { GeneratedName, ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, ServiceContext } from './rows';

const [TRAIL, STORE] = ['AWS::CloudTrail::Trail', 'AWS::CloudTrail::EventDataStore'];
// The page leaves the Region of the pair open, where trails of all Regions deliver.
const TRAILS: ServiceContext = { key: 'aws:cloudtrail:arn', values: ['arn:{partition}:cloudtrail:*:{account}:trail/{name}'] };
const POLICIES = { page: 'https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html', date: '2026-11-29' };
const AS_CLOUDTRAIL = {
  who: ServiceUser.SERVICE, shape: ServiceCall.AS_SERVICE, when: ServiceRowTime.GIVEN, principal: 'cloudtrail.amazonaws.com', ...POLICIES,
};
// The page: aws:SourceArn "is always the trail ARN", and aws:SourceAccount is "supported, but not recommended".
const FOR_TRAILS = { ...AS_CLOUDTRAIL, resourceTypes: [TRAIL], sourceArn: 'arn:{partition}:cloudtrail:{region}:{account}:trail/{name}' };
// Nobody knows the id of a store before it is made.
const FOR_STORES = {
  ...AS_CLOUDTRAIL, resourceTypes: [STORE], sourceArn: 'arn:{partition}:cloudtrail:{region}:{account}:eventdatastore/*', sourceAccount: '{account}',
};
// No page says kms:ViaService of these calls, and KMS's list of names is without CloudTrail, as it is without Logs: by the form that all of them have.
const THROUGH_CLOUDTRAIL = {
  shape: ServiceCall.THROUGH_SERVICE, via: 'cloudtrail.{region}.amazonaws.com', resourceTypes: [STORE], actions: ['kms:Decrypt', 'kms:GenerateDataKey'], ...POLICIES,
};

/** AWS CloudTrail. Trails and event data stores are encrypted by the service itself; logs are read through S3, event data stores through CloudTrail. */
export const CLOUDTRAIL: KmsServiceProps = {
  name: 'CloudTrail',
  title: 'AWS CloudTrail',
  keyProperties: [{ resourceType: TRAIL, path: 'KMSKeyId' }, { resourceType: STORE, path: 'KmsKeyId' }],
  resourceNames: [{ resourceType: TRAIL, property: 'TrailName', generated: GeneratedName.STACK_AND_ID, maxLength: 128 }],
  rows: [
    // Decrypt for buckets with an S3 Bucket Key.
    { sid: 'ServiceOfCloudTrail', ...FOR_TRAILS, actions: ['kms:GenerateDataKey', 'kms:Decrypt'], context: TRAILS },
    { sid: 'ServiceOfCloudTrailDescribes', ...FOR_TRAILS, actions: ['kms:DescribeKey'] },
    { sid: 'ServiceOfCloudTrailLake', ...FOR_STORES, actions: ['kms:GenerateDataKey', 'kms:Decrypt'] },
    { sid: 'ServiceOfCloudTrailLakeDescribes', ...FOR_STORES, actions: ['kms:DescribeKey'] },
    // "To create or update event data stores, run queries, or get query results": no context is named.
    {
      sid: 'QueryThroughCloudTrail', who: ServiceUser.READER, when: ServiceRowTime.GRANTED, ...THROUGH_CLOUDTRAIL, userActions: ['cloudtrail:StartQuery', 'cloudtrail:GetQueryResults'],
    },
    { sid: 'DeployThroughCloudTrail', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH_CLOUDTRAIL },
    // Whoever gets log files from the bucket.
    {
      sid: 'ReadLogsThroughS3',
      who: ServiceUser.READER,
      when: ServiceRowTime.GRANTED,
      shape: ServiceCall.THROUGH_SERVICE,
      via: 's3.{region}.amazonaws.com',
      actions: ['kms:Decrypt'],
      context: TRAILS,
      resourceTypes: [TRAIL],
      ...POLICIES,
    },
  ],
};

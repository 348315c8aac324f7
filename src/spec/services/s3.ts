import { backingUp } from './backup';
import { GeneratedName, NameInContext, ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KeyProperty, KmsServiceProps, NamingProperty, ServiceContext } from './rows';

const OBJECTS: ServiceContext = {
  key: 'aws:s3:arn', values: ['arn:{partition}:s3:::{name}', 'arn:{partition}:s3:::{name}/*'], imported: [{ property: 'bucketName' }],
};
const THROUGH_S3 = { shape: ServiceCall.THROUGH_SERVICE, when: ServiceRowTime.GRANTED, via: 's3.{region}.amazonaws.com', context: OBJECTS };
const SSE_KMS = { page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html', date: '2026-11-28' };
const ACCESS_LOGS = { page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html', date: '2026-11-28' };
// Who may read and write a bucket stands in the bucket's own policy.
const LET_IN = (policyAction: string): NamingProperty[] => [{ resourceType: 'AWS::S3::BucketPolicy', path: 'Bucket', policyPath: 'PolicyDocument', policyAction }];
const DELIVERY = { who: ServiceUser.SERVICE, shape: ServiceCall.AS_SERVICE, when: ServiceRowTime.NAMED, namedIn: LET_IN('s3:PutObject') };
// The id of a distribution is not known before it is made, which is after the bucket and its key: but for one that the bucket's policy names by a literal ARN, the
// bucket keeps other distributions out, and the context keeps CloudFront from other buckets.
const DISTRIBUTION = {
  ...DELIVERY,
  principal: 'cloudfront.amazonaws.com',
  context: OBJECTS,
  sourceArn: 'arn:{partition}:cloudfront::{account}:distribution/{sender}',
  page: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html',
  date: '2026-11-29',
};
const LOG_DELIVERY = {
  ...DELIVERY,
  principal: 'delivery.logs.amazonaws.com',
  sourceArn: 'arn:{partition}:logs:*:{account}:*',
  sourceAccount: '{account}',
  page: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html',
  date: '2026-11-28',
};

// Firehose has S3 encrypt what it delivers under a key of its own choice, in the name of its role.
const DELIVERED_TO_BUCKETS: KeyProperty[] = ['ExtendedS3DestinationConfiguration', 'ExtendedS3DestinationConfiguration.S3BackupConfiguration'].map((destination) => ({
  resourceType: 'AWS::KinesisFirehose::DeliveryStream',
  path: `${destination}.EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN`,
  nameInContext: NameInContext.ELSEWHERE,
  arnPath: `${destination}.BucketARN`,
  anyRegion: true,
}));

const DEPLOYED_FROM_BUCKETS: NamingProperty[] = Object.entries({
  'AWS::ApiGateway::RestApi': ['BodyS3Location.Bucket'],
  'AWS::ApiGatewayV2::Api': ['BodyS3Location.Bucket'],
  'AWS::AppSync::FunctionConfiguration': ['CodeS3Location', 'RequestMappingTemplateS3Location', 'ResponseMappingTemplateS3Location'],
  'AWS::AppSync::GraphQLSchema': ['DefinitionS3Location'],
  'AWS::AppSync::Resolver': ['CodeS3Location', 'RequestMappingTemplateS3Location', 'ResponseMappingTemplateS3Location'],
  'AWS::CloudFormation::Stack': ['TemplateURL'],
  'AWS::CloudFormation::StackSet': ['TemplateURL'],
  'AWS::CodeCommit::Repository': ['Code.S3.Bucket'],
  'AWS::ElasticBeanstalk::ApplicationVersion': ['SourceBundle.S3Bucket'],
  'AWS::Lambda::Function': ['Code.S3Bucket'],
  'AWS::Lambda::LayerVersion': ['Content.S3Bucket'],
  'AWS::ServiceCatalog::CloudFormationProduct': ['ProvisioningArtifactParameters.*.Info.LoadTemplateFromURL'],
  'AWS::StepFunctions::StateMachine': ['DefinitionS3Location.Bucket'],
  'AWS::Synthetics::Canary': ['Code.S3Bucket'],
}).flatMap(([resourceType, paths]) => paths.map((path) => ({ resourceType, path })));

/**
 * Amazon S3. The context is the object's ARN, with an S3 Bucket Key the bucket's. A bucket key also spares calls: what KMS allowed once holds until it ends.
 *
 * PutBucketEncryption "does not validate the KMS key ID" (API Reference): who makes a bucket needs nothing on the key.
 */
export const S3: KmsServiceProps = {
  name: 'S3',
  title: 'Amazon S3',
  keyProperties: [
    { resourceType: 'AWS::S3::Bucket', path: 'BucketEncryption.ServerSideEncryptionConfiguration.*.ServerSideEncryptionByDefault.KMSMasterKeyID' },
    {
      resourceType: 'AWS::S3::Bucket',
      path: 'ReplicationConfiguration.Rules.*.Destination.EncryptionConfiguration.ReplicaKmsKeyID',
      nameInContext: NameInContext.ELSEWHERE,
      arnPath: 'ReplicationConfiguration.Rules.*.Destination.Bucket',
      anyRegion: true,
    },
    ...DELIVERED_TO_BUCKETS,
  ],
  resourceNames: [{
    resourceType: 'AWS::S3::Bucket', property: 'BucketName', prefixProperty: 'BucketNamePrefix', generated: GeneratedName.LOWER_CASE_STACK_AND_ID, maxLength: 63,
  }],
  rows: [
    // GetObject.
    { sid: 'ReadThroughS3', who: ServiceUser.READER, ...THROUGH_S3, actions: ['kms:Decrypt'], ...SSE_KMS },
    // PutObject asks for GenerateDataKey, a multipart upload for both.
    { sid: 'WriteThroughS3', who: ServiceUser.WRITER, ...THROUGH_S3, actions: ['kms:GenerateDataKey', 'kms:Decrypt'], ...SSE_KMS },
    // Replication writes copies with Encrypt, and those of plaintext objects with GenerateDataKey.
    {
      sid: 'CopyThroughS3',
      who: ServiceUser.ASSUMED_ROLE,
      ...THROUGH_S3,
      actions: ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:Encrypt'],
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html',
      date: '2026-11-28',
    },
    // Roles that back up the bucket get its objects.
    {
      sid: 'BackUpThroughS3',
      ...THROUGH_S3,
      ...backingUp('arn:{partition}:s3:::{name}'),
      actions: ['kms:Decrypt'],
      page: 'https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForS3Backup.html',
      date: '2026-11-29',
    },
    // CloudFormation fetches code, layers and definitions from the bucket as its own role, which calls GetObject.
    { sid: 'DeployFromS3', who: ServiceUser.DEPLOYER, ...THROUGH_S3, when: ServiceRowTime.NAMED, namedIn: DEPLOYED_FROM_BUCKETS, actions: ['kms:Decrypt'], ...SSE_KMS },
    // Access logs. AWS's statement has no condition; the context is S3's in any case, and keeps the principal from working for the buckets of others.
    { sid: 'ServiceOfS3', ...DELIVERY, principal: 'logging.s3.amazonaws.com', actions: ['kms:GenerateDataKey', 'kms:Decrypt'], context: OBJECTS, ...ACCESS_LOGS },
    // Inventories, of any bucket of the account.
    {
      sid: 'InventoryOfS3',
      ...DELIVERY,
      principal: 's3.amazonaws.com',
      actions: ['kms:GenerateDataKey'],
      context: OBJECTS,
      sourceArn: 'arn:{partition}:s3:::*',
      sourceAccount: '{account}',
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html',
      date: '2026-11-28',
    },
    // VPC flow logs, and other logs that CloudWatch Logs delivers, of any Region.
    {
      sid: 'LogDelivery',
      ...LOG_DELIVERY,
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'],
      context: OBJECTS,
    },
    { sid: 'LogDeliveryDescribes', ...LOG_DELIVERY, actions: ['kms:DescribeKey'] },
    // Distributions with an origin access control.
    { sid: 'DistributionsOfS3', ...DISTRIBUTION, namedIn: LET_IN('s3:GetObject'), actions: ['kms:Decrypt'] },
    { sid: 'DistributionsWriteToS3', ...DISTRIBUTION, actions: ['kms:Encrypt', 'kms:GenerateDataKey'] },
    // Standard logs (legacy) of distributions, whose bucket lets in CloudFront by an access control list. AWS's statement has no condition; the context is S3's in any case.
    {
      sid: 'LogsOfDistributions',
      who: ServiceUser.SERVICE,
      shape: ServiceCall.AS_SERVICE,
      when: ServiceRowTime.NAMED,
      principal: 'delivery.logs.amazonaws.com',
      namedIn: [
        { resourceType: 'AWS::CloudFront::Distribution', path: 'DistributionConfig.Logging.Bucket' },
        { resourceType: 'AWS::CloudFront::StreamingDistribution', path: 'StreamingDistributionConfig.Logging.Bucket' },
      ],
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      context: OBJECTS,
      page: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html',
      date: '2026-11-29',
    },
    // AWS Config, where it delivers in its own name.
    {
      sid: 'DeliveryOfConfig',
      ...DELIVERY,
      principal: 'config.amazonaws.com',
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      context: OBJECTS,
      sourceArn: 'arn:{partition}:config:*:{account}:*',
      sourceAccount: '{account}',
      page: 'https://docs.aws.amazon.com/config/latest/developerguide/s3-kms-key-policy.html',
      date: '2026-11-28',
    },
  ],
};

import { GeneratedName, NameInContext, ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, ServiceContext } from './rows';

const OBJECTS: ServiceContext = {
  key: 'aws:s3:arn', values: ['arn:{partition}:s3:::{name}', 'arn:{partition}:s3:::{name}/*'], imported: [{ property: 'bucketName' }],
};
const THROUGH_S3 = { shape: ServiceCall.THROUGH_SERVICE, when: ServiceRowTime.GRANTED, via: 's3.{region}.amazonaws.com', context: OBJECTS };
const SSE_KMS = { page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html', date: '2026-11-28' };

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
    // Access logs. AWS's statement has no condition; the context is S3's in any case, and keeps the principal from working for the buckets of others.
    {
      sid: 'ServiceOfS3',
      who: ServiceUser.SERVICE,
      shape: ServiceCall.AS_SERVICE,
      when: ServiceRowTime.GRANTED,
      principal: 'logging.s3.amazonaws.com',
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      context: OBJECTS,
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html',
      date: '2026-11-28',
    },
  ],
};

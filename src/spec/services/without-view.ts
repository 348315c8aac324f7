import type { KmsServiceProps } from './rows';

/** A service whose resources take keys as properties of these paths, by resource type. */
const withoutView = (name: string, title: string, paths: Readonly<Record<string, readonly string[]>>): KmsServiceProps => ({
  name,
  title,
  keyProperties: Object.entries(paths).flatMap(([resourceType, all]) => all.map((path) => ({ resourceType, path }))),
  rows: [],
});

/**
 * Services whose statements nobody wrote down yet. Their resources are known, so that a key that is handed to one of them itself is found.
 *
 * Source: CloudFormation Template Reference, the property of each type.
 */
export const WITHOUT_VIEW = {
  S3_EXPRESS: withoutView('S3Express', 'Amazon S3 directory buckets', {
    'AWS::S3Express::DirectoryBucket': ['BucketEncryption.ServerSideEncryptionConfiguration.*.ServerSideEncryptionByDefault.KMSMasterKeyID'],
  }),
  S3_METADATA: withoutView('S3Metadata', 'Amazon S3 Metadata', {
    'AWS::S3::Bucket': [
      'MetadataConfiguration.AnnotationTableConfiguration.EncryptionConfiguration.KmsKeyArn',
      'MetadataConfiguration.InventoryTableConfiguration.EncryptionConfiguration.KmsKeyArn',
      'MetadataConfiguration.JournalTableConfiguration.EncryptionConfiguration.KmsKeyArn',
    ],
  }),
  REDSHIFT: withoutView('Redshift', 'Amazon Redshift', {
    'AWS::Redshift::Cluster': ['KmsKeyId'],
    'AWS::RedshiftServerless::Namespace': ['KmsKeyId', 'SnapshotCopyConfigurations.*.DestinationKmsKeyId'],
  }),
  EVENTBRIDGE_ARCHIVES: withoutView('EventBridgeArchives', 'Amazon EventBridge archives and connections', {
    'AWS::Events::Archive': ['KmsKeyIdentifier'],
    'AWS::Events::Connection': ['KmsKeyIdentifier'],
  }),
  SCHEDULER: withoutView('Scheduler', 'Amazon EventBridge Scheduler', { 'AWS::Scheduler::Schedule': ['KmsKeyArn'] }),
  GUARDDUTY: withoutView('GuardDuty', 'Amazon GuardDuty', { 'AWS::GuardDuty::PublishingDestination': ['DestinationProperties.KmsKeyArn'] }),
  /** The one service that signs with a customer's key: ECC_NIST_P256, in us-east-1 (Amazon Route 53 Developer Guide, "Working with customer managed keys for DNSSEC"). */
  ROUTE53_DNSSEC: withoutView('Route53Dnssec', 'Amazon Route 53 DNSSEC signing', { 'AWS::Route53::KeySigningKey': ['KeyManagementServiceArn'] }),
} as const satisfies Readonly<Record<string, KmsServiceProps>>;

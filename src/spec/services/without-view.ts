/**
 * Where resources of CloudFormation name a KMS key: one line a property, for every service that encrypts with KMS keys and that
 * this library knows of, with a view or without.
 *
 * Source: CloudFormation Template Reference, the property of each type. Letter case differs between it and CDK
 * (`KMSMasterKeyID`, `kmsMasterKeyId`): paths are compared without.
 */

/** The services, and what they are called in messages. */
export const SERVICE_TITLES = {
  S3: 'Amazon S3',
  DYNAMODB: 'Amazon DynamoDB',
  LAMBDA: 'AWS Lambda',
  SECRETS_MANAGER: 'AWS Secrets Manager',
  S3_EXPRESS: 'Amazon S3 directory buckets',
  S3_METADATA: 'Amazon S3 Metadata',
  LAMBDA_CODE: 'AWS Lambda code archives',
  LAMBDA_DURABLE: 'AWS Lambda durable executions',
  EBS: 'Amazon EBS',
  RDS: 'Amazon RDS',
  REDSHIFT: 'Amazon Redshift',
  LOGS: 'Amazon CloudWatch Logs',
  SNS: 'Amazon SNS',
  SQS: 'Amazon SQS',
  CLOUDTRAIL: 'AWS CloudTrail',
  EVENTBRIDGE: 'Amazon EventBridge',
  SCHEDULER: 'Amazon EventBridge Scheduler',
  KINESIS: 'Amazon Kinesis Data Streams',
  STEP_FUNCTIONS: 'AWS Step Functions',
  GUARDDUTY: 'Amazon GuardDuty',
  BACKUP: 'AWS Backup',
  ECR: 'Amazon ECR',
  EFS: 'Amazon EFS',
} as const;

export type ServiceName = keyof typeof SERVICE_TITLES;

/** A property that takes a key. */
export interface KeyProperty {
  /** From `Properties` down; `*` stands for each element of a list. */
  readonly path: string;
  /** The service that uses the key there. */
  readonly service: ServiceName;
  /**
   * Whose name is in the encryption context then: the resource's own, that of a resource somewhere else, or that of one which names
   * the key itself as well.
   */
  readonly names: 'own' | 'elsewhere' | 'another';
  /** For a resource somewhere else: the property with its ARN, in the same elements of lists as the key. */
  readonly elsewhere?: string;
  /** Whether the key may lie in another Region than the resource. */
  readonly anyRegion?: boolean;
}

const own = (service: ServiceName, ...paths: string[]): KeyProperty[] => paths.map((path) => ({ path, service, names: 'own' }));

const BUCKET_ENCRYPTION = 'BucketEncryption.ServerSideEncryptionConfiguration.*.ServerSideEncryptionByDefault.KMSMasterKeyID';

/** Resource type → its properties that take a key. */
export const KEY_PROPERTIES: Readonly<Record<string, readonly KeyProperty[]>> = {
  'AWS::S3::Bucket': [
    ...own('S3', BUCKET_ENCRYPTION),
    {
      path: 'ReplicationConfiguration.Rules.*.Destination.EncryptionConfiguration.ReplicaKmsKeyID',
      service: 'S3',
      names: 'elsewhere',
      elsewhere: 'ReplicationConfiguration.Rules.*.Destination.Bucket',
      anyRegion: true,
    },
    ...own(
      'S3_METADATA',
      'MetadataConfiguration.AnnotationTableConfiguration.EncryptionConfiguration.KmsKeyArn',
      'MetadataConfiguration.InventoryTableConfiguration.EncryptionConfiguration.KmsKeyArn',
      'MetadataConfiguration.JournalTableConfiguration.EncryptionConfiguration.KmsKeyArn',
    ),
  ],
  'AWS::S3Express::DirectoryBucket': own('S3_EXPRESS', BUCKET_ENCRYPTION),

  'AWS::DynamoDB::Table': own('DYNAMODB', 'SSESpecification.KMSMasterKeyId'),
  'AWS::DynamoDB::GlobalTable': [{ path: 'Replicas.*.SSESpecification.KMSMasterKeyId', service: 'DYNAMODB', names: 'own', anyRegion: true }],

  'AWS::Lambda::Function': [
    ...own('LAMBDA', 'KmsKeyArn'),
    ...own('LAMBDA_CODE', 'Code.SourceKMSKeyArn'),
    ...own('LAMBDA_DURABLE', 'DurableConfig.KMSKeyArn'),
  ],
  'AWS::Lambda::EventSourceMapping': own('LAMBDA', 'KmsKeyArn'),

  'AWS::SecretsManager::Secret': [
    ...own('SECRETS_MANAGER', 'KmsKeyId'),
    { path: 'ReplicaRegions.*.KmsKeyId', service: 'SECRETS_MANAGER', names: 'own', anyRegion: true },
  ],
  'AWS::SecretsManager::RotationSchedule': [
    { path: 'HostedRotationLambda.KmsKeyArn', service: 'SECRETS_MANAGER', names: 'another' },
    { path: 'HostedRotationLambda.MasterSecretKmsKeyArn', service: 'SECRETS_MANAGER', names: 'another' },
    { path: 'HostedRotationLambda.SuperuserSecretKmsKeyArn', service: 'SECRETS_MANAGER', names: 'another' },
  ],

  'AWS::EC2::Volume': own('EBS', 'KmsKeyId'),
  'AWS::EC2::Instance': own('EBS', 'BlockDeviceMappings.*.Ebs.KmsKeyId'),
  'AWS::EC2::LaunchTemplate': own('EBS', 'LaunchTemplateData.BlockDeviceMappings.*.Ebs.KmsKeyId'),

  'AWS::RDS::DBInstance': [
    ...own('RDS', 'KmsKeyId', 'PerformanceInsightsKMSKeyId', 'AutomaticBackupReplicationKmsKeyId'),
    { path: 'MasterUserSecret.KmsKeyId', service: 'SECRETS_MANAGER', names: 'elsewhere' },
  ],
  'AWS::RDS::DBCluster': [
    ...own('RDS', 'KmsKeyId', 'PerformanceInsightsKmsKeyId'),
    { path: 'MasterUserSecret.KmsKeyId', service: 'SECRETS_MANAGER', names: 'elsewhere' },
  ],
  'AWS::Redshift::Cluster': [
    ...own('REDSHIFT', 'KmsKeyId'),
    { path: 'MasterPasswordSecretKmsKeyId', service: 'SECRETS_MANAGER', names: 'elsewhere' },
  ],
  'AWS::RedshiftServerless::Namespace': [
    ...own('REDSHIFT', 'KmsKeyId', 'SnapshotCopyConfigurations.*.DestinationKmsKeyId'),
    { path: 'AdminPasswordSecretKmsKeyId', service: 'SECRETS_MANAGER', names: 'elsewhere' },
  ],

  'AWS::Logs::LogGroup': own('LOGS', 'KmsKeyId'),
  'AWS::SNS::Topic': own('SNS', 'KmsMasterKeyId'),
  'AWS::SQS::Queue': own('SQS', 'KmsMasterKeyId'),
  'AWS::CloudTrail::Trail': own('CLOUDTRAIL', 'KMSKeyId'),
  'AWS::CloudTrail::EventDataStore': own('CLOUDTRAIL', 'KmsKeyId'),
  'AWS::Events::EventBus': own('EVENTBRIDGE', 'KmsKeyIdentifier'),
  'AWS::Events::Archive': own('EVENTBRIDGE', 'KmsKeyIdentifier'),
  'AWS::Events::Connection': own('EVENTBRIDGE', 'KmsKeyIdentifier'),
  'AWS::Scheduler::Schedule': own('SCHEDULER', 'KmsKeyArn'),
  'AWS::Kinesis::Stream': own('KINESIS', 'StreamEncryption.KeyId'),
  'AWS::StepFunctions::StateMachine': own('STEP_FUNCTIONS', 'EncryptionConfiguration.KmsKeyId'),
  'AWS::StepFunctions::Activity': own('STEP_FUNCTIONS', 'EncryptionConfiguration.KmsKeyId'),
  'AWS::GuardDuty::PublishingDestination': own('GUARDDUTY', 'DestinationProperties.KmsKeyArn'),
  'AWS::Backup::BackupVault': own('BACKUP', 'EncryptionKeyArn'),
  'AWS::Backup::LogicallyAirGappedBackupVault': own('BACKUP', 'EncryptionKeyArn'),
  'AWS::ECR::Repository': own('ECR', 'EncryptionConfiguration.KmsKey'),
  'AWS::ECR::RepositoryCreationTemplate': own('ECR', 'EncryptionConfiguration.KmsKey'),
  'AWS::EFS::FileSystem': own('EFS', 'KmsKeyId', 'ReplicationConfiguration.Destinations.*.KmsKeyId'),
};

/** Whose names are in encryption contexts, and how they come about. */
export interface NamedResource {
  /** The property that holds the name. */
  readonly property: string;
  /** The property that holds the beginning of a name whose end, `-<account>-<region>-an`, CloudFormation makes. */
  readonly beginning?: string;
  /**
   * What CloudFormation begins a name with that it makes itself: `<stack>-<logical id>-`, the same in lower case, or `<logical id>-`
   * (CloudFormation User Guide, "Name type"; `IdentifierUtils` of the CloudFormation CLI's Java plugin).
   */
  readonly generated: 'stack and id' | 'lower-case stack and id' | 'id';
  /** Length within which the whole of that prefix is certain to be there, with a random end of 13 characters. */
  readonly longest: number;
}

export const NAMED_RESOURCES: Readonly<Record<string, NamedResource>> = {
  'AWS::S3::Bucket': { property: 'BucketName', beginning: 'BucketNamePrefix', generated: 'lower-case stack and id', longest: 63 },
  'AWS::DynamoDB::Table': { property: 'TableName', generated: 'stack and id', longest: 255 },
  'AWS::DynamoDB::GlobalTable': { property: 'TableName', generated: 'stack and id', longest: 255 },
  'AWS::SecretsManager::Secret': { property: 'Name', generated: 'id', longest: 40 },
};

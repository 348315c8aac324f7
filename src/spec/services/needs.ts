import type { ServiceName } from './index';

/**
 * What a service cannot do without, in the key policy or, for calls it makes for others, in the IAM policies that the account delegates to: the least by
 * which a statement that somebody wrote by hand is told from none. The rows of a service say who needs it, and how it is bound.
 */
export interface KeyPolicyNeed {
  /** The service principal that calls in its own name, of this Region or of none. IAM policies cannot give it anything: it is always the key policy's. */
  readonly principal?: string;
  /** The first part of `kms:ViaService` of calls that are made for others. */
  readonly via?: string;
  /** Whether those are the deployer's calls of what makes the resource: a statement that says nothing of `kms:ViaService` allows them too. */
  readonly deployer?: boolean;
  /** The property that names the role in whose own name the calls are made, without `kms:ViaService`. */
  readonly role?: string;
  /** Types of resources whose need it is; left out, all of the service's. */
  readonly resourceTypes?: readonly string[];
  /** What requests name: a statement for another resource allows none of them. */
  readonly names?: NamedInRequest;
  /** All of them; none, where any use through the service will do, as readers and writers need different ones. */
  readonly actions: readonly string[];
  /** The page that says so, and where a statement to begin with stands. */
  readonly page: string;
}

/** The ARN of the resource, as requests name it by `aws:SourceArn` or the encryption context. */
export interface NamedInRequest {
  /** Placeholders as in rows. */
  readonly arn: string;
  /** The property that holds the name. */
  readonly property: string;
  /** The one key of the encryption context. */
  readonly context: string;
}

const GRANT = ['kms:CreateGrant', 'kms:DescribeKey'];
const page = (path: string) => `https://docs.aws.amazon.com/${path}.html`;

/** Read in November 2026. */
export const NEEDS: Readonly<Partial<Record<ServiceName, readonly KeyPolicyNeed[]>>> = {
  S3: [{ via: 's3', actions: [], page: page('AmazonS3/latest/userguide/UsingKMSEncryption') }],
  S3_EXPRESS: [{ via: 's3express', actions: [], page: page('AmazonS3/latest/userguide/s3-express-UsingKMSEncryption') }],
  DYNAMODB: [{ via: 'dynamodb', actions: ['kms:CreateGrant', 'kms:DescribeKey', 'kms:Decrypt'], page: page('amazondynamodb/latest/developerguide/encryption.usagenotes') }],
  LAMBDA: [{ via: 'lambda', actions: ['kms:CreateGrant', 'kms:Encrypt'], page: page('lambda/latest/dg/configuration-envvars-encryption') }],
  SECRETS_MANAGER: [{ via: 'secretsmanager', actions: ['kms:GenerateDataKey', 'kms:Decrypt'], page: page('secretsmanager/latest/userguide/security-encryption') }],
  LAMBDA_CODE: [{
    principal: 'lambda.amazonaws.com',
    actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
    names: { arn: 'arn:{partition}:lambda:{region}:{account}:function:{name}', property: 'FunctionName', context: 'aws:lambda:FunctionArn' },
    page: page('lambda/latest/dg/encrypt-zip-package'),
  }],
  LAMBDA_DURABLE: [{
    principal: 'lambda.amazonaws.com',
    actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
    names: { arn: 'arn:{partition}:lambda:{region}:{account}:function:{name}', property: 'FunctionName', context: 'aws:lambda:FunctionArn' },
    page: page('lambda/latest/dg/durable-encryption'),
  }, {
    via: 'lambda', actions: ['kms:Decrypt'], page: page('lambda/latest/dg/durable-encryption'),
  }],
  EBS: [{
    via: 'ec2', actions: [...GRANT, 'kms:Decrypt', 'kms:GenerateDataKeyWithoutPlaintext'], page: page('ebs/latest/userguide/ebs-encryption-requirements'),
  }],
  RDS: [{ via: 'rds', actions: GRANT, page: page('AmazonRDS/latest/UserGuide/Overview.Encryption.Keys') }],
  REDSHIFT: [{ via: 'redshift', actions: GRANT, page: page('redshift/latest/mgmt/authorizing-kms-customer-managed-key') }],
  LOGS: [{
    principal: 'logs.{region}.amazonaws.com',
    // The page has Describe* too, under the encryption context, where it allows nothing: it is not needed.
    actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey'],
    names: { arn: 'arn:{partition}:logs:{region}:{account}:log-group:{name}', property: 'LogGroupName', context: 'aws:logs:arn' },
    page: page('AmazonCloudWatch/latest/logs/encrypt-log-data-kms'),
  }],
  SNS: [{ via: 'sns', actions: [], page: page('sns/latest/dg/sns-key-management') }],
  SQS: [{ via: 'sqs', actions: [], page: page('AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management') }],
  CLOUDTRAIL: [{
    principal: 'cloudtrail.amazonaws.com',
    actions: ['kms:GenerateDataKey', 'kms:DescribeKey'],
    resourceTypes: ['AWS::CloudTrail::Trail'],
    names: { arn: 'arn:{partition}:cloudtrail:{region}:{account}:trail/{name}', property: 'TrailName', context: 'aws:cloudtrail:arn' },
    page: page('awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail'),
  }, {
    principal: 'cloudtrail.amazonaws.com',
    actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
    resourceTypes: ['AWS::CloudTrail::EventDataStore'],
    page: page('awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail'),
  }],
  EVENTBRIDGE: [{
    principal: 'events.amazonaws.com',
    actions: ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:DescribeKey'],
    resourceTypes: ['AWS::Events::EventBus'],
    names: { arn: 'arn:{partition}:events:{region}:{account}:event-bus/{name}', property: 'Name', context: 'aws:events:event-bus:arn' },
    page: page('eventbridge/latest/userguide/eb-encryption-event-bus-cmkey'),
  }, {
    // "AWS KMS key permissions for event bus actions"; the page does not say whether the calls come through the service.
    via: 'events',
    deployer: true,
    actions: ['kms:GenerateDataKeyWithoutPlaintext', 'kms:Decrypt', 'kms:Encrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:DescribeKey'],
    resourceTypes: ['AWS::Events::EventBus'],
    page: page('eventbridge/latest/userguide/eb-encryption-event-bus-cmkey'),
  }],
  EVENTBRIDGE_ARCHIVES: [{
    principal: 'events.amazonaws.com',
    actions: ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:DescribeKey'],
    page: page('eventbridge/latest/userguide/eb-encryption-key-policy'),
  }],
  SCHEDULER: [{ via: 'scheduler', actions: [], page: page('scheduler/latest/UserGuide/encryption-rest') }],
  KINESIS: [{ via: 'kinesis', actions: [], page: page('streams/latest/dev/permissions-user-key-KMS') }],
  STEP_FUNCTIONS: [{
    role: 'RoleArn',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resourceTypes: ['AWS::StepFunctions::StateMachine'],
    names: { arn: 'arn:{partition}:states:{region}:{account}:stateMachine:{name}', property: 'StateMachineName', context: 'aws:states:stateMachineArn' },
    page: page('step-functions/latest/dg/encryption-at-rest'),
  }, {
    via: 'states',
    deployer: true,
    actions: ['kms:DescribeKey', 'kms:GenerateDataKey'],
    resourceTypes: ['AWS::StepFunctions::StateMachine'],
    page: page('step-functions/latest/dg/encryption-at-rest'),
  }, {
    via: 'states', deployer: true, actions: ['kms:DescribeKey'], resourceTypes: ['AWS::StepFunctions::Activity'], page: page('step-functions/latest/dg/encryption-at-rest'),
  }, {
    via: 'states', actions: [], resourceTypes: ['AWS::StepFunctions::Activity'], page: page('step-functions/latest/dg/encryption-at-rest'),
  }],
  GUARDDUTY: [{ principal: 'guardduty.amazonaws.com', actions: ['kms:GenerateDataKey'], page: page('guardduty/latest/ug/guardduty_exportfindings') }],
  FIREHOSE: [{ via: 'firehose', actions: ['kms:CreateGrant'], page: page('firehose/latest/APIReference/API_DeliveryStreamEncryptionConfigurationInput') }],
  BACKUP: [{ via: 'backup', actions: ['kms:CreateGrant', 'kms:GenerateDataKey', 'kms:Decrypt'], page: page('aws-backup/latest/devguide/encryption') }],
  ECR: [{ via: 'ecr', actions: GRANT, page: page('AmazonECR/latest/userguide/encryption-at-rest') }],
  EFS: [{
    via: 'elasticfilesystem', actions: [...GRANT, 'kms:GenerateDataKeyWithoutPlaintext', 'kms:Decrypt'], page: page('efs/latest/ug/encryption-at-rest'),
  }],
  ROUTE53_DNSSEC: [{
    principal: 'dnssec-route53.amazonaws.com',
    actions: ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Sign', 'kms:CreateGrant'],
    page: page('Route53/latest/DeveloperGuide/access-control-managing-permissions'),
  }],
};

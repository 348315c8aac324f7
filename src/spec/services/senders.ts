/** Who uses the key of a resource in a name of its own, because another resource of the app refers to that one. */
export interface Sender {
  /** The type of the resource that refers, and where. */
  readonly resourceType: string;
  readonly paths: readonly string[];
  /** Types of the resources with the key. */
  readonly to: readonly string[];
  /** The service principal that calls KMS … */
  readonly principal?: string;
  /** … or the service-linked role. Placeholders as in rows. */
  readonly role?: string;
  readonly actions: readonly string[];
  /** What AWS's statement asks besides, in words. */
  readonly conditions: string;
  readonly page: string;
}

const page = (path: string) => `https://docs.aws.amazon.com/${path}.html`;
const SNS_PAGE = page('sns/latest/dg/sns-key-management');
const SQS_PAGE = page('AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management');
const [TOPIC, QUEUE] = ['AWS::SNS::Topic', 'AWS::SQS::Queue'];
const SENDS = ['kms:GenerateDataKey', 'kms:Decrypt'];
const BUCKETS = "conditions on aws:SourceAccount, the bucket's account, and aws:SourceArn, the bucket";

const alarms = (resourceType: string): Sender => ({
  resourceType,
  paths: ['AlarmActions', 'OKActions', 'InsufficientDataActions'],
  to: [TOPIC],
  principal: 'cloudwatch.amazonaws.com',
  actions: SENDS,
  conditions: 'conditions on aws:SourceAccount and aws:SourceArn, the ARN of the alarm',
  page: SNS_PAGE,
});

const notifications = (resourceType: string): Sender => ({
  resourceType,
  paths: ['NotificationConfiguration'],
  to: [TOPIC, QUEUE],
  principal: 's3.amazonaws.com',
  actions: SENDS,
  conditions: BUCKETS,
  page: page('AmazonS3/latest/userguide/grant-destinations-permissions-to-s3'),
});

/** Read in November 2026. CDK lets CloudWatch and S3 in on no key of a topic, and nobody on keys of volumes that a group launches. */
export const SENDERS: readonly Sender[] = [
  alarms('AWS::CloudWatch::Alarm'),
  alarms('AWS::CloudWatch::CompositeAlarm'),
  notifications('AWS::S3::Bucket'),
  notifications('Custom::S3BucketNotifications'),
  {
    resourceType: 'AWS::Events::Rule',
    paths: ['Targets.*.Arn', 'Targets.*.DeadLetterConfig.Arn'],
    to: [QUEUE],
    principal: 'events.amazonaws.com',
    actions: SENDS,
    conditions: 'a condition on aws:SourceArn, the ARN of the rule',
    page: SQS_PAGE,
  },
  {
    resourceType: 'AWS::Events::Rule',
    paths: ['Targets.*.Arn'],
    to: [TOPIC],
    principal: 'events.amazonaws.com',
    actions: SENDS,
    conditions: 'a condition on kms:EncryptionContext:aws:sns:topicArn, as EventBridge tells topics no source',
    page: SNS_PAGE,
  },
  {
    resourceType: 'AWS::SNS::Subscription',
    paths: ['Endpoint'],
    to: [QUEUE],
    principal: 'sns.amazonaws.com',
    actions: SENDS,
    conditions: 'a condition on aws:SourceArn, the ARN of the topic',
    page: SQS_PAGE,
  },
  {
    resourceType: 'AWS::AutoScaling::AutoScalingGroup',
    paths: ['LaunchTemplate', 'MixedInstancesPolicy.LaunchTemplate'],
    to: ['AWS::EC2::LaunchTemplate'],
    role: 'arn:{partition}:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling',
    actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:DescribeKey', 'kms:CreateGrant'],
    conditions: 'kms:CreateGrant in a statement of its own, with a condition on kms:GrantIsForAWSResource (true)',
    page: page('autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption'),
  },
];

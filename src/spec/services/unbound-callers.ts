/** A service that calls KMS in its own name for resources of these types, in statements that constructs of CDK write, or AWS's pages show, without saying for whose. */
export interface UnboundCaller {
  readonly principal: string;
  /** Types of the resources whose key it uses. */
  readonly resourceTypes: readonly string[];
  /** Who else could have it use the key: the confused deputy. IAM User Guide, "The confused deputy problem". */
  readonly others: string;
  /** What narrows it to this account's, or to one resource. */
  readonly narrowing: string;
  /** The condition that AWS's page has, where one holds for every account: it is added then. Placeholders as in rows. */
  readonly condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly page: string;
}

const page = (path: string) => `https://docs.aws.amazon.com/${path}.html`;
const [QUEUE, TOPIC] = ['AWS::SQS::Queue', 'AWS::SNS::Topic'];

/** Read in November 2026. */
export const UNBOUND_CALLERS: readonly UnboundCaller[] = [
  {
    principal: 'events.amazonaws.com',
    resourceTypes: [TOPIC],
    others: 'a rule of any account whose target is a topic with this key',
    // The page: aws:SourceArn, aws:SourceAccount and aws:SourceOrgID "are not supported" from EventBridge to encrypted topics.
    narrowing: 'EventBridge tells topics no source: a condition on kms:EncryptionContext:aws:sns:topicArn, the ARN of the topic, is all there is',
    page: page('sns/latest/dg/sns-key-management'),
  },
  {
    principal: 'events.amazonaws.com',
    resourceTypes: [QUEUE],
    others: 'a rule of any account whose target is a queue with this key',
    narrowing: 'a condition on aws:SourceArn, the ARN of the rule',
    page: page('AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management'),
  },
  {
    principal: 's3.amazonaws.com',
    resourceTypes: [QUEUE, TOPIC],
    others: 'a bucket of any account that notifies a queue or topic with this key',
    narrowing: "conditions on aws:SourceAccount, the bucket's account, and aws:SourceArn, the bucket",
    page: page('AmazonS3/latest/userguide/grant-destinations-permissions-to-s3'),
  },
  {
    principal: 'sns.amazonaws.com',
    resourceTypes: [QUEUE],
    others: 'a topic of any account to which a queue with this key is subscribed',
    narrowing: 'a condition on aws:SourceArn, the ARN of the topic, which CDK writes with the feature flag @aws-cdk/aws-sns-subscriptions:restrictSqsDescryption',
    page: page('AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management'),
  },
  {
    principal: 'lambda.amazonaws.com',
    resourceTypes: ['AWS::Lambda::EventSourceMapping'],
    others: 'an event source mapping of any account whose filters are encrypted with this key',
    narrowing: 'key.forService(KmsService.LAMBDA), or a condition on aws:SourceArn, the ARN of the mapping',
    page: page('lambda/latest/dg/invocation-eventfiltering'),
  },
  {
    principal: 'delivery.logs.amazonaws.com',
    resourceTypes: ['AWS::StepFunctions::StateMachine'],
    others: 'a log delivery of any account',
    narrowing: 'the encryption context SourceArn, which is added',
    condition: { StringEquals: { 'kms:EncryptionContext:SourceArn': 'arn:{partition}:logs:{region}:{account}:*' } },
    page: page('step-functions/latest/dg/encryption-at-rest'),
  },
];

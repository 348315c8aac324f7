import { GeneratedName, ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, NamingProperty, ServiceContext } from './rows';
import { SOURCE_ARNS, notificationsTo, rulesTo } from './sender-names';

const QUEUE_ARN = 'arn:{partition}:sqs:{region}:{account}:{name}';
/** No page of AWS says so: CloudTrail's records of KMS show it, and key policies in wide use rely on it. */
const QUEUES: ServiceContext = { key: 'aws:sqs:arn', values: [QUEUE_ARN], imported: [{ property: 'queueName' }] };
const KEYS = { page: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html', date: '2026-11-29' };
const THROUGH_SQS = { shape: ServiceCall.THROUGH_SERVICE, when: ServiceRowTime.GRANTED, via: 'sqs.{region}.amazonaws.com', context: QUEUES, ...KEYS };
// Told by their source, as AWS's statements have it, and by no context.
const SENDS = { who: ServiceUser.SERVICE, shape: ServiceCall.AS_SERVICE, when: ServiceRowTime.NAMED, actions: ['kms:GenerateDataKey', 'kms:Decrypt'], ...KEYS };
// What cannot be delivered goes to a dead-letter queue, in the name of the same service.
const SUBSCRIBED: NamingProperty[] = ['Endpoint', 'RedrivePolicy.deadLetterTargetArn'].map((path) => (
  { resourceType: 'AWS::SNS::Subscription', path, arn: QUEUE_ARN, senderPath: 'TopicArn' }));
const SUBSCRIBED_INLINE: NamingProperty = { resourceType: 'AWS::SNS::Topic', path: 'Subscription.*.Endpoint', arn: QUEUE_ARN };
const UNDELIVERED: NamingProperty = { resourceType: 'AWS::Events::Rule', path: 'Targets.*.DeadLetterConfig.Arn', arn: QUEUE_ARN };

/** Amazon SQS. */
export const SQS: KmsServiceProps = {
  name: 'SQS',
  title: 'Amazon SQS',
  keyProperties: [{ resourceType: 'AWS::SQS::Queue', path: 'KmsMasterKeyId' }],
  // A FIFO queue's name ends in .fifo, within the 80 characters.
  resourceNames: [{ resourceType: 'AWS::SQS::Queue', property: 'QueueName', generated: GeneratedName.STACK_AND_ID, maxLength: 75 }],
  rows: [
    // ReceiveMessage. Messages in a dead-letter queue stay as they were encrypted, and so does whose key it takes to read them.
    {
      sid: 'ReceiveThroughSQS',
      who: ServiceUser.READER,
      ...THROUGH_SQS,
      actions: ['kms:Decrypt'],
      userActions: ['sqs:ReceiveMessage'],
      usersOf: 'RedrivePolicy.deadLetterTargetArn',
    },
    // SendMessage; Decrypt verifies the data key. CDK's function grants nothing on the key of its dead-letter queue.
    { sid: 'SendThroughSQS', who: ServiceUser.WRITER, ...THROUGH_SQS, actions: ['kms:GenerateDataKey', 'kms:Decrypt'], userActions: ['sqs:SendMessage'] },
    {
      sid: 'TopicsToSQS', ...SENDS, principal: 'sns.amazonaws.com', sourceArn: SOURCE_ARNS.TOPIC, namedIn: [...SUBSCRIBED, SUBSCRIBED_INLINE],
    },
    {
      sid: 'EventsToSQS', ...SENDS, principal: 'events.amazonaws.com', sourceArn: SOURCE_ARNS.RULE, namedIn: [...rulesTo(QUEUE_ARN), UNDELIVERED],
    },
    // What an encrypted bus cannot keep. EventBridge User Guide, "Using dead-letter queues to capture encrypted event errors".
    {
      sid: 'BusesToSQS', ...SENDS, principal: 'events.amazonaws.com', sourceArn: SOURCE_ARNS.BUS, namedIn: [{ resourceType: 'AWS::Events::EventBus', path: 'DeadLetterConfig.Arn', arn: QUEUE_ARN }],
    },
    {
      sid: 'BucketsToSQS',
      ...SENDS,
      principal: 's3.amazonaws.com',
      sourceArn: SOURCE_ARNS.BUCKET,
      sourceAccount: '{account}',
      namedIn: notificationsTo(QUEUE_ARN),
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html',
    },
  ],
};

import { GeneratedName, ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, ServiceContext } from './rows';
import { SOURCE_ARNS, alarmsTo, notificationsTo, rulesTo } from './sender-names';
import { otherSendersTo } from './sns-senders';

const TOPIC_ARN = 'arn:{partition}:sns:{region}:{account}:{name}';
/** Amazon GameLift FlexMatch Developer Guide, "Set up an Amazon SNS topic with server-side encryption", has it in the key policy. */
const TOPICS: ServiceContext = { key: 'aws:sns:topicArn', values: [TOPIC_ARN], imported: [{ property: 'topicName' }] };
const KEYS = { page: 'https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html', date: '2026-11-29' };
const SENDS = {
  who: ServiceUser.SERVICE,
  shape: ServiceCall.AS_SERVICE,
  when: ServiceRowTime.NAMED,
  actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
  context: TOPICS,
};

/** Amazon SNS. Messages are delivered in plaintext: subscribers ask KMS nothing. Who publishes in the name of a service calls KMS as that service. */
export const SNS: KmsServiceProps = {
  name: 'SNS',
  title: 'Amazon SNS',
  keyProperties: [{ resourceType: 'AWS::SNS::Topic', path: 'KmsMasterKeyId' }],
  resourceNames: [{ resourceType: 'AWS::SNS::Topic', property: 'TopicName', generated: GeneratedName.STACK_AND_ID, maxLength: 256 }],
  rows: [
    // Publish. The page writes GenerateDataKey*, of which SNS asks for no other operation. CDK's functions and state machines with a topic grant nothing on its key.
    {
      sid: 'PublishThroughSNS',
      who: ServiceUser.WRITER,
      shape: ServiceCall.THROUGH_SERVICE,
      when: ServiceRowTime.GRANTED,
      via: 'sns.{region}.amazonaws.com',
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      context: TOPICS,
      userActions: ['sns:Publish'],
      ...KEYS,
    },
    {
      sid: 'AlarmsToSNS',
      ...SENDS,
      principal: 'cloudwatch.amazonaws.com',
      sourceArn: SOURCE_ARNS.ALARM,
      sourceAccount: '{account}',
      namedIn: alarmsTo(TOPIC_ARN),
      ...KEYS,
    },
    // "aws:SourceArn, aws:SourceAccount … are not supported" from EventBridge to encrypted topics: the topic's own context is all there is.
    { sid: 'EventsToSNS', ...SENDS, principal: 'events.amazonaws.com', namedIn: rulesTo(TOPIC_ARN), ...KEYS },
    {
      sid: 'BucketsToSNS',
      ...SENDS,
      principal: 's3.amazonaws.com',
      sourceArn: SOURCE_ARNS.BUCKET,
      sourceAccount: '{account}',
      namedIn: notificationsTo(TOPIC_ARN),
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html',
      date: '2026-11-29',
    },
    // CloudTrail, AWS Backup, budgets and others: which of them tell a source stands on no page, and the topic's own context is in every request.
    { sid: 'ServicesToSNS', ...SENDS, when: ServiceRowTime.GRANTED, ...KEYS },
    ...otherSendersTo(TOPICS, TOPIC_ARN),
  ],
};

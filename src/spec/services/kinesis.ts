import { GeneratedName, ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, NamingProperty, ServiceContext } from './rows';

const STREAM_ARN = 'arn:{partition}:kinesis:{region}:{account}:stream/{name}';
const STREAMS: ServiceContext = { key: 'aws:kinesis:arn', values: [STREAM_ARN], imported: [{ property: 'streamName' }] };
const THROUGH_KINESIS = {
  shape: ServiceCall.THROUGH_SERVICE,
  via: 'kinesis.{region}.amazonaws.com',
  page: 'https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html',
  date: '2026-11-29',
};

/** Where tables name the stream that their changes are put into. */
const CHANGES: NamingProperty[] = [
  { resourceType: 'AWS::DynamoDB::Table', path: 'KinesisStreamSpecification.StreamArn', arn: STREAM_ARN },
  { resourceType: 'AWS::DynamoDB::GlobalTable', path: 'Replicas.*.KinesisStreamSpecification.StreamArn', arn: STREAM_ARN },
];

/** Amazon Kinesis Data Streams. It calls KMS for whoever puts and gets records, functions and other consumers by their roles; it works under no grant. */
export const KINESIS: KmsServiceProps = {
  name: 'Kinesis',
  title: 'Amazon Kinesis Data Streams',
  keyProperties: [{ resourceType: 'AWS::Kinesis::Stream', path: 'StreamEncryption.KeyId' }],
  resourceNames: [{ resourceType: 'AWS::Kinesis::Stream', property: 'Name', generated: GeneratedName.STACK_AND_ID, maxLength: 128 }],
  rows: [
    { sid: 'ReadThroughKinesis', who: ServiceUser.READER, when: ServiceRowTime.GRANTED, ...THROUGH_KINESIS, actions: ['kms:Decrypt'], context: STREAMS },
    { sid: 'WriteThroughKinesis', who: ServiceUser.WRITER, when: ServiceRowTime.GRANTED, ...THROUGH_KINESIS, actions: ['kms:GenerateDataKey'], context: STREAMS },
    // The role under which DynamoDB puts changes of tables there. Its policy, which no key policy but a delegating one heeds, has this and no more.
    {
      sid: 'TablesToKinesis',
      who: ServiceUser.SERVICE_LINKED_ROLE,
      when: ServiceRowTime.NAMED,
      ...THROUGH_KINESIS,
      principal: 'arn:{partition}:iam::{account}:role/aws-service-role/kinesisreplication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBKinesisDataStreamsReplication',
      actions: ['kms:GenerateDataKey'],
      context: STREAMS,
      namedIn: CHANGES,
      page: 'https://docs.aws.amazon.com/aws-managed-policy/latest/reference/DynamoDBKinesisReplicationServiceRolePolicy.html',
    },
    // Of what the page has for administrators, List* is of no use in a key policy.
    { sid: 'DescribeThroughKinesis', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH_KINESIS, actions: ['kms:DescribeKey'] },
  ],
};

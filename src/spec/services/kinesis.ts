import { GeneratedName, ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, ServiceContext } from './rows';

const STREAMS: ServiceContext = {
  key: 'aws:kinesis:arn', values: ['arn:{partition}:kinesis:{region}:{account}:stream/{name}'], imported: [{ property: 'streamName' }],
};
const THROUGH_KINESIS = {
  shape: ServiceCall.THROUGH_SERVICE,
  via: 'kinesis.{region}.amazonaws.com',
  page: 'https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html',
  date: '2026-11-29',
};

/** Amazon Kinesis Data Streams. It calls KMS for whoever puts and gets records, functions and other consumers by their roles; it works under no grant. */
export const KINESIS: KmsServiceProps = {
  name: 'Kinesis',
  title: 'Amazon Kinesis Data Streams',
  keyProperties: [{ resourceType: 'AWS::Kinesis::Stream', path: 'StreamEncryption.KeyId' }],
  resourceNames: [{ resourceType: 'AWS::Kinesis::Stream', property: 'Name', generated: GeneratedName.STACK_AND_ID, maxLength: 128 }],
  rows: [
    { sid: 'ReadThroughKinesis', who: ServiceUser.READER, when: ServiceRowTime.GRANTED, ...THROUGH_KINESIS, actions: ['kms:Decrypt'], context: STREAMS },
    { sid: 'WriteThroughKinesis', who: ServiceUser.WRITER, when: ServiceRowTime.GRANTED, ...THROUGH_KINESIS, actions: ['kms:GenerateDataKey'], context: STREAMS },
    // Of what the page has for administrators, List* is of no use in a key policy.
    { sid: 'DescribeThroughKinesis', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH_KINESIS, actions: ['kms:DescribeKey'] },
  ],
};

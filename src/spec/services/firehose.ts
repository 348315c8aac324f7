import { ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps } from './rows';

/**
 * Amazon Data Firehose: streams that records are put into (Direct PUT). It makes a grant for whoever makes a stream, and works under that: whoever puts records asks KMS
 * nothing, nor does the stream's role for the stream. Which operations the grant gives is not documented, and its encryption context is system generated: "Your
 * application should not make any assumptions about the format or content" ("Data protection in Amazon Data Firehose").
 *
 * A stream that reads a Kinesis stream has that one's key (Kinesis's rows), and what it delivers to a bucket is encrypted by S3, for its role (S3's rows).
 */
export const FIREHOSE: KmsServiceProps = {
  name: 'Firehose',
  title: 'Amazon Data Firehose',
  keyProperties: [{ resourceType: 'AWS::KinesisFirehose::DeliveryStream', path: 'DeliveryStreamEncryptionConfigurationInput.KeyARN' }],
  rows: [
    // CreateDeliveryStream and StartDeliveryStreamEncryption.
    {
      sid: 'GrantThroughFirehose',
      who: ServiceUser.DEPLOYER,
      shape: ServiceCall.THROUGH_SERVICE,
      when: ServiceRowTime.GIVEN,
      via: 'firehose.{region}.amazonaws.com',
      actions: ['kms:CreateGrant'],
      page: 'https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeliveryStreamEncryptionConfigurationInput.html',
      date: '2026-11-29',
    },
  ],
};

import { strict as assert } from 'node:assert';
import { App, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Stream, StreamEncryption } from 'aws-cdk-lib/aws-kinesis';
import { GeneratedName, KmsService, ServiceCall, ServiceContext, ServiceRowTime, ServiceUser, SymmetricDataKey } from 'cdk-keysmith';
import { startLocalKms } from 'cdk-keysmith/testing';

// What the page says, a row for each statement of the key policy.
const PAGE = { page: 'https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html', date: '2026-11-28' };
const THROUGH = { shape: ServiceCall.THROUGH_SERVICE, via: 'kinesis.{region}.amazonaws.com' };
const STREAM: ServiceContext = { key: 'aws:kinesis:arn', values: ['arn:{partition}:kinesis:{region}:{account}:stream/{name}'] };

const KINESIS = KmsService.of({
  name: 'Kinesis',
  title: 'Amazon Kinesis Data Streams',
  keyProperties: [{ resourceType: 'AWS::Kinesis::Stream', path: 'StreamEncryption.KeyId' }],
  resourceNames: [{ resourceType: 'AWS::Kinesis::Stream', property: 'Name', generated: GeneratedName.STACK_AND_ID, maxLength: 128 }],
  rows: [
    { sid: 'ReadThroughKinesis', who: ServiceUser.READER, when: ServiceRowTime.GRANTED, ...THROUGH, actions: ['kms:Decrypt'], context: STREAM, ...PAGE },
    { sid: 'WriteThroughKinesis', who: ServiceUser.WRITER, when: ServiceRowTime.GRANTED, ...THROUGH, actions: ['kms:GenerateDataKey'], context: STREAM, ...PAGE },
    { sid: 'DescribeThroughKinesis', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH, actions: ['kms:DescribeKey'], ...PAGE },
  ],
});

const app = new App();
const stack = new Stack(app, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
const key = new SymmetricDataKey(stack, 'Data', { alias: 'orders' });
const stream = new Stream(stack, 'Stream', { streamName: 'orders', encryption: StreamEncryption.KMS, encryptionKey: key.forService(KINESIS) });
const [producer, consumer] = ['Producer', 'Consumer', 'Stranger'].map((id) => new Role(stack, id, { assumedBy: new AccountRootPrincipal() }));
stream.grantWrite(producer);
stream.grantRead(consumer);

async function main(): Promise<void> {
  const local = await startLocalKms({ assembly: app.synth().directory });
  // The service as it calls KMS for a role, with the encryption context that it sends for the stream.
  const kinesis = (role: string) => local.via('kinesis', `Orders/${role}`, { resource: 'arn:aws:kinesis:eu-west-1:111122223333:stream/orders' });
  const denied = { name: 'AccessDeniedException' };
  try {
    const { CiphertextBlob } = await kinesis('Producer').call('GenerateDataKey', { KeyId: 'alias/orders', KeySpec: 'AES_256' });
    await kinesis('Consumer').call('Decrypt', { CiphertextBlob });
    await assert.rejects(kinesis('Producer').call('Decrypt', { CiphertextBlob }), denied);
    await assert.rejects(kinesis('Stranger').call('Decrypt', { CiphertextBlob }), denied);
    await assert.rejects(local.port('Orders/Consumer').call('Decrypt', { CiphertextBlob, EncryptionContext: kinesis('Consumer').encryptionContext }), denied);
    for (const { who, operation, via, outcome } of local.requests.summary()) console.log(`${who} ${operation} ${via}: ${outcome}`);
  } finally {
    await local.stop();
  }
}

void main();

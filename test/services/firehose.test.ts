import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { CfnDeliveryStream, DeliveryStream, KinesisStreamSource, S3Bucket, StreamEncryption } from 'aws-cdk-lib/aws-kinesisfirehose';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { bucketIn } from './support/resources';
import { KmsService, SymmetricDataKey } from '../../src';
import type { SymmetricDataKeyProps } from '../../src';
import { AccountAccess } from '../../src/policy/account-access';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole, roleIn } from '../support/deployed';

/** Streams of Data Firehose: their own key, which only its grant gives it, and the keys of what they read and deliver to, which their roles use through S3 and Kinesis. */

const NO = 'ImplicitlyDenied';
const FOR_SERVICE = { 'kms:GrantIsForAWSResource': 'true' };

function scene(props: SymmetricDataKeyProps = {}) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key', props) };
}

const roleOf = (stream: DeliveryStream, id = 'S3 Destination Role') => stream.node.findChild(id) as Role;
const object = (bucket: string) => ({ context: { 'aws:s3:arn': `arn:aws:s3:::${bucket}/2026/11/29/1` } });

describe('a stream that records are put into', () => {
  const put = (stack: Stack, key: IKey) => new DeliveryStream(stack, 'Delivery', {
    encryption: StreamEncryption.customerManagedKey(key), destination: new S3Bucket(new Bucket(stack, 'Bucket')),
  });

  test.each(Object.values(AccountAccess))('has its grant by whoever deploys it, whatever the context, and nobody uses the key for it, under %s', (accountAccess) => {
    const { app, stack, key } = scene({ accountAccess });
    const stream = put(stack, key.forService(KmsService.FIREHOSE));
    const writer = roleIn(stack, 'Writer');
    stream.grantPutRecords(writer);
    const deployed = new Deployed(app);
    const grants = (call: object) => deployed.outcome(executionRole(), 'kms:CreateGrant', key, { parameters: { Operations: ['Encrypt', 'Decrypt'] }, conditionKeys: FOR_SERVICE, ...call });
    if (accountAccess !== AccountAccess.DELEGATE_TO_IAM) {
      expect([grants({ via: 'firehose' }), grants({ via: 'firehose', context: { 'aws:firehose:arn': 'anything' } })]).toEqual(['Allowed', 'Allowed']);
      expect([grants({}), grants({ via: 's3' }), grants({ via: 'firehose', conditionKeys: { 'kms:GrantIsForAWSResource': 'false' } })]).toEqual([NO, NO, NO]);
    }
    for (const who of [writer, roleOf(stream, 'Service Role'), roleOf(stream)]) {
      expect(['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'].map((action) => deployed.outcome(who, action, key, { via: 'firehose' }))).toEqual([NO, NO, NO]);
    }
  });

  test('under a plain key lets the role that CDK makes beside decrypt whatever the key encrypts', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env: HERE });
    const key = new Key(stack, 'Key');
    const stream = put(stack, key);
    expect(new Deployed(app).outcome(roleOf(stream, 'Service Role'), 'kms:Decrypt', key)).toBe('Allowed');
  });

  test('says of that role that it needs nothing, once', () => {
    const { stack, key } = scene();
    put(stack, key.forService(KmsService.FIREHOSE));
    const said = Annotations.fromStack(stack).findInfo('*', Match.stringLikeRegexp('works under a grant of its own')).map(({ entry }) => String(entry.data));
    expect(said).toEqual([expect.stringMatching(/^'Shop\/Delivery\/Service Role' was granted the use of the view of 'Shop\/Key' for Amazon Data Firehose, and needs nothing/)]);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('that is a plain resource takes the ARN of the view', () => {
    const { app, stack, key } = scene();
    const keyArn = key.forService(KmsService.FIREHOSE).keyArn;
    new CfnDeliveryStream(stack, 'Delivery', { deliveryStreamEncryptionConfigurationInput: { keyType: 'CUSTOMER_MANAGED_CMK', keyArn } });
    expect(new Deployed(app).outcome(executionRole(), 'kms:CreateGrant', key, { via: 'firehose', conditionKeys: FOR_SERVICE })).toBe('Allowed');
  });

  test('takes no view of another service, and no key itself', () => {
    const given = (of: (key: SymmetricDataKey) => string) => () => {
      const { app, stack, key } = scene();
      new CfnDeliveryStream(stack, 'Delivery', { deliveryStreamEncryptionConfigurationInput: { keyType: 'CUSTOMER_MANAGED_CMK', keyArn: of(key) } });
      app.synth();
    };
    expect(given((key) => key.forService(KmsService.KINESIS).keyArn)).toThrow(/it is Amazon Data Firehose that uses the key there: hand over key\.forService\(KmsService\.FIREHOSE\)/);
    expect(given((key) => key.keyArn)).toThrow(/hand over key\.forService\(KmsService\.FIREHOSE\)/);
  });
});

describe('a stream that delivers', () => {
  const uses = ['kms:GenerateDataKey', 'kms:Decrypt'];

  test('to a bucket under a view writes to it, by its role and through S3', () => {
    const { app, stack, key } = scene();
    const stream = new DeliveryStream(stack, 'Delivery', { destination: new S3Bucket(bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'delivered')) });
    const deployed = new Deployed(app);
    const ask = (action: string, call: object) => deployed.outcome(roleOf(stream), action, key, call);
    expect(uses.map((action) => ask(action, { via: 's3', ...object('delivered') }))).toEqual(['Allowed', 'Allowed']);
    expect([ask('kms:Decrypt', object('delivered')), ask('kms:Decrypt', { via: 's3', ...object('elsewhere') }), ask('kms:Encrypt', { via: 's3', ...object('delivered') })]).toEqual([NO, NO, NO]);
  });

  test('under a key of its own has S3 encrypt with that, for the bucket that it delivers to and the one for copies', () => {
    const { app, stack, key } = scene();
    const view = key.forService(KmsService.S3);
    const backup = { bucket: new Bucket(stack, 'Backup', { bucketName: 'copies' }), encryptionKey: view };
    const destination = new S3Bucket(new Bucket(stack, 'Bucket', { bucketName: 'delivered' }), { encryptionKey: view, s3Backup: backup });
    const stream = new DeliveryStream(stack, 'Delivery', { destination });
    const deployed = new Deployed(app);
    const ask = (bucket: string) => uses.map((action) => deployed.outcome(roleOf(stream), action, key, { via: 's3', ...object(bucket) }));
    expect(['delivered', 'copies', 'elsewhere'].map(ask)).toEqual([['Allowed', 'Allowed'], ['Allowed', 'Allowed'], [NO, NO]]);
  });

  test('to a bucket in another stack, by a role with a name', () => {
    const { app, stack, key } = scene();
    const bucket = bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'delivered');
    const other = new Stack(app, 'Other', { env: HERE });
    const role = roleIn(other, 'Role', { roleName: 'delivers' });
    new DeliveryStream(other, 'Delivery', { destination: new S3Bucket(bucket, { role }) });
    const deployed = new Deployed(app);
    expect(uses.map((action) => deployed.outcome(role, action, key, { via: 's3', ...object('delivered') }))).toEqual(['Allowed', 'Allowed']);
  });
});

test('a stream that reads an encrypted Kinesis stream decrypts through Kinesis, by its role, and writes nothing there', () => {
  const { app, stack, key } = scene();
  const source = new Stream(stack, 'Clicks', { streamName: 'clicks', encryptionKey: key.forService(KmsService.KINESIS) });
  const stream = new DeliveryStream(stack, 'Delivery', { source: new KinesisStreamSource(source), destination: new S3Bucket(new Bucket(stack, 'Bucket')) });
  const deployed = new Deployed(app);
  const context = (account = HERE.account) => ({ 'aws:kinesis:arn': `arn:aws:kinesis:${HERE.region}:${account}:stream/clicks` });
  const ask = (action: string, call: object) => deployed.outcome(roleOf(stream, 'Service Role'), action, key, call);
  expect(ask('kms:Decrypt', { via: 'kinesis', context: context() })).toBe('Allowed');
  expect([
    ask('kms:Decrypt', { context: context() }),
    ask('kms:Decrypt', { via: 'firehose', context: context() }),
    ask('kms:Decrypt', { via: 'kinesis', context: context(OTHER_ACCOUNT.account) }),
    ask('kms:GenerateDataKey', { via: 'kinesis', context: context() }),
  ]).toEqual([NO, NO, NO, NO]);
  expect(deployed.outcome(roleOf(stream), 'kms:Decrypt', key, { via: 'kinesis', context: context() })).toBe(NO);
});

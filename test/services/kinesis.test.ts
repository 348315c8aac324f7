import { App, NestedStack, Stack } from 'aws-cdk-lib';
import { Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnStream, Stream } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { CfnKey } from 'aws-cdk-lib/aws-kms';
import { FilterPattern, LogGroup } from 'aws-cdk-lib/aws-logs';
import { KinesisDestination } from 'aws-cdk-lib/aws-logs-destinations';
import { functionIn, partitionKey } from './support/resources';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import type { SymmetricDataKeyProps } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';
import type { Call } from '../support/deployed';

/** Who may put records into streams and get them: by the grants of CDK's streams, wherever they are. */

const arn = (name: string) => `arn:aws:kinesis:${HERE.region}:${HERE.account}:stream/${name}`;
const of = (name: string): Call => ({ via: 'kinesis', context: { 'aws:kinesis:arn': arn(name) } });

function scene(props: SymmetricDataKeyProps = {}) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', props);
  return { app, stack, key };
}

test.each(Object.values(AccountAccess))('a function that puts records makes data keys for its stream, and reads nothing, under %s', (accountAccess) => {
  const { app, stack, key } = scene({ accountAccess });
  const stream = new Stream(stack, 'Clicks', { streamName: 'clicks', encryptionKey: key.forService(KmsService.KINESIS) });
  const { role } = functionIn(stack, 'Producer');
  stream.grantWrite(role!);
  const deployed = new Deployed(app);
  const ask = (action: string, call = of('clicks')) => deployed.outcome(role!, action, key, call);
  expect(ask('kms:GenerateDataKey')).toBe('Allowed');
  const refused = [ask('kms:Decrypt'), ask('kms:Encrypt'), ask('kms:GenerateDataKey', of('clicks-2')), ask('kms:GenerateDataKey', { ...of('clicks'), via: 'firehose' })];
  expect(refused).toEqual(refused.map(() => 'ImplicitlyDenied'));
});

test('a plain key lets whoever puts records encrypt anything with it, past Kinesis', () => {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new Key(stack, 'Key');
  const writer = roleIn(stack, 'Writer');
  new Stream(stack, 'Clicks', { encryptionKey: key }).grantWrite(writer);
  expect(new Deployed(app).outcome(writer, 'kms:Encrypt', key)).toBe('Allowed');
});

describe('a stream', () => {
  test('of another stack is told by its name', () => {
    const { app, key } = scene();
    const other = new Stack(app, 'Other', { env: HERE });
    const reader = roleIn(other, 'Reader', { roleName: 'reader' });
    new Stream(other, 'Clicks', { streamName: 'clicks', encryptionKey: key.forService(KmsService.KINESIS) }).grantRead(reader);
    const deployed = new Deployed(app);
    expect([deployed.outcome(reader, 'kms:Decrypt', key, of('clicks')), deployed.outcome(reader, 'kms:Decrypt', key, of('taps'))]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('of a nested stack, whose name CloudFormation makes, is told by no name', () => {
    const { app, stack, key } = scene();
    const nested = new NestedStack(stack, 'Nested');
    const reader = roleIn(stack, 'Reader');
    new Stream(nested, 'Clicks', { encryptionKey: key.forService(KmsService.KINESIS) }).grantRead(reader);
    const deployed = new Deployed(app);
    expect([deployed.outcome(reader, 'kms:Decrypt', key, of('any')), deployed.outcome(reader, 'kms:Decrypt', key, { via: 'kinesis' })]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('that is imported is told by what it was imported with', () => {
    const { app, stack, key } = scene();
    const reader = roleIn(stack, 'Reader');
    Stream.fromStreamAttributes(stack, 'Clicks', { streamArn: arn('clicks'), encryptionKey: key.forService(KmsService.KINESIS) }).grantRead(reader);
    const deployed = new Deployed(app);
    expect([deployed.outcome(reader, 'kms:Decrypt', key, of('clicks')), deployed.outcome(reader, 'kms:Decrypt', key, of('taps'))]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('that is a plain resource takes the ARN of the view, and its users are granted on the view', () => {
    const { app, stack, key } = scene();
    const reader = roleIn(stack, 'Reader');
    const view = key.forService(KmsService.KINESIS);
    new CfnStream(stack, 'Clicks', { name: 'clicks', shardCount: 1, streamEncryption: { encryptionType: 'KMS', keyId: view.keyArn } });
    view.grantDecrypt(reader);
    const deployed = new Deployed(app);
    expect([deployed.outcome(reader, 'kms:Decrypt', key, of('clicks')), deployed.outcome(reader, 'kms:Decrypt', key, of('taps'))]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });
});

describe('a log group that is sent to a stream', () => {
  test('has its role put records there, and into no other: CDK takes the role out of what waits for its policy', () => {
    const { app, stack, key } = scene();
    const logGroup = new LogGroup(stack, 'Logs', { encryptionKey: key.forService(KmsService.LOGS) });
    const stream = new Stream(stack, 'Events', { streamName: 'events', encryptionKey: key.forService(KmsService.KINESIS) });
    const filter = logGroup.addSubscriptionFilter('All', { destination: new KinesisDestination(stream), filterPattern: FilterPattern.allEvents() });
    const deployed = new Deployed(app);
    const puts = (name: string) => deployed.outcome(filter.node.findChild('CloudWatchLogsCanPutRecords'), 'kms:GenerateDataKey', key, of(name));
    expect([puts('events'), puts('others')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('under a role that an override has wait for the key is refused: neither could be first', () => {
    const { app, stack, key } = scene();
    const writer = roleIn(stack, 'Writer');
    (writer.node.defaultChild as CfnRole).addOverride('DependsOn', [(key.node.defaultChild as CfnKey).logicalId]);
    new Stream(stack, 'Events', { encryptionKey: key.forService(KmsService.KINESIS) }).grantWrite(writer);
    expect(() => app.synth()).toThrow(/'Shop\/Writer' cannot be granted WriteThroughKinesis on 'Shop\/Key': it refers to the key itself/);
  });
});

describe('a table whose changes are put into a stream', () => {
  const DYNAMODB = 'arn:aws:iam::111122223333:role/aws-service-role/kinesisreplication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBKinesisDataStreamsReplication';

  test.each<[string, (stack: Stack, kinesisStream: Stream) => unknown]>([
    ['table', (stack, kinesisStream) => new Table(stack, 'Table', { partitionKey, kinesisStream })],
    ['global table', (stack, kinesisStream) => new TableV2(stack, 'Table', { partitionKey, kinesisStream })],
  ])('has DynamoDB put records there, of a %s, for whom IAM policies of the app say nothing', (_, tableOf) => {
    const { app, stack, key } = scene();
    tableOf(stack, new Stream(stack, 'Changes', { streamName: 'changes', encryptionKey: key.forService(KmsService.KINESIS) }));
    new Stream(stack, 'Clicks', { streamName: 'clicks', encryptionKey: key.forService(KmsService.KINESIS) });
    const deployed = new Deployed(app);
    const may = (action: string, call: Parameters<Deployed['outcome']>[3] = of('changes'), who = DYNAMODB) => deployed.outcome(who, action, key, call);
    expect(may('kms:GenerateDataKey')).toBe('Allowed');
    const [direct, firehose] = [{ context: of('changes').context }, { ...of('changes'), via: 'firehose' }];
    const refused = [
      may('kms:Decrypt'), may('kms:GenerateDataKey', of('clicks')), may('kms:GenerateDataKey', direct), may('kms:GenerateDataKey', firehose),
      may('kms:GenerateDataKey', of('changes'), DYNAMODB.replace(HERE.account, OTHER_ACCOUNT.account)), may('kms:GenerateDataKey', of('changes'), `${DYNAMODB}2`),
    ];
    expect(refused).toEqual(refused.map(() => 'ImplicitlyDenied'));
  });

  test('lets in nobody where the stream has no table', () => {
    const { app, stack, key } = scene();
    new Stream(stack, 'Changes', { streamName: 'changes', encryptionKey: key.forService(KmsService.KINESIS) });
    new Table(stack, 'Table', { partitionKey });
    expect(new Deployed(app).outcome(DYNAMODB, 'kms:GenerateDataKey', key, of('changes'))).toBe('ImplicitlyDenied');
  });
});

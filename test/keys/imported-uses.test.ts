import { App, Stack } from 'aws-cdk-lib';
import { Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import type { CfnKey, IKey } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { IConstruct } from 'constructs';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import { bucketIn } from '../services/support/resources';
import { Deployed, HERE, roleIn } from '../support/deployed';

type Import = (scope: Stack, key: IKey, role: IGrantable) => IConstruct;

const granted = <T extends IConstruct>(construct: T, grant: (construct: T) => unknown): T => {
  grant(construct);
  return construct;
};
const bucket: Import = (scope, encryptionKey, role) =>
  granted(Bucket.fromBucketAttributes(scope, 'Imported', { bucketName: 'docs-of-orders', encryptionKey }), (it) => it.grantReadWrite(role));
const idle: Import = (scope, encryptionKey) => Bucket.fromBucketAttributes(scope, 'Imported', { bucketName: 'docs-of-orders', encryptionKey });
const table: Import = (scope, encryptionKey, role) =>
  granted(Table.fromTableAttributes(scope, 'Imported', { tableName: 'orders', encryptionKey }), (it) => it.grantReadData(role));
const queue: Import = (scope, { keyArn }, role) =>
  granted(Queue.fromQueueAttributes(scope, 'Imported', { queueArn: `arn:aws:sqs:eu-west-1:${HERE.account}:orders`, keyArn }), (it) => it.grantConsumeMessages(role));
const topic: Import = (scope, { keyArn }, role) =>
  granted(Topic.fromTopicAttributes(scope, 'Imported', { topicArn: `arn:aws:sns:eu-west-1:${HERE.account}:orders`, keyArn }), (it) => it.grantPublish(role));

function home(accountAccess?: AccountAccess) {
  const app = new App();
  const stack = new Stack(app, 'Home', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key', { accountAccess, alias: 'orders' }), role: roleIn(stack, 'Role') };
}

describe('an import with the key itself, whose grants ask the key, fails synthesis and names the import and what to hand over', () => {
  test.each<[string, Import, RegExp]>([
    ['a bucket', bucket, /\[Home\/Imported\] [^]*hand over key\.forService\(KmsService\.S3\)[^]*'Home\/Imported' was imported with 'Home\/Key' itself: Amazon S3 calls KMS/],
    ['a table', table, /\[Home\/Imported\] [^]*key\.forService\(KmsService\.DYNAMODB\)[^]*'Home\/Imported' was imported with 'Home\/Key' itself: Amazon DynamoDB calls KMS/],
    ['a table of the second version', (scope, encryptionKey, role) => granted(
      TableV2.fromTableAttributes(scope, 'Imported', { tableName: 'orders', encryptionKey }), (it) => it.grantReadData(role),
    ), /\[Home\/Imported\] [^]*key\.forService\(KmsService\.DYNAMODB\)[^]*'Home\/Imported' was imported with/],
    ['a stream', (scope, encryptionKey, role) => granted(
      Stream.fromStreamAttributes(scope, 'Imported', { streamArn: `arn:aws:kinesis:eu-west-1:${HERE.account}:stream/orders`, encryptionKey }), (it) => it.grantRead(role),
    ), /\[Home\/Imported\] [^]*key\.forService\(KmsService\.KINESIS\)[^]*'Home\/Imported' was imported with/],
    ['a parameter', (scope, encryptionKey, role) => granted(
      StringParameter.fromSecureStringParameterAttributes(scope, 'Imported', { parameterName: '/orders', encryptionKey }), (it) => it.grantRead(role),
    ), /\[Home\/Imported\] [^]*key\.forService\(KmsService\.SSM\)[^]*'Home\/Imported' was imported with 'Home\/Key' itself: AWS Systems Manager/],
  ])('%s', (_, make, message) => {
    const { app, stack, key, role } = home();
    make(stack, key, role);
    expect(() => app.synth()).toThrow(message);
  });

  test('a bucket, by an alias of the key', () => {
    const { app, stack, key, role } = home();
    bucket(stack, key.addAlias('more'), role);
    expect(() => app.synth()).toThrow("'Home/Imported' was imported with 'Home/Key' itself");
  });

  test.each<[string, Import]>([['a queue', queue], ['a topic', topic]])('%s, which CDK imports with the ARN of the key: whose IAM policy gives nothing', (_, make) => {
    const { app, stack, key, role } = home();
    make(stack, key, role);
    expect(() => app.synth()).toThrow("an identity policy allows 'Home/Role'");
  });
});

describe('nothing is wrong with', () => {
  test.each<[string, (scope: Stack, key: SymmetricDataKey, role: IGrantable) => unknown]>([
    ['an import with the view', (scope, key, role) => bucket(scope, key.forService(KmsService.S3), role)],
    ['an import whose key nobody was granted by it', (scope, key) => idle(scope, key, roleIn(scope, 'Nobody'))],
    ['a grant of the app itself', (_, key, role) => key.grantDecrypt(role)],
    ['duties of the key beside such an import', (scope, key, role) => [idle(scope, key, role), key.grants.decrypt(role)]],
    ['a bucket of the app with the view, and a grant of the app itself', (scope, key, role) => [bucketIn(scope, 'Bucket', key.forService(KmsService.S3)), key.grantDecrypt(role)]],
  ])('%s', (_, use) => {
    const { app, stack, key, role } = home();
    use(stack, key, role);
    expect(() => app.synth()).not.toThrow();
  });

  test('an import where IAM decides: who is granted reads through the service', () => {
    const { app, stack, key, role } = home(AccountAccess.DELEGATE_TO_IAM);
    bucket(stack, key, role);
    expect(new Deployed(app).outcome(role, 'kms:Decrypt', key, { via: 's3', context: { 'aws:s3:arn': 'arn:aws:s3:::docs-of-orders/1' } })).toBe('Allowed');
  });
});

describe('whoever knows better says so', () => {
  const CALL = { via: 's3', context: { 'aws:s3:arn': 'arn:aws:s3:::docs-of-orders/1' } };

  test('then the grants hold through the service, and the reason is kept beside the key', () => {
    const { app, stack, key, role } = home();
    const other = roleIn(stack, 'Other');
    key.overruleRefusal(bucket(stack, key, role), 'the bucket is on its way out');
    const deployed = new Deployed(app);
    expect(deployed.outcome(role, 'kms:Decrypt', key, CALL)).toBe('Allowed');
    expect(deployed.outcome(other, 'kms:Decrypt', key, CALL)).toBe('ImplicitlyDenied');
    expect((key.node.defaultChild as CfnKey).getMetadata('cdk-keysmith:overruled')).toEqual([{ key: 'Home/Key', resource: 'Home/Imported', reason: 'the bucket is on its way out' }]);
  });

  test('of another import it is not said', () => {
    const { app, stack, key, role } = home();
    bucket(stack, key, role);
    const other = new Stack(app, 'Other', { env: HERE });
    key.overruleRefusal(bucket(other, key, role), 'this one only');
    expect(() => app.synth()).toThrow("'Home/Imported' was imported");
    expect(() => app.synth()).not.toThrow("'Other/Imported' was imported");
  });
});

import { App, Stack } from 'aws-cdk-lib';
import { Table, TableEncryption, AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import { ArnPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { all } from './support/policies';
import { AccountAccess, ClientEncryptionKey, KmsService, SigningKey, SymmetricDataKey } from '../../src';
import { check } from '../../src/checks';
import { readAssembly } from '../../src/template';

/** The key constructs of this library under their own checks: no error with the access they have by default, and every warning by name. */

const HERE = { account: '111122223333', region: 'eu-west-1' };
const role = (stack: Stack, id: string) => new Role(stack, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
const owner = (name: string) => new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/${name}`);

function found(make: (stack: Stack) => void): string[] {
  process.env.CDK_VALIDATION = 'false';
  const app = new App();
  make(new Stack(app, 'Stack', { env: HERE }));
  const { findings } = check(readAssembly(app.synth().directory));
  // One for each assembly without an alarm, whatever its keys are.
  return all(findings).filter(({ rule }) => rule !== 'KP-28').map(({ level, rule, name }) => `${level} ${rule} ${name}`);
}

describe('by default', () => {
  test.each<[string, (stack: Stack) => void, string[]]>([
    ['a symmetric key', (stack) => new SymmetricDataKey(stack, 'Key'), []],
    ['with a reader and a writer, without a contract', (stack) => {
      const key = new SymmetricDataKey(stack, 'Key');
      key.grants.decrypt(role(stack, 'Reader'));
      key.grants.encrypt(role(stack, 'Writer'));
    }, ['warning KP-12 ContextNotRequired']],
    ['under a contract', (stack) => {
      const key = new SymmetricDataKey(stack, 'Key', { contextKeys: ['tenant'], encryptionContext: { project: 'orders' } });
      key.grants.decrypt(role(stack, 'Reader'));
      key.grants.encrypt(role(stack, 'Writer'));
    }, []],
    ['attached to a function', (stack) => {
      const key = new SymmetricDataKey(stack, 'Key', { contextKeys: ['tenant'] });
      key.attachTo(new LambdaFunction(stack, 'Function', { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('0') }), { name: 'DATA' });
    }, []],
    ['of several Regions', (stack) => new SymmetricDataKey(stack, 'Key', { multiRegion: true }), []],
    ['with owners, administrators, auditors and a break-glass role', (stack) => new SymmetricDataKey(stack, 'Key', {
      policyOwners: [owner('Owner')], administrators: [owner('Admin')], auditors: [owner('Auditor')], breakGlass: [owner('Glass')],
    }), ['warning KP-12 ContextNotRequired']],
    ['that no account can reach', (stack) => new SymmetricDataKey(stack, 'Key', {
      accountAccess: AccountAccess.NONE, policyOwners: [owner('Owner'), owner('Second')], noRecoveryBecause: 'two owners keep it',
    }), []],
    ['a signing key', (stack) => new SigningKey(stack, 'Key').grants.sign(role(stack, 'Signer')), []],
    ['a key of clients', (stack) => new ClientEncryptionKey(stack, 'Key').grants.decrypt(role(stack, 'Reader')), []],
    ['views of services', (stack) => {
      const key = new SymmetricDataKey(stack, 'Key', { contextKeys: ['tenant'] });
      const [reader, writer] = [role(stack, 'Reader'), role(stack, 'Writer')];
      const bucket = new Bucket(stack, 'Bucket', { encryptionKey: key.forService(KmsService.S3) });
      bucket.grantRead(reader);
      bucket.grantWrite(writer);
      new Table(stack, 'Table', {
        partitionKey: { name: 'id', type: AttributeType.STRING }, encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key.forService(KmsService.DYNAMODB),
      }).grantReadWriteData(writer);
      new LogGroup(stack, 'Logs', { encryptionKey: key.forService(KmsService.LOGS) });
      new Secret(stack, 'Secret', { encryptionKey: key.forService(KmsService.SECRETS_MANAGER) }).grantRead(reader);
      new Queue(stack, 'Queue', { encryptionMasterKey: key.forService(KmsService.SQS) }).grantSendMessages(writer);
      new Topic(stack, 'Topic', { masterKey: key.forService(KmsService.SNS) }).grantPublish(writer);
    }, []],
    ['a view that nobody uses yet', (stack) => {
      new Queue(stack, 'Queue', { encryptionMasterKey: new SymmetricDataKey(stack, 'Key').forService(KmsService.SQS) });
    }, ['warning KP-31 ServiceCannotUseKey']],
  ])('%s', (_, make, findings) => expect(found(make)).toEqual(findings));
});

describe('where IAM policies let in', () => {
  const accountAccess = AccountAccess.DELEGATE_TO_IAM;

  test('it is said once, of any key', () => expect(found((stack) => new SymmetricDataKey(stack, 'Key', { accountAccess }))).toEqual(['warning KP-12 ContextNotRequired']));
  test('a contract is kept by denials', () => expect(found((stack) => new SymmetricDataKey(stack, 'Key', { accountAccess, contextKeys: ['tenant'] }))).toEqual([]));
  test('a signing key has no context', () => expect(found((stack) => new SigningKey(stack, 'Key', { accountAccess }))).toEqual([]));
});

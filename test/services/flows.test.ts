import { App, Stack } from 'aws-cdk-lib';
import { TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { bucketIn, functionIn, partitionKey, resourceArn, secretIn, tableIn } from './support/resources';
import { SymmetricDataKey } from '../../src/keys';
import { AccountAccess } from '../../src/policy/account-access';
import { KmsService } from '../../src/services';
import type { LocalKms } from '../../src/testing';
import { startLocalKms } from '../../src/testing';
import { Deployed, HERE, almightyRoleIn, executionRole, roleIn } from '../support/deployed';

/** One of each resource under one key, and roles that were granted what their names say. */
function shop(accountAccess: AccountAccess) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { accountAccess, encryptionContext: { Project: 'SnowyPII' } });
  const objects = bucketIn(stack, 'Objects', key.forService(KmsService.S3));
  const cached = new Bucket(stack, 'Cached', { encryption: BucketEncryption.KMS, encryptionKey: key.forService(KmsService.S3), bucketKeyEnabled: true, bucketName: 'cached' });
  const table = tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB));
  const globalTable = new TableV2(stack, 'GlobalTable', { partitionKey, encryption: TableEncryptionV2.customerManagedKey(key.forService(KmsService.DYNAMODB)) });
  const secret = secretIn(stack, 'Secret', key.forService(KmsService.SECRETS_MANAGER));
  const rotation = functionIn(stack, 'Rotation');
  secret.addRotationSchedule('Schedule', { rotationLambda: rotation });
  const fn = functionIn(stack, 'Function', { environment: { STAGE: 'prod' }, environmentEncryption: key.forService(KmsService.LAMBDA) });

  const grantee = (id: string, grant: (role: IGrantable) => void) => {
    const role = roleIn(stack, id);
    grant(role);
    return role;
  };
  grantee('ObjectReader', (role) => [objects, cached].forEach((bucket) => bucket.grantRead(role)));
  grantee('ObjectWriter', (role) => [objects, cached].forEach((bucket) => bucket.grantPut(role)));
  grantee('ItemReader', (role) => [table, globalTable].forEach((each) => each.grantReadData(role)));
  grantee('ItemWriter', (role) => [table, globalTable].forEach((each) => each.grantWriteData(role)));
  grantee('ItemUser', (role) => [table, globalTable].forEach((each) => each.grantReadWriteData(role)));
  grantee('SecretReader', (role) => secret.grantRead(role));
  grantee('SecretWriter', (role) => secret.grantWrite(role));
  almightyRoleIn(stack, 'Almighty');
  return { app, key, objects, cached, table, globalTable, secret, fn, rotation };
}

const DEPLOYER = executionRole();

/** A role as the local KMS knows it. */
const role = (who: string) => (who.startsWith('arn:') ? who : `Shop/${who}/Resource`);

describe.each([AccountAccess.ADMINISTRATION_ONLY, AccountAccess.NONE, AccountAccess.DELEGATE_TO_IAM])('under %s', (accountAccess) => {
  let shopping: ReturnType<typeof shop>;
  let deployed: Deployed;
  let local: LocalKms;
  /** A ciphertext of the key: whoever may not decrypt is refused before anybody looks at its context. */
  let blob: { readonly CiphertextBlob: Uint8Array };
  const arn = (construct: IConstruct) => resourceArn(deployed, construct);
  const object = (bucket: IConstruct = shopping.objects) => `${arn(bucket)}/2026/1.pdf`;
  const s3 = (who: string, resource = object()) => local.via('s3', role(who), { resource });
  const dynamodb = (who: string, resource: IConstruct = shopping.table) => local.via('dynamodb', role(who), { resource: arn(resource) });
  const secrets = (who: string) => local.via('secretsmanager', role(who), { resource: arn(shopping.secret) });
  const lambda = (who: string) => local.via('lambda', role(who), { resource: arn(shopping.fn) });
  const as = (who: string) => local.port(role(who));
  const keyArn = () => arn(shopping.key);

  beforeAll(async () => {
    shopping = shop(accountAccess);
    deployed = new Deployed(shopping.app);
    local = await startLocalKms({ assembly: shopping.app.synth().directory });
    await dynamodb(DEPLOYER).createTable();
    await dynamodb(DEPLOYER, shopping.globalTable).createTable();
    await secrets(DEPLOYER).createSecret('hunter2');
    await s3('ObjectWriter').putObject('an invoice');
    await s3('ObjectWriter', object(shopping.cached)).putObject('an invoice');
    const { CiphertextBlob } = await s3('ObjectWriter').call('GenerateDataKey', { KeyId: keyArn(), KeySpec: 'AES_256' });
    blob = { CiphertextBlob };
  });

  afterAll(() => local.stop());

  type Deed = () => Promise<unknown>;

  test.each<[string, Deed]>([
    ['a reader of a bucket gets an object', () => s3('ObjectReader').getObject()],
    ['a reader of a bucket with a bucket key gets an object', () => s3('ObjectReader', object(shopping.cached)).getObject()],
    ['a writer of a bucket puts an object', () => s3('ObjectWriter').putObject('an invoice')],
    ['a writer of a bucket uploads in parts', () => s3('ObjectWriter').multipartUpload()],
    ['a writer of a bucket with a bucket key uploads in parts', () => s3('ObjectWriter', object(shopping.cached)).multipartUpload()],
    ['a reader of a table reads an item', () => dynamodb('ItemReader').readItem()],
    ['a writer of a table writes an item', () => dynamodb('ItemWriter').writeItem()],
    ['a user of a table reads an item', () => dynamodb('ItemUser').readItem()],
    ['a user of a table writes an item', () => dynamodb('ItemUser').writeItem()],
    ['a user of a global table reads an item', () => dynamodb('ItemUser', shopping.globalTable).readItem()],
    ['a reader of a secret gets its value', () => secrets('SecretReader').getSecretValue()],
    ['a writer of a secret puts a value', () => secrets('SecretWriter').putSecretValue('correct horse')],
    ['a rotation function puts a value', () => secrets('Rotation/ServiceRole').putSecretValue('battery staple')],
    ['a rotation function gets a value', () => secrets('Rotation/ServiceRole').getSecretValue()],
    ['the deployer makes a table', () => dynamodb(DEPLOYER).createTable()],
    ['the deployer makes a secret', () => secrets(DEPLOYER).createSecret('hunter2')],
    ['the deployer changes the key of a secret', () => secrets(DEPLOYER).changeKey(keyArn())],
    ['the deployer makes a function with environment variables', () => lambda(DEPLOYER).configureEnvironment(role('Function/ServiceRole'), { STAGE: 'prod' })],
    ['the deployer looks at the key through DynamoDB', () => dynamodb(DEPLOYER).call('DescribeKey', { KeyId: keyArn() })],
  ])('%s', async (_, deed) => {
    await expect(deed()).resolves.not.toThrow();
  });

  test('a function starts with its variables, under the grant that was made when it was', async () => {
    await lambda(DEPLOYER).configureEnvironment(role('Function/ServiceRole'), { STAGE: 'prod' });
    await expect(lambda('Function/ServiceRole').startFunction()).resolves.toEqual({ STAGE: 'prod' });
  });

  test('the deployer deletes a table', async () => {
    await dynamodb(DEPLOYER).createTable();
    await expect(dynamodb(DEPLOYER).deleteTable()).resolves.not.toThrow();
    await dynamodb(DEPLOYER).createTable();
  });

  test.each<[string, Deed]>([
    ['a reader of a bucket puts an object', () => s3('ObjectReader').putObject('forged')],
    ['a reader of a bucket uploads in parts', () => s3('ObjectReader').multipartUpload()],
    ['a reader of a bucket decrypts directly', () => as('ObjectReader').call('Decrypt', { ...blob, EncryptionContext: { 'aws:s3:arn': object() } })],
    ['a reader of a bucket encrypts', () => as('ObjectReader').call('Encrypt', { KeyId: keyArn(), Plaintext: Buffer.from('x'), EncryptionContext: { Project: 'SnowyPII' } })],
    ['a reader of a bucket re-encrypts', () => as('ObjectReader').call('ReEncrypt', { ...blob, SourceEncryptionContext: { 'aws:s3:arn': object() }, DestinationKeyId: keyArn() })],
    ['a reader of a bucket gets the object of another', () => local.via('s3', role('ObjectReader'), { resource: 'arn:aws:s3:::elsewhere/1.pdf' }).call('Decrypt', blob)],
    ['a reader of a bucket reads an item', () => dynamodb('ObjectReader').readItem()],
    ['a writer of a bucket decrypts directly', () => as('ObjectWriter').call('Decrypt', { ...blob, EncryptionContext: { 'aws:s3:arn': object() } })],
    ['a writer of a bucket makes a data key directly', () => as('ObjectWriter').call('GenerateDataKey', { KeyId: keyArn(), KeySpec: 'AES_256', EncryptionContext: { Project: 'SnowyPII' } })],
    ['a writer of a bucket makes a data key through SNS', () => local.via('sns', role('ObjectWriter'), { context: { 'aws:s3:arn': object() } }).call('GenerateDataKey', { KeyId: keyArn(), KeySpec: 'AES_256' })],
    ['a user of a table decrypts directly', () => as('ItemUser').call('Decrypt', { ...blob, EncryptionContext: { 'aws:dynamodb:tableName': arn(shopping.table).split('/')[1] } })],
    ['a user of a table makes a table', () => local.via('dynamodb', role('ItemUser'), { resource: arn(shopping.table) }).createTable()],
    ['a user of a table reads another table', () => local.via('dynamodb', role('ItemUser'), { context: { 'aws:dynamodb:tableName': 'Other' } }).call('Decrypt', blob)],
    ['a reader of a secret puts a value', () => secrets('SecretReader').putSecretValue('forged')],
    ['a reader of a secret decrypts directly', () => as('SecretReader').call('Decrypt', { ...blob, EncryptionContext: { SecretARN: arn(shopping.secret) } })],
    ['a writer of a secret decrypts directly', () => as('SecretWriter').call('Decrypt', { ...blob, EncryptionContext: { SecretARN: arn(shopping.secret) } })],
    ['a function decrypts its variables directly, without the grant', () => as('Function/ServiceRole').call('Decrypt', { ...blob, EncryptionContext: { 'aws:lambda:FunctionArn': arn(shopping.fn) } })],
    ['a function configures itself', () => lambda('Function/ServiceRole').configureEnvironment(role('Function/ServiceRole'))],
  ])('%s: never', async (_, deed) => {
    await expect(deed()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  const almighty: [string, Deed][] = [
    ['gets an object', () => s3('Almighty').getObject()],
    ['puts an object', () => s3('Almighty').putObject('forged')],
    ['reads an item', () => dynamodb('Almighty').readItem()],
    ['gets a secret', () => secrets('Almighty').getSecretValue()],
    ['makes a function', () => lambda('Almighty').configureEnvironment(role('Function/ServiceRole'))],
  ];
  const delegates = accountAccess === AccountAccess.DELEGATE_TO_IAM;

  test.each(almighty)(`a role whose own policy allows everything ${delegates ? 'does too' : 'never'}: it %s`, async (_, deed) => {
    await (delegates ? expect(deed()).resolves.not.toThrow() : expect(deed()).rejects.toMatchObject({ name: 'AccessDeniedException' }));
  });

  const direct: [string, Deed][] = [
    ['decrypts', () => as(DEPLOYER).call('Decrypt', { ...blob, EncryptionContext: { 'aws:s3:arn': object() } })],
    ['makes a data key', () => as(DEPLOYER).call('GenerateDataKey', { KeyId: keyArn(), KeySpec: 'AES_256', EncryptionContext: { Project: 'SnowyPII' } })],
    ['creates a grant', () => as(DEPLOYER).call('CreateGrant', { KeyId: keyArn(), GranteePrincipal: DEPLOYER, Operations: ['Decrypt'] })],
    ['gets an object', () => s3(DEPLOYER).getObject()],
  ];
  if (!delegates) {
    test.each(direct)('the deployer, an administrator of the account, never %s', async (_, deed) => {
      await expect(deed()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    });
  }
});

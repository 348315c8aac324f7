import { FUNCTION, OBJECT, SHOP, TABLE } from './support/template';
import { SERVICES, ServiceUser } from '../../src/spec/services';
import type { LocalKms, ServiceSession } from '../../src/testing';
import { startLocalKms } from '../../src/testing';
import { serviceContext, servicePrincipal, viaServiceName } from '../../src/testing/services/facts';

const DENIED = { name: 'AccessDeniedException' };
let local: LocalKms;
let secret: string;

beforeAll(async () => {
  local = await startLocalKms({ template: SHOP });
  secret = local.deployments[0].physicalId('Stack', 'Password')!;
});

beforeEach(() => local.requests.clear());

afterAll(() => local.stop());

/** The calls so far: who, operation, through what, context. */
const calls = () => local.requests.summary().map(({ who, operation, via, context }) => [who, operation, via, context].join(' ').trim());

const s3 = (principal: string, resource: string = OBJECT, options: object = {}) => local.via('s3', principal, { resource, ...options });

describe('Amazon S3', () => {
  const context = `aws:s3:arn=${OBJECT}`;

  test('PutObject is a data key, GetObject its decryption, each for who asked', async () => {
    await s3('Writer').putObject('an invoice');
    expect(Buffer.from(await s3('Reader').getObject()).toString()).toBe('an invoice');
    expect(calls()).toEqual([`Writer GenerateDataKey s3 ${context}`, `Reader Decrypt s3 ${context}`]);
  });

  test('a multipart upload decrypts for each part and once more at its end', async () => {
    await s3('Writer').multipartUpload(['one, ', 'two']);
    expect(calls().map((call) => call.split(' ')[1])).toEqual(['GenerateDataKey', 'Decrypt', 'Decrypt', 'Decrypt']);
    expect(Buffer.from(await s3('Reader').getObject()).toString()).toBe('one, two');
  });

  test('CopyObject decrypts the source and makes a data key for the destination', async () => {
    const copy = 'arn:aws:s3:::shop-invoices/2026/copy.pdf';
    await s3('Writer').putObject('an invoice');
    local.requests.clear();
    await s3('Writer').copyObject(copy);
    expect(calls()).toEqual([`Writer Decrypt s3 ${context}`, `Writer GenerateDataKey s3 aws:s3:arn=${copy}`]);
    expect(Buffer.from(await s3('Reader', copy).getObject()).toString()).toBe('an invoice');
  });

  test('a reader cannot write, and somebody with kms:* in an identity policy can do neither', async () => {
    await s3('Writer').putObject('an invoice');
    await expect(s3('Reader').putObject('forged')).rejects.toMatchObject(DENIED);
    await expect(s3('Reader').multipartUpload()).rejects.toMatchObject(DENIED);
    await expect(s3('Billing').getObject()).rejects.toMatchObject(DENIED);
    await expect(s3('Billing').putObject()).rejects.toMatchObject(DENIED);
  });

  test('a writer may decrypt through S3 and not by itself', async () => {
    const { CiphertextBlob } = await s3('Writer').call('GenerateDataKey', { KeyId: 'alias/shop', KeySpec: 'AES_256' });
    await expect(s3('Writer').call('Decrypt', { CiphertextBlob })).resolves.toHaveProperty('Plaintext');
    await expect(local.port('Writer').call('Decrypt', { CiphertextBlob, EncryptionContext: { 'aws:s3:arn': OBJECT } })).rejects.toMatchObject(DENIED);
  });

  test('another bucket is another context', async () => {
    await expect(s3('Writer', 'arn:aws:s3:::elsewhere/1.pdf', { key: 'Key' }).putObject()).rejects.toMatchObject(DENIED);
  });

  test('through another service, or in another Region, it is not S3 of this one', async () => {
    const input = { KeyId: 'alias/shop', KeySpec: 'AES_256', EncryptionContext: { 'aws:s3:arn': OBJECT } };
    await expect(local.via('sns', 'Writer').call('GenerateDataKey', input)).rejects.toMatchObject(DENIED);
    await expect(s3('Writer', OBJECT, { region: 'eu-west-1', key: 'Key' }).putObject()).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  test.each([
    ['the template turns on', 'arn:aws:s3:::shop-cached/1.pdf', {}, 'arn:aws:s3:::shop-cached'],
    ['the call turns on', OBJECT, { bucketKey: true }, 'arn:aws:s3:::shop-invoices'],
    ['nobody turns on', OBJECT, {}, OBJECT],
    ['the call turns off', 'arn:aws:s3:::shop-cached/1.pdf', { bucketKey: false }, 'arn:aws:s3:::shop-cached/1.pdf'],
  ])('an S3 Bucket Key that %s shows in the context', (_, resource, options, expected) => {
    expect(s3('Writer', resource, options).encryptionContext).toEqual({ 'aws:s3:arn': expected });
  });

  test('an object nobody put is not there', async () => {
    await expect(s3('Reader', 'arn:aws:s3:::shop-invoices/none').getObject()).rejects.toThrow('has not been made here: let somebody call putObject() first');
  });

  test('a key that no template names has to be given', async () => {
    await expect(s3('Writer', 'arn:aws:s3:::unknown/1').putObject()).rejects.toThrow('no template here says which key arn:aws:s3:::unknown/1 is encrypted with');
    await expect(local.via('s3', 'Writer').putObject()).rejects.toThrow('this needs the resource');
  });
});

describe('Amazon DynamoDB', () => {
  const table = (principal: string) => local.via('dynamodb', principal, { resource: TABLE });
  const context = 'aws:dynamodb:tableName=shop-orders, aws:dynamodb:subscriberId=111122223333';

  test('CreateTable describes the key and grants it to DynamoDB, which makes the table key itself', async () => {
    await table('Deployer').createTable();
    expect(calls()).toEqual([
      'Deployer DescribeKey dynamodb',
      'Deployer CreateGrant dynamodb',
      `dynamodb.us-east-1.amazonaws.com GenerateDataKey  ${context}`,
    ]);
    expect(local.requests.last!.decision!.decidedBy).toEqual([expect.objectContaining({ kind: 'grant' })]);
  });

  test('items are read and written with a Decrypt for who asked, nobody else', async () => {
    await table('Deployer').createTable();
    local.requests.clear();
    await table('Reader').readItem();
    await table('Writer').writeItem();
    expect(calls()).toEqual([`Reader Decrypt dynamodb ${context}`, `Writer Decrypt dynamodb ${context}`]);
    await expect(table('Billing').readItem()).rejects.toMatchObject(DENIED);
  });

  test('the deployer makes grants through DynamoDB only', async () => {
    const grant = { KeyId: local.keyArn('Key'), GranteePrincipal: 'arn:aws:iam::111122223333:role/Billing', Operations: ['Decrypt'] };
    await expect(local.port('Deployer').call('CreateGrant', grant)).rejects.toMatchObject(DENIED);
    await expect(table('Reader').createTable()).rejects.toMatchObject(DENIED);
  });

  test('DeleteTable retires the grant, and DynamoDB can do nothing more', async () => {
    const fresh = await startLocalKms({ template: SHOP });
    const deployer = fresh.via('dynamodb', 'Deployer', { resource: TABLE });
    const dynamoDb = fresh.asService('dynamodb', { context: { 'aws:dynamodb:tableName': 'shop-orders', 'aws:dynamodb:subscriberId': '111122223333' } });
    const dataKey = () => dynamoDb.call('GenerateDataKey', { KeyId: fresh.keyArn('Key'), KeySpec: 'AES_256' });
    await deployer.createTable();
    await expect(dataKey()).resolves.toHaveProperty('CiphertextBlob');
    await deployer.deleteTable();
    expect(fresh.requests.last).toMatchObject({ principal: 'dynamodb.us-east-1.amazonaws.com', operation: 'RetireGrant' });
    await expect(dataKey()).rejects.toMatchObject(DENIED);
    await expect(fresh.via('dynamodb', 'Reader', { resource: TABLE }).readItem()).rejects.toThrow('has not been made here');
    await fresh.stop();
  });
});

describe('AWS Lambda', () => {
  const fn = (principal: string) => local.via('lambda', principal, { resource: FUNCTION });
  const context = `aws:lambda:FunctionArn=${FUNCTION}`;

  test('the environment is encrypted for the deployer and decrypted by the function under a grant', async () => {
    await fn('Deployer').configureEnvironment('CheckoutRole', { STAGE: 'prod' });
    expect(await fn('Deployer').startFunction()).toEqual({ STAGE: 'prod' });
    expect(await fn('Deployer').readEnvironment()).toEqual({ STAGE: 'prod' });
    expect(calls()).toEqual([
      'Deployer CreateGrant lambda', `Deployer Encrypt lambda ${context}`, `CheckoutRole Decrypt  ${context}`, `Deployer Decrypt lambda ${context}`,
    ]);
  });

  test('the grant is for this function: its role decrypts nothing else, and nobody else reads the environment', async () => {
    await fn('Deployer').configureEnvironment('CheckoutRole');
    await expect(fn('Reader').readEnvironment()).rejects.toMatchObject(DENIED);
    await expect(local.port('CheckoutRole', { sessionName: 'shop-checkout' }).call('Encrypt', { KeyId: 'alias/shop', Plaintext: Buffer.from('x') }))
      .rejects.toMatchObject(DENIED);
  });
});

describe('AWS Secrets Manager', () => {
  const secretsManager = (principal: string) => local.via('secretsmanager', principal, { resource: secret });

  test('CreateSecret checks the key first; GetSecretValue decrypts', async () => {
    await secretsManager('Deployer').createSecret('hunter2');
    expect(await secretsManager('Reader').getSecretValue()).toBe('hunter2');
    expect([...local.requests].map(({ operation, encryptionContext }) => [operation, encryptionContext!.SecretVersionId])).toEqual([
      ['GenerateDataKey', 'RequestToValidateKeyAccess'],
      ['Decrypt', 'RequestToValidateKeyAccess'],
      ['GenerateDataKey', expect.stringMatching(/^[0-9a-f-]{36}$/)],
      ['Decrypt', expect.stringMatching(/^[0-9a-f-]{36}$/)],
    ]);
  });

  test('a new value is a new version', async () => {
    await secretsManager('Deployer').createSecret('hunter2');
    await secretsManager('Deployer').putSecretValue('hunter3');
    expect(await secretsManager('Reader').getSecretValue()).toBe('hunter3');
    await expect(secretsManager('Reader').putSecretValue('mine')).rejects.toMatchObject(DENIED);
  });

  test('another key is checked, then encrypts what the old one opens: readers need the new one from then on', async () => {
    await secretsManager('Deployer').createSecret('hunter2');
    local.requests.clear();
    await secretsManager('Deployer').changeKey('OtherKey');
    expect(local.requests.summary().map(({ operation, key }) => `${operation} ${key}`)).toEqual([
      'GenerateDataKey OtherKey', 'Decrypt OtherKey', 'Decrypt Shop/Key', 'Encrypt OtherKey',
    ]);
    expect(await secretsManager('Deployer').getSecretValue()).toBe('hunter2');
    await expect(secretsManager('Reader').getSecretValue()).rejects.toMatchObject(DENIED);
  });
});

describe('services in their own name', () => {
  const logGroup = 'arn:aws:logs:us-east-1:111122223333:log-group:/shop/api';
  const logs = (context: Record<string, string>) => local.asService('logs', { context });
  const dataKey = (session: ServiceSession) => session.call('GenerateDataKey', { KeyId: local.keyArn('Key'), KeySpec: 'AES_256' });

  test.each<[string, () => ServiceSession, boolean]>([
    ['CloudWatch Logs with the context of the log group', () => logs({ 'aws:logs:arn': logGroup }), true],
    ['CloudWatch Logs with that of another', () => logs({ 'aws:logs:arn': logGroup.replace('/shop/', '/other/') }), false],
    ['CloudWatch Logs without', () => logs({}), false],
    ['CloudWatch Logs of another Region', () => local.asService('logs.eu-west-1.amazonaws.com', { context: { 'aws:logs:arn': logGroup } }), false],
    ['CloudTrail for the trail', () => local.asService('cloudtrail', { sourceArn: 'arn:aws:cloudtrail:us-east-1:111122223333:trail/shop' }), true],
    ['CloudTrail for another trail', () => local.asService('cloudtrail', { sourceArn: 'arn:aws:cloudtrail:us-east-1:111122223333:trail/other' }), false],
    ['CloudTrail for nobody', () => local.asService('cloudtrail'), false],
    ['a service the policy does not name', () => local.asService('events', { sourceArn: 'arn:aws:cloudtrail:us-east-1:111122223333:trail/shop' }), false],
  ])('%s', async (_, session, allowed) => {
    const outcome = await dataKey(session()).then(() => 'allowed', ({ name }) => name);
    expect(outcome).toBe(allowed ? 'allowed' : 'AccessDeniedException');
  });

  test('the log says for which resource', async () => {
    await dataKey(local.asService('cloudtrail', { sourceArn: 'arn:aws:cloudtrail:us-east-1:111122223333:trail/shop' }));
    expect(local.requests.last).toMatchObject({ principal: 'cloudtrail.amazonaws.com', sourceArn: 'arn:aws:cloudtrail:us-east-1:111122223333:trail/shop' });
  });
});

describe('what services send', () => {
  test.each([
    ['S3', OBJECT, 'shop-invoices'],
    ['DYNAMODB', TABLE, 'shop-orders'],
    ['SECRETS_MANAGER', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:shop-password-aB3dEf', 'shop-password'],
  ] as const)('%s sends what the statements of its view ask for', (service, arn, name) => {
    const { via, context } = SERVICES[service].rows.find(({ who }) => who === ServiceUser.READER)!;
    const patterns = context!.values!.map((value) => value
      .replace('{partition}', 'aws').replace('{region}', 'us-east-1').replace('{account}', '111122223333').replace('{name}', name)
      .replaceAll('*', '.*').replaceAll('?', '.'));
    const sent = serviceContext(via!.split('.')[0], arn)![context!.key];
    expect(patterns.some((pattern) => new RegExp(`^${pattern}$`).test(sent))).toBe(true);
  });

  test.each([
    ['s3', 'eu-west-1', 's3.eu-west-1.amazonaws.com', 's3.amazonaws.com'],
    ['logs', 'eu-west-1', 'logs.eu-west-1.amazonaws.com', 'logs.eu-west-1.amazonaws.com'],
    ['dynamodb', 'cn-north-1', 'dynamodb.cn-north-1.amazonaws.com', 'dynamodb.cn-north-1.amazonaws.com'],
    ['sns', 'us-east-1', 'sns.us-east-1.amazonaws.com', 'sns.amazonaws.com'],
  ])('%s in %s is %s in kms:ViaService and %s by itself', (service, region, viaService, principal) => {
    expect([viaServiceName(service, region), servicePrincipal(service, region)]).toEqual([viaService, principal]);
  });
});

import { createPublicKey } from 'node:crypto';
import { verifiesWithOpenssl } from './openssl';
import type { Stage } from './stage';
import type { Row, Section } from './table';

const INVOICE = { invoice: '2026-0042', customer: 'c-17', total: '120.00 EUR', lines: ['1 × consulting, 120.00 EUR'] };
const CONTEXT = { Project: 'SnowyPII', customer: INVOICE.customer };
const shown = (context: Record<string, string>): string => Object.entries(context).map(([key, value]) => `${key}=${value}`).join(', ') || 'no context';

/** Every call of the demo, in order: what must work, what must not, and last what cannot be prevented. */
export async function* play(stage: Stage): AsyncGenerator<Section> {
  yield { title: 'The deployer creates and updates; it reads nothing', rows: await deployer(stage) };
  yield { title: "The application's own handlers, under their roles", rows: await handlers(stage) };
  yield { title: 'The keys, called directly', rows: await directly(stage) };
  yield { title: 'Through S3, DynamoDB and Secrets Manager', rows: await throughServices(stage) };
  yield { title: 'kms:* on * in an identity policy is not enough', rows: await powerUser(stage) };
  yield { title: 'The administrator runs the life of the keys, and no more', rows: await administrator(stage) };
  yield { title: 'Not prevented: who owns the policy owns the key. Watch PutKeyPolicy', rows: await notPrevented(stage) };
}

async function handlers(stage: Stage): Promise<Row[]> {
  const rows: Row[] = [
    await stage.attempt('Writer', 'handler store-invoice', shown(CONTEXT), 'allowed', () => stage.run('Writer', INVOICE)),
    await stage.attempt('Reader', 'handler read-invoice', shown(CONTEXT), 'allowed', async () => {
      const answer = await stage.run<{ lines: string[]; total: string }>('Reader', INVOICE);
      if (answer.lines[0] !== INVOICE.lines[0] || answer.total !== INVOICE.total) throw new Error(`read something else: ${JSON.stringify(answer)}`);
    }),
  ];
  // Somebody moves the stored message to another customer. KMS would open it; the run time finds the context of c-17 in it.
  const { arn } = resources(stage).bucket;
  const message = await stage.getObject('Reader', `${arn}/${INVOICE.customer}/${INVOICE.invoice}`);
  await stage.putObject('Writer', `${arn}/c-18/${INVOICE.invoice}`, message);
  rows.push(await stage.attempt('Reader', 'handler read-invoice', 'wants customer=c-18, message of c-17', 'refused', () => stage.run('Reader', { ...INVOICE, customer: 'c-18' })));
  let response = { body: '', headers: { 'x-signature': '' } };
  rows.push(await stage.attempt('Responder', 'handler sign-response', '', 'allowed', async () => {
    response = await stage.run('Responder', { customer: INVOICE.customer });
  }));

  const { PublicKey } = await stage.kms('Responder').getPublicKey({ KeyId: 'alias/invoices/signatures' });
  const pem = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' }).export({ format: 'pem', type: 'spki' }).toString();
  const signature = Buffer.from(response.headers['x-signature'], 'base64');
  const verify = (body: string): Promise<void> => verifiesWithOpenssl(pem, body, signature)
    ? Promise.resolve()
    : Promise.reject(Object.assign(new Error('the signature does not fit'), { name: 'Verification failure' }));
  stage.local.requests.clear();
  rows.push({ ...await stage.attempt('a customer', 'openssl dgst -verify', 'the response', 'allowed', () => verify(response.body)), by: ['the published public key'] });
  rows.push({ ...await stage.attempt('a customer', 'openssl dgst -verify', 'the response, one digit changed', 'refused', () => verify(response.body.replace('120.00', '12.00'))), by: ['the published public key'] });
  return rows;
}

async function directly(stage: Stage): Promise<Row[]> {
  const KeyId = 'alias/invoices/data';
  const writer = stage.kms('Writer');
  const reader = stage.kms('Reader');
  const billing = stage.kms('Invoices/Billing');
  const { CiphertextBlob } = await writer.generateDataKey({ KeyId, KeySpec: 'AES_256', EncryptionContext: CONTEXT });
  const { Project, customer } = CONTEXT;
  const otherContext = { Project: 'Snowman', customer };
  const extraContext = { ...CONTEXT, also: 'this' };
  const Plaintext = Buffer.from('an invoice');
  const decryptAs = (who: string, client: typeof reader, context: Record<string, string>, expected: Row['expected']): Promise<Row> =>
    stage.attempt(who, 'Decrypt', shown(context), expected, () => client.decrypt({ KeyId, CiphertextBlob, EncryptionContext: context }));
  return [
    await decryptAs('Reader', reader, CONTEXT, 'allowed'),
    await decryptAs('Reader', reader, {}, 'refused'),
    await decryptAs('Reader', reader, { Project }, 'refused'),
    await decryptAs('Reader', reader, otherContext, 'refused'),
    await decryptAs('Reader', reader, extraContext, 'refused'),
    await decryptAs('Writer', writer, CONTEXT, 'refused'),
    await decryptAs('Billing', billing, CONTEXT, 'refused'),
    await stage.attempt('Writer', 'GenerateDataKey', shown({}), 'refused', () => writer.generateDataKey({ KeyId, KeySpec: 'AES_256' })),
    await stage.attempt('Reader', 'GenerateDataKey', shown(CONTEXT), 'refused', () => reader.generateDataKey({ KeyId, KeySpec: 'AES_256', EncryptionContext: CONTEXT })),
    await stage.attempt('Reader', 'Encrypt', shown(CONTEXT), 'refused', () => reader.encrypt({ KeyId, Plaintext, EncryptionContext: CONTEXT })),
    await stage.attempt('Reader', 'ReEncrypt', shown(CONTEXT), 'refused', () => reader.reEncrypt({
      CiphertextBlob, SourceEncryptionContext: CONTEXT, DestinationKeyId: KeyId, DestinationEncryptionContext: CONTEXT,
    })),
    await stage.attempt('Reader', 'Sign', '', 'refused', () => sign(stage, 'Reader')),
    await stage.attempt('Billing', 'Sign', '', 'refused', () => sign(stage, 'Invoices/Billing')),
    await stage.attempt('Responder', 'Sign', '', 'allowed', () => sign(stage, 'Responder')),
    await stage.attempt('Responder', 'Sign', 'a raw message, not a digest', 'refused', () => stage.kms('Responder').sign({
      KeyId: 'alias/invoices/signatures', Message: Plaintext, MessageType: 'RAW', SigningAlgorithm: 'ECDSA_SHA_256',
    })),
  ];
}

async function throughServices(stage: Stage): Promise<Row[]> {
  const { bucket, table, secret } = resources(stage);
  const object = `${bucket.arn}/${INVOICE.customer}/${INVOICE.invoice}`;
  const upload = `${bucket.arn}/${INVOICE.customer}/scans.zip`;
  const secrets = (who: string) => stage.local.via('secretsmanager', stage.arnOf(who), { resource: secret.arn });
  return [
    await stage.attempt('Writer', 'multipart upload', 'through S3', 'allowed', () => stage.local.via('s3', stage.arnOf('Writer'), { resource: upload }).multipartUpload(['a', 'b'])),
    await stage.attempt('Writer', 'GetObject', 'through S3', 'refused', () => stage.getObject('Writer', object)),
    await stage.attempt('Reader', 'GetObject', 'through S3', 'allowed', () => stage.getObject('Reader', object)),
    await stage.attempt('Reader', 'KMS for PutObject', 'through S3', 'refused', () => stage.local.via('s3', stage.arnOf('Reader'), { resource: object }).putObject()),
    await stage.attempt('Billing', 'KMS for GetObject', 'through S3', 'refused', () => stage.local.via('s3', 'Invoices/Billing', { resource: object }).getObject()),
    await stage.attempt('Writer', 'PutItem', 'through DynamoDB', 'allowed', () => stage.openTable('Writer', 'PutItem', table.id)),
    await stage.attempt('Reader', 'GetItem', 'through DynamoDB', 'allowed', () => stage.openTable('Reader', 'GetItem', table.id)),
    await stage.attempt('Billing', 'KMS for GetItem', 'through DynamoDB', 'refused', () => stage.local.via('dynamodb', 'Invoices/Billing', { resource: table.arn }).readItem()),
    await stage.attempt('Reader', 'GetSecretValue', 'through Secrets Manager', 'allowed', () => secrets('Reader').getSecretValue()),
    await stage.attempt('Writer', 'KMS for GetSecretValue', 'through Secrets Manager', 'refused', () => secrets('Writer').getSecretValue()),
  ];
}

async function powerUser(stage: Stage): Promise<Row[]> {
  const KeyId = 'alias/invoices/data';
  const { CiphertextBlob } = await stage.kms('Writer').generateDataKey({ KeyId, KeySpec: 'AES_256', EncryptionContext: CONTEXT });
  return [
    await stage.attempt('PowerUser', 'Decrypt', shown(CONTEXT), 'refused', () => stage.kms('PowerUser').decrypt({ KeyId, CiphertextBlob, EncryptionContext: CONTEXT })),
    await stage.attempt('PowerUser', 'Sign', '', 'refused', () => sign(stage, 'PowerUser')),
    await stage.attempt('PowerUser', 'GetObject', 'through S3', 'refused', () => stage.local.via('s3', 'PowerUser', { resource: `${resources(stage).bucket.arn}/${INVOICE.customer}/${INVOICE.invoice}` }).getObject()),
    await stage.attempt('PowerUser', 'PutKeyPolicy', '', 'refused', () => stage.kms('PowerUser').putKeyPolicy({ KeyId: stage.local.keyArn(KeyId), Policy: '{}' })),
    await stage.attempt('PowerUser', 'DescribeKey', '', 'allowed', () => stage.kms('PowerUser').describeKey({ KeyId })),
  ];
}

async function administrator(stage: Stage): Promise<Row[]> {
  const AliasName = 'alias/invoices/data';
  const KeyId = stage.local.keyArn(AliasName);
  const kms = stage.kms('KeyAdministrator');
  const { CiphertextBlob } = await stage.kms('Writer').generateDataKey({ KeyId, KeySpec: 'AES_256', EncryptionContext: CONTEXT });
  const attempt = (operation: string, expected: Row['expected'], call: () => Promise<unknown>): Promise<Row> =>
    stage.attempt('KeyAdministrator', operation, '', expected, call);
  return [
    await attempt('RotateKeyOnDemand', 'allowed', () => kms.rotateKeyOnDemand({ KeyId })),
    await attempt('EnableKeyRotation', 'allowed', () => kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 180 })),
    await attempt('TagResource', 'allowed', () => kms.tagResource({ KeyId, Tags: [{ TagKey: 'owner', TagValue: 'billing' }] })),
    await attempt('DeleteAlias, CreateAlias', 'allowed', async () => {
      await kms.deleteAlias({ AliasName });
      await kms.createAlias({ AliasName, TargetKeyId: KeyId });
    }),
    await attempt("CreateAlias, another's name", 'refused', () => kms.createAlias({ AliasName: 'alias/payroll', TargetKeyId: KeyId })),
    await attempt('DisableKey, EnableKey', 'allowed', () => kms.disableKey({ KeyId }).then(() => kms.enableKey({ KeyId }))),
    await attempt('ScheduleKeyDeletion, CancelKeyDeletion', 'allowed', async () => {
      await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 30 });
      await kms.cancelKeyDeletion({ KeyId });
      await kms.enableKey({ KeyId });
    }),
    await stage.attempt('KeyAdministrator', 'Decrypt', shown(CONTEXT), 'refused', () => kms.decrypt({ KeyId, CiphertextBlob, EncryptionContext: CONTEXT })),
    await attempt('Sign', 'refused', () => sign(stage, 'KeyAdministrator')),
    await attempt('CreateGrant', 'refused', () => kms.createGrant({ KeyId, GranteePrincipal: stage.arnOf('KeyPeople/KeyAdministrator'), Operations: ['Decrypt'] })),
    await attempt('PutKeyPolicy', 'refused', () => kms.putKeyPolicy({ KeyId, Policy: '{}' })),
  ];
}

async function deployer(stage: Stage): Promise<Row[]> {
  const KeyId = stage.local.keyArn('alias/invoices/data');
  const { table, secret, writer } = resources(stage);
  const kms = stage.kms('deployer');
  const { CiphertextBlob } = await stage.kms('Writer').generateDataKey({ KeyId, KeySpec: 'AES_256', EncryptionContext: CONTEXT });
  const attempt = (operation: string, context: string, expected: Row['expected'], call: () => Promise<unknown>): Promise<Row> =>
    stage.attempt('deployer', operation, context, expected, call);
  const lambda = stage.local.via('lambda', 'deployer', { resource: writer.arn });
  return [
    await attempt('PutKeyPolicy, the same again', '', 'allowed', async () => {
      const { Policy } = await kms.getKeyPolicy({ KeyId });
      await kms.putKeyPolicy({ KeyId, Policy });
    }),
    await attempt('CreateTable', 'through DynamoDB', 'allowed', () => stage.local.via('dynamodb', 'deployer', { resource: table.arn }).createTable()),
    await attempt('CreateSecret', 'through Secrets Manager', 'allowed', () => stage.local.via('secretsmanager', 'deployer', { resource: secret.arn }).createSecret('token')),
    await attempt('CreateFunction', 'through Lambda', 'allowed', () => lambda.configureEnvironment(stage.arnOf('Writer'), { TABLE: table.id })),
    await stage.attempt('Writer', 'start of the function', 'by the grant of Lambda', 'allowed', () => lambda.startFunction()),
    await attempt('Decrypt', shown(CONTEXT), 'refused', () => kms.decrypt({ KeyId, CiphertextBlob, EncryptionContext: CONTEXT })),
    await attempt('CreateGrant', '', 'refused', () => kms.createGrant({ KeyId, GranteePrincipal: stage.arnOf('Invoices/Billing'), Operations: ['Decrypt'] })),
    await attempt('Sign', '', 'refused', () => sign(stage, 'deployer')),
  ];
}

async function notPrevented(stage: Stage): Promise<Row[]> {
  const KeyId = stage.local.keyArn('alias/invoices/data');
  const owner = stage.kms('KeyPolicyOwner');
  const { CiphertextBlob } = await stage.kms('Writer').generateDataKey({ KeyId, KeySpec: 'AES_256', EncryptionContext: CONTEXT });
  const decrypt = () => owner.decrypt({ KeyId, CiphertextBlob, EncryptionContext: CONTEXT });
  return [
    await stage.attempt('KeyPolicyOwner', 'Decrypt', shown(CONTEXT), 'refused', decrypt),
    await stage.attempt('KeyPolicyOwner', 'PutKeyPolicy: let me decrypt', '', 'allowed', async () => {
      const policy = JSON.parse((await owner.getKeyPolicy({ KeyId })).Policy!) as { Statement: unknown[] };
      policy.Statement.push({ Sid: 'LetMeDecrypt', Effect: 'Allow', Principal: { AWS: stage.arnOf('KeyPeople/KeyPolicyOwner') }, Action: 'kms:Decrypt', Resource: '*' });
      await owner.putKeyPolicy({ KeyId, Policy: JSON.stringify(policy) });
    }),
    await stage.attempt('KeyPolicyOwner', 'Decrypt', shown(CONTEXT), 'allowed', decrypt),
  ];
}

function sign(stage: Stage, role: string): Promise<unknown> {
  return stage.kms(role).sign({
    KeyId: 'alias/invoices/signatures', Message: Buffer.alloc(32, 7), MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256',
  });
}

function resources(stage: Stage) {
  return {
    bucket: stage.resource('Invoices/Invoices'),
    table: stage.resource('Invoices/Totals'),
    secret: stage.resource('Invoices/PaymentProvider'),
    writer: stage.resource('Invoices/Writer'),
  };
}

import type { KeySpec, KeyUsageType } from '@aws-sdk/client-kms';
import { KMS } from '@aws-sdk/client-kms';
import { BUNDLING_STACKS, CONTEXT_ENV } from 'aws-cdk-lib/cx-api';
import { defineApp } from '../../examples/invoices/app';
import type { LocalKms } from '../../src/testing';
import { startLocalKms } from '../../src/testing';

jest.mock('cdk-keysmith', () => jest.requireActual<object>('../../src'), { virtual: true });

const CONTEXT = { Project: 'SnowyPII', customer: 'snowy' };
const refused = { name: 'AccessDeniedException' };

let local: LocalKms;
let kms: KMS;

/** The example as `cdk synth` writes it, but for the code of its functions. */
beforeAll(async () => {
  const before = process.env[CONTEXT_ENV];
  process.env[CONTEXT_ENV] = JSON.stringify({ [BUNDLING_STACKS]: [] });
  try {
    local = await startLocalKms({ assembly: defineApp().synth().directory });
  } finally {
    if (before === undefined) delete process.env[CONTEXT_ENV];
    else process.env[CONTEXT_ENV] = before;
  }
  kms = new KMS({ ...local.clientConfig('deployer'), maxAttempts: 1 });
});
afterAll(async () => {
  kms.destroy();
  await local.stop();
});

/** ARN of a resource of the example, by its construct path. */
function arnOf(path: string): string {
  for (const deployment of local.deployments) {
    const found = deployment.resources().find((resource) => resource.path === `${path}/Resource`);
    if (!found) continue;
    const id = deployment.physicalId(found.stack, found.logicalId)!;
    return id.startsWith('arn:') ? id : deployment.attribute(found.stack, found.logicalId, 'Arn')!;
  }
  throw new Error(`no resource '${path}' in the example`);
}

interface Made {
  readonly alias: string;
  readonly spec: KeySpec;
  readonly usage: KeyUsageType;
}

type Deed = (key: { readonly KeyId: string }) => Promise<unknown>;

describe.each<Made>([
  { alias: 'alias/invoices/data', spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' },
  { alias: 'alias/invoices/signatures', spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' },
])('of the key behind $alias the deployer, an administrator of its account,', ({ alias, spec, usage }) => {
  const policy = async () => (await kms.getKeyPolicy({ KeyId: local.keyArn(alias) })).Policy!;
  const KeyId = () => local.keyArn(alias);

  test('creates it with its policy, which leaves the deployer in', async () => {
    await expect(kms.createKey({ Policy: await policy(), KeySpec: spec, KeyUsage: usage })).resolves.toMatchObject({ KeyMetadata: { KeyState: 'Enabled' } });
  });

  test('does not create it with the policy less the statement for policy owners: KMS sees the lock-out', async () => {
    const { Statement, ...rest } = JSON.parse(await policy()) as { Statement: { Action: string | string[] }[] };
    const others = Statement.filter(({ Action }) => ![Action].flat().includes('kms:PutKeyPolicy'));
    expect(others.length).toBeLessThan(Statement.length);
    const attempt = kms.createKey({ Policy: JSON.stringify({ ...rest, Statement: others }), KeySpec: spec, KeyUsage: usage });
    await expect(attempt).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
  });

  test.each<[string, Deed]>([
    ['reads what CloudFormation compares', async (key) => [
      await kms.describeKey(key), await kms.getKeyPolicy(key), await kms.listResourceTags(key), await kms.listAliases(key),
    ]],
    ['changes the policy', async (key) => kms.putKeyPolicy({ ...key, Policy: await policy() })],
    ['changes the description', (key) => kms.updateKeyDescription({ ...key, Description: 'papers' })],
    ['tags and untags', async (key) => [
      await kms.tagResource({ ...key, Tags: [{ TagKey: 'team', TagValue: 'papers' }] }), await kms.untagResource({ ...key, TagKeys: ['team'] }),
    ]],
    ['disables and enables', async (key) => [await kms.disableKey(key), await kms.enableKey(key)]],
    ['makes, moves and deletes an alias', async (key) => {
      await kms.createAlias({ AliasName: 'alias/papers', TargetKeyId: key.KeyId });
      await kms.updateAlias({ AliasName: 'alias/papers', TargetKeyId: key.KeyId });
      await kms.deleteAlias({ AliasName: 'alias/papers' });
    }],
    ['schedules deletion and cancels it', async (key) => [
      await kms.scheduleKeyDeletion({ ...key, PendingWindowInDays: 30 }), await kms.cancelKeyDeletion(key), await kms.enableKey(key),
    ]],
    ...(usage === 'ENCRYPT_DECRYPT'
      ? [['sets rotation', async (key) => [
        await kms.disableKeyRotation(key), await kms.enableKeyRotation({ ...key, RotationPeriodInDays: 365 }), await kms.getKeyRotationStatus(key),
      ]] as [string, Deed]]
      : []),
  ])('%s', async (_, deed) => {
    await expect(deed({ KeyId: KeyId() })).resolves.not.toThrow();
  });

  test('does not create a grant', async () => {
    await expect(kms.createGrant({ KeyId: KeyId(), GranteePrincipal: 'arn:aws:iam::111122223333:root', Operations: ['DescribeKey'] })).rejects.toMatchObject(refused);
  });
});

describe('of the resources the deployer', () => {
  const object = () => ({ resource: `${arnOf('Invoices/Invoices')}/1.pdf` });
  const table = () => local.via('dynamodb', 'deployer', { resource: arnOf('Invoices/Totals') });
  const secret = () => local.via('secretsmanager', 'deployer', { resource: arnOf('Invoices/PaymentProvider') });
  const fn = () => local.via('lambda', 'deployer', { resource: arnOf('Invoices/Writer') });

  test('makes the table, and deletes it', async () => {
    await table().createTable();
    await expect(table().deleteTable()).resolves.not.toThrow();
  });

  test('makes the secret, gives it another value, and chooses its key again', async () => {
    await secret().createSecret('token');
    await secret().putSecretValue('another token');
    await expect(secret().changeKey(local.keyArn('alias/invoices/data'))).resolves.not.toThrow();
  });

  test('sets the environment of a function, changes it and reads it; the function starts with it', async () => {
    await fn().configureEnvironment('Invoices/WriterRole', { STAGE: 'test' });
    await fn().configureEnvironment('Invoices/WriterRole', { STAGE: 'prod' });
    await expect(fn().readEnvironment()).resolves.toEqual({ STAGE: 'prod' });
    await expect(local.via('lambda', 'Invoices/WriterRole', { resource: arnOf('Invoices/Writer') }).startFunction()).resolves.toEqual({ STAGE: 'prod' });
  });

  // PutBucketEncryption asks KMS nothing: the bucket is there before anybody is refused.
  test('reads no object of the bucket and puts none', async () => {
    await local.via('s3', 'Invoices/WriterRole', object()).putObject('an invoice');
    await expect(local.via('s3', 'deployer', object()).getObject()).rejects.toMatchObject(refused);
    await expect(local.via('s3', 'deployer', object()).putObject('forged')).rejects.toMatchObject(refused);
  });
});

describe('directly the deployer', () => {
  const KeyId = 'alias/invoices/data';
  const digest = { KeyId: 'alias/invoices/signatures', Message: Buffer.alloc(32, 7), MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' } as const;
  let CiphertextBlob: Uint8Array;

  beforeAll(async () => {
    const writer = local.port('Invoices/WriterRole');
    ({ CiphertextBlob } = await writer.call('GenerateDataKey', { KeyId: local.keyArn(KeyId), KeySpec: 'AES_256', EncryptionContext: CONTEXT }) as { CiphertextBlob: Uint8Array });
  });

  test('is refused what the reader may', async () => {
    const sealed = { KeyId: local.keyArn(KeyId), CiphertextBlob, EncryptionContext: CONTEXT };
    await expect(local.port('Invoices/ReaderRole').call('Decrypt', sealed)).resolves.toBeDefined();
    await expect(kms.decrypt(sealed)).rejects.toMatchObject(refused);
  });

  test('is refused what the responder may', async () => {
    await expect(local.port('Invoices/ResponderRole').call('Sign', { ...digest, KeyId: local.keyArn(digest.KeyId) })).resolves.toBeDefined();
    await expect(kms.sign(digest)).rejects.toMatchObject(refused);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['encrypts', () => kms.encrypt({ KeyId, Plaintext: Buffer.from('x'), EncryptionContext: CONTEXT })],
    ['makes a data key', () => kms.generateDataKey({ KeyId, KeySpec: 'AES_256', EncryptionContext: CONTEXT })],
    ['re-encrypts', () => kms.reEncrypt({ CiphertextBlob, SourceEncryptionContext: CONTEXT, DestinationKeyId: KeyId, DestinationEncryptionContext: CONTEXT })],
    ['verifies', () => kms.verify({ ...digest, Signature: Buffer.alloc(70, 1) })],
  ])('never %s', async (_, deed) => {
    await expect(deed()).rejects.toMatchObject(refused);
  });
});

import { FakeKms, KEY_ARN, OTHER_ARN, sdkError } from './support/fake-kms';
import { clientKeyFromEnvironment, dataKeyFromEnvironment, keyState, readPublicKey, resilientKms } from '../../src/runtime';
import type { AttachedKeyOptions, KmsPort } from '../../src/runtime';
import { environmentVariable } from '../../src/spec/contract';
import type { KeyContract } from '../../src/spec/contract';
import { startLocalKms } from '../../src/testing';
import type { LocalKms } from '../../src/testing';
import { allow, ownedBy, role } from '../testing/support/policies';
import { destroyClients, sdkClient } from '../testing/support/transports';

/** What a health check of a function wants to know of its key. */

const OWNER = role('Owner');
const WATCHER = role('Watcher');
const describing = allow('Describes', { AWS: WATCHER }, ['kms:DescribeKey', 'kms:GetPublicKey']);
const policy = ownedBy(OWNER, describing);

let local: LocalKms;
beforeEach(async () => {
  local = await startLocalKms({
    region: 'eu-west-1',
    principals: [OWNER, WATCHER, role('Stranger')],
    keys: [
      { aliases: ['alias/data'], policy },
      { aliases: ['alias/imported'], origin: 'EXTERNAL', policy },
      { aliases: ['alias/client'], spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT', policy },
      { aliases: ['alias/signing'], spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', policy },
    ],
  });
});
afterEach(async () => {
  destroyClients();
  await local.stop();
});

const watcher = () => local.port('Watcher');
const stateOf = (alias: string, options: object = {}) => keyState({ kms: watcher(), keyArn: local.keyArn(alias), ...options });
const owner = (operation: string, alias: string, input: object = {}) => local.port('Owner').call(operation, { KeyId: local.keyArn(alias), ...input });

describe.each<[string, (role: string) => KmsPort]>([
  ['over HTTP, with the AWS SDK', (name) => sdkClient(local, name)],
  ['in process', (name) => local.port(name)],
])('%s', (_, portOf) => {
  const state = (alias: string, name = 'Watcher') => keyState({ kms: portOf(name), keyArn: local.keyArn(alias) });

  test('a key in use is told to be so, and what it is', async () => {
    expect(await state('alias/data')).toEqual({
      keyArn: local.keyArn('alias/data'), state: 'Enabled', usable: true, keySpec: 'SYMMETRIC_DEFAULT', keyUsage: 'ENCRYPT_DECRYPT',
    });
    expect(await state('alias/signing')).toMatchObject({ usable: true, keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' });
  });

  test('a key that cannot be used is an answer, not an error', async () => {
    await owner('DisableKey', 'alias/data');
    expect(await state('alias/data')).toMatchObject({ state: 'Disabled', usable: false });
    const { DeletionDate } = await owner('ScheduleKeyDeletion', 'alias/data', { PendingWindowInDays: 7 });
    const deleting = await state('alias/data');
    expect(deleting).toMatchObject({ state: 'PendingDeletion', usable: false });
    expect(deleting.deletionDate!.getTime() / 1000).toBeCloseTo((DeletionDate as Date).getTime() / 1000, 1);
    expect(await state('alias/imported')).toMatchObject({ state: 'PendingImport', usable: false });
  });

  test('without the permission, KMS\'s sentence says so', async () => {
    await expect(state('alias/data', 'Stranger')).rejects.toMatchObject({
      code: 'ERR_KEYSMITH_ACCESS_DENIED', message: expect.stringMatching(/^DescribeKey: .*assumed-role\/Stranger\/local is not authorized to perform: kms:DescribeKey/),
    });
  });

  test('a key that is not there is none', async () => {
    const missing = keyState({ kms: portOf('Watcher'), keyArn: local.keyArn('alias/data').replace(/key\/.*/, 'key/00000000-0000-4000-8000-000000000000') });
    await expect(missing).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KEY_UNAVAILABLE' });
  });

  test('an outage is one', async () => {
    local.faults.reset(1, { operation: 'DescribeKey' });
    await expect(state('alias/data')).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' });
  });
});

describe('the public key', () => {
  test('comes along where it is asked for', async () => {
    const { publicKey } = await stateOf('alias/signing', { publicKey: true });
    expect(readPublicKey(publicKey!).keySpec).toBe('ECC_NIST_P256');
    local.requests.clear();
    expect(await stateOf('alias/signing')).not.toHaveProperty('publicKey');
    expect([...local.requests].map(({ operation }) => operation)).toEqual(['DescribeKey']);
  });

  test('takes a permission of its own', async () => {
    local.faults.error('AccessDeniedException', 'scripted', 1, { operation: 'GetPublicKey' });
    await expect(stateOf('alias/signing', { publicKey: true })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED', message: expect.stringMatching(/^GetPublicKey: /) });
  });

  test('is not that of another key', async () => {
    local.faults.wrongKeyId(1, { operation: 'GetPublicKey' });
    await expect(stateOf('alias/signing', { publicKey: true })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
  });

  test('is none of a symmetric key', async () => {
    await expect(stateOf('alias/data', { publicKey: true })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(/^GetPublicKey: .*UnsupportedOperation/) });
  });
});

describe('every state of KMS', () => {
  const replying = (KeyMetadata: object | undefined) => new FakeKms({ describeKey: () => ({ KeyMetadata }) });
  const metadata = { Arn: KEY_ARN, KeyState: 'Enabled', KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' };

  test.each([
    ['Enabled', true], ['Updating', true], ['Creating', false], ['Disabled', false], ['PendingDeletion', false], ['PendingImport', false],
    ['PendingReplicaDeletion', false], ['Unavailable', false], ['SomethingNew', false],
  ])('%s: usable %s', async (state, usable) => {
    expect(await keyState({ kms: replying({ ...metadata, KeyState: state }).port, keyArn: KEY_ARN })).toMatchObject({ state, usable });
  });

  test('with the date that its material expires', async () => {
    const ValidTo = new Date('2027-01-01T00:00:00Z');
    expect(await keyState({ kms: replying({ ...metadata, ValidTo }).port, keyArn: KEY_ARN })).toMatchObject({ validTo: ValidTo });
  });

  test.each<[string, object | undefined]>([
    ['another key', { ...metadata, Arn: OTHER_ARN }],
    ['no key', { ...metadata, Arn: undefined }],
    ['nothing', undefined],
    ['no state', { ...metadata, KeyState: undefined }],
    ['no spec', { ...metadata, KeySpec: undefined }],
    ['no usage', { ...metadata, KeyUsage: undefined }],
    ['another spec than was asked for', { ...metadata, KeySpec: 'RSA_3072' }],
  ])('a reply with %s is an error', async (_, reply) => {
    await expect(keyState({ kms: replying(reply).port, keyArn: KEY_ARN, keySpec: 'RSA_2048' })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
  });

  test('grant tokens and the abort signal go along', async () => {
    const kms = replying(metadata);
    const { signal: abortSignal } = new AbortController();
    await keyState({ kms: kms.port, keyArn: KEY_ARN, grantTokens: ['token'], abortSignal });
    const [{ operation, input, options }, ...others] = kms.calls;
    expect([operation, input, others]).toEqual(['describeKey', { KeyId: KEY_ARN, GrantTokens: ['token'] }, []]);
    // A signal of the call's own, derived from the caller's: signals are not compared, which Node 24 does not take.
    expect(options?.abortSignal).toBeInstanceOf(AbortSignal);
  });

  test.each(['alias/data', '1234abcd-12ab-34cd-56ef-1234567890ab', undefined])('%s is no key ARN', async (keyArn) => {
    await expect(keyState({ kms: replying(metadata).port, keyArn: keyArn! })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
  });
});

describe('of a key attached to a function', () => {
  const attached = (contract: Omit<KeyContract, 'version'>, kms: KmsPort = watcher()): AttachedKeyOptions => ({
    kms, env: { [environmentVariable('KEY')]: JSON.stringify({ version: 1, ...contract }) },
  });
  const data = (keyArn: string) => ({ keyArn, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' } as const);
  const client = (keyArn: string) => ({ keyArn, spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT', algorithm: 'RSAES_OAEP_SHA_256' } as const);

  test('it is asked in the same words', async () => {
    const key = dataKeyFromEnvironment('KEY', attached(data(local.keyArn('alias/data'))));
    expect(await key.keyState()).toMatchObject({ keyArn: key.keyArn, usable: true });
    await owner('DisableKey', 'alias/data');
    expect(await key.keyState()).toMatchObject({ state: 'Disabled', usable: false });
    const sealing = clientKeyFromEnvironment('KEY', attached(client(local.keyArn('alias/client'))));
    expect((await sealing.keyState({ publicKey: true })).publicKey).toEqual((await sealing.publicKey()).spki);
  });

  test('it is of the spec that the function was told', async () => {
    await expect(dataKeyFromEnvironment('KEY', attached(data(local.keyArn('alias/client')))).keyState()).rejects.toMatchObject({
      code: 'ERR_KEYSMITH_KMS_RESPONSE', message: 'DescribeKey: the key is of spec RSA_2048, expected SYMMETRIC_DEFAULT',
    });
  });

  test('it is asked with the grant tokens of the function', async () => {
    const fake = new FakeKms({ describeKey: () => { throw sdkError('AccessDeniedException', 400); } });
    await expect(dataKeyFromEnvironment('KEY', { ...attached(data(KEY_ARN), fake.port), grantTokens: ['token'] }).keyState()).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
    expect(fake.calls[0].input).toEqual({ KeyId: KEY_ARN, GrantTokens: ['token'] });
  });
});

test('a client that tries again asks for the state of a multi-Region key where the key is, never of a replica', async () => {
  const MRK = KEY_ARN.replace(/key\/.*/, 'key/mrk-1234abcd12ab34cd56ef1234567890ab');
  const asked: string[] = [];
  const inRegion = (region: string) => new FakeKms({
    describeKey: ({ KeyId }) => {
      asked.push(region);
      if (region === 'eu-central-1') throw sdkError('KMSInternalException', 500);
      return { KeyMetadata: { Arn: KeyId, KeyState: 'Enabled', KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' } };
    },
  }).port;
  const kms = resilientKms({ kms: inRegion, replicaRegions: ['us-east-1'], budgetMs: 300 });
  await expect(keyState({ kms, keyArn: MRK })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' });
  expect(new Set(asked)).toEqual(new Set(['eu-central-1']));
  expect(asked.length).toBeGreaterThan(1);
  expect(await keyState({ kms, keyArn: MRK.replace('eu-central-1', 'us-east-1') })).toMatchObject({ usable: true });
});

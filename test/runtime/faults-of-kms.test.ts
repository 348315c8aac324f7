import { craft } from './envelope/craft';
import { FakeKms } from './envelope/fake-kms';
import { VirtualClock } from './resilience/virtual-clock';
import { KmsDiscoveryKeyring, KmsKeyring, createEnvelopeCipher, fromEnvironment, resilientKms } from '../../src/runtime';
import type { AttachedDataKey, KmsPort, ResilienceEvent, ResilientKmsOptions } from '../../src/runtime';
import { environmentVariable } from '../../src/spec/contract';
import { startLocalKms } from '../../src/testing';
import type { Faults, LocalKms } from '../../src/testing';
import { ownedBy, role } from '../testing/support/policies';
import { destroyClients, sdkClient } from '../testing/support/transports';

/** What KMS, its keys and its callers may do, by the numbers of the list that the run time was built against: 20 to 27, and 33. */

const OWNER = role('Owner');
const [HOME, AWAY] = ['eu-west-1', 'us-east-1'];
const MRK_ID = 'mrk-1234abcd12ab34cd56ef1234567890ab';
const ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const arnOf = (id: string, region = HOME) => `arn:aws:kms:${region}:111122223333:key/${id}`;
const [KEY, OTHER_KEY, MRK] = [arnOf(ID), arnOf(ID.replace('1234abcd', '99999999')), arnOf(MRK_ID)];
const SECRET = Buffer.from('4111 1111 1111 1111');
const UNAVAILABLE = { code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' };

let local: LocalKms;

beforeAll(async () => {
  const policy = ownedBy(OWNER);
  local = await startLocalKms({
    region: HOME,
    principals: [OWNER],
    keys: [
      { keyId: ID, policy }, { keyId: OTHER_KEY.slice(-36), policy },
      { keyId: MRK_ID, multiRegion: true, policy }, { keyId: MRK_ID, multiRegion: true, multiRegionKeyType: 'REPLICA', region: AWAY, policy },
    ],
  });
});
beforeEach(() => {
  local.faults.clear();
  local.requests.clear();
});
afterAll(async () => {
  destroyClients();
  await local.stop();
});

const owner = (region = HOME) => local.port('Owner', { region });
const cipherOf = (kms: KmsPort, keyArn = KEY) => createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn }) });
/** `Decrypt eu-west-1`, for each request that reached the local KMS, and how it ended. */
const requests = () => [...local.requests].map(({ operation, region, error }) => [operation, region, error].filter(Boolean).join(' '));

describe('keys and trust', () => {
  test.each<[string, string, string]>([
    ['another account', KEY, KEY.replace('1111', '9999')],
    ['another Region', KEY, arnOf(ID, AWAY)],
    ['another partition', MRK, MRK.replace('arn:aws:', 'arn:aws-cn:')],
    ['another key', KEY, OTHER_KEY],
  ])('20: a message for a key of %s is opened by nobody, and KMS is not asked', async (_, configured, named) => {
    const kms = new FakeKms();
    const message = await cipherOf(kms.port, named).encrypt(SECRET);
    await expect(cipherOf(kms.port, configured).decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NO_KEY' });
    expect(kms.count('Decrypt')).toBe(0);
  });

  test('20: an encrypted data key that names no key is passed over', async () => {
    const kms = new FakeKms();
    const cipher = cipherOf(kms.port);
    const own = await cipher.encrypt(SECRET);
    for (const providerInfo of ['alias/it', 'arn:aws:kms:eu-west-1:111122223333:alias/it', KEY.toUpperCase(), '', `${KEY}\0`]) {
      const encryptedDataKeys = [{ providerId: 'aws-kms', providerInfo: Buffer.from(providerInfo), ciphertext: Buffer.alloc(100) }];
      const message = craft({ suiteId: 0x0478, dataKey: Buffer.alloc(32), encryptedDataKeys });
      await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NO_KEY' });
    }
    expect(kms.count('Decrypt')).toBe(0);
    await expect(cipher.decrypt(own)).resolves.toMatchObject({ plaintext: SECRET });
  });

  test('20: discovery takes a partition, accounts and Regions, and keeps to them', async () => {
    const kms = new FakeKms();
    const filter = { kms: kms.port, partition: 'aws', accounts: ['111122223333'], regions: [HOME] };
    for (const missing of [{ partition: '' }, { accounts: [] }, { regions: [] }]) {
      expect(() => new KmsDiscoveryKeyring({ ...filter, ...missing })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
    }
    const discovering = createEnvelopeCipher({ keyring: new KmsDiscoveryKeyring(filter) });
    expect((await discovering.decrypt(await cipherOf(kms.port).encrypt(SECRET))).plaintext).toEqual(SECRET);
    const foreign = await cipherOf(kms.port, KEY.replace('1111', '9999')).encrypt(SECRET);
    await expect(discovering.decrypt(foreign)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NO_KEY' });
    expect(kms.count('Decrypt')).toBe(1);
  });

  test.each<[string, (faults: Faults) => Faults]>([
    ['another key', (faults) => faults.wrongKeyId()],
    ['no key', (faults) => faults.missingKeyId()],
    ['an alias', (faults) => faults.reply('alias', (output) => ({ ...output, KeyId: 'arn:aws:kms:eu-west-1:111122223333:alias/data' }))],
    ['a data key of 31 bytes', (faults) => faults.wrongPlaintextLength()],
    ['no data key', (faults) => faults.reply('none', ({ Plaintext: _none, ...output }) => output)],
  ])('21: KMS answers with %s', async (_, ask) => {
    const cipher = cipherOf(owner());
    const message = await cipher.encrypt(SECRET);
    ask(local.faults);
    await expect(cipher.encrypt(SECRET)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
    ask(local.faults);
    await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
    await expect(cipher.decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
  });

  test('22: the second encrypted data key opens what the first does not; where none does, one error has every reason', async () => {
    const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: owner(), keyArn: KEY, additionalKeyArns: [OTHER_KEY] }) });
    const message = await cipher.encrypt(SECRET);
    for (const name of ['AccessDeniedException', 'InvalidCiphertextException', 'DisabledException', 'KMSInternalException']) {
      local.faults.error(name, 'scripted', 1, { key: KEY });
      await expect(cipher.decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
    }
    for (const [first, second, code] of [
      ['AccessDeniedException', 'DisabledException', 'ERR_KEYSMITH_ACCESS_DENIED'],
      ['DisabledException', 'AccessDeniedException', 'ERR_KEYSMITH_ACCESS_DENIED'],
      ['InvalidCiphertextException', 'DisabledException', 'ERR_KEYSMITH_KEY_UNAVAILABLE'],
      ['InvalidCiphertextException', 'IncorrectKeyException', 'ERR_KEYSMITH_NOT_AUTHENTIC'],
    ]) {
      local.faults.error(first, 'scripted', 1, { key: KEY }).error(second, 'scripted', 1, { key: OTHER_KEY });
      const failure = await cipher.decrypt(message).catch((error) => error);
      expect(failure.code).toBe(code);
      expect(failure.cause.errors.map(({ cause }: { cause: Error }) => cause.name)).toEqual([first, second]);
    }
  });

  test('23: messages of before a rotation open after it, and new ones are under the new material', async () => {
    const cipher = cipherOf(owner());
    const materialOf = async () => (await owner().call('GenerateDataKey', { KeyId: KEY, NumberOfBytes: 32 })).KeyMaterialId as string;
    const [before, materialBefore] = [await cipher.encrypt(SECRET), await materialOf()];
    await owner().call('RotateKeyOnDemand', { KeyId: KEY });
    const after = await cipher.encrypt(SECRET);
    expect(await materialOf()).not.toBe(materialBefore);
    for (const message of [before, after]) await expect(cipher.decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
  });

  /** KMS of both Regions, with the SDK over HTTP as in production. */
  const regional = (options: Partial<ResilientKmsOptions> = {}) => resilientKms({
    kms: (region) => sdkClient(local, 'Owner', { region }), replicaRegions: [AWAY], attemptTimeoutMs: 400, backoffMs: 1, ...options,
  });

  test.each<[string, (faults: Faults) => Faults, string]>([
    ['fails', (faults) => faults.internalError(2, { key: MRK }), 'KMSInternalException'],
    ['is reset', (faults) => faults.reset(2, { key: MRK }), 'ConnectionFault'],
  ])('24: a multi-Region key opens messages through its replica when its own Region %s', async (_, ask, error) => {
    const message = await cipherOf(owner(), MRK).encrypt(SECRET);
    local.requests.clear();
    ask(local.faults);
    await expect(cipherOf(regional(), MRK).decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
    expect(requests()).toEqual([`Decrypt eu-west-1 ${error}`, `Decrypt eu-west-1 ${error}`, 'Decrypt us-east-1']);
  });

  test('24: it does so when its own Region hangs, and writes through the replica what its own Region opens', async () => {
    local.faults.hang(1, { key: MRK });
    const attached = fromEnvironment('DATA', {
      kms: regional({ attemptsPerRegion: 1 }),
      env: { [environmentVariable('DATA')]: JSON.stringify({ version: 1, keyArn: MRK, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' }) },
    }) as AttachedDataKey;
    const message = await attached.envelope.encrypt(SECRET);
    expect(requests().at(-1)).toBe('GenerateDataKey us-east-1');
    await expect(cipherOf(owner(), MRK).decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
  });

  test('24: a key of one Region is not looked for in another', async () => {
    local.faults.internalError(100, { key: KEY });
    await expect(cipherOf(regional({ budgetMs: 300 })).encrypt(SECRET)).rejects.toMatchObject(UNAVAILABLE);
    expect(new Set(requests())).toEqual(new Set(['GenerateDataKey eu-west-1 KMSInternalException']));
  });

  test.each([
    ['AccessDeniedException', 'ERR_KEYSMITH_ACCESS_DENIED'], ['DisabledException', 'ERR_KEYSMITH_KEY_UNAVAILABLE'],
    ['KMSInvalidStateException', 'ERR_KEYSMITH_KEY_UNAVAILABLE'], ['NotFoundException', 'ERR_KEYSMITH_KEY_UNAVAILABLE'],
    ['InvalidCiphertextException', 'ERR_KEYSMITH_NOT_AUTHENTIC'], ['LimitExceededException', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
  ])('25: no failover after %s', async (name, code) => {
    const message = await cipherOf(owner(), MRK).encrypt(SECRET);
    local.requests.clear();
    local.faults.error(name, 'scripted', 1, { key: MRK });
    await expect(cipherOf(regional(), MRK).decrypt(message)).rejects.toMatchObject({ code });
    expect(requests()).toEqual([`Decrypt eu-west-1 ${name}`]);
  });
});

describe('failures of KMS', () => {
  test('26: throttled twice, then answered', async () => {
    const outcomes: string[] = [];
    const kms = resilientKms({ kms: sdkClient(local, 'Owner'), onEvent: (event) => { if (event.kind === 'attempt') outcomes.push(event.outcome); } });
    local.faults.throttle(2);
    await expect(cipherOf(kms).encrypt(SECRET)).resolves.toBeInstanceOf(Buffer);
    expect(outcomes).toEqual(['throttle', 'throttle', 'ok']);
  });

  test('26: throttled for ever', async () => {
    const [clock, events]: [VirtualClock, ResilienceEvent[]] = [new VirtualClock(), []];
    local.faults.throttle(10_000);
    const kms = resilientKms({ kms: owner(), clock, budgetMs: 5000, onEvent: (event) => events.push(event) });
    await expect(clock.run(cipherOf(kms).encrypt(SECRET))).rejects.toMatchObject(UNAVAILABLE);
    expect(clock.now()).toBeLessThanOrEqual(5000);
    expect(local.requests.length).toBeLessThan(100);
    const { length: throttles } = events.filter((event) => event.kind === 'attempt' && event.outcome === 'throttle');
    expect(throttles).toBe(local.requests.length);
    expect(events.at(-1)).toEqual({ kind: 'exhausted', operation: 'GenerateDataKey', attempts: throttles });
  });

  test('27: a request that hangs is aborted, and another is made', async () => {
    local.faults.hang();
    const kms = resilientKms({ kms: sdkClient(local, 'Owner'), attemptTimeoutMs: 100 });
    await expect(cipherOf(kms).encrypt(SECRET)).resolves.toBeInstanceOf(Buffer);
    expect(local.requests.length).toBe(2);
  });

  test('27: near the end of a Lambda invocation no attempt is begun', async () => {
    const context = { getRemainingTimeInMillis: () => 520 };
    const kms = resilientKms({ kms: owner(), budgetMs: () => context.getRemainingTimeInMillis() - 500 });
    await expect(cipherOf(kms).encrypt(SECRET)).rejects.toMatchObject(UNAVAILABLE);
    expect(local.requests.length).toBe(0);
  });

  test('33: an open breaker fails at once; one call tries, and closes it', async () => {
    const [clock, states]: [VirtualClock, string[]] = [new VirtualClock(), []];
    const onEvent = (event: ResilienceEvent) => { if (event.kind === 'breaker') states.push(event.state); };
    const cipher = cipherOf(resilientKms({ kms: owner(), clock, onEvent, random: () => 0.5, breakerFailures: 3, breakerOpenMs: 5000 }));
    local.faults.internalError(4);
    await expect(clock.run(cipher.encrypt(SECRET))).rejects.toMatchObject(UNAVAILABLE);
    const [time, asked] = [clock.now(), local.requests.length];
    await expect(clock.run(cipher.encrypt(SECRET))).rejects.toMatchObject(UNAVAILABLE);
    expect([clock.now(), local.requests.length]).toEqual([time, asked]);

    clock.advance(5000);
    await expect(clock.run(cipher.encrypt(SECRET))).rejects.toMatchObject(UNAVAILABLE);
    expect(local.requests.length).toBe(asked + 1);
    clock.advance(5000);
    const both = await clock.run(Promise.allSettled([cipher.encrypt(SECRET), cipher.encrypt(SECRET)]));
    // Which of the two comes first is nobody's promise.
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
  });
});

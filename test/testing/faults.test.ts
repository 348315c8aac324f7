import { getEventListeners } from 'node:events';
import { ownedBy, role } from './support/policies';
import type { Call } from './support/transports';
import { TRANSPORTS, destroyClients, sdkClient } from './support/transports';
import { startLocalKms } from '../../src/testing';
import type { FaultMatch, Faults, LocalKms } from '../../src/testing';

const OWNER = role('Owner');

let local: LocalKms;

beforeAll(async () => {
  local = await startLocalKms({
    keys: [{ aliases: ['alias/data'], policy: ownedBy(OWNER) }, { aliases: ['alias/other'], policy: ownedBy(OWNER) }],
    principals: [OWNER, role('Stranger')],
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

/** What came of a call: `ok`, or the error's name and status. The SDK wraps the errors of sockets. */
const outcome = (call: Promise<unknown>) => call.then(() => 'ok', (error) => {
  if (/ECONNRESET|socket hang up/.test(error.message)) return 'ECONNRESET';
  return [error.name, error.statusCode ?? error.$metadata?.httpStatusCode].filter(Boolean).join(' ');
});

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

describe.each(TRANSPORTS)('by %s', (_name, transport) => {
  let call: Call;

  beforeAll(() => {
    call = transport(local, 'Owner');
  });

  const describeKey = (keyId: string = 'alias/data') => call('DescribeKey', { KeyId: keyId });
  const dataKey = (keyId: string = 'alias/data') => call('GenerateDataKey', { KeyId: keyId, KeySpec: 'AES_256' });

  test.each<[string, (faults: Faults) => Faults, string]>([
    ['throttle', (faults) => faults.throttle(2), 'ThrottlingException 400'],
    ['internalError', (faults) => faults.internalError(2), 'KMSInternalException 500'],
    ['dependencyTimeout', (faults) => faults.dependencyTimeout(2), 'DependencyTimeoutException 503'],
    ['keyUnavailable', (faults) => faults.keyUnavailable(2), 'KeyUnavailableException 500'],
    ['error', (faults) => faults.error('LimitExceededException', 'enough', 2), 'LimitExceededException 400'],
    ['reset', (faults) => faults.reset(2), 'ECONNRESET'],
  ])('%s(2) happens twice and then no more', async (_, ask, expected) => {
    ask(local.faults);
    const outcomes = [await outcome(describeKey()), await outcome(describeKey()), await outcome(describeKey())];
    expect(outcomes).toEqual([expected, expected, 'ok']);
    expect([...local.requests].map(({ fault }) => fault)).toEqual([expect.anything(), expect.anything(), undefined]);
    expect(local.faults.pending).toEqual([]);
  });

  test.each<[string, (faults: Faults) => Faults, (reply: Record<string, any>) => void]>([
    ['wrongKeyId', (faults) => faults.wrongKeyId(), ({ KeyId }) => expect(KeyId).toMatch(/^arn:aws:kms:us-east-1:111122223333:key\/00000000-/)],
    ['missingKeyId', (faults) => faults.missingKeyId(), ({ KeyId }) => expect(KeyId).toBeUndefined()],
    ['wrongPlaintextLength', (faults) => faults.wrongPlaintextLength(), ({ Plaintext }) => expect(Plaintext).toHaveLength(31)],
    ['reply', (faults) => faults.reply('empty', () => ({})), ({ Plaintext }) => expect(Plaintext).toBeUndefined()],
  ])('%s changes one answer and nothing else', async (_, ask, check) => {
    ask(local.faults);
    check(await dataKey());
    expect(await dataKey()).toMatchObject({ KeyId: local.keyArn('alias/data'), Plaintext: expect.objectContaining({ length: 32 }) });
  });

  test('hang leaves a request without an answer until its caller gives up', async () => {
    local.faults.hang();
    const controller = new AbortController();
    const hanging = outcome(transport === TRANSPORTS[0][1]
      ? sdkClient(local, 'Owner').describeKey({ KeyId: 'alias/data' }, { abortSignal: controller.signal })
      : local.port('Owner').call('DescribeKey', { KeyId: 'alias/data' }, { abortSignal: controller.signal }));
    await until(() => !local.faults.pending.length);
    expect(await outcome(describeKey())).toBe('ok');
    controller.abort();
    expect(await hanging).toBe('AbortError');
  });

  test('many calls with one signal are one listener', async () => {
    const { signal } = new AbortController();
    const calls = Array.from({ length: 12 }, () => local.port('Owner').call('DescribeKey', { KeyId: 'alias/data' }, { abortSignal: signal }));
    expect(getEventListeners(signal, 'abort').length).toBe(1);
    await Promise.all(calls);
    expect(getEventListeners(signal, 'abort').length).toBe(0);
  });

  test('clear lets go of what hangs, and takes back what has not happened', async () => {
    local.faults.hang().throttle(5);
    const hanging = outcome(describeKey());
    await until(() => !local.faults.pending.includes('hang'));
    local.faults.clear();
    expect(await hanging).toBe('ECONNRESET');
    expect(await outcome(describeKey())).toBe('ok');
  });

  test('delay makes an answer later, and what else was asked for happens as well', async () => {
    local.faults.delay(30).throttle();
    expect(await outcome(describeKey())).toBe('ThrottlingException 400');
    local.faults.delay(30, 1, { key: 'alias/data' });
    const before = performance.now();
    expect(await outcome(describeKey())).toBe('ok');
    expect(performance.now() - before).toBeGreaterThanOrEqual(25);
  });

  test.each<[string, FaultMatch, string[]]>([
    ['an operation', { operation: 'DescribeKey' }, ['ThrottlingException 400', 'ok', 'ThrottlingException 400', 'ok']],
    ['one of several operations', { operation: ['Sign', 'GenerateDataKey'] }, ['ok', 'ThrottlingException 400', 'ok', 'ThrottlingException 400']],
    ['a principal', { principal: 'Owner' }, Array(4).fill('ThrottlingException 400')],
    ['another principal', { principal: 'Stranger' }, Array(4).fill('ok')],
    ['a key, by whatever name it is asked for', { key: 'alias/data' }, ['ThrottlingException 400', 'ThrottlingException 400', 'ok', 'ok']],
    ['a key and an operation', { key: 'alias/other', operation: 'DescribeKey' }, ['ok', 'ok', 'ThrottlingException 400', 'ok']],
  ])('a fault for %s spares the others', async (_, match, expected) => {
    local.faults.throttle(100, match);
    const arn = local.keyArn('alias/data');
    expect([
      await outcome(describeKey(arn)), await outcome(dataKey(arn)), await outcome(describeKey('alias/other')), await outcome(dataKey('alias/other')),
    ]).toEqual(expected);
  });

  test('a key that only the ciphertext names is known all the same', async () => {
    const { CiphertextBlob } = await dataKey();
    local.faults.throttle(1, { key: 'alias/other' });
    expect(await outcome(call('Decrypt', { CiphertextBlob }))).toBe('ok');
    local.faults.clear();
    local.faults.throttle(1, { key: 'alias/data' });
    expect(await outcome(call('Decrypt', { CiphertextBlob }))).toBe('ThrottlingException 400');
  });

  test('a fault changes nothing: what it refused has not been done', async () => {
    local.faults.throttle(1, { key: 'alias/data' });
    const { KeyId } = { KeyId: local.keyArn('alias/data') };
    expect(await outcome(call('UpdateKeyDescription', { KeyId, Description: 'changed' }))).toBe('ThrottlingException 400');
    expect(await describeKey()).not.toMatchObject({ KeyMetadata: { Description: 'changed' } });
  });
});

test('the SDK gets over two throttled calls by itself', async () => {
  local.faults.throttle(2);
  const { $metadata } = await sdkClient(local, 'Owner', undefined, { maxAttempts: 3 }).describeKey({ KeyId: 'alias/data' });
  expect($metadata.attempts).toBe(3);
  expect([...local.requests].map(({ error }) => error)).toEqual(['ThrottlingException', 'ThrottlingException', undefined]);
});

test('what waits does not keep a local KMS from stopping', async () => {
  const other = await startLocalKms({ principals: [OWNER] });
  other.faults.hang(2).delay(60_000, 2);
  const waiting = [
    outcome(sdkClient(other, 'Owner').listKeys({})), outcome(other.port('Owner').call('ListKeys')),
    outcome(sdkClient(other, 'Owner').listKeys({})), outcome(other.port('Owner').call('ListKeys')),
  ];
  await until(() => !other.faults.pending.length);
  await other.stop();
  expect((await Promise.all(waiting)).slice(0, 2)).toEqual(['ECONNRESET', 'ECONNRESET']);
});

test.each([[0], [-1], [1.5], [NaN]])('a fault cannot happen %d times', (times) => {
  expect(() => local.faults.throttle(times)).toThrow(`a fault happens a whole number of times, 1 or more, got ${times}`);
});

test('a fault for a key or principal that is not there is refused when it is asked for', () => {
  expect(() => local.faults.throttle(1, { key: 'alias/nobody' })).toThrow('no key \'alias/nobody\' here: there are alias/data');
  expect(() => local.faults.throttle(1, { principal: 'Nobody' })).toThrow('no role or user \'Nobody\' here');
});

import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { FakeKms, kmsException } from './envelope/fake-kms';
import { VirtualClock } from './resilience/virtual-clock';
import { DataKeyCache, KmsKeyring, createEnvelopeCipher, resilientKms } from '../../src/runtime';
import type { DataKeyCacheOptions } from '../../src/runtime';
import { CacheEntry, MAX_MESSAGES } from '../../src/runtime/envelope/cache-entry';

/** What data keys that are kept may meet, by the numbers of the list that the run time was built against: 28 to 32. */

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const OTHER_KEY = KEY.replace('1234abcd', '99999999');
const SECRET = Buffer.from('4111 1111 1111 1111');
const UNAVAILABLE = { code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' };
const INTERNAL = kmsException('KMSInternalException', 500);

let kms: FakeKms;
let now: number;
beforeEach(() => {
  kms = new FakeKms();
  now = 0;
});
const caching = (options: DataKeyCacheOptions = {}, port = kms.port) => {
  const cache = new DataKeyCache({ now: () => now, ...options });
  return { cache, cipher: createEnvelopeCipher({ keyring: new KmsKeyring({ kms: port, keyArn: KEY }), cache }) };
};

test('28: an outage is bridged until a key is too old, and no longer', async () => {
  const { cipher } = caching({ maxAgeMs: 1000 });
  const message = await cipher.encrypt(SECRET);
  await cipher.decrypt(message);
  kms.failAll(INTERNAL);
  now = 999;
  await expect(cipher.decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
  await expect(cipher.encrypt(SECRET)).resolves.toBeInstanceOf(Buffer);
  now = 1000;
  await expect(cipher.decrypt(message)).rejects.toMatchObject(UNAVAILABLE);
  await expect(cipher.encrypt(SECRET)).rejects.toMatchObject(UNAVAILABLE);
});

test('28: with a grace, reading goes on to its cap, and writing does not', async () => {
  const { cipher } = caching({ maxAgeMs: 1000, outageGraceMs: 500 });
  const message = await cipher.encrypt(SECRET);
  await cipher.decrypt(message);
  kms.failAll(INTERNAL);
  now = 1499;
  await expect(cipher.decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
  await expect(cipher.encrypt(SECRET)).rejects.toMatchObject(UNAVAILABLE);
  now = 1500;
  await expect(cipher.decrypt(message)).rejects.toMatchObject(UNAVAILABLE);
});

test('28: the grace also holds for a resilient KMS that gave up, and a denial ends it', async () => {
  const clock = new VirtualClock();
  const { cache, cipher } = caching({ maxAgeMs: 1000, outageGraceMs: 500 }, resilientKms({ kms: kms.port, clock }));
  const message = await cipher.encrypt(SECRET);
  await cipher.decrypt(message);
  now = 1200;
  kms.failAll(INTERNAL);
  await expect(clock.run(cipher.decrypt(message))).resolves.toMatchObject({ plaintext: SECRET });
  clock.advance(60_000);
  kms.failAll(kmsException('AccessDeniedException'));
  await expect(clock.run(cipher.decrypt(message))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
  expect(cache.metrics().purged).toBe(1);
  clock.advance(60_000);
  kms.failAll(INTERNAL);
  await expect(clock.run(cipher.decrypt(message))).rejects.toMatchObject(UNAVAILABLE);
});

test.each([
  ['messages', { maxMessages: 3 }, 7, 3], ['bytes', { maxBytes: 2 * SECRET.length }, 7, 4], ['none of them', {}, 7, 1],
])('29: the limit on %s calls for new keys', async (_, limits, messages, calls) => {
  const { cipher } = caching(limits);
  for (let turn = 0; turn < messages; turn++) await cipher.encrypt(SECRET);
  expect(kms.count('GenerateDataKey')).toBe(calls);
});

test('29: the limit on age calls for a new key, also when the clock was set back', async () => {
  now = 5000;
  const { cipher } = caching({ maxAgeMs: 1000 });
  for (const [time, calls] of [[5000, 1], [5999, 1], [6000, 2], [5500, 3]]) {
    now = time;
    await cipher.encrypt(SECRET);
    expect(kms.count('GenerateDataKey')).toBe(calls);
  }
});

test('29: after 2^32 messages a key is used up, whatever is set', () => {
  expect(() => new DataKeyCache({ maxMessages: 2 ** 32 + 1 })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
  const entry = new CacheEntry({ dataKey: Buffer.alloc(32) }, 0, MAX_MESSAGES - 1);
  const limits = { maxMessages: Infinity, maxBytes: Infinity };
  expect([entry.book(1, limits), entry.book(1, limits)]).toEqual([true, false]);
  expect(MAX_MESSAGES).toBe(2 ** 32);
});

test('30: what differs in key, grant tokens, suite, context or partition shares nothing; what does not, one key', async () => {
  const part = {
    context: fc.constantFrom('a', 'b', 'ab'),
    suite: fc.constantFrom(0x0478 as const, 0x0578 as const),
    partition: fc.constantFrom('x', 'y'),
    keyring: fc.nat(2),
  };
  await fc.assert(fc.asyncProperty(fc.array(fc.record(part), { minLength: 1, maxLength: 12 }), async (uses) => {
    kms = new FakeKms();
    const cache = new DataKeyCache();
    const keys = [{ keyArn: KEY }, { keyArn: OTHER_KEY }, { keyArn: KEY, grantTokens: ['token'] }];
    const keyrings = keys.map((options) => new KmsKeyring({ kms: kms.port, ...options }));
    for (const { context, suite, partition, keyring } of uses) {
      const cipher = createEnvelopeCipher({ keyring: keyrings[keyring], suite, cache, cachePartition: partition });
      await cipher.encrypt(SECRET, { encryptionContext: { tenant: context } });
    }
    expect(kms.count('GenerateDataKey')).toBe(new Set(uses.map((use) => JSON.stringify(use))).size);
  }), { numRuns: 25 });
});

test('30: 1,000 misses at once make one call, to write and to read', async () => {
  const { cipher } = caching({ maxMessages: 1000 });
  const messages = await Promise.all(Array.from({ length: 1000 }, () => cipher.encrypt(SECRET)));
  await Promise.all(messages.map((message) => cipher.decrypt(message)));
  expect([kms.count('GenerateDataKey'), kms.count('Decrypt')]).toEqual([1, 1]);
});

test('30: a failure is told to all who wait, and is not kept', async () => {
  const { cipher } = caching();
  kms.failNext(INTERNAL);
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => cipher.encrypt(SECRET)));
  expect(outcomes.map(({ status }) => status)).toEqual(Array(10).fill('rejected'));
  await expect(cipher.encrypt(SECRET)).resolves.toBeInstanceOf(Buffer);
  expect(kms.count()).toBe(2);
});

test.each(['AccessDeniedException', 'DisabledException', 'KMSInvalidStateException'])('31: %s drops what it was said of, and nothing else', async (name) => {
  const { cache, cipher } = caching({ maxAgeMs: 1000, outageGraceMs: 1000 });
  const [message, other] = [await cipher.encrypt(SECRET), await cipher.encrypt(SECRET, { encryptionContext: { tenant: 'other' } })];
  for (const one of [message, other]) await cipher.decrypt(one);
  now = 1000;
  kms.failNext(kmsException(name, name === 'AccessDeniedException' ? 400 : 409));
  await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: expect.stringMatching(/ACCESS_DENIED|KEY_UNAVAILABLE/) });
  expect(cache.metrics()).toMatchObject({ purged: 1 });
  kms.failAll(INTERNAL);
  await expect(cipher.decrypt(message)).rejects.toMatchObject(UNAVAILABLE);
  await expect(cipher.decrypt(other)).resolves.toMatchObject({ plaintext: SECRET });
});

test('31: without any call, what was revoked is used until it is too old', async () => {
  const { cipher } = caching({ maxAgeMs: 1000 });
  const message = await cipher.encrypt(SECRET);
  await cipher.decrypt(message);
  kms.failAll(kmsException('AccessDeniedException'));
  now = 999;
  await expect(cipher.decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
  now = 1000;
  await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
});

const isWiped = (key: Uint8Array) => key.every((byte) => byte === 0);

test('32: data keys are overwritten after use and after an error', async () => {
  const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }) });
  const message = await cipher.encrypt(SECRET);
  await cipher.decrypt(message);
  message[message.length - 1] = 255 - message[message.length - 1];
  await expect(cipher.decrypt(message)).rejects.toBeDefined();
  expect(kms.handedOut.map(isWiped)).toEqual([true, true, true]);
});

test('32: data keys are overwritten when the cache drops them for room, age, use or all at once', async () => {
  const { cache, cipher } = caching({ maxEntries: 1, maxMessages: 2, maxAgeMs: 1000 });
  const encryptFor = (tenant: string) => cipher.encrypt(SECRET, { encryptionContext: { tenant } });
  for (const tenant of ['a', 'b', 'b', 'b']) await encryptFor(tenant);
  expect(kms.handedOut.map(isWiped)).toEqual([true, true, false]);
  now = 1000;
  await encryptFor('b');
  expect(kms.handedOut.map(isWiped)).toEqual([true, true, true, false]);
  cache.clear();
  expect(kms.handedOut.every(isWiped)).toBe(true);
});

test('32: neither errors nor util.inspect show a data key', async () => {
  const dataKey = randomBytes(32);
  const { cache, cipher } = caching();
  kms.failNext(() => ({ Plaintext: Buffer.from(dataKey) }));
  const message = await cipher.encrypt(SECRET);
  const keyring = new KmsKeyring({ kms: kms.port, keyArn: KEY });
  kms.failAll(() => ({ Plaintext: Buffer.concat([dataKey, Buffer.of(1)]) }));
  const error = await createEnvelopeCipher({ keyring }).decrypt(message).catch((thrown) => thrown);
  const show = (value: unknown) => inspect(value, { depth: Infinity, showHidden: true, maxArrayLength: null });
  const hex = dataKey.toString('hex');
  const forms = [hex, hex.replace(/..(?!$)/g, '$& '), dataKey.toString('base64').slice(0, 40), [...dataKey].join(', ')];
  expect(forms.filter((form) => show(dataKey).includes(form))).toHaveLength(1);
  const shown = [cache, cipher, keyring, error, error.cause].map(show).join();
  expect(shown).toContain('ERR_KEYSMITH_KMS_RESPONSE');
  for (const form of forms) expect(shown).not.toContain(form);
});

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { KnownKeys } from './craft';
import { FakeKms, kmsException } from './fake-kms';
import { codeOf, streamed } from './outcomes';
import { DataKeyCache, KmsKeyring, createEnvelopeCipher } from '../../../src/runtime/envelope';
import type { DataKeyCacheOptions, EnvelopeCipher, EnvelopeCipherOptions, Keyring } from '../../../src/runtime/envelope';
import { CacheEntry, MAX_MESSAGES } from '../../../src/runtime/envelope/cache-entry';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const SECRET = Buffer.from('4111 1111 1111 1111');
const MINUTE = 60_000;
const OUTAGE = kmsException('KMSInternalException', 500);

interface Setup {
  readonly kms: FakeKms;
  readonly cache: DataKeyCache;
  readonly cipher: EnvelopeCipher;
  /** Lets time pass. */
  readonly pass: (ms: number) => void;
}

function setup(cacheOptions: DataKeyCacheOptions = {}, cipherOptions: Partial<EnvelopeCipherOptions> = {}): Setup {
  let now = 1_000_000;
  const kms = new FakeKms();
  const cache = new DataKeyCache({ now: () => now, ...cacheOptions });
  const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }), cache, ...cipherOptions });
  return { kms, cache, cipher, pass: (ms) => { now += ms; } };
}

const isWiped = (key: Uint8Array) => key.every((byte) => byte === 0);

describe('a data key cache', () => {
  test('serves many messages with one call, each with a message id of its own', async () => {
    const { kms, cipher, cache } = setup();
    const messages = [];
    for (let index = 0; index < 50; index++) messages.push(await cipher.encrypt(SECRET, { encryptionContext: { tenant: 'acme' } }));
    for (const message of messages) expect((await cipher.decrypt(message)).plaintext.equals(SECRET)).toBe(true);
    expect(kms.calls.map(({ operation }) => operation)).toEqual(['GenerateDataKey', 'Decrypt']);
    expect(new Set(messages.map((message) => cipher.inspect(message).messageId)).size).toBe(50);
    expect(cache.metrics()).toMatchObject({ entries: 2, hits: 98, misses: 2, keyringCalls: 2, failures: 0 });
  });

  test.each<[string, DataKeyCacheOptions, number, number]>([
    ['after its messages', { maxMessages: 10 }, 35, 4],
    ['after its bytes', { maxBytes: 5 * SECRET.length }, 35, 7],
    ['not before, at the defaults', {}, 35, 1],
  ])('drops a data key %s', async (_, options, count, calls) => {
    const { kms, cipher } = setup(options);
    for (let index = 0; index < count; index++) await cipher.encrypt(SECRET);
    expect(kms.count('GenerateDataKey')).toBe(calls);
    expect(kms.handedOut.filter(isWiped)).toHaveLength(calls - 1);
  });

  test('drops a data key for its age, for writing and for reading', async () => {
    const { kms, cipher, pass, cache } = setup();
    const message = await cipher.encrypt(SECRET);
    await cipher.decrypt(message);
    pass(MINUTE - 1);
    await cipher.encrypt(SECRET);
    await cipher.decrypt(message);
    expect(kms.count()).toBe(2);
    pass(1);
    await cipher.encrypt(SECRET);
    await cipher.decrypt(message);
    expect(kms.count()).toBe(4);
    expect(cache.metrics().expired).toBe(2);
  });

  test('counts as aged what is of the future, when the clock was set back', async () => {
    const { kms, cipher, pass } = setup();
    await cipher.encrypt(SECRET);
    pass(-1);
    await cipher.encrypt(SECRET);
    expect(kms.count()).toBe(2);
  });

  test('a message alone over the limit of bytes takes a data key of its own', async () => {
    const { kms, cipher, cache } = setup({ maxBytes: 10 });
    await cipher.encrypt(SECRET);
    await cipher.encrypt(SECRET);
    expect(kms.count()).toBe(2);
    expect(cache.metrics().entries).toBe(0);
    expect(kms.handedOut.every(isWiped)).toBe(true);
  });

  test('stops at 2^32 messages whatever is set', () => {
    const entry = new CacheEntry({ dataKey: Buffer.alloc(32) }, 0, MAX_MESSAGES - 1);
    const limits = { maxMessages: Infinity, maxBytes: Infinity };
    expect(entry.book(1, limits)).toBe(true);
    expect(entry.book(1, limits)).toBe(false);
    expect(() => new DataKeyCache({ maxMessages: 2 ** 32 + 1 })).toThrow(/'maxMessages' takes a whole number from 1 to 4294967296/);
    expect(() => new DataKeyCache({ maxMessages: 2 ** 32 })).not.toThrow();
  });

  test.each([['maxAgeMs', 0], ['maxMessages', 1.5], ['maxBytes', -1], ['maxEntries', NaN], ['outageGraceMs', -1], ['maxAge', 1]])('refuses %s of %p', (name, value) => {
    expect(() => new DataKeyCache({ [name]: value })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
  });

  test('1,000 misses at once make one call', async () => {
    const { kms, cipher, cache } = setup();
    const messages = await Promise.all(Array.from({ length: 1000 }, () => cipher.encrypt(SECRET)));
    expect(kms.count('GenerateDataKey')).toBe(1);
    await Promise.all(messages.map((message) => cipher.decrypt(message)));
    expect(kms.count('Decrypt')).toBe(1);
    expect(cache.metrics()).toMatchObject({ misses: 2000, keyringCalls: 2 });
  });

  test('misses at once over the limit of messages make as many calls as the limit asks', async () => {
    const { kms, cipher } = setup({ maxMessages: 100 });
    await Promise.all(Array.from({ length: 1000 }, () => cipher.encrypt(SECRET)));
    expect(kms.count('GenerateDataKey')).toBe(10);
  });

  test('a call that fails is told to all who wait, and not kept', async () => {
    const { kms, cipher } = setup();
    kms.failNext(OUTAGE);
    const outcomes = await Promise.allSettled([cipher.encrypt(SECRET), cipher.encrypt(SECRET), cipher.encrypt(SECRET)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(kms.count()).toBe(1);
    await expect(cipher.encrypt(SECRET)).resolves.toBeDefined();
  });

  test('tenants never share a data key, whatever their contexts are', async () => {
    const context = fc.dictionary(fc.constantFrom('a', 'b', 'ab', 'c'), fc.constantFrom('', 'a', 'bc', 'c'));
    await fc.assert(fc.asyncProperty(fc.array(context, { minLength: 1, maxLength: 12 }), async (contexts) => {
      const { kms, cipher } = setup();
      const seen = new Map<string, string>();
      for (const encryptionContext of contexts) {
        const message = await cipher.encrypt(SECRET, { encryptionContext });
        const { encryptedDataKeys } = cipher.inspect(message);
        expect(encryptedDataKeys).toHaveLength(1);
        const name = JSON.stringify(Object.entries(encryptionContext).sort());
        const edk = message.subarray(37 + message.readUInt16BE(35)).subarray(0, 2 + 6 + 7 + KEY.length + 61).toString('hex');
        expect(seen.get(name) ?? edk).toBe(edk);
        seen.set(name, edk);
      }
      expect(new Set(seen.values()).size).toBe(seen.size);
      expect(kms.count('GenerateDataKey')).toBe(seen.size);
    }), { numRuns: 50 });
  });

  test('keyrings, suites and partitions never share a data key in one cache', async () => {
    const { kms, cache, cipher } = setup();
    const keyring = new KmsKeyring({ kms: kms.port, keyArn: KEY });
    const others: EnvelopeCipher[] = [
      createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: `${KEY}2` }), cache }),
      createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY, grantTokens: ['token'] }), cache }),
      createEnvelopeCipher({ keyring, cache }),
      createEnvelopeCipher({ keyring, cache, suite: 0x0578 }),
      createEnvelopeCipher({ keyring, cache, cachePartition: 'reports' }),
    ];
    for (const other of [cipher, ...others]) await other.encrypt(SECRET);
    expect(kms.count()).toBe(6);
    await createEnvelopeCipher({ keyring, cache, cachePartition: 'reports' }).encrypt(SECRET);
    expect(kms.count()).toBe(6);
    expect(cache.metrics().entries).toBe(6);
  });

  test('keeps the signing key of a signing suite with its data key', async () => {
    const { kms, cipher } = setup({}, { suite: 0x0578 });
    const messages = [await cipher.encrypt(SECRET), await cipher.encrypt(SECRET)];
    for (const message of messages) expect((await cipher.decrypt(message)).plaintext.equals(SECRET)).toBe(true);
    expect(kms.calls.map(({ operation }) => operation)).toEqual(['GenerateDataKey', 'Decrypt']);
  });

  test.each<[string, Error, boolean]>([
    ['access is revoked', kmsException('AccessDeniedException'), true],
    ['the key is disabled', kmsException('DisabledException', 409), true],
    ['the key is pending deletion', kmsException('KMSInvalidStateException', 409), true],
    ['KMS has a fault of its own', OUTAGE, false],
    ['KMS is throttling', kmsException('ThrottlingException'), false],
  ])('when %s, what is kept for an outage goes, and nothing of other contexts (%#)', async (_, error, purges) => {
    const { kms, cipher, cache, pass } = setup({ outageGraceMs: 10 * MINUTE });
    const [one, other] = await Promise.all(['a', 'b'].map((tenant) => cipher.encrypt(SECRET, { encryptionContext: { tenant } })));
    for (const message of [one, other]) await cipher.decrypt(message);
    pass(2 * MINUTE);
    kms.failNext(error);
    const outcome = await codeOf(cipher, one);
    expect(cache.metrics().purged).toBe(purges ? 1 : 0);
    kms.failAll(OUTAGE);
    expect(await codeOf(cipher, one)).toBe(purges ? 'ERR_KEYSMITH_KMS_UNAVAILABLE' : 'opened');
    expect(outcome === 'opened').toBe(!purges);
    expect(await codeOf(cipher, other)).toBe('opened');
  });

  describe('a forged message', () => {
    const DENIED = kmsException('AccessDeniedException');

    test('of a context outside the contract, or outside what is expected, has no key asked for', async () => {
      const { kms, cache } = setup();
      const keyring = new KmsKeyring({ kms: kms.port, keyArn: KEY });
      const forged = await createEnvelopeCipher({ keyring }).encrypt(SECRET, { encryptionContext: { tenant: 'eve', extra: '1' } });
      kms.failAll(DENIED);
      for (const options of [{}, { cache }]) {
        const bound = createEnvelopeCipher({ keyring, contextKeys: ['tenant'], ...options });
        expect(await codeOf(bound, forged)).toBe('ERR_KEYSMITH_CONTEXT');
        expect(await codeOf(createEnvelopeCipher({ keyring, ...options }), forged, { encryptionContext: { tenant: 'acme' } })).toBe('ERR_KEYSMITH_CONTEXT');
        expect(await streamed(bound, forged)).toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT', released: 0 });
      }
      expect(kms.count('Decrypt')).toBe(0);
    });

    test('that one of those who wait does not accept is opened for the others, by one call', async () => {
      const { kms, cache, cipher } = setup();
      const message = await cipher.encrypt(SECRET, { encryptionContext: { tenant: 'a' } });
      const bound = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }), cache, contextKeys: ['other'] });
      const outcomes = await Promise.all([codeOf(bound, message), codeOf(cipher, message), codeOf(cipher, message)]);
      expect(outcomes).toEqual(['ERR_KEYSMITH_CONTEXT', 'opened', 'opened']);
      expect(kms.count('Decrypt')).toBe(1);
    });

    test('that KMS refuses leaves everything else where it is', async () => {
      const { kms, cipher, cache } = setup();
      const message = await cipher.encrypt(SECRET, { encryptionContext: { tenant: 'a' } });
      await cipher.decrypt(message);
      const forged = await createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }) }).encrypt(SECRET);
      for (const error of [DENIED, kmsException('NotFoundException'), kmsException('KMSInvalidStateException', 409)]) {
        kms.failNext(error);
        expect(await codeOf(cipher, forged)).toMatch(/ACCESS_DENIED|KEY_UNAVAILABLE/);
        expect(cache.metrics()).toMatchObject({ entries: 2, purged: 0 });
      }
      const before = kms.count();
      await cipher.encrypt(SECRET, { encryptionContext: { tenant: 'a' } });
      await cipher.decrypt(message);
      expect(kms.count()).toBe(before);
    });

    test('whose data key KMS opens, though its header is not authentic, takes no room, and what came from KMS is overwritten', async () => {
      const { kms, cipher, cache } = setup({ maxEntries: 1 });
      const keyring = new KmsKeyring({ kms: kms.port, keyArn: KEY });
      const good = await cipher.encrypt(SECRET, { encryptionContext: { tenant: 'a' } });
      await cipher.decrypt(good);
      const forged = await createEnvelopeCipher({ keyring }).encrypt(SECRET);
      const { headerBytes } = cipher.inspect(forged);
      forged[headerBytes - 1] = 255 - forged[headerBytes - 1];
      for (let turn = 0; turn < 3; turn++) expect(await codeOf(cipher, forged)).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
      expect(cache.metrics()).toMatchObject({ entries: 2, evicted: 0 });
      expect(kms.handedOut.slice(-3).every(isWiped)).toBe(true);
      await cipher.decrypt(good);
      expect(kms.count('Decrypt')).toBe(4);
    });

    test('does not fail those who wait for the same data key with a message that is authentic', async () => {
      const { kms, cipher } = setup();
      const message = await cipher.encrypt(SECRET);
      const forged = Buffer.from(message);
      const { headerBytes } = cipher.inspect(message);
      forged[headerBytes - 1] = 255 - forged[headerBytes - 1];
      const outcomes = await Promise.all([forged, message, forged, message].map((one) => codeOf(cipher, one)));
      expect(outcomes).toEqual(['ERR_KEYSMITH_NOT_AUTHENTIC', 'opened', 'ERR_KEYSMITH_NOT_AUTHENTIC', 'opened']);
      expect(kms.count('Decrypt')).toBe(2);
    });
  });

  describe('fills at once', () => {
    test.each([[1, 30], [7, 5]])('of more than %i messages go to KMS side by side', async (maxMessages, calls) => {
      const { kms, cipher } = setup({ maxMessages });
      let inFlight = 0;
      let most = 0;
      kms.failAll(async () => {
        most = Math.max(most, ++inFlight);
        await new Promise((resolve) => setTimeout(resolve, 5));
        inFlight -= 1;
      });
      const messages = await Promise.all(Array.from({ length: 30 }, () => cipher.encrypt(SECRET)));
      expect([kms.count('GenerateDataKey'), most]).toEqual([calls, calls]);
      const writes = new Map<string, number>();
      for (const message of messages) {
        const header = message.subarray(35, cipher.inspect(message).headerBytes - 48).toString('hex');
        writes.set(header, (writes.get(header) ?? 0) + 1);
      }
      expect(Math.max(...writes.values())).toBeLessThanOrEqual(maxMessages);
    });

    test('of more bytes than one key may encrypt do too', async () => {
      const { kms, cipher } = setup({ maxBytes: 2 * SECRET.length });
      await Promise.all(Array.from({ length: 10 }, () => cipher.encrypt(SECRET)));
      expect(kms.count('GenerateDataKey')).toBe(5);
    });

    test('that are under way when another is refused are not kept', async () => {
      const { kms, cipher, cache } = setup({ maxMessages: 1 });
      const answers: Array<() => void> = [];
      kms.failAll(async () => {
        const number = answers.length;
        await new Promise<void>((resolve) => answers.push(resolve));
        if (number === 0) throw kmsException('AccessDeniedException');
      });
      const outcomes = Promise.allSettled([cipher.encrypt(SECRET), cipher.encrypt(SECRET)]);
      while (answers.length < 2) await new Promise((resolve) => setImmediate(resolve));
      answers[0]();
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      answers[1]();
      expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      expect(cache.metrics().entries).toBe(0);
      expect(kms.handedOut.every(isWiped)).toBe(true);
    });

    test('are not joined by who comes after the cache was emptied: what fails them is not his', async () => {
      const { kms, cipher, cache } = setup();
      const answers: Array<() => void> = [];
      kms.failNext(async () => {
        await new Promise<void>((resolve) => answers.push(resolve));
        throw kmsException('AccessDeniedException');
      });
      const before = cipher.encrypt(SECRET);
      while (answers.length < 1) await new Promise((resolve) => setImmediate(resolve));
      cache.clear();
      const after = cipher.encrypt(SECRET);
      answers[0]();
      await expect(before).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
      expect((await cipher.decrypt(await after)).plaintext).toEqual(SECRET);
      expect(kms.count('GenerateDataKey')).toBe(2);
    });
  });

  test('leaves alone what another keyring made', async () => {
    const { kms, cipher, cache } = setup();
    const other = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: `${KEY}2` }), cache });
    await other.encrypt(SECRET);
    kms.failNext(kmsException('AccessDeniedException'));
    await expect(cipher.encrypt(SECRET)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
    expect(cache.metrics().entries).toBe(1);
  });

  describe('while KMS is out', () => {
    test('opens with what it has until its age, and then fails', async () => {
      const { kms, cipher, pass } = setup();
      const message = await cipher.encrypt(SECRET);
      await cipher.decrypt(message);
      kms.failAll(OUTAGE);
      pass(MINUTE - 1);
      await expect(cipher.decrypt(message)).resolves.toBeDefined();
      pass(1);
      await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' });
    });

    test('goes on opening, not writing, for the time of grace and no longer', async () => {
      const { kms, cipher, pass, cache } = setup({ outageGraceMs: 10 * MINUTE });
      const message = await cipher.encrypt(SECRET);
      await cipher.decrypt(message);
      kms.failAll(OUTAGE);
      pass(5 * MINUTE);
      expect((await cipher.decrypt(message)).plaintext.equals(SECRET)).toBe(true);
      expect(cache.metrics().graceHits).toBe(1);
      await expect(cipher.encrypt(SECRET)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' });
      pass(6 * MINUTE);
      await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' });
    });

    test('has no grace for a refusal, and asks again once KMS answers', async () => {
      const { kms, cipher, pass, cache } = setup({ outageGraceMs: 10 * MINUTE });
      const message = await cipher.encrypt(SECRET);
      await cipher.decrypt(message);
      pass(2 * MINUTE);
      kms.failNext(OUTAGE);
      await cipher.decrypt(message);
      await cipher.decrypt(message);
      expect(cache.metrics()).toMatchObject({ graceHits: 1, keyringCalls: 4 });
      pass(2 * MINUTE);
      kms.failNext(kmsException('AccessDeniedException'));
      await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
    });
  });

  describe('plaintext data keys', () => {
    test('are overwritten when they make room, the least recently used first', async () => {
      const { kms, cipher, cache } = setup({ maxEntries: 2 });
      const encryptFor = (tenant: string) => cipher.encrypt(SECRET, { encryptionContext: { tenant } });
      for (const tenant of ['a', 'b', 'a', 'c']) await encryptFor(tenant);
      expect(kms.handedOut.map(isWiped)).toEqual([false, true, false]);
      expect(cache.metrics()).toMatchObject({ entries: 2, evicted: 1 });
      await encryptFor('a');
      expect(kms.count()).toBe(3);
    });

    test('are overwritten when the cache is cleared, and those on their way too', async () => {
      const { kms, cipher, cache } = setup();
      await cipher.encrypt(SECRET, { encryptionContext: { tenant: 'a' } });
      const onItsWay = cipher.encrypt(SECRET, { encryptionContext: { tenant: 'b' } });
      await new Promise((resolve) => process.nextTick(resolve));
      cache.clear();
      const message = await onItsWay;
      expect(kms.handedOut.map(isWiped)).toEqual([true, true]);
      expect(cache.metrics().entries).toBe(0);
      await expect(cipher.decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
    });

    test('are overwritten past their time though nobody asks any more', async () => {
      const { kms, cipher } = setup({ maxAgeMs: 20, now: Date.now });
      await cipher.encrypt(SECRET);
      expect(isWiped(kms.handedOut[0])).toBe(false);
      for (let turn = 0; turn < 100 && !isWiped(kms.handedOut[0]); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(isWiped(kms.handedOut[0])).toBe(true);
    });

    test('show in no inspection, error or metric', async () => {
      const { kms, cipher, cache } = setup();
      const message = await cipher.encrypt(SECRET);
      await cipher.decrypt(message);
      message[message.length - 1] = 255 - message[message.length - 1];
      const error: unknown = await cipher.decrypt(message).catch((reason: unknown) => reason);
      const shown = [cache, cipher, cache.metrics(), error, cache.over(new KmsKeyring({ kms: kms.port, keyArn: KEY }))]
        .map((value) => inspect(value, { depth: Infinity, showHidden: true, getters: true })).join('\n');
      expect(kms.handedOut).toHaveLength(2);
      for (const key of kms.handedOut) {
        for (const form of [Buffer.from(key).toString('hex'), Buffer.from(key).toString('hex').match(/../g)!.join(' '), Buffer.from(key).toString('base64')]) {
          expect(shown).not.toContain(form);
        }
      }
    });
  });

  test('serves streams of a known length, and none of unknown length', async () => {
    const { kms, cipher, cache } = setup();
    const seal = (options: object) => pipeline(Readable.from([SECRET]), cipher.encryptStream(options), async (source: AsyncIterable<Buffer>) => {
      for await (const piece of source) expect(piece.length).toBeGreaterThan(0);
    });
    await seal({ plaintextLength: 100 });
    await seal({ plaintextLength: 100 });
    expect(kms.count()).toBe(1);
    await seal({});
    await seal({});
    expect(kms.count()).toBe(3);
    expect(cache.metrics().entries).toBe(1);
  });

  test('tells every change of its counters', async () => {
    const told: Array<[string, number]> = [];
    const { cipher } = setup({ onMetric: (name, value) => told.push([name, value]) });
    await cipher.encrypt(SECRET);
    await cipher.encrypt(SECRET);
    expect(told).toEqual([['keyringCalls', 1], ['misses', 1], ['hits', 1]]);
  });

  describe('whoever is told of a counter', () => {
    test.each(['hits', 'misses', 'graceHits'] as const)('may drop all keys at once (%s), and no message is made or opened under an overwritten one', async (counter) => {
      const { cipher, kms, cache, pass } = setup({ outageGraceMs: 10 * MINUTE, onMetric: (name) => { if (name === counter) cache.clear(); } });
      const message = await cipher.encrypt(SECRET);
      for (let turn = 0; turn < 2; turn++) await expect(cipher.decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
      const uncached = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }) });
      await expect(uncached.decrypt(await cipher.encrypt(SECRET))).resolves.toMatchObject({ plaintext: SECRET });
      if (counter !== 'graceHits') return;
      kms.failAll(OUTAGE);
      pass(2 * MINUTE);
      await expect(cipher.decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
      expect(cache.metrics()).toMatchObject({ graceHits: 1, entries: 0 });
    });

    test('may throw, and a key that is refused goes nevertheless', async () => {
      const { cipher, kms, cache, pass } = setup({ outageGraceMs: 10 * MINUTE, onMetric: () => { throw new Error('the metrics are down'); } });
      const message = await cipher.encrypt(SECRET);
      await cipher.decrypt(message);
      pass(2 * MINUTE);
      kms.failNext(kmsException('AccessDeniedException'));
      await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
      expect(cache.metrics()).toMatchObject({ purged: 1 });
      cache.clear();
      expect(kms.handedOut.every(isWiped)).toBe(true);
    });
  });

  describe('each call of the keyring serves a message', () => {
    const replies = { generateDataKey: 0, decryptDataKey: 0 };
    /** Answers without input or output: what is asked at once is answered at once. */
    const prompt: Keyring = {
      generateDataKey: async ({ suite }) => {
        replies.generateDataKey += 1;
        return { plaintext: Buffer.alloc(suite.dataKeyBytes, 1), encryptedDataKeys: [KnownKeys.edk('prompt')] };
      },
      wrapDataKey: async () => [],
      decryptDataKey: async ({ suite }) => {
        replies.decryptDataKey += 1;
        return Buffer.alloc(suite.dataKeyBytes, 1);
      },
    };
    beforeEach(() => Object.assign(replies, { generateDataKey: 0, decryptDataKey: 0 }));

    test('of 100 contexts at once where there is room for one', async () => {
      const cipher = createEnvelopeCipher({ keyring: prompt, cache: new DataKeyCache({ maxEntries: 1 }) });
      const messages = await Promise.all(Array.from({ length: 100 }, (_, tenant) => cipher.encrypt(SECRET, { encryptionContext: { tenant: `${tenant}` } })));
      const opened = await Promise.all(messages.map((message) => cipher.decrypt(message)));
      expect(opened.every(({ plaintext }) => plaintext.equals(SECRET))).toBe(true);
      expect(replies).toEqual({ generateDataKey: 100, decryptDataKey: 100 });
    });

    test('of 10 at once under a clock that runs backwards', async () => {
      let now = 1_000_000;
      const cipher = createEnvelopeCipher({ keyring: prompt, cache: new DataKeyCache({ now: () => now-- }) });
      const [message] = await Promise.all(Array.from({ length: 10 }, () => cipher.encrypt(SECRET)));
      await Promise.all(Array.from({ length: 10 }, () => cipher.decrypt(message)));
      expect(replies).toEqual({ generateDataKey: 10, decryptDataKey: 10 });
    });

    test('and what one of those who wait cannot use, the others can', async () => {
      const cache = new DataKeyCache();
      const cipher = createEnvelopeCipher({ keyring: prompt, cache });
      const narrow = createEnvelopeCipher({ keyring: prompt, cache, limits: { contextBytes: 1 } });
      const encryptionContext = { tenant: 'acme' };
      const outcomes = await Promise.allSettled([narrow, cipher, cipher].map((one) => one.encrypt(SECRET, { encryptionContext })));
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
      expect(outcomes[0]).toMatchObject({ reason: { code: 'ERR_KEYSMITH_LIMIT' } });
      expect(replies.generateDataKey).toBe(1);
    });
  });

  test('at its defaults makes at most 110 calls for 100,000 small messages', async () => {
    const { kms, cipher } = setup();
    for (let batch = 0; batch < 10; batch++) await Promise.all(Array.from({ length: 1000 }, () => cipher.encrypt(Buffer.alloc(1))));
    // A tenth of the messages, and so of the calls.
    expect(kms.count()).toBeLessThanOrEqual(11);
  });
});

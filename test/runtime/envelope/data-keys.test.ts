import { randomBytes } from 'node:crypto';
import { KnownKeys, craft } from './craft';
import { FakeKms } from './fake-kms';
import { RAW_AES } from './oracle';
import { DataKeyCache, KmsKeyring, KmsRsaKeyring, MultiKeyring, RawAesKeyring, createEnvelopeCipher } from '../../../src/runtime/envelope';
import type { Keyring } from '../../../src/runtime/envelope';

/** What keyrings of the caller's own hand out, and may go on using. */

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const SECRET = Buffer.from('4111 1111 1111 1111');
const INPUT = { code: 'ERR_KEYSMITH_INPUT' };

/** Hands out what it is told, as it is. */
const handingOut = (plaintext: unknown): Keyring => ({
  generateDataKey: async () => ({ plaintext: plaintext as Uint8Array, encryptedDataKeys: [KnownKeys.edk('one')] }),
  wrapDataKey: async () => [KnownKeys.edk('one')],
  decryptDataKey: async () => plaintext as Uint8Array,
});

describe('a keyring that hands out one and the same buffer', () => {
  test.each<[string, { readonly cache?: DataKeyCache }]>([
    ['without a cache', {}], ['with one', { cache: new DataKeyCache() }], ['with one that keeps nothing for long', { cache: new DataKeyCache({ maxMessages: 1, maxEntries: 1 }) }],
  ])('keeps its key, and each message is under it (%s)', async (_, options) => {
    const key = randomBytes(32);
    const copy = Buffer.from(key);
    const cipher = createEnvelopeCipher({ keyring: handingOut(key), ...options });
    const messages = [await cipher.encrypt(SECRET), await cipher.encrypt(SECRET, { encryptionContext: { tenant: 'acme' } }), await cipher.encrypt(SECRET)];
    for (const message of [...messages, ...messages]) await expect(cipher.decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
    options.cache?.clear();
    expect(key.equals(copy)).toBe(true);
    const byItsKey = createEnvelopeCipher({ keyring: new KnownKeys({ one: copy }) });
    for (const message of messages) await expect(byItsKey.decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
  });

  test('keeps it also where it is one of several, and another fails', async () => {
    const key = randomBytes(32);
    const copy = Buffer.from(key);
    const failing = { ...handingOut(key), wrapDataKey: async () => { throw new Error('no key to wrap with'); } };
    const cipher = createEnvelopeCipher({ keyring: new MultiKeyring({ generator: handingOut(key), children: [failing] }) });
    await expect(cipher.encrypt(SECRET)).rejects.toThrow('no key to wrap with');
    expect(key.equals(copy)).toBe(true);
  });

  test('may overwrite it while its messages are made', async () => {
    const key = randomBytes(32);
    const copy = Buffer.from(key);
    const cipher = createEnvelopeCipher({ keyring: handingOut(key), cache: new DataKeyCache() });
    await cipher.encrypt(SECRET);
    key.fill(0);
    const message = await cipher.encrypt(SECRET);
    await expect(createEnvelopeCipher({ keyring: new KnownKeys({ one: copy }) }).decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
  });
});

describe('a data key', () => {
  test.each<[string, unknown, RegExp]>([
    ['of another length', randomBytes(31), /data key has 31 bytes: ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY takes 32/],
    ['that is text', '0123456789abcdef0123456789abcdef', /data key is of type String: give a Uint8Array/],
    ['that is an array of numbers', [...randomBytes(32)], /data key is of type Array/],
    ['that is not there', undefined, /data key is not given/],
  ])('%s is refused, to write and to read', async (_, plaintext, message) => {
    const written = await createEnvelopeCipher({ keyring: new KnownKeys({ one: randomBytes(32) }) }).encrypt(SECRET);
    for (const options of [{}, { cache: new DataKeyCache() }]) {
      const cipher = createEnvelopeCipher({ keyring: handingOut(plaintext), ...options });
      const refused = { ...INPUT, message: expect.stringMatching(message) };
      await expect(cipher.encrypt(SECRET)).rejects.toMatchObject(refused);
      await expect(cipher.decrypt(written)).rejects.toMatchObject(refused);
    }
  });

  test.each([{}, { cache: new DataKeyCache() }])('of zeros is refused to write, and opens a message that was written under it (%#)', async (options) => {
    const zeros = Buffer.alloc(32);
    const written = { suiteId: 0x0478, encryptedDataKeys: [KnownKeys.edk('one')], frameLength: 64 };
    const cipher = createEnvelopeCipher({ keyring: handingOut(zeros), ...options });
    await expect(cipher.encrypt(SECRET)).rejects.toMatchObject({ ...INPUT, message: expect.stringMatching(/data key is all zeros: was it overwritten\?/) });
    const underZeros = craft({ ...written, dataKey: zeros, plaintext: SECRET });
    await expect(cipher.decrypt(underZeros)).resolves.toMatchObject({ plaintext: SECRET });
    const underAnother = craft({ ...written, dataKey: randomBytes(32), plaintext: SECRET });
    await expect(cipher.decrypt(underAnother)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
  });

  test('of KMS that comes a second time, overwritten, is refused', async () => {
    const kms = new FakeKms();
    const Plaintext = randomBytes(32);
    kms.failAll(() => ({ Plaintext }));
    const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }) });
    await cipher.encrypt(SECRET);
    await expect(cipher.encrypt(SECRET)).rejects.toMatchObject({ ...INPUT, message: expect.stringContaining('all zeros') });
  });

  test('that a keyring of this library made is not copied but overwritten, also behind a keyring of the caller\'s own', async () => {
    const inner = new RawAesKeyring(RAW_AES);
    const seen: Uint8Array[] = [];
    const keep = (key: Uint8Array) => { seen.push(key); return key; };
    const cipher = createEnvelopeCipher({
      keyring: {
        generateDataKey: async (request) => {
          const made = await inner.generateDataKey(request);
          keep(made.plaintext);
          return made;
        },
        wrapDataKey: (request) => inner.wrapDataKey(request),
        decryptDataKey: async (request) => keep(await inner.decryptDataKey(request)),
      },
    });
    await cipher.decrypt(await cipher.encrypt(SECRET));
    expect(seen.map((key) => key.some(Boolean))).toEqual([false, false]);
  });

  test('that cannot be wrapped is overwritten', async () => {
    const seen: Uint8Array[] = [];
    class Watched extends KmsRsaKeyring {
      public override wrapDataKey(request: Parameters<Keyring['wrapDataKey']>[0]): ReturnType<Keyring['wrapDataKey']> {
        seen.push(request.plaintext);
        return super.wrapDataKey(request);
      }
    }
    const cipher = createEnvelopeCipher({ keyring: new Watched({ kms: new FakeKms().port, keyArn: KEY }) });
    await expect(cipher.encrypt(SECRET)).rejects.toMatchObject({ ...INPUT, message: expect.stringContaining("no 'publicKey'") });
    expect(seen.map((key) => key.some(Boolean))).toEqual([false]);
  });
});

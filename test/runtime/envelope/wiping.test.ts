import crypto from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { craft, KnownKeys } from './craft';
import { FakeKms } from './fake-kms';
import { RAW_AES } from './oracle';
import {
  BlindIndexes, DataKeyCache, KmsKeyring, KmsRsaKeyring, MultiKeyring, RawAesKeyring, RawRsaKeyring, REQUIRE_ENCRYPT_ALLOW_DECRYPT,
  createEnvelopeCipher, createIndexSecret, createRecordCipher,
} from '../../../src/runtime';
import type { Keyring } from '../../../src/runtime';

/** Whatever key material reaches node:crypto, or comes out of it, is overwritten when it has done its work. */

const SECRET = Buffer.from('4111 1111 1111 1111');

interface Seen { readonly what: string; readonly bytes: Uint8Array; readonly copy: Buffer }
const seen: Seen[] = [];
const record = (what: string, bytes: unknown) => {
  if (bytes instanceof Uint8Array && bytes.length >= 16) seen.push({ what, bytes, copy: Buffer.from(bytes) });
};

/** Keys that are given to ciphers, keys and secrets of HMACs, and what these give: chained, they are the steps of HKDF. */
beforeEach(() => {
  seen.length = 0;
  const { createCipheriv, createDecipheriv, createHmac, createSecretKey } = crypto;
  jest.spyOn(crypto, 'createCipheriv').mockImplementation(((...args: Parameters<typeof createCipheriv>) => {
    record('cipher key', args[1]);
    return createCipheriv(...args);
  }) as never);
  jest.spyOn(crypto, 'createDecipheriv').mockImplementation(((...args: Parameters<typeof createDecipheriv>) => {
    record('decipher key', args[1]);
    return createDecipheriv(...args);
  }) as never);
  jest.spyOn(crypto, 'createSecretKey').mockImplementation(((...args: Parameters<typeof createSecretKey>) => {
    record('secret key', args[0]);
    return createSecretKey(...args);
  }) as never);
  jest.spyOn(crypto, 'createHmac').mockImplementation(((...args: Parameters<typeof createHmac>) => {
    record('HMAC key', args[1]);
    const hmac = createHmac(...args);
    const [update, digest] = [hmac.update.bind(hmac) as (bytes: Uint8Array) => unknown, hmac.digest.bind(hmac) as () => Buffer];
    hmac.update = ((bytes: Uint8Array) => {
      record('HMAC input', bytes);
      update(bytes);
      return hmac;
    }) as never;
    hmac.digest = (() => {
      const bytes = digest();
      record('HMAC output', bytes);
      return bytes;
    }) as never;
    return hmac;
  }) as never);
});
afterEach(() => void jest.restoreAllMocks());

/** What is not overwritten, but for what the message itself shows (id and commitment) and what is the same in every message (infos). */
function left(...shown: readonly Uint8Array[]): string[] {
  const inSight = Buffer.concat(shown);
  // The wrapping key is the test's own.
  const isPublic = (bytes: Buffer) => bytes.equals(RAW_AES.wrappingKey) || inSight.includes(bytes.subarray(0, 32)) || ['DERIVEKEY', 'COMMITKEY', 'keysmith'].some((label) => bytes.includes(label));
  const isLeft = ({ bytes, copy }: Seen) => bytes.some((byte, index) => byte !== 0 && byte === copy[index]);
  return seen.filter((one) => isLeft(one) && !isPublic(one.copy)).map(({ what }) => what);
}

const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const keyrings: Array<[string, () => Keyring]> = [
  ['a raw AES key', () => new RawAesKeyring(RAW_AES)],
  ['a raw RSA key', () => new RawRsaKeyring({ keyNamespace: 'tests', keyName: 'rsa', publicKey, privateKey })],
  ['a keyring of the caller\'s own', () => new KnownKeys({ one: crypto.randomBytes(32) })],
];

test.each(keyrings)('of messages under %s', async (_, make) => {
  for (const options of [{}, { suite: 0x0578 as const }, { cache: new DataKeyCache() }]) {
    seen.length = 0;
    const cipher = createEnvelopeCipher({ keyring: make(), frameLength: 7, ...options });
    const message = await cipher.encrypt(SECRET);
    await cipher.decrypt(message);
    const other = await cipher.reEncrypt(message);
    const changed = Buffer.from(message);
    changed[changed.length - 120] = 255 - changed[changed.length - 120];
    await expect(cipher.decrypt(changed)).rejects.toBeDefined();
    await expect(cipher.decrypt(message, { encryptionContext: { tenant: 'b' } })).rejects.toBeDefined();
    const chunks: Buffer[] = [];
    await pipeline([SECRET], cipher.encryptStream(), async (source) => { for await (const chunk of source) chunks.push(chunk as Buffer); });
    await pipeline([message], cipher.decryptStream(), async (source) => { for await (const chunk of source) expect(chunk).toBeDefined(); });
    const refused = pipeline([message], cipher.decryptStream({ onHeader: async () => { throw new Error('no'); } }), async (source) => { for await (const _chunk of source) break; });
    await expect(refused).rejects.toThrow('no');
    options.cache?.clear();
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.length).toBeGreaterThan(20);
    expect(left(message, changed, other, ...chunks)).toEqual([]);
  }
});

test.each([0x0014, 0x0178, 0x0378])('of messages of version 1, suite %i', async (suiteId) => {
  const dataKey = crypto.randomBytes(suiteId === 0x0014 ? 16 : 32);
  const message = craft({ suiteId, dataKey, encryptedDataKeys: [KnownKeys.edk('one')], plaintext: SECRET });
  const cipher = createEnvelopeCipher({ keyring: new KnownKeys({ one: dataKey }), commitmentPolicy: REQUIRE_ENCRYPT_ALLOW_DECRYPT });
  seen.length = 0;
  await cipher.decrypt(message);
  expect(seen.length).toBeGreaterThan(0);
  // What is handed to HKDF as info shows the message id alone.
  expect(left(message).filter((what) => what !== 'HMAC input')).toEqual([]);
});

test('of records and blind indexes, in the cache and out of it', async () => {
  const keyring = new RawAesKeyring(RAW_AES);
  const envelope = createEnvelopeCipher({ keyring });
  const secret = await createIndexSecret(envelope);
  for (const options of [{}, { cache: new DataKeyCache() }]) {
    seen.length = 0;
    const blindIndexes = new BlindIndexes({ cipher: envelope, secret, table: 't', indexes: { emailIndex: { bits: 64 } } });
    const records = createRecordCipher({
      keyring, table: 't', recordKey: 'id', fields: ['email'], indexedFields: { emailIndex: 'email' }, indexPartition: 'tenant', blindIndexes, ...options,
    });
    const stored = await records.encrypt({ id: 1, tenant: 'a', email: 'ada@example.com' });
    await records.decrypt(stored);
    await records.update(stored, { email: 'x' });
    const header = Buffer.from(stored.keysmith_header as Buffer);
    header[header.length - 1] = 255 - header[header.length - 1];
    await expect(records.decrypt({ ...stored, keysmith_header: header })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
    options.cache?.clear();
    const keys = seen.filter(({ what, bytes }) => what !== 'HMAC input' && bytes.length === 32);
    expect(keys.length).toBeGreaterThan(8);
    const shown = [secret, stored.keysmith_header as Buffer, header];
    // Index values and authenticators are no keys: they are what is stored, or compared with it.
    const secrets = new Set(['cipher key', 'decipher key', 'HMAC key', 'secret key']);
    expect(left(...shown).filter((what) => secrets.has(what))).toEqual([]);
  }
});

test('of KMS and its RSA keys: what wraps a data key, and what comes back', async () => {
  const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const bound: Uint8Array[] = [];
  const { publicEncrypt } = crypto;
  jest.spyOn(crypto, 'publicEncrypt').mockImplementation(((key: never, bytes: Uint8Array) => {
    bound.push(bytes);
    return publicEncrypt(key, bytes);
  }) as never);
  const kms = new FakeKms();
  const keyring = new MultiKeyring({ generator: new KmsKeyring({ kms: kms.port, keyArn: KEY, additionalKeyArns: [`${KEY}2`] }), children: [new KmsRsaKeyring({ keyArn: KEY, publicKey })] });
  const cipher = createEnvelopeCipher({ keyring });
  await cipher.decrypt(await cipher.encrypt(SECRET));
  expect(bound.map((bytes) => bytes.some(Boolean))).toEqual([false]);
  kms.failNext(undefined, new Error('no'));
  await expect(cipher.encrypt(SECRET)).rejects.toBeDefined();
  expect(kms.handedOut.map((bytes) => bytes.some(Boolean))).toEqual([false, false, false]);
});

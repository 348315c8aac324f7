import crypto from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { craft, KnownKeys } from './craft';
import { FakeKms } from './fake-kms';
import { RAW_AES } from './oracle';
import {
  DataKeyCache, KmsKeyring, KmsRsaKeyring, MultiKeyring, RawAesKeyring, RawRsaKeyring, REQUIRE_ENCRYPT_ALLOW_DECRYPT, createEnvelopeCipher,
} from '../../../src/runtime';
import type { AlgorithmSuite, Keyring } from '../../../src/runtime';
import { KeyMaterial } from '../support/key-material';

/** Whatever key material reaches node:crypto, or comes out of it, is overwritten when it has done its work. */

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const SECRET = Buffer.from('4111 1111 1111 1111');

const material = new KeyMaterial();
beforeEach(() => material.watch());
afterEach(() => void jest.restoreAllMocks());

/** What is not overwritten, but for what the message itself shows (id and commitment), what is the same in every message (infos), and what was opened. */
function left(...shown: readonly Uint8Array[]): string[] {
  const inSight = Buffer.concat(shown);
  // The wrapping key is the test's own, and message ids are drawn many at once.
  return material.left((bytes) => (
    bytes.equals(RAW_AES.wrappingKey) || bytes.equals(SECRET) || bytes.length === 64 * 32 || inSight.includes(bytes.subarray(0, 32))
    || ['DERIVEKEY', 'COMMITKEY'].some((label) => bytes.includes(label))
  ));
}

const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const known = crypto.randomBytes(32);
const keyrings: Array<[string, () => Keyring]> = [
  ['a raw AES key', () => new RawAesKeyring(RAW_AES)],
  ['a raw RSA key', () => new RawRsaKeyring({ keyNamespace: 'tests', keyName: 'rsa', publicKey, privateKey })],
  ['a keyring of the caller\'s own', () => new KnownKeys({ one: known })],
];

test.each(keyrings)('of messages under %s', async (_, make) => {
  for (const options of [{}, { suite: 0x0578 as const }, { cache: new DataKeyCache() }]) {
    material.forget();
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
    expect(material.seen.length).toBeGreaterThan(20);
    expect(left(message, changed, other, ...chunks)).toEqual([]);
  }
});

test.each([0x0014, 0x0178, 0x0378])('of messages of version 1, suite %i', async (suiteId) => {
  const dataKey = crypto.randomBytes(suiteId === 0x0014 ? 16 : 32);
  const message = craft({ suiteId, dataKey, encryptedDataKeys: [KnownKeys.edk('one')], plaintext: SECRET });
  const cipher = createEnvelopeCipher({ keyring: new KnownKeys({ one: dataKey }), commitmentPolicy: REQUIRE_ENCRYPT_ALLOW_DECRYPT });
  material.forget();
  await cipher.decrypt(message);
  expect(material.seen.length).toBeGreaterThan(0);
  // What is handed to HKDF as info shows the message id alone.
  expect(left(message).filter((what) => what !== 'HMAC input')).toEqual([]);
});

test('of KMS and its RSA keys: what wraps a data key, and what comes back', async () => {
  const kms = new FakeKms();
  const keyring = new MultiKeyring({ generator: new KmsKeyring({ kms: kms.port, keyArn: KEY, additionalKeyArns: [`${KEY}2`] }), children: [new KmsRsaKeyring({ keyArn: KEY, publicKey })] });
  const cipher = createEnvelopeCipher({ keyring });
  await cipher.decrypt(await cipher.encrypt(SECRET));
  const bound = material.seen.filter(({ what }) => what === 'RSA input');
  expect(bound.map(({ bytes }) => bytes.some(Boolean))).toEqual([false]);
  kms.failNext(undefined, new Error('no'));
  await expect(cipher.encrypt(SECRET)).rejects.toBeDefined();
  expect(kms.handedOut.map((bytes) => bytes.some(Boolean))).toEqual([false, false, false]);
});

/** What was seen of a kind, and is not overwritten. */
const whole = (what: string, isMeant: (bytes: Buffer) => boolean): number => {
  const meant = material.seen.filter((one) => one.what === what && isMeant(one.copy));
  expect(meant.length).toBeGreaterThan(0);
  return meant.filter(({ bytes, copy }) => copy.equals(bytes)).length;
};
const isSecret = (bytes: Buffer) => bytes.equals(SECRET);
const ofLength = (length: number) => (bytes: Buffer) => bytes.length === length;
const context = {};
const suite = { dataKeyBytes: 32 } as AlgorithmSuite;
const fails = (asked: Promise<unknown>) => expect(asked).rejects.toBeDefined();

test('of plaintext that is copied while a keyring is asked, or lives between two messages', async () => {
  const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring(RAW_AES) });
  const message = await cipher.encrypt(SECRET);
  expect(whole('cipher input', isSecret)).toBe(0);
  expect(SECRET.toString()).toBe('4111 1111 1111 1111');
  await cipher.reEncrypt(message);
  expect(whole('decipher output', isSecret)).toBe(0);
});

test('of plaintext that is not authentic', async () => {
  const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring(RAW_AES) });
  const message = await cipher.encrypt(SECRET);
  message[message.length - 17] = 255 - message[message.length - 17];
  material.forget();
  await fails(cipher.decrypt(message));
  expect(whole('decipher output', ofLength(SECRET.length))).toBe(0);
});

test('of data keys that do not unwrap: changed, of another length, of another context', async () => {
  const aes = new RawAesKeyring(RAW_AES);
  const { encryptedDataKeys: [wrapped] } = await aes.generateDataKey({ suite, context });
  const ciphertext = Buffer.from(wrapped.ciphertext);
  ciphertext[0] = 255 - ciphertext[0];
  material.forget();
  await fails(aes.decryptDataKey({ suite, context, encryptedDataKeys: [{ ...wrapped, ciphertext }] }));
  expect(whole('decipher output', ofLength(32))).toBe(0);

  const rsa = new RawRsaKeyring({ keyNamespace: 'tests', keyName: 'rsa', publicKey, privateKey });
  const tooShort = await rsa.wrapDataKey({ suite, context, plaintext: crypto.randomBytes(31) });
  await fails(rsa.decryptDataKey({ suite, context, encryptedDataKeys: tooShort }));
  expect(whole('RSA output', ofLength(31))).toBe(0);

  const Plaintext = crypto.randomBytes(48 + 32);
  const kms = new KmsRsaKeyring({ keyArn: KEY, publicKey, kms: { decrypt: async () => ({ Plaintext, KeyId: KEY }) } as never });
  await fails(kms.decryptDataKey({ suite, context, encryptedDataKeys: await kms.wrapDataKey({ suite, context, plaintext: known }) }));
  expect(Plaintext.some(Boolean)).toBe(false);
});

test('of data keys that are not wrapped for everybody', async () => {
  await fails(new KmsRsaKeyring({ keyArn: KEY, kms: new FakeKms().port }).generateDataKey({ suite, context }));
  expect(whole('random bytes', ofLength(32))).toBe(0);
  material.forget();
  const child = new KmsRsaKeyring({ keyArn: KEY, kms: new FakeKms().port });
  await fails(new MultiKeyring({ generator: new RawAesKeyring(RAW_AES), children: [child] }).generateDataKey({ suite, context }));
  expect(whole('random bytes', ofLength(32))).toBe(0);
});

test('of a data key that is wrapped in what no header can hold', async () => {
  const tooLong = { providerId: 'tests', providerInfo: Buffer.alloc(2 ** 16), ciphertext: Buffer.alloc(1) };
  const child = { ...new KnownKeys({}), wrapDataKey: async () => [tooLong] } as unknown as Keyring;
  await fails(createEnvelopeCipher({ keyring: new MultiKeyring({ generator: new RawAesKeyring(RAW_AES), children: [child] }) }).encrypt(SECRET));
  expect(whole('random bytes', ofLength(32))).toBe(0);
});

test.each<[string, (cache: DataKeyCache) => void]>([
  ['is emptied while the key is on its way', (cache) => cache.clear()],
  ['is emptied later', (cache) => void setImmediate(() => cache.clear())],
])('of a cache that %s', async (_, act) => {
  const cache = new DataKeyCache();
  const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring(RAW_AES), cache });
  const message = cipher.encrypt(SECRET);
  act(cache);
  await message;
  const opened = cipher.decrypt(await message);
  act(cache);
  await opened;
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(whole('HMAC input', ofLength(32))).toBe(0);
  expect(whole('random bytes', ofLength(32))).toBe(0);
});

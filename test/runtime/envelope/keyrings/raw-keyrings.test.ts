import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier, RawRsaKeyringNode } from '@aws-crypto/client-node';
import { RawAesKeyring, RawRsaKeyring, createEnvelopeCipher } from '../../../../src/runtime/envelope';
import { sdkDecrypt, sdkEncrypt } from '../oracle';

const SECRET = Buffer.from('4111 1111 1111 1111');
const CONTEXT = { tenant: 'acme', 名前: 'キー' };
const NAMES = { keyNamespace: 'tests', keyName: 'schlüssel' };

describe('a raw AES keyring', () => {
  const wrappingSuites = RawAesWrappingSuiteIdentifier as unknown as Record<string, never>;

  test.each([128, 192, 256])('exchanges messages with the SDK under a key of %i bits', async (bits) => {
    const wrappingKey = randomBytes(bits / 8);
    const ours = createEnvelopeCipher({ keyring: new RawAesKeyring({ ...NAMES, wrappingKey }) });
    const theirs = new RawAesKeyringNode({
      ...NAMES, unencryptedMasterKey: new Uint8Array(wrappingKey), wrappingSuite: wrappingSuites[`AES${bits}_GCM_IV12_TAG16_NO_PADDING`], utf8Sorting: true,
    });
    expect((await sdkDecrypt(await ours.encrypt(SECRET, { encryptionContext: CONTEXT }), theirs)).plaintext.equals(SECRET)).toBe(true);
    const message = await sdkEncrypt({ plaintext: SECRET, keyring: theirs, encryptionContext: CONTEXT });
    expect((await ours.decrypt(message)).plaintext.equals(SECRET)).toBe(true);
  });

  test.each([
    ['another namespace', { keyNamespace: 'others' }],
    ['another name', { keyName: 'other' }],
    ['a name that starts alike', { keyName: 'schlüsse' }],
  ])('knows no key for a message under %s', async (_, other) => {
    const wrappingKey = randomBytes(32);
    const message = await createEnvelopeCipher({ keyring: new RawAesKeyring({ ...NAMES, ...other, wrappingKey }) }).encrypt(SECRET);
    const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring({ ...NAMES, wrappingKey }) });
    await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NO_KEY' });
  });

  test('does not open a message under another key of the same name', async () => {
    const message = await createEnvelopeCipher({ keyring: new RawAesKeyring({ ...NAMES, wrappingKey: randomBytes(32) }) }).encrypt(SECRET);
    const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring({ ...NAMES, wrappingKey: randomBytes(32) }) });
    await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
  });

  test.each([
    ['15 bytes', { wrappingKey: Buffer.alloc(15) }, /16, 24 or 32 bytes, got 15/],
    ['no bytes', { wrappingKey: Buffer.alloc(0) }, /got 0/],
    ['the namespace of KMS', { keyNamespace: 'aws-kms' }, /belongs to AWS KMS/],
    ['no namespace', { keyNamespace: '' }, /keyNamespace/],
  ])('refuses %s', (_, changed, message) => {
    expect(() => new RawAesKeyring({ ...NAMES, wrappingKey: Buffer.alloc(32), ...changed })).toThrow(message);
  });
});

describe('a raw RSA keyring', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicKey = pair.publicKey.export({ format: 'pem', type: 'spki' }) as string;
  const privateKey = pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;

  test.each([
    ['OAEP_SHA1_MGF1', 'sha1'], ['OAEP_SHA256_MGF1', 'sha256'], ['OAEP_SHA384_MGF1', 'sha384'], ['OAEP_SHA512_MGF1', 'sha512'],
  ] as const)('exchanges messages with the SDK, padding %s', async (padding, oaepHash) => {
    const ours = createEnvelopeCipher({ keyring: new RawRsaKeyring({ ...NAMES, publicKey, privateKey, padding }) });
    const theirs = new RawRsaKeyringNode({ ...NAMES, rsaKey: { publicKey, privateKey }, padding: 4, oaepHash });
    expect((await sdkDecrypt(await ours.encrypt(SECRET, { encryptionContext: CONTEXT }), theirs)).plaintext.equals(SECRET)).toBe(true);
    const message = await sdkEncrypt({ plaintext: SECRET, keyring: theirs, encryptionContext: CONTEXT });
    expect((await ours.decrypt(message)).plaintext.equals(SECRET)).toBe(true);
  });

  test('writes with the public half alone, in PEM, in DER or as a key object', async () => {
    const reader = createEnvelopeCipher({ keyring: new RawRsaKeyring({ ...NAMES, privateKey }) });
    for (const half of [publicKey, pair.publicKey.export({ format: 'der', type: 'spki' }), pair.publicKey]) {
      const writer = createEnvelopeCipher({ keyring: new RawRsaKeyring({ ...NAMES, publicKey: half }) });
      const message = await writer.encrypt(SECRET);
      expect((await reader.decrypt(message)).plaintext.equals(SECRET)).toBe(true);
      await expect(writer.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NO_KEY' });
    }
    await expect(reader.encrypt(SECRET)).rejects.toThrow(/no 'publicKey'/);
  });

  test.each([
    ['no key', {}, /takes a 'publicKey'/],
    ['text that is no key', { publicKey: 'ssh-rsa AAAA' }, /'publicKey' is text but not PEM/],
    ['an elliptic key', { publicKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey }, /takes an RSA public key, got ec public/],
    ['the private half for the public', { publicKey: pair.privateKey }, /got rsa private/],
    ['the private half in PEM for the public', { publicKey: privateKey }, /labelled PRIVATE KEY: give one labelled PUBLIC KEY or RSA PUBLIC KEY/],
    ['a short modulus', { publicKey: generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey }, /1024 bits/],
    ['PKCS #1 v1.5', { publicKey: pair.publicKey, padding: 'PKCS1' as never }, /'padding' takes/],
  ])('refuses %s', (_, options, message) => {
    expect(() => new RawRsaKeyring({ ...NAMES, ...options })).toThrow(message);
  });
});

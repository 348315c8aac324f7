import { constants, createHash, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import type { KmsPort } from '../../../../src/runtime';
import { KmsRsaKeyring, createEnvelopeCipher } from '../../../../src/runtime/envelope';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const SECRET = Buffer.from('4111 1111 1111 1111');
const CONTEXT = { tenant: 'acme' };
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' });

interface RsaCall { KeyId: string; EncryptionAlgorithm?: string; EncryptionContext?: unknown; GrantTokens?: string[] }

/** Decrypt of KMS with the private half, as the keyring calls it. */
function rsaKms(calls: RsaCall[] = [], change: object = {}): KmsPort {
  return {
    decrypt: async ({ CiphertextBlob, ...call }: RsaCall & { CiphertextBlob: Uint8Array }) => {
      calls.push(call);
      const oaepHash = call.EncryptionAlgorithm === 'RSAES_OAEP_SHA_1' ? 'sha1' : 'sha256';
      const Plaintext = privateDecrypt({ key: pair.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, CiphertextBlob);
      return { Plaintext, KeyId: call.KeyId, ...change };
    },
  } as unknown as KmsPort;
}

describe('a KMS RSA keyring', () => {
  test.each(['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const)('writes offline and opens with one Decrypt call, %s', async (encryptionAlgorithm) => {
    const calls: RsaCall[] = [];
    const writer = createEnvelopeCipher({ keyring: new KmsRsaKeyring({ keyArn: KEY, publicKey, encryptionAlgorithm }) });
    const message = await writer.encrypt(SECRET, { encryptionContext: CONTEXT });
    const keyring = new KmsRsaKeyring({ keyArn: KEY, kms: rsaKms(calls), encryptionAlgorithm, grantTokens: ['token'] });
    const opened = await createEnvelopeCipher({ keyring }).decrypt(message, { encryptionContext: CONTEXT });
    expect(opened.plaintext.equals(SECRET)).toBe(true);
    expect(calls).toEqual([{ KeyId: KEY, EncryptionAlgorithm: encryptionAlgorithm, GrantTokens: ['token'] }]);
  });

  test('wraps the SHA-384 digest of the serialized context in front of the data key', async () => {
    const keyring = new KmsRsaKeyring({ keyArn: KEY, publicKey });
    const suite = { id: 0x0478, name: 'any', messageVersion: 2, cipher: 'aes-256-gcm', dataKeyBytes: 32, commitsKey: true } as const;
    const { plaintext, encryptedDataKeys: [wrapped] } = await keyring.generateDataKey({ suite, context: CONTEXT });
    const bound = privateDecrypt({ key: pair.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, wrapped.ciphertext);
    // One pair: count, key length, key, value length, value.
    const serialized = Buffer.concat([Buffer.from([0, 1, 0, 6]), Buffer.from('tenant'), Buffer.from([0, 4]), Buffer.from('acme')]);
    expect(bound).toEqual(Buffer.concat([createHash('sha384').update(serialized).digest(), plaintext]));
    expect(wrapped.providerId).toBe('aws-kms-rsa');
    expect(Buffer.from(wrapped.providerInfo).toString()).toBe(KEY);
  });

  test('does not open a data key that was wrapped with another context', async () => {
    const writer = new KmsRsaKeyring({ keyArn: KEY, publicKey });
    const suite = { id: 0x0478, name: 'any', messageVersion: 2, cipher: 'aes-256-gcm', dataKeyBytes: 32, commitsKey: true } as const;
    const { encryptedDataKeys } = await writer.generateDataKey({ suite, context: CONTEXT });
    const reader = new KmsRsaKeyring({ keyArn: KEY, kms: rsaKms() });
    await expect(reader.decryptDataKey({ suite, context: { tenant: 'other' }, encryptedDataKeys })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
    await expect(reader.decryptDataKey({ suite, context: CONTEXT, encryptedDataKeys })).resolves.toHaveLength(32);
  });

  test('refuses signing suites, whose signature would say nothing', async () => {
    const cipher = createEnvelopeCipher({ keyring: new KmsRsaKeyring({ keyArn: KEY, publicKey }), suite: 0x0578 });
    await expect(cipher.encrypt(SECRET)).rejects.toThrow(/does not go with signing suites/);
  });

  test.each([
    ['another key', { KeyId: KEY.replace('1234abcd', 'ffffffff') }],
    ['a plaintext of another length', { Plaintext: Buffer.alloc(79, 1) }],
  ])('does not use an answer with %s', async (_, change) => {
    const message = await createEnvelopeCipher({ keyring: new KmsRsaKeyring({ keyArn: KEY, publicKey }) }).encrypt(SECRET);
    const cipher = createEnvelopeCipher({ keyring: new KmsRsaKeyring({ keyArn: KEY, kms: rsaKms([], change) }) });
    await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
  });

  test('says which half it lacks', async () => {
    const writer = createEnvelopeCipher({ keyring: new KmsRsaKeyring({ keyArn: KEY, publicKey }) });
    const message = await writer.encrypt(SECRET);
    await expect(writer.decrypt(message)).rejects.toThrow(/no KMS client .*it can only write/);
    await expect(createEnvelopeCipher({ keyring: new KmsRsaKeyring({ keyArn: KEY, kms: rsaKms() }) }).encrypt(SECRET)).rejects.toThrow(/no 'publicKey'/);
  });
});

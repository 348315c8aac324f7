import { constants, publicEncrypt } from 'node:crypto';
import { inspect } from 'node:util';
import { clientKms, KEY_ARN, keyPairOf, OTHER_ARN, sdkError, spkiOf } from './support/fake-kms';
import { createClientDecryptor, encryptForPublicKey, publicKeyToJwk, publicKeyToPem } from '../../src/runtime';
import type { KeySpecName } from '../../src/spec/key-specs';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

describe.each<[2048 | 3072 | 4096, number]>([[2048, 190], [3072, 318], [4096, 446]])('an RSA key of %i bits', (modulusLength, limit) => {
  const { kms, publicKey } = clientKms(modulusLength);
  const keySpec: KeySpecName = `RSA_${modulusLength}`;
  const decryptor = createClientDecryptor({ kms: kms.port, keyArn: KEY_ARN, keySpec });
  const spki = spkiOf(publicKey);

  test.each([['DER', spki], ['PEM', publicKeyToPem(spki)], ['a JWK', publicKeyToJwk(spki, { algorithm: 'RSA-OAEP-256' })], ['a KeyObject', publicKey]])(
    'opens what was encrypted for its public key in %s', async (_, key) => {
      expect(text(await decryptor.decrypt(encryptForPublicKey(key, 'grüße')))).toBe('grüße');
    });

  test(`takes ${limit} bytes, and not one more`, async () => {
    const most = Buffer.alloc(limit, 9);
    expect(await decryptor.decrypt(encryptForPublicKey(spki, most))).toEqual(most);
    expect(() => encryptForPublicKey(spki, Buffer.alloc(limit + 1)))
      .toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining(`up to ${limit}`) }));
  });
});

describe('an RSA key', () => {
  const { kms, publicKey } = clientKms(2048);
  const decryptor = createClientDecryptor({ kms: kms.port, keyArn: KEY_ARN, keySpec: 'RSA_2048', grantTokens: ['token'] });
  beforeEach(() => {
    kms.calls.length = 0;
    kms.failure = undefined;
    kms.tamper = undefined;
  });

  test('each ciphertext is different', () => {
    expect(encryptForPublicKey(publicKey, 'x')).not.toEqual(encryptForPublicKey(publicKey, 'x'));
  });

  test('a call names the key and the algorithm, and has no context', async () => {
    await decryptor.decrypt(encryptForPublicKey(publicKey, 'x'));
    expect(kms.calls[0].input).toEqual({
      KeyId: KEY_ARN, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256', CiphertextBlob: expect.any(Uint8Array), GrantTokens: ['token'],
    });
  });

  const oaep = (oaepHash: string) => publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, Buffer.from('x'));
  const flipped = () => encryptForPublicKey(publicKey, 'x').map((byte, i) => (i === 9 ? 255 - byte : byte));
  test.each<[string, () => Uint8Array, number]>([
    ['a byte changed', flipped, 1],
    ['made for another key', () => encryptForPublicKey(keyPairOf('RSA_3072').publicKey, 'x').subarray(0, 256), 1],
    ['padded with SHA-1', () => oaep('sha1'), 1],
    ['padded with PKCS #1 v1.5', () => publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from('x')), 1],
    ['cut short', () => encryptForPublicKey(publicKey, 'x').subarray(0, -1), 0],
    ['a byte appended', () => Buffer.concat([encryptForPublicKey(publicKey, 'x'), Buffer.of(0)]), 0],
  ])('not authentic: %s', async (_, make, calls) => {
    const failure = { code: 'ERR_KEYSMITH_NOT_AUTHENTIC', message: 'Decrypt: not authentic: changed, cut short, or of another key or context' };
    await expect(decryptor.decrypt(make())).rejects.toMatchObject(failure);
    expect(kms.calls).toHaveLength(calls);
  });

  test.each<[string, string, () => unknown]>([
    ['ERR_KEYSMITH_FORMAT', 'a ciphertext in base64', () => decryptor.decrypt(Buffer.from(Buffer.alloc(256, 200).toString('base64')))],
    ['ERR_KEYSMITH_FORMAT', 'a compact JWE', () => decryptor.decrypt(Buffer.from('eyJhbGciOiJSU0EtT0FFUC0yNTYifQ.AAAA.AAAA.AAAA.AAAA'))],
    ['ERR_KEYSMITH_FORMAT', 'an empty ciphertext', () => decryptor.decrypt(new Uint8Array())],
    ['ERR_KEYSMITH_INPUT', 'a ciphertext that is a string', () => decryptor.decrypt('AAAA' as unknown as Uint8Array)],
  ])('%s, and no call, for %s', async (code, _, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ code });
    expect(kms.calls).toHaveLength(0);
  });

  test.each<[string, () => unknown]>([
    ['an empty plaintext', () => encryptForPublicKey(publicKey, '')],
    ['a plaintext that is an object', () => encryptForPublicKey(publicKey, {} as Uint8Array)],
    ['an EC key', () => encryptForPublicKey(keyPairOf('ECC_NIST_P256').publicKey, 'x')],
    ['a JWK for signatures', () => encryptForPublicKey(publicKeyToJwk(publicKey, { algorithm: 'PS256' }), 'x')],
    ['a JWK for another padding', () => encryptForPublicKey({ ...publicKeyToJwk(publicKey), alg: 'RSA-OAEP' }, 'x')],
    ['a private key', () => encryptForPublicKey(keyPairOf('RSA_2048').privateKey, 'x')],
    ['a decryptor for an EC key', () => createClientDecryptor({ kms: kms.port, keyArn: KEY_ARN, keySpec: 'ECC_NIST_P256' })],
    ['a decryptor for no spec', () => createClientDecryptor({ kms: kms.port, keyArn: KEY_ARN, keySpec: 'RSA_9' as KeySpecName })],
    ['a decryptor for an alias', () => createClientDecryptor({ kms: kms.port, keyArn: 'alias/x', keySpec: 'RSA_2048' })],
  ])('ERR_KEYSMITH_INPUT for %s', (_, attempt) => {
    expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
  });

  test.each<[string, (reply: Record<string, unknown>) => Record<string, unknown>]>([
    ['another key', (reply) => ({ ...reply, KeyId: OTHER_ARN })],
    ['no key', (reply) => ({ ...reply, KeyId: undefined })],
    ['no plaintext', ({ KeyId }) => ({ KeyId })],
    ['more plaintext than fits', (reply) => ({ ...reply, Plaintext: Buffer.alloc(191) })],
  ])('a reply with %s is an error that does not show the plaintext', async (_, tamper) => {
    kms.tamper = tamper;
    const error = await decryptor.decrypt(encryptForPublicKey(publicKey, 'hunter2')).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
    expect(inspect(error, { depth: Infinity })).not.toContain('hunter2');
  });

  test('an error of KMS arrives as its code', async () => {
    kms.failure = sdkError('AccessDeniedException', 400);
    await expect(decryptor.decrypt(encryptForPublicKey(publicKey, 'x'))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
  });
});

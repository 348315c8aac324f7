import { inspect } from 'node:util';
import { KEY_ARN, OTHER_ARN, sdkError, symmetricKms } from './support/fake-kms';
import type { FakeKms } from './support/fake-kms';
import { createDirectCipher } from '../../src/runtime';
import type { DirectCipher } from '../../src/runtime';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

let kms: FakeKms;
let cipher: DirectCipher;
beforeEach(() => {
  kms = symmetricKms();
  cipher = createDirectCipher({ kms: kms.port, keyArn: KEY_ARN, encryptionContext: { project: 'P' }, contextKeys: ['tenant'] });
});
const tenant = (name: string) => ({ encryptionContext: { tenant: name } });

test.each([['text', 'grüße 😀'], ['bytes', Buffer.from('grüße 😀')]])('%s comes back', async (_, plaintext) => {
  const ciphertext = await cipher.encrypt(plaintext, tenant('a'));
  expect(text(await cipher.decrypt(ciphertext, tenant('a')))).toBe('grüße 😀');
});

test('every call names the key and carries the whole context', async () => {
  await cipher.decrypt(await cipher.encrypt('x', tenant('a')), tenant('a'));
  for (const { input } of kms.calls) expect(input).toMatchObject({ KeyId: KEY_ARN, EncryptionContext: { project: 'P', tenant: 'a' } });
  expect(kms.calls).toHaveLength(2);
});

test('without a contract and a context, none is sent', async () => {
  await createDirectCipher({ kms: kms.port, keyArn: KEY_ARN }).encrypt('x');
  expect(kms.calls[0].input).not.toHaveProperty('EncryptionContext');
});

test('grant tokens and the abort signal go along', async () => {
  const { signal: abortSignal } = new AbortController();
  await createDirectCipher({ kms: kms.port, keyArn: KEY_ARN, grantTokens: ['token'] }).encrypt('x', { abortSignal });
  expect(kms.calls[0]).toMatchObject({ input: { GrantTokens: ['token'] }, options: { abortSignal } });
});

test('4096 bytes are taken', async () => {
  const plaintext = Buffer.alloc(4096, 7);
  expect(await cipher.decrypt(await cipher.encrypt(plaintext, tenant('a')), tenant('a'))).toEqual(plaintext);
});

describe('refused before any call', () => {
  const options = tenant('a');
  test.each<[string, string, () => Promise<unknown>]>([
    ['ERR_KEYSMITH_INPUT', 'a plaintext of 4097 bytes', () => cipher.encrypt(Buffer.alloc(4097), options)],
    ['ERR_KEYSMITH_INPUT', 'a text of 4097 bytes in 2049 characters', () => cipher.encrypt(`${'é'.repeat(2048)}x`, options)],
    ['ERR_KEYSMITH_INPUT', 'an empty plaintext', () => cipher.encrypt('', options)],
    ['ERR_KEYSMITH_INPUT', 'a plaintext that is an object', () => cipher.encrypt({} as Uint8Array, options)],
    ['ERR_KEYSMITH_INPUT', 'a lone surrogate', () => cipher.encrypt('\ud800', options)],
    ['ERR_KEYSMITH_INPUT', 'a ciphertext that is a string', () => cipher.decrypt('AQICAHh' as unknown as Uint8Array, options)],
    ['ERR_KEYSMITH_FORMAT', 'an empty ciphertext', () => cipher.decrypt(new Uint8Array(), options)],
    ['ERR_KEYSMITH_FORMAT', 'a ciphertext in base64', () => cipher.decrypt(Buffer.from('AQICAHh+/w==\n'), options)],
    ['ERR_KEYSMITH_FORMAT', 'a PEM block', () => cipher.decrypt(Buffer.from('-----BEGIN MESSAGE-----\nAAAA\n-----END MESSAGE-----'), options)],
    ['ERR_KEYSMITH_FORMAT', 'a ciphertext over 6144 bytes', () => cipher.decrypt(Buffer.alloc(6145), options)],
    ['ERR_KEYSMITH_CONTEXT', 'no context to encrypt', () => cipher.encrypt('x')],
    ['ERR_KEYSMITH_CONTEXT', 'no context to decrypt', () => cipher.decrypt(Buffer.alloc(99))],
    ['ERR_KEYSMITH_CONTEXT', 'a pair too many', () => cipher.encrypt('x', { encryptionContext: { tenant: 'a', other: 'b' } })],
  ])('%s for %s', async (code, _, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ code });
    expect(kms.calls).toHaveLength(0);
  });

  test.each([['an alias ARN', 'arn:aws:kms:eu-central-1:111122223333:alias/x'], ['a key id', '1111-2222'], ['an alias', 'alias/x'], ['nothing', undefined]])(
    'a key given as %s, which no reply can be compared with', (_, keyArn) => {
      expect(() => createDirectCipher({ kms: kms.port, keyArn: keyArn as string })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
    });
});

describe('not authentic, in one sentence', () => {
  const answers = new Set<string>();
  test.each<[string, (ciphertext: Uint8Array) => Promise<unknown>]>([
    ['another tenant', (ciphertext) => cipher.decrypt(ciphertext, tenant('b'))],
    ['the tenant in another case', (ciphertext) => cipher.decrypt(ciphertext, tenant('A'))],
    ['the last bit flipped', (ciphertext) => cipher.decrypt(ciphertext.map((byte, i) => (i === ciphertext.length - 1 ? byte - 1 : byte)), tenant('a'))],
    ['cut short', (ciphertext) => cipher.decrypt(ciphertext.subarray(0, -1), tenant('a'))],
    ['a byte appended', (ciphertext) => cipher.decrypt(Buffer.concat([ciphertext, Buffer.of(0)]), tenant('a'))],
  ])('%s', async (_, attempt) => {
    const error: any = await attempt(await cipher.encrypt('secret', tenant('a'))).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
    answers.add(error.message);
    expect(answers.size).toBe(1);
  });
});

describe('a reply that is not what was asked is an error (fault 21)', () => {
  const twisted: Array<[string, (reply: Record<string, unknown>) => Record<string, unknown>]> = [
    ['another key', (reply) => ({ ...reply, KeyId: OTHER_ARN })],
    ['no key', (reply) => ({ ...reply, KeyId: undefined })],
    ['an alias', (reply) => ({ ...reply, KeyId: 'arn:aws:kms:eu-central-1:111122223333:alias/x' })],
    ['the key id alone', (reply) => ({ ...reply, KeyId: KEY_ARN.split('/')[1] })],
    ['no bytes', ({ KeyId }) => ({ KeyId })],
    ['text for bytes', (reply) => ({ ...reply, CiphertextBlob: 'AAAA', Plaintext: 'AAAA' })],
    ['empty bytes', (reply) => ({ ...reply, CiphertextBlob: new Uint8Array(), Plaintext: new Uint8Array() })],
    ['more bytes than can be', (reply) => ({ ...reply, CiphertextBlob: new Uint8Array(6145), Plaintext: new Uint8Array(4097) })],
  ];
  test.each(twisted)('%s', async (_, tamper) => {
    const ciphertext = await cipher.encrypt('secret', tenant('a'));
    kms.tamper = tamper;
    await expect(cipher.encrypt('secret', tenant('a'))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
    await expect(cipher.decrypt(ciphertext, tenant('a'))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
  });
});

test.each([
  ['AccessDeniedException', 400, 'ERR_KEYSMITH_ACCESS_DENIED'],
  ['DisabledException', 409, 'ERR_KEYSMITH_KEY_UNAVAILABLE'],
  ['KMSInternalException', 500, 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
])('%s of KMS arrives as its code', async (name, status, code) => {
  kms.failure = sdkError(name, status);
  await expect(cipher.encrypt('x', tenant('a'))).rejects.toMatchObject({ code, cause: kms.failure });
});

test('no error shows the plaintext', async () => {
  const plaintext = 'hunter2hunter2';
  kms.tamper = (reply) => ({ ...reply, KeyId: OTHER_ARN, Plaintext: Buffer.from(plaintext) });
  const errors = await Promise.all([
    cipher.encrypt(plaintext, tenant('a')).catch((error) => error),
    cipher.decrypt(Buffer.alloc(99), tenant('a')).catch((error) => error),
    cipher.encrypt(plaintext.repeat(500), tenant('a')).catch((error) => error),
  ]);
  for (const error of errors) {
    expect(error.code).toMatch(/^ERR_KEYSMITH_/);
    const shown = inspect(error, { depth: Infinity, showHidden: true });
    expect(shown).not.toContain('hunter2');
    expect(shown).not.toContain(Buffer.from('hunter2').toString('hex'));
  }
});

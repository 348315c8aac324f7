import { KmsKeyring, createEnvelopeCipher } from '../../../../src/runtime/envelope';
import { FakeKms, kmsException } from '../fake-kms';

const ACCOUNT = '111122223333';
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const OTHER_KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/aaaaaaaa-12ab-34cd-56ef-1234567890ab`;
const MRK = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/mrk-1234abcd12ab34cd56ef1234567890ab`;
const MRK_ELSEWHERE = MRK.replace('eu-west-1', 'us-east-1');
const SECRET = Buffer.from('4111 1111 1111 1111');
const CONTEXT = { tenant: 'acme' };

describe('a KMS keyring', () => {
  test('makes the data key with one call that carries the context, and opens it with another', async () => {
    const kms = new FakeKms();
    const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY, grantTokens: ['token'] }) });
    const message = await cipher.encrypt(SECRET, { encryptionContext: CONTEXT });
    const opened = await cipher.decrypt(message, { encryptionContext: CONTEXT });
    expect(opened.plaintext.equals(SECRET)).toBe(true);
    expect(kms.calls).toEqual([
      { operation: 'GenerateDataKey', keyId: KEY, context: CONTEXT, grantTokens: ['token'] },
      { operation: 'Decrypt', keyId: KEY, context: CONTEXT, grantTokens: ['token'] },
    ]);
  });

  test('overwrites the data key after each message, also when it is refused', async () => {
    const kms = new FakeKms();
    const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }) });
    const message = await cipher.encrypt(SECRET);
    message[message.length - 1] = 255 - message[message.length - 1];
    await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
    expect(kms.handedOut).toHaveLength(2);
    for (const key of kms.handedOut) expect(key.every((byte) => byte === 0)).toBe(true);
  });

  test('wraps for each of several keys, and any of them opens the message', async () => {
    const kms = new FakeKms();
    const both = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY, additionalKeyArns: [OTHER_KEY] }) });
    const message = await both.encrypt(SECRET);
    for (const keyArn of [KEY, OTHER_KEY]) {
      const one = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn }) });
      expect((await one.decrypt(message)).plaintext.equals(SECRET)).toBe(true);
    }
    kms.failNext(kmsException('AccessDeniedException'));
    expect((await both.decrypt(message)).plaintext.equals(SECRET)).toBe(true);
  });

  test.each([
    ['another key of the account', KEY, OTHER_KEY],
    ['the same id in another Region, not multi-Region', KEY, KEY.replace('eu-west-1', 'us-east-1')],
    ['the same id in another account', KEY, KEY.replace(ACCOUNT, '999999999999')],
    ['a related multi-Region id in another account', MRK, MRK_ELSEWHERE.replace(ACCOUNT, '999999999999')],
    ['a related multi-Region id in another partition', MRK, MRK_ELSEWHERE.replace('arn:aws:', 'arn:aws-cn:')],
  ])('does not call KMS for a message under %s', async (_, madeFor, configured) => {
    const kms = new FakeKms();
    const message = await createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: madeFor }) }).encrypt(SECRET);
    const calls = kms.count();
    const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: configured }) });
    await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NO_KEY' });
    expect(kms.count()).toBe(calls);
  });

  test('opens a message of a related multi-Region key through its own', async () => {
    const kms = new FakeKms();
    const message = await createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: MRK }) }).encrypt(SECRET);
    const elsewhere = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: () => kms.port, keyArn: MRK_ELSEWHERE }) });
    expect((await elsewhere.decrypt(message)).plaintext.equals(SECRET)).toBe(true);
    expect(kms.calls.at(-1)).toMatchObject({ operation: 'Decrypt', keyId: MRK_ELSEWHERE });
  });

  test('asks once for a client for each Region', async () => {
    const kms = new FakeKms();
    const asked: string[] = [];
    const keyring = new KmsKeyring({
      kms: (region) => { asked.push(region); return kms.port; }, keyArn: KEY, additionalKeyArns: [OTHER_KEY, MRK_ELSEWHERE],
    });
    await createEnvelopeCipher({ keyring }).encrypt(SECRET);
    expect(asked).toEqual(['eu-west-1', 'us-east-1']);
  });

  test.each([
    ['another key', { KeyId: OTHER_KEY }],
    ['no key', { KeyId: undefined }],
    ['an alias', { KeyId: `arn:aws:kms:eu-west-1:${ACCOUNT}:alias/it` }],
    ['a data key that is too short', { Plaintext: Buffer.alloc(31, 1) }],
    ['a data key that is too long', { Plaintext: Buffer.alloc(33, 1) }],
    ['no data key', { Plaintext: undefined }],
  ])('does not use an answer with %s', async (_, reply) => {
    const kms = new FakeKms();
    const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }) });
    const message = await cipher.encrypt(SECRET);
    kms.failAll(() => reply);
    await expect(cipher.encrypt(SECRET)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
    await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
    if ('Plaintext' in reply && reply.Plaintext) expect(reply.Plaintext.every((byte) => byte === 0)).toBe(true);
  });

  test.each([
    ['an alias', 'alias/it'],
    ['an alias ARN', `arn:aws:kms:eu-west-1:${ACCOUNT}:alias/it`],
    ['a bare id', '1234abcd-12ab-34cd-56ef-1234567890ab'],
    ['the ARN of another service', `arn:aws:s3:eu-west-1:${ACCOUNT}:key/it`],
  ])('takes no key that is named by %s', (_, keyArn) => {
    expect(() => new KmsKeyring({ kms: new FakeKms().port, keyArn })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
  });

  test('refuses to be made without KMS', () => {
    expect(() => new KmsKeyring({ keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1' } as never)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining("'kms' is missing") }));
  });

  test('takes a key that is named twice once', async () => {
    const kms = new FakeKms();
    const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY, additionalKeyArns: [KEY] }) });
    expect(cipher.inspect(await cipher.encrypt(SECRET)).encryptedDataKeys).toHaveLength(1);
    expect(kms.count()).toBe(1);
  });
});

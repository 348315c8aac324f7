import { randomBytes } from 'node:crypto';
import { KnownKeys } from './craft';
import { FakeKms } from './fake-kms';
import { RAW_AES, sdkDecrypt } from './oracle';
import { DataKeyCache, KmsKeyring, RawAesKeyring, createEnvelopeCipher } from '../../../src/runtime/envelope';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const SECRET = Buffer.from('4111 1111 1111 1111');
const CONTEXT = { tenant: 'acme' };
const keyring = new RawAesKeyring(RAW_AES);
const cipher = createEnvelopeCipher({ keyring });

describe('encrypt', () => {
  test.each<[string, Uint8Array]>([
    ['a Buffer', Buffer.from('bytes')],
    ['a Uint8Array', new TextEncoder().encode('bytes')],
    ['a view in the middle of other bytes', new Uint8Array(Buffer.from('--bytes--').buffer, Buffer.from('--bytes--').byteOffset, 9).subarray(0, 9)],
  ])('takes %s', async (_, plaintext) => {
    expect((await cipher.decrypt(await cipher.encrypt(plaintext))).plaintext).toEqual(Buffer.from(plaintext));
  });

  test.each([['text', 'text'], ['nothing', undefined], ['an array', [1, 2]], ['an object', {}]])('takes no %s', async (_, plaintext) => {
    await expect(cipher.encrypt(plaintext as never)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
  });

  test('leaves the plaintext and the context of the caller as they are', async () => {
    const plaintext = randomBytes(100_000);
    const copy = Buffer.from(plaintext);
    const encryptionContext = Object.freeze({ ...CONTEXT });
    await cipher.encrypt(plaintext, { encryptionContext });
    expect(plaintext.equals(copy)).toBe(true);
  });

  test('makes another message each time', async () => {
    const [one, other] = [await cipher.encrypt(SECRET), await cipher.encrypt(SECRET)];
    expect(one.equals(other)).toBe(false);
    expect(cipher.inspect(one).messageId).not.toBe(cipher.inspect(other).messageId);
  });

  test('adds the pairs that the contract fixes', async () => {
    const bound = createEnvelopeCipher({ keyring, encryptionContext: { project: 'SnowyPII' }, contextKeys: ['tenant'] });
    const { encryptionContext } = await bound.decrypt(await bound.encrypt(SECRET, { encryptionContext: CONTEXT }), { encryptionContext: CONTEXT });
    expect(encryptionContext).toEqual({ project: 'SnowyPII', tenant: 'acme' });
    await expect(bound.encrypt(SECRET)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
    await expect(bound.encrypt(SECRET, { encryptionContext: { ...CONTEXT, user: 'eve' } })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
  });

  test('forgets nothing of a context that changes from message to message', async () => {
    const pairs: Record<string, string> = { tenant: 'a' };
    const first = await cipher.encrypt(SECRET, { encryptionContext: pairs });
    pairs.tenant = 'b';
    const second = await cipher.encrypt(SECRET, { encryptionContext: pairs });
    expect(cipher.inspect(first).encryptionContext).toEqual({ tenant: 'a' });
    expect(cipher.inspect(second).encryptionContext).toEqual({ tenant: 'b' });
  });

  const NOT_PLAIN: Array<[string, object]> = [
    ['a Map', new Map([['tenant', 'acme']])],
    ['an instance of a class', new (class { public get tenant() { return 'acme'; } })()],
    ['a promise', Promise.resolve(CONTEXT)],
  ];

  test.each(NOT_PLAIN)('takes no %s for a context, right after a message that had none either', async (_, pairs) => {
    const encryptionContext = pairs as never;
    const cached = createEnvelopeCipher({ keyring, cache: new DataKeyCache() });
    const message = await cached.encrypt(SECRET);
    await cached.decrypt(message);
    await expect(cached.decrypt(message, {})).resolves.toMatchObject({ plaintext: SECRET });
    const refused = { code: 'ERR_KEYSMITH_CONTEXT' };
    await expect(cached.encrypt(SECRET, { encryptionContext })).rejects.toMatchObject(refused);
    await expect(cached.decrypt(message, { encryptionContext })).rejects.toMatchObject(refused);
    expect(() => createEnvelopeCipher({ keyring, encryptionContext })).toThrow(expect.objectContaining(refused));
  });

  test('remembers of a context that changes by itself what the message has', async () => {
    let turn = 0;
    const first = await cipher.encrypt(SECRET, { encryptionContext: { get turn() { return `${++turn}`; } } });
    expect(cipher.inspect(first).encryptionContext).toEqual({ turn: '1' });
    for (const value of ['1', '2']) {
      const next = await cipher.encrypt(SECRET, { encryptionContext: { turn: value } });
      expect(cipher.inspect(next).encryptionContext).toEqual({ turn: value });
    }
  });

  test('uses 1 MiB frames, or those it is told', async () => {
    expect(cipher.inspect(await cipher.encrypt(SECRET)).frameLength).toBe(1_048_576);
    expect(cipher.inspect(await cipher.encrypt(SECRET, { frameLength: 7 })).frameLength).toBe(7);
    const set = createEnvelopeCipher({ keyring, frameLength: 2 ** 16 });
    expect(set.inspect(await set.encrypt(SECRET)).frameLength).toBe(2 ** 16);
  });

  test.each([0, -1, 1.5, 2 ** 32, NaN, '4096'])('refuses frames of %p bytes', async (frameLength) => {
    await expect(cipher.encrypt(SECRET, { frameLength: frameLength as number })).rejects.toThrow(/'frameLength' takes a whole number from 1 to 4294967295/);
    expect(() => createEnvelopeCipher({ keyring, frameLength: frameLength as number })).toThrow(/'frameLength'/);
  });

  test.each([
    [{ frameByte: 1 }, /'limits.frameByte' is no option/], [{ frameBytes: 0 }, /'limits.frameBytes' takes/], [{ bodyBytes: '1' }, /'limits.bodyBytes' takes/],
  ])('refuses limits of %j', (limits, message) => {
    expect(() => createEnvelopeCipher({ keyring, limits: limits as object })).toThrow(message);
  });

  test('takes limits that are left undefined for those that are not set', async () => {
    const roomy = createEnvelopeCipher({ keyring, limits: { bodyBytes: undefined, frameBytes: 10 } });
    await expect(roomy.decrypt(await roomy.encrypt(SECRET, { frameLength: 10 }))).resolves.toMatchObject({ plaintext: SECRET });
  });

  test('has frames of no more than the limit for reading them', async () => {
    for (const frameBytes of [1, 2 ** 16, 2 ** 20, 2 ** 21]) {
      const own = createEnvelopeCipher({ keyring, limits: { frameBytes } });
      const message = await own.encrypt(SECRET);
      expect(own.inspect(message).frameLength).toBe(Math.min(frameBytes, 2 ** 20));
      await expect(own.decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
      await expect(own.reEncrypt(message)).resolves.toBeDefined();
    }
  });

  test.each([[{}, 2 ** 26], [{ frameBytes: 7 }, 7], [{ frameBytes: 2 ** 32 - 2 }, 2 ** 32 - 2]])(
    'under limits of %j writes frames up to that, for a cipher and for one message', async (limits, most) => {
      const refused = { code: 'ERR_KEYSMITH_LIMIT', message: expect.stringContaining(`'limits.frameBytes' is ${most}, got ${most + 1}`) };
      expect(() => createEnvelopeCipher({ keyring, limits, frameLength: most + 1 })).toThrow(expect.objectContaining(refused));
      const own = createEnvelopeCipher({ keyring, limits, frameLength: most });
      const message = await own.encrypt(SECRET);
      await expect(own.decrypt(message)).resolves.toMatchObject({ plaintext: SECRET });
      await expect(own.encrypt(SECRET, { frameLength: most + 1 })).rejects.toMatchObject(refused);
      await expect(own.reEncrypt(message, { frameLength: most + 1 })).rejects.toMatchObject(refused);
      expect(() => own.encryptStream({ frameLength: most + 1 })).toThrow(expect.objectContaining(refused));
    },
  );

  test('writes no more plaintext than the limit for reading it, and asks for no data key then', async () => {
    const asked = jest.fn();
    const counted = { generateDataKey: asked, wrapDataKey: asked, decryptDataKey: asked };
    const most = SECRET.length;
    const over = { code: 'ERR_KEYSMITH_LIMIT', message: expect.stringContaining(`'limits.bodyBytes' is ${most - 1}, got ${most}`) };
    await expect(createEnvelopeCipher({ keyring: counted, limits: { bodyBytes: most - 1 } }).encrypt(SECRET)).rejects.toMatchObject(over);
    expect(asked).not.toHaveBeenCalled();
    const own = createEnvelopeCipher({ keyring, limits: { bodyBytes: most } });
    await expect(own.decrypt(await own.encrypt(SECRET))).resolves.toMatchObject({ plaintext: SECRET });
  });

  test('writes no context over the limit for reading it', async () => {
    const encryptionContext = { long: 'x'.repeat(16_384) };
    await expect(cipher.encrypt(SECRET, { encryptionContext })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_LIMIT' });
    const roomy = createEnvelopeCipher({ keyring, limits: { contextBytes: 65_535 } });
    const message = await roomy.encrypt(SECRET, { encryptionContext });
    await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_LIMIT' });
    await expect(roomy.encrypt(SECRET, { encryptionContext: { long: 'x'.repeat(65_536) } })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
  });

  test.each([
    ['context', { context: CONTEXT }], ['tenant', CONTEXT], ['frameSize', { frameSize: 1 }], ['inherited', Object.create({ inherited: 1 })],
    ['text', 'tenant'],
  ])('refuses an option that it does not know: %s', async (name, options) => {
    const seen = name === 'text' ? 'options are "tenant": give an object' : `'${name}' is no option: ["encryptionContext"`;
    const refused = { code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining(seen) };
    const message = await cipher.encrypt(SECRET);
    await expect(cipher.encrypt(SECRET, options as object)).rejects.toMatchObject(refused);
    await expect(cipher.decrypt(message, options as object)).rejects.toMatchObject(refused);
    expect(() => cipher.encryptStream(options as object)).toThrow(expect.objectContaining(refused));
    expect(() => cipher.decryptStream(options as object)).toThrow(expect.objectContaining(refused));
  });

  test.each([
    [{ context: CONTEXT }, /'context' is no option/], [{ frameSize: 1 }, /'frameSize' is no option/], [{ cache: {} }, /'cache' takes a DataKeyCache/],
    [{ cache: true }, /'cache' takes a DataKeyCache/], [{ keyring: undefined }, /'keyring' is missing/],
  ])('is not set up with %j', (options, message) => {
    expect(() => createEnvelopeCipher({ keyring, ...options as object })).toThrow(expect.objectContaining({
      code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(message),
    }));
  });

  test('takes null for no options', async () => {
    const message = await cipher.encrypt(SECRET, null as never);
    await expect(cipher.decrypt(message, null as never)).resolves.toMatchObject({ plaintext: SECRET });
  });

  test.each<[string, object]>([
    ['one part', {}], ['many frames', { frameLength: 3 }], ['a frame exactly', { frameLength: SECRET.length }], ['nothing', { plaintext: Buffer.alloc(0) }],
    ['a signed message', { suite: 0x0578 }], ['a signed message in frames', { suite: 0x0578, frameLength: 3 }],
  ])('gives a message in memory of its own: %s', async (_, { plaintext = SECRET, ...options }: { plaintext?: Buffer }) => {
    // Of signatures, which vary in length, several.
    for (let turn = 0; turn < 10; turn++) {
      const message = await createEnvelopeCipher({ keyring, ...options }).encrypt(plaintext);
      expect([message.byteOffset, message.buffer.byteLength]).toEqual([0, message.length]);
    }
  });

  test('uses no data key of another length than its suite has', async () => {
    const short = createEnvelopeCipher({ keyring: new KnownKeys({ key: Buffer.alloc(16, 1) }) });
    await expect(short.encrypt(SECRET)).rejects.toThrow(/data key has 16 bytes: ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY takes 32/);
  });
});

describe('decrypt', () => {
  test('gives plaintext that is the caller\'s alone', async () => {
    const message = await cipher.encrypt(SECRET, { encryptionContext: CONTEXT });
    const [one, other] = [await cipher.decrypt(message), await cipher.decrypt(message)];
    one.plaintext.fill(0);
    one.encryptionContext.tenant = 'changed';
    expect(other.plaintext.equals(SECRET)).toBe(true);
    expect(other.encryptionContext).toEqual(CONTEXT);
  });

  test.each([[1, 64], [40, 16], [0, 16]])('gives plaintext of %i bytes in memory of its own, in frames of %i', async (bytes, frameLength) => {
    const { plaintext } = await cipher.decrypt(await cipher.encrypt(Buffer.alloc(bytes), { frameLength }));
    expect(plaintext.buffer.byteLength).toBe(bytes);
  });

  test('gives a context from the cache that the caller may change', async () => {
    const cached = createEnvelopeCipher({ keyring, cache: new DataKeyCache() });
    const message = await cached.encrypt(SECRET, { encryptionContext: CONTEXT });
    (await cached.decrypt(message)).encryptionContext.tenant = 'changed';
    await expect(cached.decrypt(message, { encryptionContext: CONTEXT })).resolves.toMatchObject({ encryptionContext: CONTEXT });
    await expect(cached.decrypt(message, { encryptionContext: { tenant: 'changed' } })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
  });
});

describe('bytes that are overwritten right after the call', () => {
  test.each<[string, { cache?: DataKeyCache }]>([['without a cache', {}], ['with one', { cache: new DataKeyCache() }]])('were read, whether or not a data key is at hand (%s)', async (_, options) => {
    const kms = new FakeKms();
    const own = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }), ...options });
    for (let turn = 0; turn < 2; turn++) {
      const plaintext = Buffer.from(SECRET);
      const encrypting = own.encrypt(plaintext);
      plaintext.fill(1);
      const message = await encrypting;
      for (let again = 0; again < 2; again++) {
        const given = Buffer.from(message);
        const decrypting = own.decrypt(given);
        given.fill(1);
        await expect(decrypting).resolves.toMatchObject({ plaintext: SECRET });
        const moving = own.reEncrypt(given.fill(message));
        given.fill(1);
        await expect(own.decrypt(await moving)).resolves.toMatchObject({ plaintext: SECRET });
      }
    }
  });
});

describe('reEncrypt', () => {
  test('makes the same plaintext a new message: new data key, message id and body', async () => {
    const message = await cipher.encrypt(SECRET, { encryptionContext: CONTEXT });
    const renewed = await cipher.reEncrypt(message);
    expect((await cipher.decrypt(renewed, { encryptionContext: CONTEXT })).plaintext.equals(SECRET)).toBe(true);
    const [old, fresh] = [cipher.inspect(message), cipher.inspect(renewed)];
    expect(fresh.encryptionContext).toEqual(old.encryptionContext);
    expect(fresh.messageId).not.toBe(old.messageId);
    expect(renewed.subarray(fresh.headerBytes).equals(message.subarray(old.headerBytes))).toBe(false);
  });

  test('takes a new data key also when there is a cache', async () => {
    const kms = new FakeKms();
    const cached = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }), cache: new DataKeyCache() });
    const message = await cached.encrypt(SECRET);
    await cached.reEncrypt(await cached.reEncrypt(message));
    expect(kms.count('GenerateDataKey')).toBe(3);
  });

  test('keeps the context when none is named', async () => {
    const message = await cipher.encrypt(SECRET, { encryptionContext: CONTEXT });
    const renewed = await cipher.reEncrypt(message, { destinationEncryptionContext: undefined, frameLength: undefined });
    expect(cipher.inspect(renewed).encryptionContext).toEqual(CONTEXT);
  });

  test('changes the context, and the key', async () => {
    const kms = new FakeKms();
    const message = await cipher.encrypt(SECRET, { encryptionContext: CONTEXT });
    const moved = await cipher.reEncrypt(message, {
      keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }), destinationEncryptionContext: { tenant: 'other' }, sourceEncryptionContext: CONTEXT,
    });
    await expect(cipher.decrypt(moved)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NO_KEY' });
    const there = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }) });
    await expect(there.decrypt(moved, { encryptionContext: { tenant: 'other' } })).resolves.toMatchObject({ plaintext: SECRET });
  });

  test.each([
    ['as of decrypt, an expectation', { encryptionContext: CONTEXT }], ['by the old name', { expectedContext: CONTEXT }],
  ])('takes no context by a name that could be either (%s)', async (_, options) => {
    const message = await cipher.encrypt(SECRET, { encryptionContext: { tenant: 'other' } });
    await expect(cipher.reEncrypt(message, options as object)).rejects.toMatchObject({
      code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining('"sourceEncryptionContext","destinationEncryptionContext"'),
    });
  });

  test('refuses a message that is not what is expected', async () => {
    const message = await cipher.encrypt(SECRET, { encryptionContext: CONTEXT });
    await expect(cipher.reEncrypt(message, { sourceEncryptionContext: { tenant: 'other' } })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
  });

  test('leaves the signature\'s public key behind', async () => {
    const signed = createEnvelopeCipher({ keyring, suite: 0x0578 });
    const message = await signed.encrypt(SECRET, { encryptionContext: CONTEXT });
    const plain = await cipher.reEncrypt(message);
    expect(cipher.inspect(plain).encryptionContext).toEqual(CONTEXT);
    const again = await signed.reEncrypt(message);
    expect(signed.inspect(again).encryptionContext['aws-crypto-public-key']).not.toBe(signed.inspect(message).encryptionContext['aws-crypto-public-key']);
    expect((await sdkDecrypt(again)).plaintext.equals(SECRET)).toBe(true);
  });
});

describe('inspect', () => {
  test('reads the header without a key, also of a message that is not there whole', async () => {
    const kms = new FakeKms();
    const writer = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }) });
    const message = await writer.encrypt(SECRET, { encryptionContext: CONTEXT, frameLength: 4096 });
    const header = cipher.inspect(message);
    expect(header).toMatchObject({
      suite: { id: 0x0478, name: 'ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY', messageVersion: 2 },
      encryptionContext: CONTEXT,
      encryptedDataKeys: [{ providerId: 'aws-kms', providerInfo: KEY, ciphertextBytes: 1 + 12 + 32 + 16 }],
      frameLength: 4096,
    });
    expect(cipher.inspect(message.subarray(0, header.headerBytes))).toEqual(header);
    expect(() => cipher.inspect(message.subarray(0, header.headerBytes - 1))).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' }));
    expect(kms.count()).toBe(1);
  });
});

test('a signed message is whole whatever the length of its signature, which DER makes vary', async () => {
  const signed = createEnvelopeCipher({ keyring, suite: 0x0578, frameLength: 16, cache: new DataKeyCache() });
  const lengths = new Set<number>();
  for (let turn = 0; turn < 150; turn++) {
    const plaintext = randomBytes(32);
    const message = await signed.encrypt(plaintext);
    lengths.add(message.length);
    expect((await signed.decrypt(message)).plaintext.equals(plaintext)).toBe(true);
  }
  expect(lengths.size).toBeGreaterThan(1);
});

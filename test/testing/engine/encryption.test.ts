import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import * as fc from 'fast-check';
import { ACCOUNT, TestKms, bytes, keyIdOf, only, refusalOf } from './kms';
import { contextBytes } from '../../../src/testing/engine/encryption-context';

const WRONG_KEY = 'IncorrectKeyException: The key ID in the request does not identify a CMK that can perform this operation.';

describe('a symmetric key', () => {
  const kms = new TestKms();
  const KeyId = kms.key();
  kms.engine.addAlias('alias/data', KeyId);

  const encrypt = async (EncryptionContext?: Record<string, string>): Promise<Buffer> =>
    (await kms.call('Encrypt', { KeyId, Plaintext: bytes('hello'), EncryptionContext })).CiphertextBlob;

  test('decrypts what it encrypted, and says which key and material did it', async () => {
    const sealed = await kms.call('Encrypt', { KeyId: 'alias/data', Plaintext: bytes('hello') });
    expect(sealed).toMatchObject({ KeyId, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    const opened = await kms.call('Decrypt', { CiphertextBlob: sealed.CiphertextBlob });
    expect(opened).toEqual({ KeyId, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT', Plaintext: bytes('hello'), KeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test('encrypts the same plaintext differently each time', async () => {
    expect(await encrypt()).not.toEqual(await encrypt());
  });

  test.each([
    ['key id', () => keyIdOf(KeyId)],
    ['key ARN', () => KeyId],
    ['alias name', () => 'alias/data'],
    ['alias ARN', () => KeyId.replace(/key\/.*/, 'alias/data')],
    ['nothing', () => undefined],
  ])('is found for decryption by %s', async (_, named) => {
    expect((await kms.call('Decrypt', { KeyId: named(), CiphertextBlob: await encrypt() })).Plaintext).toEqual(bytes('hello'));
  });

  test.each<[string, Record<string, string> | undefined, boolean]>([
    ['the same pairs', { tenant: 'a', project: 'x' }, true],
    ['the same pairs in another order', { project: 'x', tenant: 'a' }, true],
    ['one pair missing', { tenant: 'a' }, false],
    ['one pair more', { tenant: 'a', project: 'x', more: '' }, false],
    ['another value', { tenant: 'b', project: 'x' }, false],
    ['a key in another case', { Tenant: 'a', project: 'x' }, false],
    ['no context', undefined, false],
  ])('asked to decrypt with %s', async (_, EncryptionContext, opens) => {
    const CiphertextBlob = await encrypt({ tenant: 'a', project: 'x' });
    const opening = kms.call('Decrypt', { CiphertextBlob, EncryptionContext });
    if (opens) expect((await opening).Plaintext).toEqual(bytes('hello'));
    else expect(await refusalOf(opening)).toBe('InvalidCiphertextException');
  });

  test('takes an empty context for none', async () => {
    expect((await kms.call('Decrypt', { CiphertextBlob: await encrypt({}) })).Plaintext).toEqual(bytes('hello'));
  });

  test('does not confuse {ab: "c"} with {a: "bc"}', async () => {
    expect(await kms.refusal('Decrypt', { CiphertextBlob: await encrypt({ ab: 'c' }), EncryptionContext: { a: 'bc' } })).toBe('InvalidCiphertextException');
  });

  test('refuses a context that is not Unicode text', async () => {
    expect(await kms.refusal('Encrypt', { KeyId, Plaintext: bytes('x'), EncryptionContext: { a: '\ud800' } })).toMatch(/^ValidationException: /);
  });

  test('takes __proto__ for a pair like any other', async () => {
    const EncryptionContext = JSON.parse('{"__proto__":"x"}');
    const CiphertextBlob = await encrypt(EncryptionContext);
    expect((await kms.call('Decrypt', { CiphertextBlob, EncryptionContext })).Plaintext).toEqual(bytes('hello'));
    expect(await kms.refusal('Decrypt', { CiphertextBlob })).toBe('InvalidCiphertextException');
  });

  test('opens no ciphertext with any one bit changed, with or without KeyId', async () => {
    const sealed = await encrypt({ a: 'b' });
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const CiphertextBlob = Buffer.from(sealed);
      CiphertextBlob[Math.floor(bit / 8)] = sealed[Math.floor(bit / 8)] ^ (1 << (bit % 8)); // eslint-disable-line no-bitwise
      for (const named of [KeyId, undefined]) {
        expect(await kms.refusal('Decrypt', { KeyId: named, CiphertextBlob, EncryptionContext: { a: 'b' } }))
          .toMatch(/^(InvalidCiphertext|IncorrectKey|AccessDenied)Exception/);
      }
    }
  });

  test('opens no ciphertext of another length', async () => {
    const sealed = await encrypt();
    for (let length = 1; length < sealed.length; length++) {
      expect(await kms.refusal('Decrypt', { KeyId, CiphertextBlob: sealed.subarray(0, length) })).toMatch(/^(InvalidCiphertext|IncorrectKey)Exception/);
    }
    expect(await kms.refusal('Decrypt', { KeyId, CiphertextBlob: Buffer.concat([sealed, Buffer.of(0)]) })).toBe('InvalidCiphertextException');
  });

  test.each([
    ['an existing key', () => kms.key()],
    ['an HMAC key, whose usage would not fit either', () => kms.key({ spec: 'HMAC_256' })],
  ])('a ciphertext of another key is refused for %s', async (_, other) => {
    expect(await kms.refusal('Decrypt', { KeyId: other(), CiphertextBlob: await encrypt() })).toBe(WRONG_KEY);
  });

  test('a ciphertext whose key is not in this Region is refused without saying so', async () => {
    const sealed = await encrypt();
    expect(await kms.refusal('Decrypt', { CiphertextBlob: sealed }, { region: 'eu-west-1' })).toBe(
      'AccessDeniedException: User: arn:aws:iam::111122223333:role/Alice is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access',
    );
  });
});

describe('the encryption context as authenticated data', () => {
  const word = fc.string({ unit: 'grapheme', maxLength: 4 });
  const context = fc.dictionary(word, word, { maxKeys: 4, noNullPrototype: true });
  const canonical = (pairs: Record<string, string>) => JSON.stringify(Object.entries(pairs).sort(([a], [b]) => (a < b ? -1 : 1)));

  test('has the same bytes exactly for the same pairs', () => {
    const same = (a: Record<string, string>, b: Record<string, string>) => contextBytes(a).equals(contextBytes(b));
    fc.assert(fc.property(context, context, (a, b) => same(a, b) === (canonical(a) === canonical(b))), { numRuns: 2000 });
  });

  test('keeps apart what only the lengths tell apart', () => {
    const moved = fc.tuple(fc.string({ maxLength: 6 }), fc.nat(6), fc.nat(6));
    fc.assert(fc.property(moved, ([text, i, j]) => {
      const split = (at: number) => ({ [text.slice(0, at)]: text.slice(at) });
      return contextBytes(split(i)).equals(contextBytes(split(j))) === (Math.min(i, text.length) === Math.min(j, text.length));
    }), { numRuns: 2000 });
  });
});

describe('an RSA key for encryption', () => {
  const kms = new TestKms();
  const KeyId = kms.key({ spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' });
  const publicKey = async () => createPublicKey({ key: (await kms.call('GetPublicKey', { KeyId })).PublicKey, format: 'der', type: 'spki' });

  test.each([['RSAES_OAEP_SHA_1', 'sha1', 214], ['RSAES_OAEP_SHA_256', 'sha256', 190]])('%s: opens what node:crypto sealed offline, up to the limit', async (EncryptionAlgorithm, oaepHash, room) => {
    const message = Buffer.alloc(room, 7);
    const CiphertextBlob = publicEncrypt({ key: await publicKey(), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, message);
    expect(await kms.call('Decrypt', { KeyId, CiphertextBlob, EncryptionAlgorithm })).toEqual({ KeyId, EncryptionAlgorithm, Plaintext: message });
    expect(await kms.refusal('Encrypt', { KeyId, Plaintext: Buffer.alloc(room + 1), EncryptionAlgorithm }))
      .toBe(`ValidationException: Algorithm ${EncryptionAlgorithm} and key spec RSA_2048 cannot encrypt data larger than ${room} bytes.`);
  });

  test('does not open under the other hash, nor a ciphertext of its own when changed', async () => {
    const { CiphertextBlob } = await kms.call('Encrypt', { KeyId, Plaintext: bytes('x'), EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' });
    expect(await kms.refusal('Decrypt', { KeyId, CiphertextBlob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' })).toBe('InvalidCiphertextException');
    CiphertextBlob[100] = 255 - CiphertextBlob[100];
    expect(await kms.refusal('Decrypt', { KeyId, CiphertextBlob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' })).toBe('InvalidCiphertextException');
  });

  test.each([
    ['without an algorithm', { KeyId, Plaintext: bytes('x') }, 'InvalidKeyUsageException: Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.'],
    ['with an encryption context', { KeyId, Plaintext: bytes('x'), EncryptionAlgorithm: 'RSAES_OAEP_SHA_256', EncryptionContext: { a: 'b' } },
      'ValidationException: EncryptionContext is not supported for asymmetric KMS keys.'],
  ])('does not encrypt %s', async (_, input, refusal) => {
    expect(await kms.refusal('Encrypt', input)).toBe(refusal);
  });

  test('has to be named for decryption', async () => {
    const { CiphertextBlob } = await kms.call('Encrypt', { KeyId, Plaintext: bytes('x'), EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' });
    expect(await kms.refusal('Decrypt', { CiphertextBlob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' })).toMatch(/^ValidationException: KeyId is required/);
  });
});

describe('ReEncrypt', () => {
  const kms = new TestKms();
  const from = kms.key();
  const to = kms.key();

  test('moves a ciphertext to another key and context', async () => {
    const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: from, Plaintext: bytes('hello'), EncryptionContext: { a: '1' } });
    const moved = await kms.call('ReEncrypt', {
      CiphertextBlob, SourceEncryptionContext: { a: '1' }, DestinationKeyId: to, DestinationEncryptionContext: { b: '2' },
    });
    expect(moved).toMatchObject({ SourceKeyId: from, KeyId: to, SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT', DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    expect((await kms.call('Decrypt', { KeyId: to, CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { b: '2' } })).Plaintext).toEqual(bytes('hello'));
    expect(await kms.refusal('Decrypt', { KeyId: from, CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { b: '2' } })).toBe(WRONG_KEY);
  });

  test('asks twice, each time for one side', async () => {
    const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: from, Plaintext: bytes('hello') });
    kms.asked.length = 0;
    await kms.call('ReEncrypt', { CiphertextBlob, SourceKeyId: from, DestinationKeyId: from, DestinationEncryptionContext: { b: '2' } });
    expect(kms.asked).toMatchObject([
      { action: 'kms:ReEncryptFrom', key: { arn: from }, conditionKeys: { 'kms:ReEncryptOnSameKey': 'true' } },
      { action: 'kms:ReEncryptTo', key: { arn: from }, encryptionContext: { b: '2' }, conditionKeys: { 'kms:ReEncryptOnSameKey': 'true' } },
    ]);
    expect(kms.records[kms.records.length - 1].authorizations.map(({ action }) => action)).toEqual(['kms:ReEncryptFrom', 'kms:ReEncryptTo']);
  });

  test.each([[['kms:ReEncryptTo'], 'kms:ReEncryptFrom'], [['kms:ReEncryptFrom'], 'kms:ReEncryptTo']])('with %s only it is refused for want of %s', async (allowed, wanting) => {
    const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: from, Plaintext: bytes('hello') });
    const guarded = new TestKms(only(...allowed));
    guarded.key({ keyId: keyIdOf(from) });
    expect(await guarded.refusal('ReEncrypt', { CiphertextBlob, DestinationKeyId: from })).toContain(`is not authorized to perform: ${wanting} on`);
  });
});

test('multi-Region keys open each other\'s ciphertexts', async () => {
  const kms = new TestKms();
  const keyId = 'mrk-1234abcd12ab34cd56ef1234567890ab';
  const primary = kms.key({ keyId, multiRegion: true });
  const replica = kms.key({ keyId, multiRegion: true, multiRegionKeyType: 'REPLICA', region: 'eu-west-1' });
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: primary, Plaintext: bytes('hello') });
  expect(await kms.call('Decrypt', { CiphertextBlob }, { region: 'eu-west-1' })).toMatchObject({ KeyId: replica, Plaintext: bytes('hello') });
  const { KeyMetadata } = await kms.call('DescribeKey', { KeyId: primary });
  expect(KeyMetadata.MultiRegionConfiguration).toEqual({
    MultiRegionKeyType: 'PRIMARY', PrimaryKey: { Arn: primary, Region: 'us-east-1' }, ReplicaKeys: [{ Arn: replica, Region: 'eu-west-1' }],
  });
  expect(primary).toBe(`arn:aws:kms:us-east-1:${ACCOUNT}:key/${keyId}`);
});

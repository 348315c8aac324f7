import { createPrivateKey, createPublicKey } from 'node:crypto';
import { TestKms, bytes } from './kms';

const kms = new TestKms();
const KeyId = kms.key();
const EncryptionContext = { tenant: 'a' };

test.each([
  [{ KeySpec: 'AES_128' }, 16],
  [{ KeySpec: 'AES_256' }, 32],
  [{ NumberOfBytes: 64 }, 64],
])('GenerateDataKey with %j gives %d bytes that Decrypt gives again', async (size, length) => {
  const { Plaintext, CiphertextBlob, ...rest } = await kms.call('GenerateDataKey', { KeyId, ...size, EncryptionContext });
  expect(Plaintext).toHaveLength(length);
  expect(rest).toEqual({ KeyId, KeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect((await kms.call('Decrypt', { KeyId, CiphertextBlob, EncryptionContext })).Plaintext).toEqual(Plaintext);
  expect(await kms.refusal('Decrypt', { KeyId, CiphertextBlob })).toBe('InvalidCiphertextException');
});

test('GenerateDataKeyWithoutPlaintext keeps the plaintext to itself', async () => {
  const output = await kms.call('GenerateDataKeyWithoutPlaintext', { KeyId, NumberOfBytes: 32 });
  expect(Object.keys(output).sort()).toEqual(['CiphertextBlob', 'KeyId', 'KeyMaterialId']);
  expect((await kms.call('Decrypt', { CiphertextBlob: output.CiphertextBlob })).Plaintext).toHaveLength(32);
});

test.each([
  ['neither size', {}],
  ['both sizes', { KeySpec: 'AES_256', NumberOfBytes: 32 }],
])('GenerateDataKey with %s is refused', async (_, size) => {
  expect(await kms.refusal('GenerateDataKey', { KeyId, ...size })).toBe('ValidationException: Please specify either number of bytes or key spec.');
});

test.each(['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519', 'RSA_2048'])('GenerateDataKeyPair makes a pair of %s', async (KeyPairSpec) => {
  const pair = await kms.call('GenerateDataKeyPair', { KeyId, KeyPairSpec, EncryptionContext });
  const privateKey = createPrivateKey({ key: pair.PrivateKeyPlaintext, format: 'der', type: 'pkcs8' });
  expect(createPublicKey(privateKey).export({ format: 'der', type: 'spki' })).toEqual(pair.PublicKey);
  expect(pair).toMatchObject({ KeyId, KeyPairSpec });
  expect((await kms.call('Decrypt', { CiphertextBlob: pair.PrivateKeyCiphertextBlob, EncryptionContext })).Plaintext).toEqual(pair.PrivateKeyPlaintext);
});

test('GenerateDataKeyPairWithoutPlaintext keeps the private key to itself', async () => {
  const output = await kms.call('GenerateDataKeyPairWithoutPlaintext', { KeyId, KeyPairSpec: 'ECC_NIST_P256' });
  expect(Object.keys(output).sort()).toEqual(['KeyId', 'KeyMaterialId', 'KeyPairSpec', 'PrivateKeyCiphertextBlob', 'PublicKey']);
});

test('data keys are generated under symmetric keys only', async () => {
  const rsa = kms.key({ spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' });
  const signing = kms.key({ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' });
  expect(await kms.refusal('GenerateDataKey', { KeyId: rsa, KeySpec: 'AES_256' })).toMatch(/^InvalidKeyUsageException: /);
  expect(await kms.refusal('GenerateDataKeyPair', { KeyId: signing, KeyPairSpec: 'RSA_2048' }))
    .toBe(`InvalidKeyUsageException: ${signing} key usage is SIGN_VERIFY which is not valid for GenerateDataKeyPair.`);
});

test('an attestation document is not ignored', async () => {
  expect(await kms.refusal('GenerateDataKey', { KeyId, KeySpec: 'AES_256', Recipient: { AttestationDocument: bytes('x') } })).toMatch(/^UnsupportedOperationException/);
});

describe('GenerateRandom', () => {
  test.each([1, 12, 1024])('gives %d bytes', async (NumberOfBytes) => {
    expect((await kms.call('GenerateRandom', { NumberOfBytes })).Plaintext).toHaveLength(NumberOfBytes);
  });

  test.each([
    [undefined, 'NumberOfBytes is required.'],
    [0, "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1"],
    [1025, "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024"],
  ])('of %p bytes is refused', async (NumberOfBytes, message) => {
    expect(await kms.refusal('GenerateRandom', { NumberOfBytes })).toBe(`ValidationException: ${message}`);
  });
});

describe('a MAC', () => {
  const macKey = kms.key({ spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', material: Buffer.from('Jefe') });
  const input = { KeyId: macKey, MacAlgorithm: 'HMAC_SHA_256', Message: bytes('what do ya want for nothing?') };

  // RFC 4231 section 4.3
  test('is the one of RFC 4231', async () => {
    const { Mac, ...rest } = await kms.call('GenerateMac', input);
    expect(rest).toEqual({ KeyId: macKey, MacAlgorithm: 'HMAC_SHA_256' });
    expect(Buffer.from(Mac).toString('hex')).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
    expect(await kms.call('VerifyMac', { ...input, Mac })).toEqual({ KeyId: macKey, MacAlgorithm: 'HMAC_SHA_256', MacValid: true });
  });

  test.each([['HMAC_224', 28], ['HMAC_256', 32], ['HMAC_384', 48], ['HMAC_512', 64]])('of a key of spec %s has %d bytes', async (spec, length) => {
    const { Mac } = await kms.call('GenerateMac', { KeyId: kms.key({ spec }), MacAlgorithm: spec.replace('_', '_SHA_'), Message: bytes('x') });
    expect(Mac).toHaveLength(length);
  });

  test.each([
    ['another message', { Message: bytes('something else') }],
    ['a shorter MAC', { Mac: Buffer.alloc(31) }],
    ['no MAC of it', { Mac: Buffer.alloc(32) }],
  ])('does not verify with %s', async (_, change) => {
    const { Mac } = await kms.call('GenerateMac', input);
    expect(await kms.refusal('VerifyMac', { ...input, Mac, ...change })).toBe('KMSInvalidMacException');
  });

  test('is refused for the algorithm of another spec and for keys of another usage', async () => {
    expect(await kms.refusal('GenerateMac', { ...input, MacAlgorithm: 'HMAC_SHA_512' })).toBe('InvalidKeyUsageException: Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.');
    expect(await kms.refusal('GenerateMac', { ...input, KeyId })).toBe(`InvalidKeyUsageException: ${KeyId} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac.`);
  });
});

import { diffieHellman, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { TestKms, bytes } from './kms';

const kms = new TestKms();
const key = (spec: string, usage = 'KEY_AGREEMENT') => kms.key({ spec, usage });
const der = { format: 'der', type: 'spki' } as const;

test.each([
  ['ECC_NIST_P256', 'prime256v1', 32],
  ['ECC_NIST_P384', 'secp384r1', 48],
  ['ECC_NIST_P521', 'secp521r1', 66],
])('a key of spec %s agrees with node:crypto on a secret', async (spec, namedCurve, length) => {
  const KeyId = key(spec);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const { PublicKey } = await kms.call('GetPublicKey', { KeyId });
  const theirs = diffieHellman({ privateKey, publicKey: createPublicKey({ key: PublicKey, ...der }) });
  expect(theirs).toHaveLength(length);
  expect(await kms.call('DeriveSharedSecret', { KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: publicKey.export(der) }))
    .toEqual({ KeyId, SharedSecret: theirs, KeyAgreementAlgorithm: 'ECDH', KeyOrigin: 'AWS_KMS' });
});

test.each([
  ['a key on another curve', generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey.export(der)],
  ['something that is no key', bytes('nonsense')],
])('%s is refused', async (_, PublicKey) => {
  expect(await kms.refusal('DeriveSharedSecret', { KeyId: key('ECC_NIST_P256'), KeyAgreementAlgorithm: 'ECDH', PublicKey })).toBe('ValidationException');
});

test('a signing key does not agree on keys', async () => {
  const KeyId = key('ECC_NIST_P256', 'SIGN_VERIFY');
  expect(await kms.refusal('DeriveSharedSecret', { KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: bytes('x') }))
    .toBe(`InvalidKeyUsageException: ${KeyId} key usage is SIGN_VERIFY which is not valid for DeriveSharedSecret.`);
});

import { createHash, createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto';
import { keyPairOf, ML_DSA_SETS, signingKms, spkiOf } from './support/fake-kms';
import { jwkThumbprint, publicKeyToDer, publicKeyToJwk, publicKeyToPem, readPublicKey } from '../../src/runtime';
import type { PublicJwk, PublicKeyInput } from '../../src/runtime';
import type { KeySpecName } from '../../src/spec/key-specs';

const CLASSIC: KeySpecName[] = [
  'RSA_2048', 'RSA_3072', 'RSA_4096', 'ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519',
];
const inputError = (message: RegExp | string = '') => expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(message) });
const jwkOf = (spec: KeySpecName): PublicJwk => keyPairOf(spec).publicKey.export({ format: 'jwk' }) as PublicJwk;

describe.each(CLASSIC)('%s', (keySpec) => {
  const { publicKey, privateKey } = keyPairOf(keySpec);
  const spki = spkiOf(publicKey);

  test.each<[string, PublicKeyInput]>([
    ['DER', spki],
    ['PEM', publicKey.export({ format: 'pem', type: 'spki' }) as string],
    ['PEM with other line ends', (publicKey.export({ format: 'pem', type: 'spki' }) as string).replaceAll('\n', '\r\n')],
    ['a JWK', jwkOf(keySpec)],
    ['a KeyObject', publicKey],
  ])('is read from %s', (_, input) => {
    const key = readPublicKey(input);
    expect(key.keySpec).toBe(keySpec);
    expect(Buffer.from(key.spki)).toEqual(spki);
  });

  test('is written as OpenSSL writes it', () => {
    expect(publicKeyToPem(spki)).toBe(publicKey.export({ format: 'pem', type: 'spki' }));
    expect(Buffer.from(publicKeyToDer(jwkOf(keySpec)))).toEqual(spki);
    expect(publicKeyToJwk(spki)).toMatchObject(jwkOf(keySpec));
  });

  test.each<[string, PublicKeyInput, RegExp]>([
    ['a private KeyObject', privateKey, /private key: give the public key/],
    ['a private key in PEM', privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, /labelled PRIVATE KEY/],
    ['a private key in DER', privateKey.export({ format: 'der', type: 'pkcs8' }), /not SubjectPublicKeyInfo/],
    ['a private JWK', privateKey.export({ format: 'jwk' }) as PublicJwk, /private or secret members \(.*d.*\)/],
    ['DER with a byte after it', Buffer.concat([spki, Buffer.of(0)]), /canonical DER|not SubjectPublicKeyInfo/],
    ['DER cut short', spki.subarray(0, -1), /not SubjectPublicKeyInfo/],
  ])('is not read from %s', (_, input, message) => expect(() => readPublicKey(input)).toThrow(inputError(message)));

  test('a private key that was refused is not quoted', () => {
    const { d } = privateKey.export({ format: 'jwk' });
    for (const input of [privateKey.export({ format: 'jwk' }) as PublicJwk, privateKey.export({ format: 'pem', type: 'pkcs8' }) as string]) {
      expect(() => readPublicKey(input)).toThrow(expect.objectContaining({ message: expect.not.stringContaining(d!.slice(0, 12)) }));
    }
  });
});

describe.each(Object.keys(ML_DSA_SETS) as Array<keyof typeof ML_DSA_SETS>)('%s', (keySpec) => {
  const { spki } = signingKms(keySpec, () => Buffer.alloc(0));
  const jwk = publicKeyToJwk(spki);

  test.each<[string, PublicKeyInput]>([['DER', spki], ['PEM', publicKeyToPem(spki)], ['a JWK', jwk]])('is read from %s', (_, input) => {
    expect(readPublicKey(input).keySpec).toBe(keySpec);
    expect(Buffer.from(readPublicKey(input).spki)).toEqual(spki);
  });

  test('is an AKP key in JOSE (RFC 9964), whose thumbprint covers alg, kty and pub', () => {
    const { kid, ...members } = jwk;
    expect(members).toEqual({ kty: 'AKP', alg: keySpec.replaceAll('_', '-'), pub: spki.subarray(22).toString('base64url') });
    expect(kid).toBe(createHash('sha256').update(`{"alg":"${members.alg}","kty":"AKP","pub":"${members.pub}"}`).digest('base64url'));
  });

  test.each<[string, PublicKeyInput]>([
    ['DER cut short', spki.subarray(0, -1)],
    ['DER with a byte after it', Buffer.concat([spki, Buffer.of(0)])],
    ['a JWK of another size', { ...jwk, pub: `${jwk.pub}AA` }],
    ['a JWK with padding', { ...jwk, pub: `${jwk.pub}=` }],
    ['a JWK of an unknown parameter set', { ...jwk, alg: 'ML-DSA-99' }],
    ['a JWK without alg', { kty: 'AKP', pub: jwk.pub }],
    ['a private JWK', { ...jwk, priv: 'AAAA' }],
  ])('is not read from %s', (_, input) => expect(() => readPublicKey(input)).toThrow(inputError()));
});

const ed448 = generateKeyPairSync('ed448').publicKey;
const x25519 = generateKeyPairSync('x25519').publicKey;
const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
const rsaExponent3 = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey;
const rsaPss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey;
const p256 = jwkOf('ECC_NIST_P256');
const rsa = jwkOf('RSA_2048');
const twoBlocks = publicKeyToPem(ed25519Key()) + publicKeyToPem(ed25519Key());

function ed25519Key(): Buffer {
  return spkiOf(keyPairOf('ECC_NIST_EDWARDS25519').publicKey);
}

test.each<[string, unknown, RegExp]>([
  ['Ed448', ed448, /type ed448: KMS has no such key spec/],
  ['X25519', x25519, /type x25519/],
  ['an RSA key of 1024 bits', rsa1024, /an RSA key of 1024 bits/],
  ['an RSA key with exponent 3', rsaExponent3, /exponent is 3: keys of KMS have 65537/],
  ['an RSASSA-PSS key', rsaPss, /type rsa-pss/],
  ['an EC key on brainpool', generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).publicKey, /type ec on brainpoolP256r1/],
  ['a secret KeyObject', createSecretKey(Buffer.alloc(32)), /secret key/],
  ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', /labelled CERTIFICATE/],
  ['two PEM blocks', twoBlocks, /several blocks/],
  ['PEM without its end', publicKeyToPem(ed25519Key()).slice(0, 60), /damaged PEM/],
  ['text that is not PEM', 'ssh-ed25519 AAAA', /text but not PEM/],
  ['no bytes', new Uint8Array(), /not SubjectPublicKeyInfo/],
  ['random bytes', Buffer.alloc(91, 7), /not SubjectPublicKeyInfo/],
  ['null', null, /none of/],
  ['a number', 7, /none of/],
  ['an object that is no JWK', { n: 'x' }, /none of/],
  ['a symmetric JWK', { kty: 'oct', k: 'AAAA' }, /private or secret members \(k\)/],
  ['a symmetric JWK without its secret', { kty: 'oct' }, /'kty' of the JWK is "oct"/],
  ['kty of Object.prototype', { kty: 'constructor' }, /'kty' of the JWK/],
  ['a JWK without y', { kty: 'EC', crv: 'P-256', x: p256.x }, /lacks 'y'/],
  ['a JWK with a number', { ...p256, x: 5 }, /lacks 'x'/],
  ['a JWK off its curve', { ...p256, y: p256.x }, /not a key that KMS makes/],
  ['a JWK on another curve than it says', { ...p256, crv: 'P-384' }, /not a key that KMS makes|canonical/],
  ['a coordinate without its leading zeros', { ...p256, x: `AA${p256.x}` }, /canonical|not a key/],
  ['a JWK with padding', { ...p256, x: `${p256.x}=` }, /'x' of the JWK is not in its canonical/],
  ['a JWK in base64', { ...rsa, n: `${String(rsa.n).replaceAll('-', '+').replaceAll('_', '/')}==` }, /'n' of the JWK is not in its canonical/],
  ['an exponent with a leading zero', { ...rsa, e: 'AAEAAQ' }, /'e' of the JWK is not in its canonical/],
])('%s is refused', (_, input, message) => expect(() => readPublicKey(input as PublicKeyInput)).toThrow(inputError(message)));

test('the key that was read is a copy: nobody changes it afterwards', () => {
  const spki = Buffer.from(ed25519Key());
  const key = readPublicKey(spki);
  spki.fill(0);
  expect(Buffer.from(key.spki)).toEqual(ed25519Key());
});

describe('a published JWK', () => {
  test.each<[KeySpecName, NonNullable<Parameters<typeof publicKeyToJwk>[1]>['algorithm'], object]>([
    ['ECC_NIST_P256', 'ES256', { alg: 'ES256', use: 'sig' }],
    ['ECC_SECG_P256K1', 'ES256K', { alg: 'ES256K', use: 'sig' }],
    ['RSA_3072', 'PS256', { alg: 'PS256', use: 'sig' }],
    ['ECC_NIST_EDWARDS25519', 'EdDSA', { alg: 'EdDSA', use: 'sig' }],
    ['RSA_2048', 'RSA-OAEP-256', { alg: 'RSA-OAEP-256', use: 'enc' }],
  ])('of %s for %s says so', (keySpec, algorithm, members) => {
    const jwk = publicKeyToJwk(keyPairOf(keySpec).publicKey, { algorithm });
    expect(jwk).toEqual({ ...jwkOf(keySpec), ...members, kid: jwkThumbprint(jwkOf(keySpec)) });
    expect(createPublicKey({ key: jwk, format: 'jwk' }).equals(keyPairOf(keySpec).publicKey)).toBe(true);
  });

  test.each<[KeySpecName, string, RegExp]>([
    ['ECC_NIST_P256', 'ES384', /does not sign with ES384: ECC_NIST_P384 would/],
    ['ECC_NIST_P256', 'RSA-OAEP-256', /does not encrypt/],
    ['ECC_NIST_EDWARDS25519', 'Ed25519ph', /not an algorithm that JOSE has a name for/],
    ['RSA_2048', 'HS256', /not an algorithm/],
  ])('of %s is refused for %s', (keySpec, algorithm, message) => {
    expect(() => publicKeyToJwk(keyPairOf(keySpec).publicKey, { algorithm: algorithm as 'ES256' })).toThrow(inputError(message));
  });

  test('the thumbprint does not change with members that are not the key', () => {
    expect(jwkThumbprint({ ...p256, kid: 'x', use: 'sig', x5c: [] })).toBe(jwkThumbprint(p256));
    expect(jwkThumbprint({ ...p256, crv: 'P-384' })).not.toBe(jwkThumbprint(p256));
  });
});

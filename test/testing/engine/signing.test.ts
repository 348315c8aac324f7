import { spawnSync } from 'node:child_process';
import { constants, createHash, createPublicKey, generateKeyPairSync, sign as signHere, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { p256 } from '@noble/curves/nist.js';
import { shake256 } from '@noble/hashes/sha3.js';
import { TestKms, bytes } from './kms';
import { ML_DSA } from '../../../src/spec/ml-dsa';
import { edwardsMaterial } from '../../../src/testing/engine/materials/edwards';
import { readPrivateKey } from '../../../src/testing/engine/materials/generate';

const MESSAGE = bytes('an invoice over 42 francs');

const kms = new TestKms();
const keys: Record<string, string> = {};
/** One key of a spec for the whole file: RSA takes its time. */
const keyOf = (spec: string): string => keys[spec] ??= kms.key({ spec, usage: 'SIGN_VERIFY' });

const publicKeyOf = async (spec: string) =>
  createPublicKey({ key: (await kms.call('GetPublicKey', { KeyId: keyOf(spec) })).PublicKey, format: 'der', type: 'spki' });

const sign = async (spec: string, SigningAlgorithm: string, MessageType: string, Message: Buffer): Promise<Buffer> =>
  (await kms.call('Sign', { KeyId: keyOf(spec), SigningAlgorithm, MessageType, Message })).Signature;

const digest = (algorithm: string, message = MESSAGE) => createHash(`sha${algorithm.slice(-3)}`).update(message).digest();

const HASHED: [string, string][] = [
  ['RSA_2048', 'RSASSA_PSS_SHA_256'],
  ['RSA_2048', 'RSASSA_PSS_SHA_384'],
  ['RSA_2048', 'RSASSA_PSS_SHA_512'],
  ['RSA_3072', 'RSASSA_PSS_SHA_256'],
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256'],
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_384'],
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_512'],
  ['ECC_NIST_P256', 'ECDSA_SHA_256'],
  ['ECC_NIST_P384', 'ECDSA_SHA_384'],
  ['ECC_NIST_P521', 'ECDSA_SHA_512'],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256'],
];

describe.each(HASHED)('%s with %s', (spec, algorithm) => {
  const padding = algorithm.includes('PSS') ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {};
  const hash = `sha${algorithm.slice(-3)}`;

  test.each([['RAW', MESSAGE], ['DIGEST', digest(algorithm)]])('a signature over %s is good to node:crypto', async (type, message) => {
    const signature = await sign(spec, algorithm, type, message);
    expect(verify(hash, MESSAGE, { key: await publicKeyOf(spec), ...padding }, signature)).toBe(true);
  });

  test.each([['RAW', 'DIGEST'], ['DIGEST', 'RAW']])('a signature over %s verifies over %s', async (signed, verified) => {
    const of = (type: string) => ({ KeyId: keyOf(spec), SigningAlgorithm: algorithm, MessageType: type, Message: type === 'RAW' ? MESSAGE : digest(algorithm) });
    const { Signature } = await kms.call('Sign', of(signed));
    expect(await kms.call('Verify', { ...of(verified), Signature })).toEqual({ KeyId: keyOf(spec), SignatureValid: true, SigningAlgorithm: algorithm });
  });

  test.each([['RAW', MESSAGE], ['DIGEST', digest(algorithm)]])('over %s no changed signature or message verifies', async (MessageType, Message) => {
    const Signature = await sign(spec, algorithm, MessageType, Message);
    const attempts = [
      ...[0, 1, Signature.length >> 1, Signature.length - 1].map((at) => ({ Message, Signature: flipped(Signature, at) })), // eslint-disable-line no-bitwise
      { Message, Signature: Signature.subarray(1) },
      { Message, Signature: Buffer.concat([Signature, Buffer.of(0)]) },
      { Message, Signature: Buffer.alloc(Signature.length, 0xff) },
      { Message: flipped(Message, 3), Signature },
    ];
    for (const attempt of attempts) {
      expect(await kms.refusal('Verify', { KeyId: keyOf(spec), SigningAlgorithm: algorithm, MessageType, ...attempt })).toBe('KMSInvalidSignatureException');
    }
  });

  test('a digest of another length is refused', async () => {
    expect(await kms.refusal('Sign', { KeyId: keyOf(spec), SigningAlgorithm: algorithm, MessageType: 'DIGEST', Message: Buffer.alloc(20) }))
      .toBe(`ValidationException: Digest is invalid length for algorithm ${algorithm}.`);
  });
});

function flipped(buffer: Buffer, at: number): Buffer {
  const changed = Buffer.from(buffer);
  changed[at] = 255 - changed[at];
  return changed;
}

test('PSS signatures with another salt length are refused, raw and by digest', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const KeyId = kms.key({ spec: 'RSA_2048', usage: 'SIGN_VERIFY', material: privateKey.export({ type: 'pkcs8', format: 'der' }) });
  const verification = (saltLength: number, MessageType: string) => kms.call('Verify', {
    KeyId,
    SigningAlgorithm: 'RSASSA_PSS_SHA_256',
    MessageType,
    Message: MessageType === 'RAW' ? MESSAGE : digest('SHA_256'),
    Signature: signHere('sha256', MESSAGE, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
  });
  for (const type of ['RAW', 'DIGEST']) {
    await expect(verification(32, type)).resolves.toMatchObject({ SignatureValid: true });
    await expect(verification(20, type)).rejects.toMatchObject({ name: 'KMSInvalidSignatureException' });
  }
});

test('a PSS signature without its leading zero byte is refused', async () => {
  let Signature: Buffer;
  do Signature = await sign('RSA_2048', 'RSASSA_PSS_SHA_256', 'RAW', MESSAGE); while (Signature[0] !== 0);
  for (const [MessageType, Message] of [['RAW', MESSAGE], ['DIGEST', digest('SHA_256')]]) {
    const input = { KeyId: keyOf('RSA_2048'), SigningAlgorithm: 'RSASSA_PSS_SHA_256', MessageType, Message };
    expect((await kms.call('Verify', { ...input, Signature })).SignatureValid).toBe(true);
    expect(await kms.refusal('Verify', { ...input, Signature: Signature.subarray(1) })).toBe('KMSInvalidSignatureException');
  }
});

test('ECDSA signatures with high and low s both verify, as with KMS', async () => {
  const Message = digest('SHA_256');
  const signature = p256.Signature.fromBytes(await sign('ECC_NIST_P256', 'ECDSA_SHA_256', 'DIGEST', Message), 'der');
  const mirrored = new p256.Signature(signature.r, p256.CURVE.n - signature.s);
  for (const MessageType of ['RAW', 'DIGEST']) {
    const input = { KeyId: keyOf('ECC_NIST_P256'), SigningAlgorithm: 'ECDSA_SHA_256', MessageType, Message: MessageType === 'RAW' ? MESSAGE : Message };
    expect((await kms.call('Verify', { ...input, Signature: mirrored.toBytes('der') })).SignatureValid).toBe(true);
  }
});

describe('ECC_NIST_EDWARDS25519', () => {
  test('a signature over RAW is good to node:crypto', async () => {
    const signature = await sign('ECC_NIST_EDWARDS25519', 'ED25519_SHA_512', 'RAW', MESSAGE);
    expect(verify(null, MESSAGE, await publicKeyOf('ECC_NIST_EDWARDS25519'), signature)).toBe(true);
  });

  test('Ed25519ph verifies under itself and not as Ed25519', async () => {
    const Message = digest('SHA_512');
    const Signature = await sign('ECC_NIST_EDWARDS25519', 'ED25519_PH_SHA_512', 'DIGEST', Message);
    const input = { KeyId: keyOf('ECC_NIST_EDWARDS25519'), Message, Signature };
    expect((await kms.call('Verify', { ...input, SigningAlgorithm: 'ED25519_PH_SHA_512', MessageType: 'DIGEST' })).SignatureValid).toBe(true);
    expect(await kms.refusal('Verify', { ...input, SigningAlgorithm: 'ED25519_SHA_512', MessageType: 'RAW' })).toBe('KMSInvalidSignatureException');
    expect(await kms.refusal('Verify', { ...input, Signature: flipped(Signature, 5), SigningAlgorithm: 'ED25519_PH_SHA_512', MessageType: 'DIGEST' }))
      .toBe('KMSInvalidSignatureException');
  });

  // RFC 8032 section 7.3: the message is what KMS is given, and is hashed by the scheme.
  test('Ed25519ph gives the signature of RFC 8032', () => {
    const seed = '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42';
    const material = edwardsMaterial(readPrivateKey('ECC_NIST_EDWARDS25519', Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex')));
    const message = { algorithm: 'ED25519_PH_SHA_512', messageType: 'DIGEST', message: bytes('abc') } as const;
    expect(material.sign!(message).toString('hex')).toBe(
      '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
    );
  });
});

describe.each(['ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87'] as const)('%s', (spec) => {
  const facts = ML_DSA[spec]!;
  const input = (MessageType: string, Message: Uint8Array) => ({ KeyId: keyOf(spec), SigningAlgorithm: 'ML_DSA_SHAKE_256', MessageType, Message });

  /** mu of FIPS 204 algorithm 2 and 7, from the public key alone: SHAKE256(SHAKE256(pk, 64) || 0 || 0 || message, 64). */
  const muOf = (publicKey: Uint8Array): Buffer =>
    Buffer.from(shake256(Buffer.concat([shake256(publicKey, { dkLen: 64 }), Buffer.of(0, 0), MESSAGE]), { dkLen: 64 }));

  test('its public key is a SubjectPublicKeyInfo of the right algorithm and length', async () => {
    const { PublicKey } = await kms.call('GetPublicKey', { KeyId: keyOf(spec) });
    expect(PublicKey.subarray(4, 17).toString('hex')).toBe(`300b06096086480165030403${facts.oidArc.toString(16)}`);
    expect(PublicKey.length).toBe(facts.publicKeyBytes + 22);
    expect(PublicKey.readUInt16BE(2)).toBe(PublicKey.length - 4);
  });

  test('a signature over RAW and one over the mu of the same message are interchangeable', async () => {
    const { PublicKey } = await kms.call('GetPublicKey', { KeyId: keyOf(spec) });
    const mu = muOf(PublicKey.subarray(-facts.publicKeyBytes));
    const raw = await kms.call('Sign', input('RAW', MESSAGE));
    const external = await kms.call('Sign', input('EXTERNAL_MU', mu));
    expect(raw.Signature.length).toBe(facts.signatureBytes);
    expect((await kms.call('Verify', { ...input('EXTERNAL_MU', mu), Signature: raw.Signature })).SignatureValid).toBe(true);
    expect((await kms.call('Verify', { ...input('RAW', MESSAGE), Signature: external.Signature })).SignatureValid).toBe(true);
  });

  test('no changed signature verifies', async () => {
    const { Signature } = await kms.call('Sign', input('RAW', MESSAGE));
    for (const changed of [flipped(Signature, 0), flipped(Signature, 2000), Signature.subarray(1)]) {
      expect(await kms.refusal('Verify', { ...input('RAW', MESSAGE), Signature: changed })).toBe('KMSInvalidSignatureException');
    }
  });

  test('takes no mu of another length', async () => {
    expect(await kms.refusal('Sign', input('EXTERNAL_MU', Buffer.alloc(32)))).toMatch(/^ValidationException: /);
  });
});

describe('what does not fit', () => {
  test.each([
    ['Ed25519 over a digest', 'ECC_NIST_EDWARDS25519', 'ED25519_SHA_512', 'DIGEST', /^ValidationException: MessageType DIGEST/],
    ['Ed25519ph over a message', 'ECC_NIST_EDWARDS25519', 'ED25519_PH_SHA_512', 'RAW', /^ValidationException: MessageType RAW/],
    ['ML-DSA over a digest', 'ML_DSA_44', 'ML_DSA_SHAKE_256', 'DIGEST', /^ValidationException: MessageType DIGEST/],
    ['RSA with an external mu', 'RSA_2048', 'RSASSA_PSS_SHA_256', 'EXTERNAL_MU', /^ValidationException: MessageType EXTERNAL_MU/],
    ['P-256 with SHA-384', 'ECC_NIST_P256', 'ECDSA_SHA_384', 'RAW', /^InvalidKeyUsageException: Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256\.$/],
    ['RSA with ECDSA', 'RSA_2048', 'ECDSA_SHA_256', 'RAW', /^InvalidKeyUsageException: /],
  ])('%s is refused', async (_, spec, SigningAlgorithm, type, refusal) => {
    expect(await kms.refusal('Sign', { KeyId: keyOf(spec), SigningAlgorithm, MessageType: type, Message: Buffer.alloc(64, 1) })).toMatch(refusal);
  });

  test.each([['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'], ['RSA_2048', 'ENCRYPT_DECRYPT'], ['HMAC_256', 'GENERATE_VERIFY_MAC'], ['ECC_NIST_P256', 'KEY_AGREEMENT']])('a key of spec %s for %s does not sign', async (spec, usage) => {
    const KeyId = kms.key({ spec, usage });
    expect(await kms.refusal('Sign', { KeyId, SigningAlgorithm: 'ECDSA_SHA_256', Message: MESSAGE }))
      .toBe(`InvalidKeyUsageException: ${KeyId} key usage is ${usage} which is not valid for Sign.`);
  });

  test('a message over 4096 bytes is refused without repeating it', async () => {
    expect(await kms.refusal('Sign', { KeyId: keyOf('ECC_NIST_P256'), SigningAlgorithm: 'ECDSA_SHA_256', Message: Buffer.alloc(4097) }))
      .toBe("ValidationException: 1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length less than or equal to 4096");
  });

  test('a symmetric key has no public key', async () => {
    expect(await kms.refusal('GetPublicKey', { KeyId: kms.key() })).toMatch(/^UnsupportedOperationException/);
  });
});

test('GetPublicKey says what the key is for, and works while the key is disabled', async () => {
  const KeyId = kms.key({ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', enabled: false });
  expect(await kms.call('GetPublicKey', { KeyId })).toEqual({
    KeyId,
    PublicKey: expect.any(Buffer),
    CustomerMasterKeySpec: 'ECC_NIST_P256',
    KeySpec: 'ECC_NIST_P256',
    KeyUsage: 'SIGN_VERIFY',
    SigningAlgorithms: ['ECDSA_SHA_256'],
  });
});

test('a key with given material signs with it, and other material is refused', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const material = privateKey.export({ type: 'pkcs8', format: 'der' });
  expect(() => kms.key({ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', material })).not.toThrow();
  expect(() => kms.key({ spec: 'ECC_NIST_P384', usage: 'SIGN_VERIFY', material })).toThrow('the material is not a key of spec ECC_NIST_P384: it is ec prime256v1');
});

test('openssl verifies a signature over a digest', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'keysmith-'));
  try {
    const file = (name: string, content: Buffer | string) => {
      writeFileSync(join(directory, name), content);
      return join(directory, name);
    };
    const key = file('key.pem', (await publicKeyOf('ECC_NIST_P384')).export({ type: 'spki', format: 'pem' }));
    const signature = file('signature', await sign('ECC_NIST_P384', 'ECDSA_SHA_384', 'DIGEST', digest('SHA_384')));
    const verification = (message: string) => spawnSync('openssl', ['dgst', '-sha384', '-verify', key, '-signature', signature, file('message', message)]).status;
    expect(verification(MESSAGE.toString())).toBe(0);
    expect(verification('another message')).not.toBe(0);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { KEY_ARN, keyPairOf, newKeyPair, OTHER_ARN, sdkError, signingKms, spkiOf } from './support/fake-kms';
import { createSigner, createVerifier, digestOf } from '../../src/runtime';
import type { Message, PublicJwk, SignatureFormat, Signer, Verifier } from '../../src/runtime';
import { SIGNING_ALGORITHMS } from '../../src/spec/key-specs';
import type { KeySpecName } from '../../src/spec/key-specs';
import { SIGNING } from '../../src/spec/signing';
import type { SigningAlgorithm } from '../../src/spec/signing';

type Algorithm = `${SigningAlgorithm}`;

const SHORT = Buffer.from('an invoice over 12 €');
const LONG = Buffer.alloc(100_000, 'long ');

/** Every algorithm, with its smallest key. */
const ALGORITHMS = (Object.keys(SIGNING) as Algorithm[]).map((algorithm): [Algorithm, KeySpecName] => (
  [algorithm, algorithm.startsWith('RS') || algorithm.startsWith('PS') ? 'RSA_2048' : SIGNING[algorithm].keySpecs[0]]
));
const takesAnyLength = ([algorithm]: [Algorithm, KeySpecName]): boolean => SIGNING[algorithm].messageType === 'DIGEST';

function stage(algorithm: Algorithm, keySpec: KeySpecName, message: Uint8Array = SHORT) {
  const { kms, spki } = signingKms(keySpec, () => message);
  const options = { kms: kms.port, keyArn: KEY_ARN, algorithm, keySpec };
  const offline = createVerifier({ publicKey: spki, algorithm });
  return { kms, spki, options, offline, signer: createSigner(options), throughKms: createVerifier(options) };
}

const flip = (bytes: Uint8Array, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at] === 0 ? 1 : copy[at] - 1;
  return copy;
};

describe.each(ALGORITHMS)('%s', (algorithm, keySpec) => {
  test.each<SignatureFormat>(['der', 'jose'])('signs, and both verifiers agree, in %s', async (format) => {
    const { signer, offline, throughKms } = stage(algorithm, keySpec);
    const signature = await signer.sign(SHORT, { format });
    for (const verifier of [offline, throughKms]) {
      expect(await verifier.verify(SHORT, signature, { format })).toBe(true);
      await expect(verifier.requireValid(SHORT, signature, { format })).resolves.toBeUndefined();
    }
  });

  test('sends what the key policy lets signers send: one algorithm, one message type', async () => {
    const { kms, signer } = stage(algorithm, keySpec);
    await signer.sign(SHORT);
    const { kmsName, messageType } = SIGNING[algorithm];
    const { digest, digestBytes } = SIGNING_ALGORITHMS[kmsName];
    expect(kms.calls).toHaveLength(1);
    expect(kms.calls[0].input).toMatchObject({ KeyId: KEY_ARN, SigningAlgorithm: kmsName, MessageType: messageType });
    expect(kms.calls[0].input.Message).toEqual(messageType === 'DIGEST' ? createHash(digest!).update(SHORT).digest() : SHORT);
    if (messageType === 'DIGEST') expect(kms.calls[0].input.Message).toHaveLength(digestBytes!);
  });

  test('says no, in one way, to everything that is not the signature', async () => {
    const { signer, offline, throughKms } = stage(algorithm, keySpec);
    const signature = await signer.sign(SHORT);
    const wrong: Array<[Message, Uint8Array]> = [
      [Buffer.from('an invoice over 13 €'), signature],
      [new Uint8Array(), signature],
      [SHORT, flip(signature, signature.length - 1)],
      [SHORT, flip(signature, Math.floor(signature.length / 2))],
      [SHORT, flip(signature, 0)],
      [SHORT, signature.subarray(0, -1)],
      [SHORT, Buffer.concat([signature, Buffer.of(0)])],
      [SHORT, Buffer.alloc(signature.length)],
      [SHORT, new Uint8Array()],
    ];
    for (const verifier of [offline, throughKms]) {
      for (const [message, candidate] of wrong) expect(await verifier.verify(message, candidate)).toBe(false);
      await expect(verifier.requireValid(SHORT, new Uint8Array())).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
      const refusal = ([message, candidate]: [Message, Uint8Array]) => verifier.requireValid(message, candidate).catch((error) => error.message);
      const answers = await Promise.all(wrong.map(refusal));
      expect(new Set(answers).size).toBe(1);
    }
  });

  test('refuses a reply of KMS that is not what was asked', async () => {
    const { kms, signer } = stage(algorithm, keySpec);
    const twists: Array<(reply: Record<string, unknown>) => Record<string, unknown>> = [
      (reply) => ({ ...reply, KeyId: OTHER_ARN }),
      (reply) => ({ ...reply, KeyId: undefined }),
      (reply) => ({ ...reply, SigningAlgorithm: 'ECDSA_SHA_999' }),
      (reply) => ({ ...reply, SigningAlgorithm: undefined }),
      (reply) => ({ ...reply, Signature: undefined }),
      (reply) => ({ ...reply, Signature: new Uint8Array() }),
      (reply) => ({ ...reply, Signature: (reply.Signature as Uint8Array).subarray(1) }),
      (reply) => ({ ...reply, Signature: Buffer.concat([reply.Signature as Uint8Array, Buffer.of(0)]) }),
    ];
    for (const twist of twists) {
      kms.tamper = twist;
      await expect(signer.sign(SHORT)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
    }
  });

  test('a signature that nobody could verify does not leave, with verifyAfterSign (fault 36)', async () => {
    const { kms, spki, options } = stage(algorithm, keySpec);
    const signer = createSigner({ ...options, verifyAfterSign: spki });
    expect((await signer.sign(SHORT)).length).toBeGreaterThan(0);
    kms.tamper = (reply) => ({ ...reply, Signature: flip(reply.Signature as Uint8Array, (reply.Signature as Uint8Array).length - 1) });
    await expect(signer.sign(SHORT)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE', message: expect.stringContaining('does not verify') });
  });
});

describe.each(ALGORITHMS.filter(takesAnyLength))('%s takes any length', (algorithm, keySpec) => {
  test('100,000 bytes, and as a stream', async () => {
    const { kms, signer, offline, throughKms } = stage(algorithm, keySpec, LONG);
    const stream = () => Readable.from([LONG.subarray(0, 70_000), LONG.subarray(70_000)]);
    const signature = await signer.sign(stream());
    for (const verifier of [offline, throughKms]) {
      expect(await verifier.verify(LONG, signature)).toBe(true);
      expect(await verifier.verify(stream(), signature)).toBe(true);
      expect(await verifier.verify(Readable.from([LONG.subarray(1)]), signature)).toBe(false);
    }
    expect(Math.max(...kms.calls.map(({ input }) => input.Message.length))).toBeLessThanOrEqual(64);
  });

  test('a digest made elsewhere signs the same message', async () => {
    const { signer, offline } = stage(algorithm, keySpec, LONG);
    const digest = await digestOf(SIGNING_ALGORITHMS[SIGNING[algorithm].kmsName].digest!, LONG);
    expect(await offline.verify(LONG, await signer.signDigest(digest))).toBe(true);
  });

  test('a digest of another length is refused before any call', async () => {
    const { kms, signer } = stage(algorithm, keySpec);
    for (const length of [0, 20, 31, 33, 65]) {
      await expect(signer.signDigest(Buffer.alloc(length))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
    }
    expect(kms.calls).toHaveLength(0);
  });

  test('verifyAfterSign works on streams, and not on digests', async () => {
    const { spki, options } = stage(algorithm, keySpec, LONG);
    const signer = createSigner({ ...options, verifyAfterSign: spki });
    expect((await signer.sign(Readable.from([LONG]))).length).toBeGreaterThan(0);
    await expect(signer.signDigest(createHash('sha256').update(LONG).digest())).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
  });
});

describe.each(ALGORITHMS.filter((row) => !takesAnyLength(row)))('%s takes the message as it is', (algorithm, keySpec) => {
  test('4096 bytes, in one piece or several', async () => {
    const message = LONG.subarray(0, 4096);
    const { signer, offline } = stage(algorithm, keySpec, message);
    const signature = await signer.sign(Readable.from([message.subarray(0, 1000), message.subarray(1000)]));
    expect(await offline.verify(message, signature)).toBe(true);
    expect(await offline.verify(LONG, signature)).toBe(false);
  });

  test('4097 bytes are refused before any call, and a stream is not read on', async () => {
    const { kms, signer, throughKms } = stage(algorithm, keySpec);
    let chunks = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        chunks++;
        yield Buffer.alloc(1000);
      }
    }
    const refused = { code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining('4096') };
    await expect(signer.sign(LONG.subarray(0, 4097))).rejects.toMatchObject(refused);
    await expect(throughKms.verify(LONG, Buffer.alloc(64))).rejects.toMatchObject(refused);
    await expect(signer.sign(endless())).rejects.toMatchObject(refused);
    expect([kms.calls.length, chunks]).toEqual([0, 5]);
  });

  test('digests are refused', async () => {
    const { signer } = stage(algorithm, keySpec);
    await expect(signer.signDigest(Buffer.alloc(64))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining('use sign') });
  });
});

describe('the algorithm is the key’s, never the message’s', () => {
  test.each<[Algorithm, KeySpecName]>([
    ['ES256', 'RSA_2048'], ['ES256', 'ECC_NIST_P384'], ['ES256', 'ECC_SECG_P256K1'], ['ES256K', 'ECC_NIST_P256'],
    ['RS256', 'ECC_NIST_P256'], ['EdDSA', 'ECC_NIST_P256'], ['ML-DSA-44', 'ECC_NIST_P256'], ['PS256', 'ECC_NIST_EDWARDS25519'],
  ])('%s and a key of %s do not go together', (algorithm, keySpec) => {
    const { publicKey } = keyPairOf(keySpec);
    const common = { kms: signingKms(keySpec, () => SHORT).kms.port, keyArn: KEY_ARN, algorithm };
    const input = expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' });
    expect(() => createVerifier({ publicKey, algorithm })).toThrow(input);
    expect(() => createVerifier({ ...common, keySpec })).toThrow(input);
    expect(() => createSigner({ ...common, keySpec })).toThrow(input);
    expect(() => createSigner({ ...common, verifyAfterSign: publicKey })).toThrow(input);
  });

  test.each([['none'], ['None'], ['HS256'], ['ECDSA_SHA_256'], ['constructor'], [''], [undefined]])('%p is no algorithm', (name) => {
    const algorithm = name as Algorithm;
    const { kms, spki } = signingKms('ECC_NIST_P256', () => SHORT);
    const input = expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining('ES256, ES384') });
    expect(() => createVerifier({ publicKey: spki, algorithm })).toThrow(input);
    expect(() => createSigner({ kms: kms.port, keyArn: KEY_ARN, algorithm })).toThrow(input);
  });

  const jwk = keyPairOf('ECC_NIST_P256').publicKey.export({ format: 'jwk' }) as PublicJwk;
  test.each<[string, object]>([
    ['nothing more', {}], ['its use', { use: 'sig' }], ['its algorithm', { alg: 'ES256' }], ['its operations', { key_ops: ['sign', 'verify'] }],
  ])('a JWK that says %s is taken', (_, members) => {
    expect(createVerifier({ publicKey: { ...jwk, ...members }, algorithm: 'ES256' }).algorithm).toBe('ES256');
  });

  test.each<[string, object]>([
    ['another use', { use: 'enc' }], ['another algorithm', { alg: 'ES384' }], ['a use that is no text', { use: ['sig'] }],
    ['other operations', { key_ops: ['encrypt'] }], ['operations that are no list', { key_ops: 'verify' }],
  ])('a JWK that says %s is refused (RFC 7517 section 4)', (_, members) => {
    const publicKey = { ...jwk, ...members };
    const { kms } = signingKms('ECC_NIST_P256', () => SHORT);
    const input = expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining('of the JWK is') });
    expect(() => createVerifier({ publicKey, algorithm: 'ES256' })).toThrow(input);
    expect(() => createSigner({ kms: kms.port, keyArn: KEY_ARN, algorithm: 'ES256', verifyAfterSign: publicKey })).toThrow(input);
  });

  test('Ed25519 has two names in JOSE, Ed25519ph none', () => {
    const ed25519 = keyPairOf('ECC_NIST_EDWARDS25519').publicKey.export({ format: 'jwk' }) as PublicJwk;
    for (const alg of ['EdDSA', 'Ed25519']) expect(() => createVerifier({ publicKey: { ...ed25519, alg }, algorithm: 'EdDSA' })).not.toThrow();
    expect(() => createVerifier({ publicKey: { ...ed25519, alg: 'EdDSA' }, algorithm: 'Ed25519ph' })).toThrow(/an algorithm without a JOSE name/);
  });

  test('a signature by the same RSA key under another algorithm does not verify', async () => {
    const rsa: Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
    const signatures = await Promise.all(rsa.map((algorithm) => stage(algorithm, 'RSA_2048').signer.sign(SHORT)));
    for (const [i, algorithm] of rsa.entries()) {
      const { offline } = stage(algorithm, 'RSA_2048');
      const verified = await Promise.all(signatures.map((signature) => offline.verify(SHORT, signature)));
      expect(verified).toEqual(rsa.map((_, j) => i === j));
    }
  });

  test('Ed25519 and Ed25519ph are not interchangeable', async () => {
    const plain = stage('EdDSA', 'ECC_NIST_EDWARDS25519');
    const prehashed = stage('Ed25519ph', 'ECC_NIST_EDWARDS25519');
    expect(await prehashed.offline.verify(SHORT, await plain.signer.sign(SHORT))).toBe(false);
    expect(await plain.offline.verify(SHORT, await prehashed.signer.sign(SHORT))).toBe(false);
  });

  test('a PSS salt of another length than the digest does not verify (RFC 7518 section 3.5)', async () => {
    const { sign, constants } = jest.requireActual<typeof import('node:crypto')>('node:crypto');
    const { privateKey, publicKey } = keyPairOf('RSA_2048');
    const withSalt = (saltLength: number) => sign('sha256', SHORT, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
    const verifier = createVerifier({ publicKey, algorithm: 'PS256' });
    expect(await verifier.verify(SHORT, withSalt(32))).toBe(true);
    expect(await verifier.verify(SHORT, withSalt(20))).toBe(false);
    expect(await verifier.verify(SHORT, withSalt(0))).toBe(false);
  });
});

describe('ES256', () => {
  const { signer, offline, throughKms, kms, options } = stage('ES256', 'ECC_NIST_P256');
  beforeEach(() => {
    kms.calls.length = 0;
    kms.failure = undefined;
    kms.tamper = undefined;
  });

  test('each format is refused where the other was said', async () => {
    const [der, jose] = [await signer.sign(SHORT), await signer.sign(SHORT, { format: 'jose' })];
    expect(jose).toHaveLength(64);
    for (const verifier of [offline, throughKms]) {
      expect(await verifier.verify(SHORT, der, { format: 'jose' })).toBe(false);
      expect(await verifier.verify(SHORT, jose, { format: 'der' })).toBe(false);
    }
  });

  test('what cannot be a signature costs no call', async () => {
    expect(await throughKms.verify(SHORT, Buffer.alloc(64), { format: 'jose' })).toBe(false);
    expect(kms.calls).toHaveLength(0);
  });

  test('a signature with the other s verifies too: both are ECDSA', async () => {
    const signature = await signer.sign(SHORT, { format: 'jose' });
    const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
    const other = Buffer.concat([signature.subarray(0, 32), Buffer.from((n - s).toString(16).padStart(64, '0'), 'hex')]);
    expect(await offline.verify(SHORT, other, { format: 'jose' })).toBe(true);
  });

  test('a key of the same spec that is another key does not verify', async () => {
    const stranger = createVerifier({ publicKey: spkiOf(newKeyPair('ECC_NIST_P256').publicKey), algorithm: 'ES256' });
    expect(await stranger.verify(SHORT, await signer.sign(SHORT))).toBe(false);
  });

  test('text is its UTF-8 bytes', async () => {
    expect(await offline.verify(SHORT.toString(), await signer.sign(SHORT.toString()))).toBe(true);
    expect(await offline.verify(SHORT, await signer.sign(SHORT.toString()))).toBe(true);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a message that is a number', () => signer.sign(7 as unknown as string)],
    ['a message that is null', () => signer.sign(null as unknown as string)],
    ['a lone surrogate', () => signer.sign('\udfff')],
    ['a stream of text', () => signer.sign(Readable.from(['text']) as unknown as Message)],
    ['a signature in base64', () => offline.verify(SHORT, 'MEUCIQ' as unknown as Uint8Array)],
    ['a signature in base64, through KMS', () => throughKms.verify(SHORT, 'MEUCIQ' as unknown as Uint8Array)],
    ['a format that is none', () => signer.sign(SHORT, { format: 'raw' as SignatureFormat })],
    ['a format that is none, on a digest', () => signer.signDigest(Buffer.alloc(32), { format: 'raw' as SignatureFormat })],
    ['a format that is none, to verify', () => offline.verify(SHORT, Buffer.alloc(64), { format: 'DER' as SignatureFormat })],
  ])('ERR_KEYSMITH_INPUT, and no call, for %s', async (_, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
    expect(kms.calls).toHaveLength(0);
  });

  test('a stream that fails passes its own error on', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1);
      throw new Error('disk gone');
    };
    await expect(signer.sign(broken())).rejects.toThrow('disk gone');
    await expect(offline.verify(broken(), Buffer.alloc(64), { format: 'jose' })).rejects.toThrow('disk gone');
  });

  test.each<[string, number, string]>([
    ['AccessDeniedException', 400, 'ERR_KEYSMITH_ACCESS_DENIED'],
    ['KMSInvalidStateException', 409, 'ERR_KEYSMITH_KEY_UNAVAILABLE'],
    ['ThrottlingException', 400, 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    ['InvalidKeyUsageException', 400, 'ERR_KEYSMITH_INPUT'],
  ])('%s of KMS is an error, not a no', async (name, status, code) => {
    const signature = await signer.sign(SHORT);
    kms.failure = sdkError(name, status);
    await expect(throughKms.verify(SHORT, signature)).rejects.toMatchObject({ code });
    await expect(throughKms.requireValid(SHORT, signature)).rejects.toMatchObject({ code });
    await expect(signer.sign(SHORT)).rejects.toMatchObject({ code });
  });

  test('a yes of another key is no yes, and a reply without one is a no', async () => {
    const signature = await signer.sign(SHORT);
    kms.tamper = (reply) => ({ ...reply, KeyId: OTHER_ARN });
    await expect(throughKms.verify(SHORT, signature)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
    kms.tamper = (reply) => ({ ...reply, SignatureValid: undefined });
    expect(await throughKms.verify(SHORT, signature)).toBe(false);
    kms.tamper = (reply) => ({ ...reply, SignatureValid: 'true' });
    expect(await throughKms.verify(SHORT, signature)).toBe(false);
  });

  test('grant tokens and the abort signal go along', async () => {
    const { signal: abortSignal } = new AbortController();
    const tokens = { ...options, grantTokens: ['token'] };
    const signature = await createSigner(tokens).sign(SHORT, { abortSignal });
    await createVerifier(tokens).verify(SHORT, signature, { abortSignal });
    for (const call of kms.calls) expect(call).toMatchObject({ input: { GrantTokens: ['token'] }, options: { abortSignal } });
    expect(kms.calls).toHaveLength(2);
  });

  test.each<[string, () => Signer | Verifier]>([
    ['signer', () => createSigner({ ...options, keyArn: 'alias/x' })],
    ['verifier', () => createVerifier({ ...options, keyArn: 'alias/x' })],
  ])('a %s takes a key ARN only', (_, create) => expect(create).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' })));
});

test('without its spec, an RSA key of any size that KMS makes is taken at its word', async () => {
  const { options, offline } = stage('PS256', 'RSA_2048');
  const { keySpec: _, ...unspecified } = options;
  expect(await offline.verify(SHORT, await createSigner(unspecified).sign(SHORT))).toBe(true);
  await expect(createSigner({ ...options, keySpec: 'RSA_3072' }).sign(SHORT)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
  expect(() => createSigner({ ...options, keySpec: 'RSA_3072', verifyAfterSign: spkiOf(keyPairOf('RSA_2048').publicKey) }))
    .toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
});

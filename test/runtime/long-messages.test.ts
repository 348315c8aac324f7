import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createSigner, createVerifier, fetchPublicKey } from '../../src/runtime';
import type { Message, SignerOptions } from '../../src/runtime';
import { startLocalKms } from '../../src/testing';
import type { LocalKms, LocalKmsPort, PolicyDocument } from '../../src/testing';

/** Messages of any length under ML-DSA: mu is made here, and whoever verifies sees no difference. */

const ALGORITHMS = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const;
const specOf = (algorithm: string) => algorithm.replaceAll('-', '_') as 'ML_DSA_44';
const ROLE = 'arn:aws:iam::111122223333:role/App';
const LONG = Buffer.alloc(100_000, 'release ');

let local: LocalKms;
let kms: LocalKmsPort;
beforeAll(async () => {
  // Its policy lets signers send a mu, and nothing else.
  const policy = (messageType: string): PolicyDocument => ({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: ROLE }, Action: ['kms:GetPublicKey', 'kms:Verify'], Resource: '*' },
      { Effect: 'Allow', Principal: { AWS: ROLE }, Action: 'kms:Sign', Resource: '*', Condition: { StringEquals: { 'kms:MessageType': messageType } } },
    ],
  });
  local = await startLocalKms({
    keys: [
      ...ALGORITHMS.map((algorithm) => ({ spec: specOf(algorithm), usage: 'SIGN_VERIFY' as const, aliases: [`alias/${algorithm}`], policy: policy('EXTERNAL_MU') })),
      { spec: 'ML_DSA_44', usage: 'SIGN_VERIFY', aliases: ['alias/raw'], policy: policy('RAW') },
      { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY', aliases: ['alias/EdDSA'], policy: policy('RAW') },
    ],
    principals: [ROLE],
  });
  kms = local.port('App');
});
afterAll(() => local.stop());

const keyOf = (algorithm: typeof ALGORITHMS[number]) => ({ kms, keyArn: local.keyArn(`alias/${algorithm}`), algorithm });
const publicKeyOf = async (algorithm: typeof ALGORITHMS[number]) => fetchPublicKey({ kms, keyArn: keyOf(algorithm).keyArn });
const refused = (message: RegExp) => expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(message) });

describe.each(ALGORITHMS)('%s', (algorithm) => {
  test('100,000 bytes, whole and as a stream, verify with the public key alone', async () => {
    const publicKey = await publicKeyOf(algorithm);
    const signer = createSigner({ ...keyOf(algorithm), longMessages: true, publicKey, verifyAfterSign: publicKey });
    const verifier = createVerifier({ publicKey, algorithm });
    const messages: Array<[Message, Buffer]> = [
      [LONG, LONG], [Readable.from([LONG.subarray(0, 1), LONG.subarray(1)]), LONG], ['short', Buffer.from('short')], [new Uint8Array(), Buffer.alloc(0)],
    ];
    for (const [message, bytes] of messages) {
      const signature = await signer.sign(message);
      expect(await verifier.verify(bytes, signature)).toBe(true);
      expect(await verifier.verify(Buffer.concat([bytes, Buffer.of(0)]), signature)).toBe(false);
    }
  });

  test('KMS is sent 64 bytes, the mu of FIPS 204', async () => {
    const publicKey = await publicKeyOf(algorithm);
    const sent: Array<Parameters<typeof kms.sign>[0]> = [];
    const recording = {
      sign: async (input: Parameters<typeof kms.sign>[0]) => {
        sent.push(input);
        return kms.sign(input);
      },
    };
    await createSigner({ ...keyOf(algorithm), kms: recording, longMessages: true, publicKey }).sign('message');
    const shake = (...parts: Uint8Array[]) => createHash('shake256', { outputLength: 64 }).update(Buffer.concat(parts)).digest();
    const raw = Buffer.from(publicKey.spki.subarray(22));
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ MessageType: 'EXTERNAL_MU', SigningAlgorithm: 'ML_DSA_SHAKE_256' });
    expect(Buffer.from(sent[0].Message)).toEqual(shake(shake(raw), Buffer.from([0, 0]), Buffer.from('message')));
  });
});

test('the public key may be fetched when it is needed: once, and again after a failure', async () => {
  let [calls, fails] = [0, true];
  const publicKey: SignerOptions['publicKey'] = async () => {
    calls++;
    if (fails) throw new Error('down');
    return publicKeyOf('ML-DSA-44');
  };
  const signer = createSigner({ ...keyOf('ML-DSA-44'), longMessages: true, publicKey });
  await expect(signer.sign(LONG)).rejects.toThrow('down');
  fails = false;
  const bytes = Buffer.from(LONG);
  const pending = signer.sign(bytes);
  bytes.fill(0);
  const verifier = createVerifier({ publicKey: await publicKeyOf('ML-DSA-44'), algorithm: 'ML-DSA-44' });
  expect(await verifier.verify(LONG, await pending)).toBe(true);
  await signer.sign('again');
  expect(calls).toBe(2);
});

test('a key that has not been made for it refuses, as does one that has, what it was not made for', async () => {
  const raw = { ...keyOf('ML-DSA-44'), keyArn: local.keyArn('alias/raw') };
  const publicKey = await fetchPublicKey({ kms, keyArn: raw.keyArn });
  await expect(createSigner({ ...raw, longMessages: true, publicKey }).sign(LONG)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
  await expect(createSigner(keyOf('ML-DSA-44')).sign('short')).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
});

test('a mu of another key makes a signature that verifies with neither, which verifyAfterSign finds', async () => {
  const [own, other] = [await publicKeyOf('ML-DSA-44'), await fetchPublicKey({ kms, keyArn: local.keyArn('alias/raw') })];
  const signer = createSigner({ ...keyOf('ML-DSA-44'), longMessages: true, publicKey: other, verifyAfterSign: own });
  await expect(signer.sign(LONG)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
});

test('an aborted stream is read no further', async () => {
  const controller = new AbortController();
  const endless = async function* () {
    for (;;) {
      await new Promise((resolve) => { setImmediate(resolve); });
      yield LONG;
    }
  };
  const pending = createSigner({ ...keyOf('ML-DSA-44'), longMessages: true, publicKey: await publicKeyOf('ML-DSA-44') }).sign(endless(), { abortSignal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 20);
  await expect(pending).rejects.toThrow('enough');
});

describe('what cannot work is refused when the signer is made', () => {
  const made = (options: object) => () => createSigner({ ...keyOf('ML-DSA-44'), ...options });

  test('without the public key, or with one of another kind', async () => {
    expect(made({ longMessages: true })).toThrow(refused(/needs 'publicKey'/));
    expect(made({ longMessages: true, publicKey: await publicKeyOf('ML-DSA-65') })).toThrow(refused(/ML_DSA_65/));
    expect(made({ publicKey: await publicKeyOf('ML-DSA-44') })).toThrow(refused(/verifyAfterSign/));
    expect(made({ longMessages: 'yes' })).toThrow(refused(/true or false/));
    const late = createSigner({ ...keyOf('ML-DSA-44'), longMessages: true, publicKey: async () => publicKeyOf('ML-DSA-65') });
    await expect(late.sign('x')).rejects.toMatchObject(refused(/ML_DSA_65/));
  });

  test('for algorithms that take any length, and for Ed25519, which cannot', () => {
    expect(made({ algorithm: 'ES256', longMessages: true })).toThrow(refused(/ES256 takes any length/));
    expect(made({ algorithm: 'EdDSA', longMessages: true })).toThrow(refused(/Ed25519ph/));
  });
});

test('Ed25519 says above 4096 bytes what would work', async () => {
  const signer = createSigner({ kms, keyArn: local.keyArn('alias/EdDSA'), algorithm: 'EdDSA' });
  await expect(signer.sign(LONG)).rejects.toMatchObject(refused(/4096 bytes, all that KMS takes for EdDSA.*ES256/s));
});

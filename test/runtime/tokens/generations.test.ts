import { Readable } from 'node:stream';
import { codeOf } from './support/raw-token';
import { TokenKeys } from './support/token-keys';
import { createJwsSigner, createJwsVerifier, createJwtSigner, createJwtVerifier, fetchJwks, signingKeyFromEnvironment } from '../../../src/runtime';
import type { JoseAlgorithm, JoseKeyOptions } from '../../../src/runtime';
import { environmentVariable } from '../../../src/spec/contract';
import { HoldingKms } from '../support/holding-kms';

/*
 * Several keys under one name, one of which signs. Key policies and functions change at different moments.
 */

let keys: TokenKeys;
beforeEach(async () => {
  keys = await TokenKeys.start(['ES256', 'ES384', 'ML-DSA-44']);
});
afterEach(() => keys.stop());

const ACCOUNT = { Sid: 'Account', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' };
const NO_SIGN = { Sid: 'NoSign', Effect: 'Deny', Principal: { AWS: 'arn:aws:iam::111122223333:role/App' }, Action: 'kms:Sign', Resource: '*' };
const NOTHING = { ...NO_SIGN, Sid: 'Nothing', Action: ['kms:Sign', 'kms:GetPublicKey'] };

const arnOf = (algorithm: JoseAlgorithm): string => keys.key(algorithm).keyArn;
const decide = async (algorithm: JoseAlgorithm, ...denials: object[]) => keys.port().call('PutKeyPolicy', {
  KeyId: arnOf(algorithm), Policy: JSON.stringify({ Version: '2012-10-17', Statement: [ACCOUNT, ...denials] }),
});
const all = () => (['ES256', 'ES384', 'ML-DSA-44'] as const).map((algorithm) => ({ name: algorithm, keyArn: arnOf(algorithm), algorithm }));
const key = (active: JoseAlgorithm, kms = keys.port() as JoseKeyOptions['kms']): JoseKeyOptions => ({ ...keys.key(active), kms, generations: all() });
const algIn = (token: string) => (JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString()) as { alg: string }).alg;

test('the set publishes every generation, the active one first, and verifies the tokens of each', async () => {
  const set = await fetchJwks([key('ES384')]);
  expect(set.keys.map(({ alg }) => alg)).toEqual(['ES384', 'ES256', 'ML-DSA-44']);
  const verifier = createJwtVerifier({ keys: set, issuer: false, audience: false });
  for (const algorithm of ['ES256', 'ES384', 'ML-DSA-44'] as const) {
    const token = await createJwtSigner({ ...key(algorithm), lifetimeSeconds: 60 }).sign({});
    expect(algIn(token)).toBe(algorithm);
    expect(await codeOf(verifier.verify(token))).toBe('taken');
  }
});

test('a change of the active key, in whichever order policies and functions learn of it, leaves nobody without a signature', async () => {
  const verifier = createJwtVerifier({ keys: await fetchJwks([key('ES256')]), issuer: false, audience: false });
  const [before, after] = [createJwtSigner({ ...key('ES256'), lifetimeSeconds: 60 }), createJwtSigner({ ...key('ML-DSA-44'), lifetimeSeconds: 60 })];
  await decide('ES384', NO_SIGN);
  const signed = async () => {
    const tokens = [await before.sign({}), await after.sign({})];
    for (const token of tokens) expect(await codeOf(verifier.verify(token))).toBe('taken');
    return tokens.map(algIn);
  };
  await decide('ML-DSA-44', NO_SIGN);
  expect(await signed()).toEqual(['ES256', 'ES256']);
  await decide('ML-DSA-44');
  expect(await signed()).toEqual(['ES256', 'ML-DSA-44']);
  await decide('ES256', NO_SIGN);
  expect(await signed()).toEqual(['ML-DSA-44', 'ML-DSA-44']);
  await decide('ML-DSA-44', NO_SIGN);
  await expect(before.sign({})).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED', message: expect.stringContaining(arnOf('ES256')) });
});

test('where even the public key of the active one is denied, the next signs', async () => {
  await decide('ES256', NOTHING);
  const token = await createJwtSigner({ ...key('ES256'), lifetimeSeconds: 60 }).sign({});
  expect(algIn(token)).toBe('ES384');
});

test.each(['DisabledException', 'NotFoundException', 'ThrottlingException', 'KMSInternalException'])('%s falls back on nobody', async (name) => {
  const port = keys.port();
  const asked: string[] = [];
  const sign: typeof port.sign = async (input) => {
    asked.push(input.KeyId);
    throw Object.assign(new Error(name), { name, $metadata: { httpStatusCode: name === 'KMSInternalException' ? 500 : 400 } });
  };
  expect(await codeOf(createJwtSigner({ ...key('ES256', { ...port, sign }), lifetimeSeconds: 60 }).sign({}))).toMatch(/UNAVAILABLE/);
  expect(asked).toEqual([arnOf('ES256')]);
});

test('while the active key signs, no other is asked anything', async () => {
  const kms = new HoldingKms(keys.port());
  await createJwtSigner({ ...key('ES256', kms.port), lifetimeSeconds: 60 }).sign({});
  expect(kms.calls.map(({ operation }) => operation)).toEqual(['getPublicKey', 'sign']);
});

test('the active key stands for itself, whatever the list says of it', async () => {
  const options = { ...key('ES256'), generations: [{ name: 'same', keyArn: arnOf('ES256'), algorithm: 'ES256' as const }] };
  expect((await fetchJwks([options])).keys).toHaveLength(1);
});

test('an abort is not a denial', async () => {
  const kms = new HoldingKms(keys.port());
  kms.held = ['sign'];
  const controller = new AbortController();
  const pending = createJwtSigner({ ...key('ES256', kms.port), lifetimeSeconds: 60 }).sign({}, { abortSignal: controller.signal });
  const refused = expect(pending).rejects.toThrow('enough');
  await kms.called(2);
  controller.abort(new Error('enough'));
  await refused;
  expect(kms.calls).toHaveLength(2);
});

describe('a payload that can be read once only', () => {
  const payload = Buffer.alloc(10_000, 'invoice ');
  const stream = () => Readable.from([payload.subarray(0, 5000), payload.subarray(5000)]);

  test('is signed by the next where the active key is denied', async () => {
    await decide('ES256', NO_SIGN);
    const jws = await createJwsSigner(key('ES256')).sign(stream(), { detached: true });
    expect(algIn(jws)).toBe('ES384');
    expect(await codeOf(createJwsVerifier({ keys: await fetchJwks([key('ES256')]) }).verify(jws, stream()))).toBe('taken');
  });

  test('also where the public key of the active one is denied', async () => {
    await decide('ES256', NOTHING);
    expect(algIn(await createJwsSigner(key('ES256')).sign(stream(), { detached: true }))).toBe('ES384');
  });

  test('is too long only for a key that would sign it', async () => {
    expect(algIn(await createJwsSigner(key('ES256')).sign(stream(), { detached: true }))).toBe('ES256');
    expect(await codeOf(createJwsSigner(key('ML-DSA-44')).sign(stream(), { detached: true }))).toBe('INPUT');
  });

  test('denied everywhere, with the error of the active key', async () => {
    for (const algorithm of ['ES256', 'ES384', 'ML-DSA-44'] as const) await decide(algorithm, NO_SIGN);
    await expect(createJwsSigner(key('ES256')).sign(Readable.from([Buffer.from('x')]), { detached: true })).rejects.toMatchObject({
      code: 'ERR_KEYSMITH_ACCESS_DENIED', message: expect.stringContaining(arnOf('ES256')),
    });
  });
});

test('a signature of a key that stands in is verified with its own public key', async () => {
  const port = keys.port();
  const wrong: typeof port.sign = async (input) => port.sign({ ...input, Message: input.Message.map((byte) => byte + 1) });
  await decide('ES256', NO_SIGN);
  const options = { ...key('ES256'), verifyAfterSign: true, lifetimeSeconds: 60 };
  expect(algIn(await createJwtSigner(options).sign({}))).toBe('ES384');
  expect(await codeOf(createJwtSigner({ ...options, kms: { ...port, sign: wrong } }).sign({}))).toBe('KMS_RESPONSE');
});

test('keys that came before an attached one are published with it, and sign nothing', async () => {
  const local = await TokenKeys.start(['ES256']);
  try {
    const port = local.port();
    const { KeyMetadata } = await port.call('CreateKey', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const [now, before] = [local.key('ES256').keyArn, KeyMetadata.Arn as string];
    const contract = { version: 1, keyArn: now, previousKeyArns: [before], spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', algorithm: 'ECDSA_SHA_256' };
    const attached = signingKeyFromEnvironment('TOKENS', { kms: port, env: { [environmentVariable('TOKENS')]: JSON.stringify(contract) } });
    const set = await fetchJwks([attached]);
    const old = await createJwtSigner({ kms: port, keyArn: before, algorithm: 'ES256', lifetimeSeconds: 60 }).sign({});
    expect(await codeOf(createJwtVerifier({ keys: set, issuer: false, audience: false }).verify(old))).toBe('taken');
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [ACCOUNT, NO_SIGN] });
    await port.call('PutKeyPolicy', { KeyId: now, Policy });
    expect(await codeOf(createJwtSigner({ ...attached, lifetimeSeconds: 60 }).sign({}))).toBe('ACCESS_DENIED');
  } finally {
    await local.stop();
  }
});

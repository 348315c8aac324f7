import { App, Stack } from 'aws-cdk-lib';
import { JwksEndpoint, SigningAlgorithm, SigningKey } from '../../src';
import { createJwksHandler } from '../../src/handlers/jwks';
import { readPublicKey } from '../../src/runtime';
import { ask, request, Served } from '../signing/support/served';
import { HERE } from '../support/deployed';

const PATH = 'Shop/Jwks/Handler';
const SET = request('GET /.well-known/jwks.json');

let served: Served;
beforeAll(async () => {
  served = await Served.start((stack) => {
    const algorithms = [SigningAlgorithm.ES256, SigningAlgorithm.EDDSA, SigningAlgorithm.ML_DSA_44];
    const keys = algorithms.map((algorithm) => new SigningKey(stack, algorithm, { algorithm }));
    new JwksEndpoint(stack, 'Jwks', { keys, issuer: 'https://shop.example/eu' });
  });
});
afterAll(() => served.local.stop());
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation(() => {});
  served.local.requests.clear();
});
afterEach(() => {
  served.local.faults.clear();
  jest.restoreAllMocks();
});

let clock = 0;
const handler = () => createJwksHandler({ kms: served.portOf(PATH), env: served.environmentOf(PATH), now: () => clock });
const algorithmsOf = (json: { keys: { alg: string }[] }) => json.keys.map(({ alg }) => alg);
const keyArn = (index: number) => JSON.parse(served.environmentOf(PATH)[`KEYSMITH_PUBLISHED_${index}`]!).keyArn as string;

test('every key is in the set, and has a PEM that is the same key', async () => {
  const handle = handler();
  const { json } = await ask(handle, SET);
  expect(algorithmsOf(json)).toEqual(['ES256', 'EdDSA', 'ML-DSA-44']);
  for (const jwk of json.keys) {
    const { statusCode, headers, body } = await handle(request('GET /keys/{file}', { pathParameters: { file: `${jwk.kid}.pem` } }));
    expect([statusCode, headers['content-type']]).toEqual([200, 'application/x-pem-file']);
    expect(readPublicKey(body)).toEqual(readPublicKey(jwk));
  }
});

test('the discovery document names issuer, set and algorithms', async () => {
  const { json } = await ask(handler(), request('GET /.well-known/openid-configuration'));
  expect(json).toMatchObject({ issuer: 'https://shop.example/eu', id_token_signing_alg_values_supported: ['ES256', 'EdDSA', 'ML-DSA-44'] });
});

test('who has the set already is told so, and who has another gets it', async () => {
  const handle = handler();
  const { headers: { etag } } = await handle(SET);
  expect(await handle({ ...SET, headers: { 'if-none-match': etag } })).toMatchObject({ statusCode: 304, body: '' });
  expect(await handle({ ...SET, headers: { 'if-none-match': '"other"' } })).toMatchObject({ statusCode: 200 });
});

describe('how often KMS is asked', () => {
  test('once a key for as long as caches may keep the set, however many ask', async () => {
    const handle = handler();
    await Promise.all([handle(SET), handle(SET)]);
    clock += 299_999;
    await handle(SET);
    expect(served.calls).toEqual(['GetPublicKey', 'GetPublicKey', 'GetPublicKey']);
    clock += 1;
    await handle(SET);
    expect(served.calls).toHaveLength(6);
  });

  test('while it does not answer, the last set is served on; without one the answer is 503, and the next asks again', async () => {
    const handle = handler();
    served.local.faults.error('KMSInternalException', 'down', 1);
    expect((await handle(SET)).statusCode).toBe(503);
    served.local.faults.clear();
    expect((await handle(SET)).statusCode).toBe(200);
    clock += 300_000;
    served.local.faults.error('KMSInternalException', 'down', 9);
    served.local.requests.clear();
    for (const later of [0, 9_999, 1]) {
      clock += later;
      expect(algorithmsOf((await ask(handle, SET)).json)).toHaveLength(3);
    }
    // Twice, of three keys: ten seconds after a failure, and not before.
    expect(served.calls).toHaveLength(6);
  });

  test('a key that is disabled is left out, and the others are published', async () => {
    served.local.faults.error('DisabledException', 'disabled', 1, { key: keyArn(1) });
    expect(algorithmsOf((await ask(handler(), SET)).json)).toEqual(['ES256', 'ML-DSA-44']);
  });

  test('of disabled keys alone there is no set', async () => {
    served.local.faults.error('DisabledException', 'disabled', 3);
    expect((await handler()(SET)).statusCode).toBe(503);
  });
});

test('its role reads public keys, and every other call is refused', async () => {
  const kms = served.portOf(PATH);
  for (const index of [0, 1, 2]) {
    await expect(kms.getPublicKey({ KeyId: keyArn(index) })).resolves.toMatchObject({ KeyId: keyArn(index) });
    for (const [MessageType, SigningAlgorithmName] of [['DIGEST', 'ECDSA_SHA_256'], ['RAW', 'ED25519_SHA_512'], ['RAW', 'ML_DSA_SHAKE_256']]) {
      await expect(kms.sign({ KeyId: keyArn(index), Message: Buffer.alloc(32), MessageType, SigningAlgorithm: SigningAlgorithmName } as never)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    }
    await expect(kms.describeKey({ KeyId: keyArn(index) })).rejects.toMatchObject({ name: 'AccessDeniedException' });
  }
});

describe('what JwksEndpoint refuses', () => {
  const stack = () => new Stack(new App(), 'Shop', { env: HERE });
  test.each<[string, (scope: Stack) => unknown, string]>([
    ['no keys', (scope) => new JwksEndpoint(scope, 'Jwks', { keys: [] }), "'Shop/Jwks' has no keys: name those whose public halves it publishes"],
    ['a key twice', (scope) => {
      const key = new SigningKey(scope, 'Key');
      return new JwksEndpoint(scope, 'Jwks', { keys: [key, key] });
    }, "'Shop/Jwks' has 'Shop/Key' twice"],
    ['a key without a name in JOSE', (scope) => new JwksEndpoint(scope, 'Jwks', { keys: [new SigningKey(scope, 'Key', { algorithm: SigningAlgorithm.ED25519PH })] }), "'Shop/Jwks': 'Shop/Key' signs with Ed25519ph, for which JOSE has no name: hand out its publicKeyPem instead"],
    ...['http://shop.example', 'https://shop.example/', 'https://shop.example?a', 'shop.example', 'https://shop.example/a/'].map((issuer): [string, (scope: Stack) => unknown, string] => [
      `the issuer ${issuer}`, (scope) => new JwksEndpoint(scope, 'Jwks', { keys: [new SigningKey(scope, 'Key')], issuer }),
      `'Shop/Jwks': issuer is '${issuer}': give an https URL without a query and without a slash at its end`,
    ]),
  ])('%s', (_, define, message) => expect(() => define(stack())).toThrow(message));
});

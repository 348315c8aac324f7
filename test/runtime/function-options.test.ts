import { KEY_ARN, keyPairOf, signingKms, spkiOf } from './support/fake-kms';
import * as runtime from '../../src/runtime';

/*
 * A function that is none would be a bare TypeError at the first call that needs it, long after the start of the program; a clock without numbers would let everything
 * pass that is over.
 */

const { kms, spki } = signingKms('ECC_NIST_P256', () => Buffer.from('message'));
const SIGNER = { kms: kms.port, keyArn: KEY_ARN, algorithm: 'ES256' } as const;
const jwk = runtime.publicKeyToJwk(spki, { algorithm: 'ES256' });
const TOKENS = { keys: jwk, issuer: false, audience: false } as const;
const HTTP = { keys: jwk, requiredComponents: [] } as const;
const httpSigner = runtime.createHttpSigner(SIGNER);
const REQUEST = { method: 'GET', url: 'https://api.example/', headers: {} };
const URL_OF_SET = { url: 'https://tokens.example/jwks.json' };
const MOVE = { scan: async () => ({ rows: [] }), read: async () => null, write: async () => true, cipher: {} as runtime.RecordCipher };

/** What takes the option, by its name. */
const TAKING_FUNCTIONS: Array<[string, string, (value: never) => unknown]> = [
  ['createJwtSigner', 'now', (now) => runtime.createJwtSigner({ ...SIGNER, lifetimeSeconds: 60, now })],
  ['createJwtVerifier', 'now', (now) => runtime.createJwtVerifier({ ...TOKENS, now })],
  ['createJwtVerifier', 'check', (check) => runtime.createJwtVerifier({ ...TOKENS, check })],
  ['createHttpSigner', 'now', (now) => runtime.createHttpSigner({ ...SIGNER, now })],
  ['createHttpVerifier', 'now', (now) => runtime.createHttpVerifier({ ...HTTP, now })],
  ['createHttpVerifier', 'fetch', (fetch) => runtime.createHttpVerifier({ ...HTTP, fetch })],
  ['createRemoteJwks', 'now', (now) => runtime.createRemoteJwks({ ...URL_OF_SET, now })],
  ['createRemoteJwks', 'fetch', (fetch) => runtime.createRemoteJwks({ ...URL_OF_SET, fetch })],
  ['createSigningApiClient', 'fetch', (fetch) => runtime.createSigningApiClient({ url: 'https://api.example', token: 't', fetch })],
  ['signResponses', 'targetUri', (targetUri) => runtime.signResponses(async () => ({ statusCode: 200 }), httpSigner, { targetUri })],
  ['signFetchResponses', 'targetUri', (targetUri) => runtime.signFetchResponses(async () => new Response(), httpSigner, { targetUri })],
  ['signExpressResponses', 'targetUri', (targetUri) => runtime.signExpressResponses(httpSigner, { targetUri })],
  ['resilientKms', 'onEvent', (onEvent) => runtime.resilientKms({ kms: kms.port as runtime.KmsPort, onEvent })],
  ['resilientKms', 'random', (random) => runtime.resilientKms({ kms: kms.port as runtime.KmsPort, random })],
];

describe('what takes a function refuses what is none, when it is given', () => {
  test.each(TAKING_FUNCTIONS)('%s: %s', (_, name, create) => {
    for (const given of [5, 'Date.now', {}, null, true]) {
      expect(() => create(given as never)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining(`'${name}' takes a function, got `) }));
    }
    expect(() => create(undefined as never)).not.toThrow();
  });

  test('moveRecords: onFailure', async () => {
    await expect(runtime.moveRecords({ ...MOVE, isMoved: () => true, onFailure: 5 as never })).rejects.toMatchObject({ message: expect.stringContaining("'onFailure' takes a function") });
  });
});

describe('true or false is written so: what counts as false turns nothing off', () => {
  test.each<[string, string, (value: never) => unknown]>([
    ['createJwtVerifier', 'requireExp', (requireExp) => runtime.createJwtVerifier({ ...TOKENS, requireExp })],
    ['createSigner', 'longMessages', (longMessages) => runtime.createSigner({ ...SIGNER, longMessages })],
  ])('%s: %s', (_, name, create) => {
    for (const given of [0, '', 'false', null]) {
      expect(() => create(given as never)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining(`'${name}' takes true or false, got `) }));
    }
  });
});

describe('a clock that tells no time lets nothing pass', () => {
  const REFUSED = { code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(/^'now' returned .*: it takes milliseconds since 1970, at once$/) };
  const publicKey = runtime.readPublicKey(spkiOf(keyPairOf('ECC_NIST_P256').publicKey));

  async function tokenOver(claims: object): Promise<string> {
    const unsigned = [{ alg: 'ES256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const { kms: own } = signingKms('ECC_NIST_P256', () => Buffer.from(unsigned));
    const signature = await runtime.createSigner({ ...SIGNER, kms: own.port }).sign(unsigned, { format: 'jose' });
    return `${unsigned}.${Buffer.from(signature).toString('base64url')}`;
  }

  test.each<[string, unknown]>([
    ['NaN', NaN], ['Infinity', Infinity], ['nothing', undefined], ['a promise', Promise.resolve(Date.now())], ['text', '1790000000000'], ['a Date', new Date()],
  ])('%s', async (_, time) => {
    const now = () => time as number;
    const token = await tokenOver({ exp: 1 });
    await expect(runtime.createJwtVerifier({ ...TOKENS, keys: runtime.publicKeyToJwk(publicKey, { algorithm: 'ES256' }), now }).verify(token)).rejects.toMatchObject(REFUSED);
    await expect(runtime.createJwtSigner({ ...SIGNER, lifetimeSeconds: 60, now }).sign({})).rejects.toMatchObject(REFUSED);
    await expect(runtime.createHttpSigner({ ...SIGNER, now }).signRequest(REQUEST)).rejects.toMatchObject(REFUSED);
    const fetch = async () => Response.json({ keys: [jwk] });
    await expect(runtime.createRemoteJwks({ ...URL_OF_SET, fetch, now }).keySet()).rejects.toMatchObject(REFUSED);
  });

  test('and a verifier of HTTP neither', async () => {
    const input = '();created=1';
    const own = signingKms('ECC_NIST_P256', () => Buffer.from(`"@signature-params": ${input}`)).kms;
    const signature = await runtime.createSigner({ ...SIGNER, kms: own.port }).sign(`"@signature-params": ${input}`, { format: 'jose' });
    const headers = { 'signature-input': `a=${input}`, 'signature': `a=:${Buffer.from(signature).toString('base64')}:` };
    const verify = (now: () => number) => runtime.createHttpVerifier({ ...HTTP, now }).verifyRequest({ ...REQUEST, headers });
    await expect(verify(() => 1000)).resolves.toMatchObject({ created: 1 });
    await expect(verify(() => NaN)).rejects.toMatchObject(REFUSED);
  });
});

describe('who is revoked is said with true or false', () => {
  test.each<[string, unknown]>([['a promise', Promise.resolve(false)], ['nothing', undefined], ['a number', 0]])('%s', async (_, verdict) => {
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid: jwk.kid })).toString('base64url');
    const payload = Buffer.from(JSON.stringify({ exp: 9e9 })).toString('base64url');
    const own = signingKms('ECC_NIST_P256', () => Buffer.from(`${header}.${payload}`)).kms;
    const signature = await runtime.createSigner({ ...SIGNER, kms: own.port }).sign(`${header}.${payload}`, { format: 'jose' });
    const token = `${header}.${payload}.${Buffer.from(signature).toString('base64url')}`;
    await expect(runtime.createJwtVerifier({ ...TOKENS, revokedKids: () => false }).verify(token)).resolves.toMatchObject({ kid: jwk.kid });
    await expect(runtime.createJwtVerifier({ ...TOKENS, revokedKids: (() => verdict) as never }).verify(token))
      .rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining("'revokedKids' returned") });
  });

  test('a list of it has text', () => {
    expect(() => runtime.createJwtVerifier({ ...TOKENS, revokedKids: [5 as never] })).toThrow(/'revokedKids' is of type Number: give text/);
  });
});

describe('a token of a caller goes into a header, or nowhere', () => {
  const fetch = (async () => Response.json({ token: 't', expiresIn: 1 })) as typeof globalThis.fetch;
  const REFUSED = { code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(/^'token' is /) };

  test.each<[string, unknown]>([['a line end', 'secret\n'], ['nothing', ''], ['a number', 5], ['null', null]])('%s', async (_, token) => {
    expect(() => runtime.createSigningApiClient({ url: 'https://api.example', token: token as string, fetch })).toThrow(expect.objectContaining(REFUSED));
    const error = await runtime.createSigningApiClient({ url: 'https://api.example', token: () => token as string, fetch }).issueToken('/tokens').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(REFUSED);
    expect(String(error)).not.toContain('secret');
  });

  test('claims that JSON has no form for', async () => {
    const client = runtime.createSigningApiClient({ url: 'https://api.example', token: 't', fetch });
    for (const claims of [{ id: 1n }, new Map(), [], { at: NaN }]) {
      await expect(client.issueToken('/tokens', { claims })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
    }
  });
});

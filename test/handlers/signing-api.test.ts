import { createHash, createPublicKey, verify } from 'node:crypto';
import { Duration, Size } from 'aws-cdk-lib';
import { createVerifier as fastVerifier } from 'fast-jwt';
import { SigningAlgorithm, SigningApi, SigningAuthorizer, SigningKey, SigningRoute } from '../../src';
import { createSigningApiHandler } from '../../src/handlers/signing-api';
import { createVerifier, type KmsPort } from '../../src/runtime';
import { ask, bytesTo, posted, request, Served } from '../signing/support/served';

const TOKENS = 'Shop/Tokens/Handler';
const FILES = 'Shop/Files/Handler';
const SHORT = 'Shop/Short/Handler';
const NOW = Date.UTC(2026, 10, 29);

let served: Served;
let log: jest.SpyInstance;
beforeAll(async () => {
  served = await Served.start((stack) => {
    const authorizer = SigningAuthorizer.iam();
    const path = '/tokens';
    const roles = SigningRoute.jwt({ path, audiences: ['orders', 'billing'], claims: ['roles', 'name'], subjectFromCaller: true, lifetime: Duration.minutes(5) });
    const one = SigningRoute.jwt({ path: '/one', audiences: ['orders'], claims: ['sub'], lifetime: Duration.minutes(1) });
    new SigningApi(stack, 'Tokens', { key: new SigningKey(stack, 'TokenKey'), authorizer, routes: [roles, one, SigningRoute.publicKeys()], issuer: 'https://shop.example' });
    const payload = SigningRoute.payload({ path: '/payload', maxSize: Size.kibibytes(5) });
    new SigningApi(stack, 'Files', { key: new SigningKey(stack, 'FileKey'), authorizer, routes: [payload, SigningRoute.digest({ path: '/digest' })] });
    const short = new SigningKey(stack, 'ShortKey', { algorithm: SigningAlgorithm.EDDSA });
    new SigningApi(stack, 'Short', { key: short, authorizer, routes: [SigningRoute.payload({ path: '/payload' }), SigningRoute.publicKeys()] });
  });
});
afterAll(() => served.local.stop());
beforeEach(() => {
  log = jest.spyOn(console, 'log').mockImplementation(() => {});
  served.local.requests.clear();
});
afterEach(() => {
  served.local.faults.clear();
  log.mockRestore();
});

const handlerOf = (path: string, kms: KmsPort = served.portOf(path)) => (
  createSigningApiHandler({ kms, env: served.environmentOf(path), now: () => NOW })
);
const claimsIn = (token: string) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()) as Record<string, unknown>;

describe('tokens', () => {
  test('are verified with the key set that the same API serves, by a library that knows neither', async () => {
    const handler = handlerOf(TOKENS);
    const { statusCode, headers, json } = await ask(handler, posted('/tokens', { audience: 'billing', claims: { roles: ['buyer'], name: 'c-17' } }));
    expect([statusCode, headers['cache-control'], json.expiresIn]).toEqual([200, 'no-store', 300]);
    const jwks = (await ask(handler, request('GET /.well-known/jwks.json'))).json;
    const key = createPublicKey({ key: jwks.keys[0], format: 'jwk' }).export({ format: 'pem', type: 'spki' });
    const { payload, header } = fastVerifier({
      key, algorithms: ['ES256'], allowedIss: 'https://shop.example', allowedAud: 'billing', clockTimestamp: NOW, complete: true,
    })(json.token);
    const sub = 'arn:aws:sts::111122223333:assumed-role/Backend';
    expect(payload).toEqual({
      iss: 'https://shop.example', aud: 'billing', sub, roles: ['buyer'], name: 'c-17', iat: NOW / 1000, exp: NOW / 1000 + 300,
    });
    expect(header.kid).toBe(jwks.keys[0].kid);
  });

  test.each<[string, object, unknown]>([
    ['a role, whatever its session is called', { iam: { userArn: 'arn:aws:sts::111122223333:assumed-role/Backend/admin' } }, 'arn:aws:sts::111122223333:assumed-role/Backend'],
    ['the root of an account', { iam: { userArn: 'arn:aws:iam::111122223333:root' } }, 'arn:aws:iam::111122223333:root'],
    ['a user', { iam: { userArn: 'arn:aws:iam::111122223333:user/jane' } }, 'arn:aws:iam::111122223333:user/jane'],
    ['who a token of an issuer is about', { jwt: { claims: { sub: 'c-17' } } }, 'c-17'],
  ])('the subject is %s', async (_, authorizer, sub) => {
    const { json } = await ask(handlerOf(TOKENS), posted('/tokens', { audience: 'orders' }, { requestContext: { authorizer } }));
    expect(claimsIn(json.token).sub).toBe(sub);
  });

  test('where one audience is allowed, it need not be asked for', async () => {
    const { json } = await ask(handlerOf(TOKENS), posted('/one', { claims: { sub: 'c-17' } }));
    expect(claimsIn(json.token)).toMatchObject({ aud: 'orders', sub: 'c-17', exp: NOW / 1000 + 60 });
  });

  test.each<[string, string, unknown, number, string]>([
    ['another audience', '/tokens', { audience: 'admin' }, 403, 'audience_not_allowed'],
    ['no audience of several', '/tokens', {}, 400, 'invalid_request'],
    ['several audiences', '/tokens', { audience: ['orders', 'billing'] }, 400, 'invalid_request'],
    ['another claim', '/tokens', { audience: 'orders', claims: { roles: [], admin: true } }, 403, 'claim_not_allowed'],
    ['a subject of one\'s own', '/tokens', { audience: 'orders', claims: { sub: 'root' } }, 403, 'claim_not_allowed'],
    ['an issuer', '/one', { claims: { iss: 'https://other.example' } }, 403, 'claim_not_allowed'],
    ['an end of one\'s own', '/one', { claims: { exp: 9e9 } }, 403, 'claim_not_allowed'],
    ['a prototype', '/one', '{"claims":{"__proto__":{"sub":"root"}}}', 403, 'claim_not_allowed'],
    ['claims twice', '/one', '{"claims":{"sub":"a"},"claims":{"sub":"b"}}', 400, 'invalid_request'],
    ['a claim twice', '/one', '{"claims":{"sub":"a","s\\u0075b":"b"}}', 400, 'invalid_request'],
    ['claims that are none', '/one', { claims: ['sub'] }, 400, 'invalid_request'],
    ['a member that is not known', '/one', { claims: {}, lifetimeSeconds: 9e9 }, 400, 'invalid_request'],
    ['no JSON', '/one', 'claims', 400, 'invalid_request'],
    ['nothing', '/one', '', 400, 'invalid_request'],
    ['a body too long', '/one', { claims: { sub: 'x'.repeat(8192) } }, 413, 'too_large'],
  ])('%s is refused before KMS is asked', async (_, path, body, status, error) => {
    const answer = await ask(handlerOf(TOKENS), posted(path, body));
    expect([answer.statusCode, answer.json.error, served.calls]).toEqual([status, error, []]);
  });

  test.each<[string, object | undefined]>([
    ['nobody', undefined],
    ['a session that a user has named', { iam: { userArn: 'arn:aws:sts::111122223333:federated-user/admin' } }],
    ['a role without a session', { iam: { userArn: 'arn:aws:sts::111122223333:assumed-role/Backend' } }],
    ['a user without a name', { iam: { userArn: 'arn:aws:iam::111122223333:user/' } }],
    ['credentials, with a token that API Gateway did not ask for', { iam: { userArn: null }, jwt: { claims: { sub: 'admin' } } }],
    ['a token about nobody', { jwt: { claims: {} } }],
    ['a token about a number', { jwt: { claims: { sub: 17 } } }],
  ])('a caller without a name of its own gets no token: %s', async (_, authorizer) => {
    const answer = await ask(handlerOf(TOKENS), posted('/tokens', { audience: 'orders' }, { requestContext: { authorizer } }));
    expect([answer.statusCode, answer.json.error, served.calls]).toEqual([403, 'no_subject', []]);
  });

  test('a body in base64 is read too', async () => {
    expect((await ask(handlerOf(TOKENS), bytesTo('/one', Buffer.from('{"claims":{"sub":"c-17"}}')))).statusCode).toBe(200);
  });
});

describe('payloads and digests', () => {
  const publicKey = async (path: string) => {
    const { keyArn } = JSON.parse(served.environmentOf(path).KEYSMITH_SIGNING!) as { keyArn: string };
    return (await served.portOf(path).getPublicKey({ KeyId: keyArn })).PublicKey!;
  };

  test.each<[string, (handler: ReturnType<typeof handlerOf>, bytes: Buffer) => ReturnType<typeof ask>]>([
    ['a payload of any bytes', (handler, bytes) => ask(handler, bytesTo('/payload', bytes))],
    ['its digest', (handler, bytes) => ask(handler, posted('/digest', { digest: createHash('sha256').update(bytes).digest('base64') }))],
  ])('%s is signed as node verifies it', async (_, sign) => {
    const bytes = Buffer.from([0, 255, 128, 10, 13]);
    const { statusCode, json } = await sign(handlerOf(FILES), bytes);
    expect([statusCode, json.algorithm, json.kid]).toEqual([200, 'ES256', expect.stringMatching(/^[\w-]{43}$/)]);
    const key = { key: Buffer.from(await publicKey(FILES)), format: 'der', type: 'spki' } as const;
    const signature = Buffer.from(json.signature, 'base64');
    expect([verify('sha256', bytes, key, signature), verify('sha256', bytes.subarray(1), key, signature)]).toEqual([true, false]);
  });

  test('Ed25519 signs up to 4096 bytes', async () => {
    const bytes = Buffer.alloc(4096, 'x');
    const { json } = await ask(handlerOf(SHORT), bytesTo('/payload', bytes));
    expect(await createVerifier({ publicKey: await publicKey(SHORT), algorithm: 'EdDSA' }).verify(bytes, Buffer.from(json.signature, 'base64'))).toBe(true);
    expect((await ask(handlerOf(SHORT), bytesTo('/payload', Buffer.alloc(4097)))).statusCode).toBe(413);
  });

  test.each<[string, () => ReturnType<typeof posted>, number, string]>([
    ['text, which API Gateway may have changed', () => posted('/payload', 'text'), 415, 'unsupported_media_type'],
    ['more than the route takes', () => bytesTo('/payload', Buffer.alloc(5 * 1024 + 1)), 413, 'too_large'],
    ['a digest of another length', () => posted('/digest', { digest: Buffer.alloc(20).toString('base64') }), 400, 'invalid_request'],
    ['a digest in hex', () => posted('/digest', { digest: 'ab'.repeat(32) }), 400, 'invalid_request'],
    ['a digest in base64 that is not canonical', () => posted('/digest', { digest: `${'A'.repeat(42)}B=` }), 400, 'invalid_request'],
    ['no digest', () => posted('/digest', {}), 400, 'invalid_request'],
  ])('%s is refused before KMS is asked', async (_, event, status, error) => {
    const answer = await ask(handlerOf(FILES), event());
    expect([answer.statusCode, answer.json.error, served.calls]).toEqual([status, error, []]);
  });
});

describe('what is published', () => {
  test('names the key of tokens in a key set, a PEM and a discovery document', async () => {
    const handler = handlerOf(TOKENS);
    const { headers, json: { keys: [jwk] } } = await ask(handler, request('GET /.well-known/jwks.json'));
    expect(headers).toMatchObject({ 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' });
    const pem = await ask(handler, request('GET /keys/{file}', { pathParameters: { file: `${jwk.kid}.pem` } }));
    expect(pem.body).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    const { json } = await ask(handler, request('GET /.well-known/openid-configuration'));
    expect(json).toMatchObject({ issuer: 'https://shop.example', jwks_uri: expect.stringMatching(/^https:\/\/\w+\.execute-api\.eu-west-1\.amazonaws\.com\/\.well-known\/jwks\.json$/), id_token_signing_alg_values_supported: ['ES256'] });
    expect(served.calls).toEqual(['GetPublicKey']);
  });

  test.each([
    ['another PEM', TOKENS, request('GET /keys/{file}', { pathParameters: { file: 'other.pem' } })],
    ['the key set as a PEM', TOKENS, request('GET /keys/{file}', { pathParameters: { file: '../.well-known/jwks.json' } })],
    ['a discovery document where no tokens are issued', SHORT, request('GET /.well-known/openid-configuration')],
    ['a key set that was not asked for', FILES, request('GET /.well-known/jwks.json')],
    ['a route of nobody', TOKENS, request('POST /other')],
  ])('%s is not there', async (_, path, event) => expect((await handlerOf(path)(event)).statusCode).toBe(404));
});

describe('where KMS does not sign', () => {
  test.each<[string, string, number, string]>([
    ['throttles', 'ThrottlingException', 429, 'throttled'],
    ['has a fault', 'KMSInternalException', 503, 'unavailable'],
    ['has the key disabled', 'DisabledException', 503, 'unavailable'],
    ['refuses the function', 'AccessDeniedException', 500, 'failed'],
  ])('as it %s, the caller is told the status, and the log the reason, and neither of a claim', async (_, error, status, code) => {
    served.local.faults.error(error, 'reason', 9, { operation: 'Sign' });
    const answer = await ask(handlerOf(TOKENS), posted('/one', { claims: { sub: 'secret-subject' } }));
    expect([answer.statusCode, answer.json.error]).toEqual([status, code]);
    const logged = log.mock.calls.flat().join('\n');
    expect(logged).toContain(`"status":${status}`);
    expect(logged + answer.body).not.toContain('secret-subject');
    expect(answer.body).not.toMatch(/arn:aws/);
  });
});

describe('the role of the function', () => {
  const every = [
    'encrypt', 'decrypt', 'generateDataKey', 'describeKey', 'verify',
  ] as const;
  test.each([TOKENS, FILES, SHORT])('%s: signs and reads the public key, and every other call is refused', async (path) => {
    const kms = served.portOf(path);
    const { keyArn, algorithm } = JSON.parse(served.environmentOf(path).KEYSMITH_SIGNING!) as { keyArn: string; algorithm: string };
    const input = { KeyId: keyArn, Message: Buffer.alloc(32), MessageType: path === SHORT ? 'RAW' : 'DIGEST', SigningAlgorithm: algorithm, Plaintext: Buffer.alloc(1), CiphertextBlob: Buffer.alloc(200), Signature: Buffer.alloc(64), NumberOfBytes: 32 };
    await expect(kms.sign(input as never)).resolves.toMatchObject({ KeyId: keyArn });
    await expect(kms.getPublicKey({ KeyId: keyArn })).resolves.toMatchObject({ KeyId: keyArn });
    for (const call of every) await expect(kms[call](input as never)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    for (const operation of ['ScheduleKeyDeletion', 'PutKeyPolicy', 'CreateGrant', 'GetKeyPolicy', 'DisableKey']) {
      await expect(kms.call(operation, { KeyId: keyArn, PendingWindowInDays: 7, Policy: '{}', PolicyName: 'default', GranteePrincipal: 'arn:aws:iam::111122223333:root', Operations: ['Sign'] })).rejects.toMatchObject({ name: 'AccessDeniedException' });
    }
    const other = JSON.parse(served.environmentOf(path === TOKENS ? FILES : TOKENS).KEYSMITH_SIGNING!).keyArn as string;
    await expect(kms.sign({ ...input, KeyId: other, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' } as never)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('while the active generation changes', () => {
  const deployed = (active: string) => Served.start((stack) => {
    const generations = [{ name: 'initial' }, { name: '2027', algorithm: SigningAlgorithm.ES384 }];
    const [tokens, files] = ['TokenKey', 'FileKey'].map((id) => new SigningKey(stack, id, { generations, active }));
    const authorizer = SigningAuthorizer.iam();
    const issue = SigningRoute.jwt({ path: '/tokens', audiences: ['orders'], claims: [], lifetime: Duration.minutes(5) });
    new SigningApi(stack, 'Tokens', { key: tokens, authorizer, routes: [issue, SigningRoute.publicKeys()], issuer: 'https://shop.example' });
    const routes = [SigningRoute.payload({ path: '/payload' }), SigningRoute.digest({ path: '/digest' }), SigningRoute.publicKeys()];
    new SigningApi(stack, 'Files', { key: files, authorizer, routes });
  });

  test('key policies before functions, as CloudFormation does: everything is signed, by a key that is published', async () => {
    const [before, after] = [await deployed('initial'), await deployed('2027')];
    try {
      for (const [env, kms] of [[before, before], [before, after], [after, after]]) {
        const [tokens, files] = [TOKENS, FILES].map((path) => createSigningApiHandler({ kms: kms.portOf(path), env: env.environmentOf(path) }));
        const [signing, other] = kms === before ? ['ES256', 'ES384'] : ['ES384', 'ES256'];
        const published = (await ask(tokens, request('GET /.well-known/jwks.json'))).json.keys as { kid: string; alg: string }[];
        expect(published.map(({ alg }) => alg).sort()).toEqual(['ES256', 'ES384']);
        const { kid } = JSON.parse(Buffer.from((await ask(tokens, posted('/tokens', {}))).json.token.split('.')[0], 'base64url').toString()) as { kid: string };
        expect(published.find((key) => key.kid === kid)!.alg).toBe(signing);
        const keysOfFiles = (await ask(files, request('GET /.well-known/jwks.json'))).json.keys as { kid: string; alg: string }[];
        const signed = (await ask(files, bytesTo('/payload', Buffer.from('release')))).json;
        expect([signed.algorithm, keysOfFiles.find((key) => key.kid === signed.kid)!.alg]).toEqual([signing, signing]);
        // A digest is of one hash: that of the generation that may sign, whichever the function knows as active.
        const digests = await Promise.all(['sha256', 'sha384'].map(async (hash) => ask(files, posted('/digest', { digest: createHash(hash).update('release').digest('base64') }))));
        const [fits, differs] = kms === before ? digests : [...digests].reverse();
        expect([fits.statusCode, fits.json.algorithm]).toEqual([200, signing]);
        expect([differs.statusCode, differs.json.error]).toEqual([409, 'another_generation_signs']);
        expect(differs.json.message).toContain(`the key that takes such does not sign now: ${signing} takes the ${signing === 'ES256' ? '32 of sha256' : '48 of sha384'}`);
        const none = await ask(files, posted('/digest', { digest: createHash('sha1').update('release').digest('base64') }));
        expect([none.statusCode, none.json.error]).toEqual([400, 'invalid_request']);
        const contract = JSON.parse(kms.environmentOf(FILES).KEYSMITH_SIGNING!) as { keyArn: string; generations: { keyArn: string }[] };
        const { keyArn } = contract.generations.find((one) => one.keyArn !== contract.keyArn)!;
        const call = { KeyId: keyArn, Message: Buffer.alloc(other === 'ES256' ? 32 : 48), MessageType: 'DIGEST', SigningAlgorithm: `ECDSA_SHA_${other.slice(2)}` };
        await expect(kms.portOf(FILES).sign(call as never)).rejects.toMatchObject({ name: 'AccessDeniedException' });
      }
    } finally {
      await before.local.stop();
      await after.local.stop();
    }
  });
});

test('of two generations that KMS refuses both, permissions are wrong, and of one that is throttled, only that is told', async () => {
  const both = await Served.start((stack) => {
    const key = new SigningKey(stack, 'FileKey', { generations: [{ name: 'initial' }, { name: '2027' }], active: '2027' });
    new SigningApi(stack, 'Files', { key, authorizer: SigningAuthorizer.iam(), routes: [SigningRoute.payload({ path: '/payload' })] });
  });
  try {
    const refused = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    const outcomes: Error[] = [refused, refused];
    const kms = { ...both.portOf(FILES), sign: async () => { throw outcomes.shift()!; } } as unknown as KmsPort;
    const handler = createSigningApiHandler({ kms, env: both.environmentOf(FILES) });
    expect((await ask(handler, bytesTo('/payload', Buffer.from('x')))).statusCode).toBe(500);
    outcomes.push(refused, Object.assign(new Error('slow'), { name: 'ThrottlingException' }));
    expect((await ask(handler, bytesTo('/payload', Buffer.from('x')))).statusCode).toBe(429);
  } finally {
    await both.local.stop();
  }
});

describe('ML-DSA', () => {
  const deployed = (longMessages: boolean) => Served.start((stack) => {
    const key = new SigningKey(stack, 'FileKey', { algorithm: SigningAlgorithm.ML_DSA_44, longMessages });
    new SigningApi(stack, 'Files', { key, authorizer: SigningAuthorizer.iam(), routes: [SigningRoute.payload({ path: '/payload' })] });
  });

  test.each([[true, 1024 * 1024], [false, 4096]])('longMessages %s: payloads up to %i bytes are signed', async (longMessages, most) => {
    const own = await deployed(longMessages);
    try {
      const handler = createSigningApiHandler({ kms: own.portOf(FILES), env: own.environmentOf(FILES) });
      const bytes = Buffer.alloc(most, 'x');
      const { json } = await ask(handler, bytesTo('/payload', bytes));
      const { keyArn } = JSON.parse(own.environmentOf(FILES).KEYSMITH_SIGNING!) as { keyArn: string };
      const { PublicKey: publicKey } = await own.portOf(FILES).getPublicKey({ KeyId: keyArn });
      expect(await createVerifier({ publicKey: publicKey!, algorithm: 'ML-DSA-44' }).verify(bytes, Buffer.from(json.signature, 'base64'))).toBe(true);
      expect((await ask(handler, bytesTo('/payload', Buffer.alloc(most + 1)))).statusCode).toBe(413);
    } finally {
      await own.local.stop();
    }
  });
});

test('a function that no construct made says so', () => {
  expect(() => createSigningApiHandler({ kms: {} as KmsPort, env: {} })).toThrow('SIGNING_API is not set: this function is made by its construct');
});

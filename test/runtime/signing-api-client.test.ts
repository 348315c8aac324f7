import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duration } from 'aws-cdk-lib';
import { SigningApi, SigningAuthorizer, SigningKey, SigningRoute } from '../../src';
import { createSigningApiHandler } from '../../src/handlers/signing-api';
import { createJwtVerifier, createSigningApiClient, createVerifier, type SigningApiClientOptions } from '../../src/runtime';
import { CALLER, gateway, type Gateway } from '../signing/support/gateway';
import { Served } from '../signing/support/served';

let served: Served;
const apis: Record<'tokens' | 'files' | 'byToken', Gateway> = {} as never;
beforeAll(async () => {
  served = await Served.start((stack) => {
    const authorizer = SigningAuthorizer.iam();
    const issue = SigningRoute.jwt({ path: '/tokens', audiences: ['orders'], claims: ['roles'], subjectFromCaller: true, lifetime: Duration.minutes(5) });
    new SigningApi(stack, 'Tokens', { key: new SigningKey(stack, 'TokenKey'), authorizer, routes: [issue, SigningRoute.publicKeys()], issuer: 'https://shop.example' });
    const files = [SigningRoute.payload({ path: '/payload' }), SigningRoute.digest({ path: '/digest' }), SigningRoute.publicKeys()];
    new SigningApi(stack, 'Files', { key: new SigningKey(stack, 'FileKey'), authorizer, routes: files });
  });
  const handlerOf = (path: string) => createSigningApiHandler({ kms: served.portOf(path), env: served.environmentOf(path) });
  apis.tokens = await gateway(handlerOf('Shop/Tokens/Handler'));
  apis.files = await gateway(handlerOf('Shop/Files/Handler'));
  apis.byToken = await gateway(handlerOf('Shop/Tokens/Handler'), 'good');
});
afterAll(async () => {
  for (const api of Object.values(apis)) await api.close();
  await served.local.stop();
});

const clientOf = (api: keyof typeof apis, more: Partial<SigningApiClientOptions> = {}) => (
  createSigningApiClient({ url: apis[api].url, region: 'eu-west-1', ...(api === 'byToken' ? { token: async () => 'good' } : { credentials: CALLER }), ...more })
);

test('a token that was issued is verified with the keys that the API publishes', async () => {
  const client = clientOf('tokens');
  const { token, expiresIn } = await client.issueToken('/tokens', { claims: { roles: ['buyer'] } });
  const { claims } = await createJwtVerifier({ keys: client.publicKeys(), issuer: 'https://shop.example', audience: 'orders' }).verify(token);
  expect([claims.sub, claims.roles, expiresIn]).toEqual(['arn:aws:sts::111122223333:assumed-role/Caller', ['buyer'], 300]);
});

test('with a token of another issuer the subject is who that is about', async () => {
  const { token } = await clientOf('byToken').issueToken('/tokens');
  expect(JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())).toMatchObject({ sub: 'c-17', aud: 'orders' });
});

test.each<[string, (client: ReturnType<typeof clientOf>, bytes: Buffer) => ReturnType<ReturnType<typeof clientOf>['signDigest']>]>([
  ['a payload', (client, bytes) => client.signPayload('/payload', bytes)],
  ['its digest', (client, bytes) => client.signDigest('/digest', createHash('sha256').update(bytes).digest())],
])('%s is signed, and verified with the key that is named', async (_, sign) => {
  const client = clientOf('files');
  const bytes = Buffer.from([255, 0, 128]);
  const { signature, kid, algorithm } = await sign(client, bytes);
  const jwk = (await client.publicKeys().keySet()).keys.find((key) => key.kid === kid);
  expect(await createVerifier({ publicKey: jwk!, algorithm: algorithm as 'ES256' }).verify(bytes, signature)).toBe(true);
});

const answering = (status: number, body: string) => (async () => new Response(body, { status })) as typeof fetch;

/** Where somebody listened, and nobody does. */
async function closedUrl(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => { server.close(closed); });
  return `http://127.0.0.1:${port}`;
}

describe('what is refused has a code', () => {
  test.each<[string, () => Promise<unknown>, string, RegExp]>([
    ['a claim that is not allowed', () => clientOf('tokens').issueToken('/tokens', { claims: { admin: true } }), 'ACCESS_DENIED', /answers 403 claim_not_allowed claims that may be given here: roles/],
    ['other credentials', () => clientOf('tokens', { credentials: { ...CALLER, secretAccessKey: 'other' } }).issueToken('/tokens'), 'ACCESS_DENIED', /answers 403 Forbidden$/],
    ['another token', () => clientOf('byToken', { token: 'bad' }).issueToken('/tokens'), 'ACCESS_DENIED', /answers 403 Forbidden$/],
    ['a digest that is none', () => clientOf('files').signDigest('/digest', Buffer.alloc(7)), 'INPUT', /answers 400 invalid_request the digest has 7 bytes/],
    ['a route that is not there', () => clientOf('files').issueToken('/other'), 'INPUT', /answers 404/],
    ['no path', () => clientOf('files').signPayload('payload', 'x'), 'INPUT', /give that of a route, like '\/tokens'/],
    ['a digest of another generation', () => clientOf('files', { fetch: answering(409, '{"error":"another_generation_signs","message":"ES384 takes the 48 of sha384"}') }).signDigest('/digest', Buffer.alloc(32)), 'INPUT', /answers 409 another_generation_signs ES384 takes the 48 of sha384/],
    ['a throttled request', () => clientOf('files', { fetch: answering(429, '{"message":"Too Many Requests"}') }).signPayload('/payload', 'x'), 'API_UNAVAILABLE', /answers 429 Too Many Requests/],
    ['a page', () => clientOf('files', { fetch: answering(502, '<html>') }).signPayload('/payload', 'x'), 'API_UNAVAILABLE', /answers 502$/],
    ['a page that is fine', () => clientOf('files', { fetch: answering(200, '<html>') }).signPayload('/payload', 'x'), 'API_UNAVAILABLE', /answers 200$/],
    ['an answer to something else', () => clientOf('files', { fetch: answering(200, '{"token":"x"}') }).signPayload('/payload', 'x'), 'KMS_RESPONSE', /without 'signature', 'kid' and 'algorithm'/],
    ['an answer without an end', () => clientOf('files', { fetch: answering(200, `"${'x'.repeat(70_000)}`) }).signPayload('/payload', 'x'), 'API_UNAVAILABLE', /more than 65536 bytes/],
    ['nobody there', async () => clientOf('files', { url: await closedUrl() }).signPayload('/payload', 'x'), 'API_UNAVAILABLE', /at http:\/\/127\.0\.0\.1:(\d+) did not answer: connect ECONNREFUSED 127\.0\.0\.1:\1$/],
    ['a port that fetch does not take', () => clientOf('files', { url: 'http://127.0.0.1:1' }).signPayload('/payload', 'x'), 'API_UNAVAILABLE', /did not answer: bad port$/],
    ['a time that is over', () => clientOf('files', { timeoutMs: 1, fetch: (async () => new Promise(() => {})) as typeof fetch }).signPayload('/payload', 'x'), 'API_UNAVAILABLE', /did not answer/],
    ['no credentials', () => clientOf('files', { credentials: async () => { throw new Error('expired'); } }).signPayload('/payload', 'x'), 'ACCESS_DENIED', /no credentials: expired/],
  ])('%s', async (_, call, code, message) => {
    await expect(call()).rejects.toMatchObject({ code: `ERR_KEYSMITH_${code}`, message: expect.stringMatching(message) });
  });

  test('who gives up is told their own reason', async () => {
    const controller = new AbortController();
    const call = clientOf('files', { fetch: (async () => new Promise(() => {})) as typeof fetch }).signPayload('/payload', 'x', { abortSignal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
  });

  test.each<[string, Partial<SigningApiClientOptions>]>([
    ['a URL that everybody on the way can answer for', { url: 'http://api.example' }],
    ['a URL with a password', { url: 'https://a:b@api.example' }],
    ['a URL with a query', { url: 'https://api.example/?a' }],
    ['two ways to say who calls', { token: 'good', credentials: CALLER }],
    ['no time', { timeoutMs: 0 }],
  ])('%s', (_, more) => expect(() => clientOf('files', more)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' })));
});

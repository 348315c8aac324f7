import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createHttpSigner, createHttpVerifier, fetchJwks, signExpressResponses, signFetchResponses, signResponses } from '../../../src/runtime';
import type { HttpSigner, HttpVerifier, ProxyResult } from '../../../src/runtime';
import { codeOf } from '../tokens/support/raw-token';
import { TokenKeys } from '../tokens/support/token-keys';

const REQUIRED = ['@status', 'content-type', 'content-digest', '@method;req', '@target-uri;req'];

let keys: TokenKeys;
let signer: HttpSigner;
let verifier: HttpVerifier;
/** For answers without content, which have no type. */
let untyped: HttpVerifier;
beforeAll(async () => {
  keys = await TokenKeys.start(['ES256']);
  signer = createHttpSigner(keys.key('ES256'));
  const jwks = await fetchJwks([keys.key('ES256')]);
  [verifier, untyped] = [REQUIRED, REQUIRED.filter((name) => name !== 'content-type')].map((requiredComponents) => createHttpVerifier({ keys: jwks, requiredComponents }));
});
afterAll(() => keys.stop());

const unsigned: HttpSigner = { signRequest: async () => { throw new Error('KMS is down'); }, signResponse: async () => { throw new Error('KMS is down'); }, publicJwk: async () => { throw new Error('KMS is down'); } };

/** Format 1.0, which REST APIs have, too: `path` without the stage under a name of API Gateway, `requestContext.path` as the client has it. */
const rest = (domainName: string, path: string, more: object = {}) => ({
  resource: '/{proxy+}',
  path: '/bills',
  httpMethod: 'GET',
  headers: { Host: domainName },
  multiValueHeaders: { Host: [domainName] },
  queryStringParameters: null,
  multiValueQueryStringParameters: null,
  requestContext: { domainName, path, stage: 'prod' },
  body: null,
  isBase64Encoded: false,
  ...more,
});
const http = (domainName: string, rawPath: string, more: object = {}, stage = '$default') => ({
  version: '2.0',
  routeKey: '$default',
  rawPath,
  rawQueryString: '',
  headers: { host: domainName },
  isBase64Encoded: false,
  requestContext: { domainName, stage, http: { method: 'GET', path: rawPath } },
  ...more,
});
const API = 'abc123.execute-api.eu-west-1.amazonaws.com';
const JSON_RESULT = { statusCode: 200, headers: { 'content-type': 'application/json' }, body: '{"bill":1}' };

const partsOf = ({ statusCode, headers = {}, multiValueHeaders = {}, body = '', isBase64Encoded }: ProxyResult) => ({
  status: statusCode!,
  headers: [...Object.entries(headers), ...Object.entries(multiValueHeaders)].flatMap(([name, values]) => (
    [values].flat().map((value): [string, string] => [name, String(value)])
  )),
  body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
});

describe('the URL that the client asked for', () => {
  test.each<[string, object, string]>([
    ['a REST API, its stage in the path', rest(API, '/prod/bills'), `https://${API}/prod/bills`],
    ['under a domain of its own, mapped', rest('api.example', '/billing/bills', { path: '/billing/bills' }), 'https://api.example/billing/bills'],
    ['with parameters, decoded in the event', rest(API, '/prod/bills', { multiValueQueryStringParameters: { year: ['2026', '2027'], q: ['a b&c'] } }), `https://${API}/prod/bills?year=2026&year=2027&q=a%20b%26c`],
    ['with parameters in one form only', rest(API, '/prod/bills', { queryStringParameters: { year: '2026' } }), `https://${API}/prod/bills?year=2026`],
    ['an HTTP API', http(API, '/bills', { rawQueryString: 'q=a+b&q=%C3%A7' }), `https://${API}/bills?q=a+b&q=%C3%A7`],
    ['its stage in the path', http(API, '/dev/bills', {}, 'dev'), `https://${API}/dev/bills`],
    ['a stage under a domain of its own, which clients do not name', http('api.example', '/dev/bills', {}, 'dev'), 'https://api.example/bills'],
    ['at its root', http('api.example', '/dev', {}, 'dev'), 'https://api.example/'],
    ['a path that begins as the stage does', http('api.example', '/device', {}, 'dev'), 'https://api.example/device'],
    ['an HTTP API in China', http('a.execute-api.cn-north-1.amazonaws.com.cn', '/dev/bills', {}, 'dev'), 'https://a.execute-api.cn-north-1.amazonaws.com.cn/dev/bills'],
    ['an HTTP API in format 1.0', rest('api.example', '/bills', { version: '1.0' }), 'https://api.example/bills'],
    ['an HTTP API, which decodes paths', http(API, '/bills of/c#?a=1\\%2F'), `https://${API}/bills%20of/c%23%3Fa=1%5C%252F`],
    ['in format 1.0', rest(API, '/bills?a', { version: '1.0' }), `https://${API}/bills%3Fa`],
    ['with a tab, which URLs would leave out', http(API, '/bil\tls'), `https://${API}/bil%09ls`],
    ['letters that are not ASCII', http(API, '/k\u00f6ln'), `https://${API}/k%C3%B6ln`],
    ['a REST API, which does not decode them', rest(API, '/prod/bills%3Fa%20b'), `https://${API}/prod/bills%3Fa%20b`],
    ['an HTTP API in another partition', http('a.execute-api.eusc-de-east-1.amazonaws.eu', '/dev/bills', {}, 'dev'), 'https://a.execute-api.eusc-de-east-1.amazonaws.eu/dev/bills'],
    ['a function URL', http('abc.lambda-url.eu-west-1.on.aws', '/bills%20of'), 'https://abc.lambda-url.eu-west-1.on.aws/bills%20of'],
  ])('%s', async (_, event, url) => {
    const signed = partsOf(await signResponses(async () => JSON_RESULT, signer)(event, {}));
    const verdict = (asked: string) => codeOf(verifier.verifyResponse(signed, { method: 'GET', url: asked, headers: {} }));
    expect(await verdict(url)).toBe('taken');
    expect(await verdict(`${url}/more`)).toBe('NOT_AUTHENTIC');
  });

  test('is told where the event does not tell it: behind a CDN, with a mapping of format 2.0, of a load balancer', async () => {
    for (const event of [http('api.example', '/bills'), { httpMethod: 'GET', path: '/bills', headers: { host: 'alb' }, requestContext: { elb: {} } }]) {
      const signed = await signResponses(async () => JSON_RESULT, signer, { targetUri: () => 'https://shop.example/billing/bills' })(event, {});
      expect(await codeOf(verifier.verifyResponse(partsOf(signed), { method: 'GET', url: 'https://shop.example/billing/bills', headers: {} }))).toBe('taken');
    }
  });

  test.each<[string, object]>([
    ['steps in a path', http(API, '/echo/../bills/17')],
    ['steps that are encoded', rest(API, '/prod/echo/%2e%2E/bills/17')],
    ['a step to the same folder', http('abc.lambda-url.eu-west-1.on.aws', '/./bills/17')],
    ['a backslash', rest(API, '/prod/echo\\..\\bills')],
    ['a fragment', http('abc.lambda-url.eu-west-1.on.aws', '/bills/17#/echo')],
    ['a line end', rest(API, '/prod/bil\nls')],
    ['a query in the path of a REST API, which hands it over encoded', rest(API, '/prod/bills?year=2026')],
    ['a query in the path of a function URL', http('abc.lambda-url.eu-west-1.on.aws', '/bills?year=2026')],
    ['a fragment in the query', http(API, '/bills', { rawQueryString: 'a=1#b' })],
    ['a host with a path', http('api.example/bills/17#', '/echo')],
    ['a host with a user', http('api.example@other.example', '/echo')],
    ['a host of two', http('api.example, other.example', '/echo')],
    ['no path', http(API, 'bills')],
  ])('what readers of URLs take for another one is not signed: %s', async (_, event) => {
    let isAsked = false;
    const handler = signResponses(async () => {
      isAsked = true;
      return JSON_RESULT;
    }, signer);
    expect([await codeOf(handler(event, {})), isAsked]).toEqual(['INPUT', false]);
  });

  test.each<[string, unknown]>([['none', undefined], ['of a queue', { Records: [] }], ['of a load balancer', { httpMethod: 'GET', path: '/', requestContext: { elb: {} } }]])('an event %s is refused', async (_, event) => {
    expect(await codeOf(signResponses(async () => JSON_RESULT, signer)(event, {}))).toBe('INPUT');
  });
});

describe('results of handlers', () => {
  const run = async (result: unknown, event: object = http(API, '/bills')) => signResponses(async () => result as ProxyResult, signer)(event, {});
  const verdict = async (result: unknown, event: object = http(API, '/bills'), by = verifier, method = 'GET', url = `https://${API}/bills`) => (
    codeOf(by.verifyResponse(partsOf(await run(result, event)), { method, url, headers: {} }))
  );

  test.each<[string, unknown]>([
    ['text', JSON_RESULT],
    ['text with other than ASCII', { ...JSON_RESULT, body: '{"street":"Allee 17, K\u00f6ln"}' }],
    ['base64: the digest is of what leaves, the bytes', { ...JSON_RESULT, headers: { 'Content-Type': 'image/png' }, body: Buffer.from([0, 255, 17]).toString('base64'), isBase64Encoded: true }],
    ['compressed by the handler', { ...JSON_RESULT, headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' }, body: gzipSync('text').toString('base64'), isBase64Encoded: true }],
    ['without a content type, which API Gateway would add', { statusCode: 200, body: '{}' }],
    ['numbers and booleans as values', { ...JSON_RESULT, headers: { 'content-type': 'application/json', 'age': 17, 'x-new': true } }],
    ['of format 2.0 without a status: an object', { bill: 1 }],
    ['of format 2.0 without a status: text', 'Hello'],
  ])('%s', async (_, result) => {
    expect(await verdict(result)).toBe('taken');
  });

  test('fields with several values, cookies, and whatever else stay', async () => {
    const result = { ...JSON_RESULT, multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] }, cookies: ['c=3'], other: 1 };
    const signed = await run(result);
    expect(signed).toMatchObject({ multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] }, cookies: ['c=3'], other: 1, body: '{"bill":1}' });
    expect(Object.keys(signed.headers!)).toEqual(['content-type', 'content-digest', 'signature-input', 'signature']);
  });

  test('of a name in both, the list counts, as for API Gateway', async () => {
    const signed = await run({ ...JSON_RESULT, multiValueHeaders: { 'Content-Type': ['text/html'] } }, rest(API, '/prod/bills'));
    expect(signed.headers).not.toHaveProperty('content-type');
    expect(await codeOf(verifier.verifyResponse({ ...partsOf(signed) }, { method: 'GET', url: `https://${API}/prod/bills`, headers: {} }))).toBe('taken');
  });

  test.each<[string, string, object]>([
    ['no content', 'GET', { statusCode: 204 }],
    ['not modified', 'GET', { statusCode: 304 }],
    ...[204, 205, 304].map((statusCode): [string, string, object] => [`${statusCode}, whose body does not leave,`, 'GET', { ...JSON_RESULT, statusCode }]),
    ['an answer to HEAD, whose body does not leave', 'HEAD', JSON_RESULT],
  ])('%s has the digest of nothing', async (_, method, result) => {
    const event = http(API, '/bills', { requestContext: { domainName: API, http: { method } } });
    const { status, headers } = partsOf(await run(result, event));
    expect(await codeOf(untyped.verifyResponse({ status, headers }, { method, url: `https://${API}/bills`, headers: {} }))).toBe('taken');
  });

  test.each<[string, unknown, object, RegExp]>([
    ['no status of a REST API, which would answer 502', { body: '{}' }, rest(API, '/prod/bills'), /'statusCode' of what the handler returned is not given: return/],
    ['nothing', undefined, http(API, '/bills'), /the handler returned nothing: return/],
    ['a body that is no text', { statusCode: 200, body: { bill: 1 } }, http(API, '/bills'), /a body that is of type Object: give text/],
  ])('%s is refused', async (_, result, event, message) => {
    await expect(run(result, event)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(message) });
  });

  test('what is not signed does not leave', async () => {
    await expect(signResponses(async () => JSON_RESULT, unsigned)(http(API, '/bills'), {})).rejects.toThrow('KMS is down');
    await expect(signResponses(async () => { throw new Error('own'); }, signer)(http(API, '/bills'), {})).rejects.toThrow('own');
  });
});

/** A server of one test, and its URL. */
async function serving<T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('handlers that take a Request', () => {
  const ask = async (answer: () => Response, method = 'GET', by = verifier) => {
    const request = new Request('https://api.example/bills?year=2026', { method });
    const response = await signFetchResponses(async () => answer(), signer)(request);
    const body = Buffer.from(await response.clone().arrayBuffer());
    const parts = { status: response.status, headers: response.headers, body };
    return { response, verdict: await codeOf(by.verifyResponse(parts, { method, url: request.url, headers: {} })) };
  };

  test('their responses are signed, cookies and all stay', async () => {
    const headers = new Headers([['content-type', 'text/plain'], ['set-cookie', 'a=1'], ['set-cookie', 'b=2']]);
    const { response, verdict } = await ask(() => new Response('t\u00e9xt', { status: 201, headers }));
    expect([verdict, response.status, await response.text(), response.headers.getSetCookie()]).toEqual(['taken', 201, 't\u00e9xt', ['a=1', 'b=2']]);
  });

  test('those without a body, and to HEAD', async () => {
    expect((await ask(() => new Response(null, { status: 204 }), 'GET', untyped)).verdict).toBe('taken');
    expect((await ask(() => new Response('text'), 'HEAD')).verdict).toBe('taken');
  });

  test('what goes along with the request is passed on; a URL behind a proxy is told', async () => {
    const seen: unknown[] = [];
    const handler = async (_: Request, env: object, more: number) => { seen.push(env, more); return Response.json({}); };
    const response = await signFetchResponses(handler, signer, { targetUri: () => 'https://public.example/' })(new Request('http://internal/'), { a: 1 }, 2);
    expect(seen).toEqual([{ a: 1 }, 2]);
    const parts = { status: 200, headers: response.headers, body: Buffer.from('{}') };
    expect(await codeOf(verifier.verifyResponse(parts, { method: 'GET', url: 'https://public.example/', headers: {} }))).toBe('taken');
  });

  test('what is not signed does not leave', async () => {
    await expect(signFetchResponses(async () => new Response('x'), unsigned)(new Request('https://api.example/'))).rejects.toThrow('KMS is down');
  });
});

describe('Express, over HTTP', () => {
  const load = createRequire(__filename);
  type App = RequestListener & {
    use(...handlers: unknown[]): void;
    get(path: string, handler: (request: IncomingMessage, response: any) => void): void;
  };
  const express = load('express') as () => App;

  const appOf = (own = signer): App => {
    const app = express();
    app.use(signExpressResponses(own));
    app.get('/json', (_, response) => response.status(201).json({ street: 'K\u00f6ln' }));
    app.get('/bytes', (_, response) => response.type('image/png').send(Buffer.from([0, 255])));
    app.get('/pieces', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('one ');
      response.write(Buffer.from('two '), () => response.end('dHdv', 'base64'));
    });
    app.get('/none', (_, response) => response.status(204).end());
    app.get('/broken', () => { throw new Error('own'); });
    return app;
  };

  test('JSON, bytes, pieces, nothing, errors and what is not found are signed, and arrive as they were', async () => {
    await serving(appOf(), async (url) => {
      const get = async (path: string, method = 'GET') => {
        const response = await (path === '/none' ? untyped : verifier).fetch(`${url}${path}?a=1`, { method });
        return [response.status, Buffer.from(await response.arrayBuffer()).toString('latin1').slice(0, 12)];
      };
      expect(await get('/json')).toEqual([201, Buffer.from('{"street":"K\u00f6ln"}').toString('latin1').slice(0, 12)]);
      expect(await get('/bytes')).toEqual([200, '\u0000\u00ff']);
      expect(await get('/pieces')).toEqual([200, 'one two two']);
      expect(await get('/none')).toEqual([204, '']);
      expect(await get('/json', 'HEAD')).toEqual([201, '']);
      expect((await get('/nothing'))[0]).toBe(404);
      expect((await get('/broken'))[0]).toBe(500);
    });
  });

  test('what cannot be signed is an error to whoever handles errors, and nothing of it leaves', async () => {
    const app = appOf(unsigned);
    app.use((error: Error, _request: IncomingMessage, response: any, _next: unknown) => response.status(503).send(`not signed: ${error.message}`));
    await serving(app, async (url) => {
      const response = await fetch(`${url}/json`);
      expect([response.status, await response.text()]).toEqual([503, 'not signed: KMS is down']);
    });
  });

  test.each<[string, string]>([
    ['a host that is a URL', 'GET /json HTTP/1.1\r\nHost: api.example/bills/17#'],
    ['a host with a query', 'GET /json HTTP/1.1\r\nHost: api.example?'],
    ['steps in the path', 'GET /bills/../json HTTP/1.1\r\nHost: api.example'],
    ['another server\'s URL', 'GET http://other.example/json HTTP/1.1\r\nHost: api.example'],
  ])('what readers of URLs take for another one is not signed: %s', async (_, head) => {
    const app = appOf();
    app.use((_error: Error, _request: IncomingMessage, response: any, _next: unknown) => response.status(400).send('refused'));
    await serving(app, async (url) => {
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(`${head}\r\nConnection: close\r\n\r\n`));
        let text = '';
        socket.on('data', (chunk) => { text += chunk.toString(); }).on('end', () => resolve(text)).on('error', reject);
      });
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(answer.toLowerCase()).not.toContain('\nsignature');
    });
  });

  test('a server of Node without Express', async () => {
    const sign = signExpressResponses(signer);
    const listener = (request: IncomingMessage, response: ServerResponse) => sign(request, response, () => {
      response.writeHead(200, ['content-type', 'text/plain']);
      response.flushHeaders();
      response.end('text');
    });
    await serving(listener, async (url) => {
      expect(await (await verifier.fetch(`${url}/x`)).text()).toBe('text');
    });
  });
});

describe('fetch that verifies', () => {
  const signing = (change: (response: ServerResponse) => void = () => undefined): RequestListener => {
    const sign = signExpressResponses(signer);
    return (request, response) => sign(request, response, () => {
      response.setHeader('content-type', 'application/json');
      if (request.url === '/redirect') response.writeHead(302, { location: '/bills' });
      if (request.url === '/encoding') response.setHeader('x-asked', String(request.headers['accept-encoding']));
      response.end('{"bill":1}');
      change(response);
    });
  };

  test('hands out authentic responses, which are like others', async () => {
    await serving(signing(), async (url) => {
      const response = await verifier.fetch(`${url}/bills?year=2026`, { method: 'POST', body: '{}' });
      expect([response.status, response.url, response.ok, await response.json()]).toEqual([200, `${url}/bills?year=2026`, true, { bill: 1 }]);
    });
  });

  test('asks for what is not compressed, follows no redirects, and hands them out where it is told to', async () => {
    const asked: string[] = [];
    await serving(signing(({ req }) => void asked.push(req.url!)), async (url) => {
      expect((await verifier.fetch(`${url}/encoding`)).headers.get('x-asked')).toBe('identity');
      await expect(verifier.fetch(`${url}/redirect`)).rejects.toThrow();
      await expect(verifier.fetch(`${url}/redirect`, { redirect: 'follow' })).rejects.toThrow();
      expect(asked).toEqual(['/encoding', '/redirect', '/redirect']);
      expect((await verifier.fetch(`${url}/redirect`, { redirect: 'manual' })).status).toBe(302);
    });
  });

  test('throws for others: not signed, changed, of another URL, too long', async () => {
    await serving((_, response) => response.end('{}'), async (url) => expect(await codeOf(verifier.fetch(url))).toBe('FORMAT'));
    const jwks = await fetchJwks([keys.key('ES256')]);
    await serving(signing(), async (url) => {
      const changed: typeof fetch = async (input, init) => {
        const response = await fetch(input, init);
        return new Response('{"bill":2}', { headers: response.headers });
      };
      expect(await codeOf(createHttpVerifier({ keys: jwks, requiredComponents: REQUIRED, fetch: changed }).fetch(url))).toBe('NOT_AUTHENTIC');
      const replayed: typeof fetch = async () => fetch(`${url}/other`);
      expect(await codeOf(createHttpVerifier({ keys: jwks, requiredComponents: REQUIRED, fetch: replayed }).fetch(url))).toBe('NOT_AUTHENTIC');
      expect(await codeOf(createHttpVerifier({ keys: jwks, requiredComponents: REQUIRED, maxBodyBytes: 9 }).fetch(url))).toBe('LIMIT');
    });
  });
});

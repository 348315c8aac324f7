import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { codeOf, ecKeys, jwkOf, tokenOf } from './support/raw-token';
import { createJwtVerifier, createRemoteJwks } from '../../../src/runtime';
import type { RemoteJwksOptions } from '../../../src/runtime';

const URL_OF_SET = 'https://tokens.example/.well-known/jwks.json';
const first = ecKeys();
const second = ecKeys();
const FIRST = jwkOf(first, { kid: 'first', alg: 'ES256' });
const SECOND = jwkOf(second, { kid: 'second', alg: 'ES256' });
const tokenBy = (keys: typeof first, kid: string) => tokenOf({ alg: 'ES256', kid }, { exp: 9e9 }, keys);

/** What the URL answers, turn by turn; the last answer stays. */
class Site {
  public calls = 0;
  public now = 0;
  public options: RequestInit | undefined;

  constructor(private answers: Array<() => Response | Promise<Response>>) {}

  public answer(...answers: Array<() => Response | Promise<Response>>): void {
    this.answers = answers;
  }

  public remote(options: Partial<RemoteJwksOptions> = {}) {
    return createRemoteJwks({
      url: URL_OF_SET,
      now: () => this.now,
      fetch: (async (_: unknown, init: RequestInit) => {
        this.calls++;
        this.options = init;
        return (this.answers.length > 1 ? this.answers.shift()! : this.answers[0])();
      }) as typeof fetch,
      ...options,
    });
  }

  public verifier(options: Partial<RemoteJwksOptions> = {}) {
    return createJwtVerifier({ keys: this.remote(options), issuer: false, audience: false, now: () => 0 });
  }
}

const publishing = (...keys: object[]) => () => Response.json({ keys });
const failing = () => () => { throw new TypeError('fetch failed'); };
const SECONDS = 1000;
const MINUTES = 60_000;

test('is fetched when it is needed, once, and used for ten minutes', async () => {
  const site = new Site([publishing(FIRST)]);
  const verifier = site.verifier();
  expect(site.calls).toBe(0);
  for (const at of [0, 1, 9 * MINUTES, 10 * MINUTES - 1]) {
    site.now = at;
    expect(await codeOf(verifier.verify(tokenBy(first, 'first')))).toBe('taken');
  }
  expect(site.calls).toBe(1);
  site.now = 10 * MINUTES;
  expect(await codeOf(verifier.verify(tokenBy(first, 'first')))).toBe('taken');
  expect(site.calls).toBe(2);
});

test('asks for no redirect, and for JSON', async () => {
  const site = new Site([publishing(FIRST)]);
  await site.remote().preload();
  expect(site.options).toMatchObject({ redirect: 'error', headers: { accept: expect.stringContaining('application/json') } });
});

test('preload fetches before the first request, and not again', async () => {
  const site = new Site([publishing(FIRST)]);
  const remote = site.remote();
  await remote.preload();
  await remote.preload();
  expect(await remote.keySet()).toEqual({ keys: [FIRST] });
  expect(await remote.keySet()).toBe(await remote.keySet());
  expect(site.calls).toBe(1);
});

test('a hundred verifications at once ask once', async () => {
  const site = new Site([publishing(FIRST)]);
  const verifier = site.verifier();
  const answers = await Promise.all(Array.from({ length: 100 }, async () => codeOf(verifier.verify(tokenBy(first, 'first')))));
  expect(new Set(answers)).toEqual(new Set(['taken']));
  expect(site.calls).toBe(1);
});

describe('a kid that nobody has', () => {
  test('asks again, once per cool-down, whatever the number of tokens', async () => {
    const site = new Site([publishing(FIRST)]);
    const verifier = site.verifier();
    await verifier.verify(tokenBy(first, 'first'));
    site.now = 30 * SECONDS;
    const many = await Promise.all(Array.from({ length: 50 }, async (_, index) => codeOf(verifier.verify(tokenBy(second, `x${index}`)))));
    expect(new Set(many)).toEqual(new Set(['NOT_AUTHENTIC']));
    expect(site.calls).toBe(2);
    site.now = 60 * SECONDS - 1;
    expect(await codeOf(verifier.verify(tokenBy(second, 'x')))).toBe('NOT_AUTHENTIC');
    expect(site.calls).toBe(2);
    site.now = 60 * SECONDS;
    expect(await codeOf(verifier.verify(tokenBy(second, 'x')))).toBe('NOT_AUTHENTIC');
    expect(site.calls).toBe(3);
  });

  test('within the cool-down asks nothing', async () => {
    const site = new Site([publishing(FIRST)]);
    const verifier = site.verifier();
    for (const kid of ['../../etc/passwd', 'https://attacker.example', "' OR 1=1 --"]) {
      expect(await codeOf(verifier.verify(tokenBy(second, kid)))).toBe('NOT_AUTHENTIC');
    }
    expect(site.calls).toBe(1);
  });

  test('is found when it has been published since', async () => {
    const site = new Site([publishing(FIRST), publishing(FIRST, SECOND)]);
    const verifier = site.verifier();
    expect(await codeOf(verifier.verify(tokenBy(second, 'second')))).toBe('NOT_AUTHENTIC');
    site.now = 30 * SECONDS;
    expect(await codeOf(verifier.verify(tokenBy(second, 'second')))).toBe('taken');
    expect(await codeOf(verifier.verify(tokenBy(first, 'first')))).toBe('taken');
  });

  test('asks again for nobody whose kid is known: a forged signature, another algorithm', async () => {
    const site = new Site([publishing(FIRST)]);
    const verifier = site.verifier();
    await verifier.verify(tokenBy(first, 'first'));
    site.now = 60 * SECONDS;
    expect(await codeOf(verifier.verify(tokenBy(second, 'first')))).toBe('NOT_AUTHENTIC');
    expect(await codeOf(verifier.verify(tokenOf({ alg: 'RS256', kid: 'first' }, {}, first)))).toBe('NOT_AUTHENTIC');
    expect(await codeOf(verifier.verify(tokenOf({ alg: 'RS256' }, {}, first)))).toBe('NOT_AUTHENTIC');
    expect(await codeOf(verifier.verify('a.b.c'))).toBe('NOT_AUTHENTIC');
    expect(site.calls).toBe(1);
  });

  test('while the URL fails is not authentic, and the set stays', async () => {
    const site = new Site([publishing(FIRST), failing()]);
    const verifier = site.verifier();
    await verifier.verify(tokenBy(first, 'first'));
    site.now = 30 * SECONDS;
    expect(await codeOf(verifier.verify(tokenBy(second, 'second')))).toBe('NOT_AUTHENTIC');
    expect(await codeOf(verifier.verify(tokenBy(first, 'first')))).toBe('taken');
    expect(site.calls).toBe(2);
  });
});

test('a clock that is set back keeps no set, and keeps nobody from asking', async () => {
  const site = new Site([publishing(FIRST), failing(), publishing(SECOND)]);
  const verifier = site.verifier();
  site.now = 100 * MINUTES;
  expect(await codeOf(verifier.verify(tokenBy(first, 'first')))).toBe('taken');
  site.now = 50 * MINUTES;
  // What it has, it has while the URL fails.
  expect([await codeOf(verifier.verify(tokenBy(first, 'first'))), site.calls]).toEqual(['taken', 2]);
  site.now = 40 * MINUTES;
  expect([await codeOf(verifier.verify(tokenBy(first, 'first'))), site.calls]).toEqual(['NOT_AUTHENTIC', 3]);
  expect([await codeOf(verifier.verify(tokenBy(second, 'second'))), site.calls]).toEqual(['taken', 3]);
});

test('a key that is no longer published is refused once the set is renewed', async () => {
  const site = new Site([publishing(FIRST, SECOND), publishing(SECOND)]);
  const verifier = site.verifier();
  expect(await codeOf(verifier.verify(tokenBy(first, 'first')))).toBe('taken');
  site.now = 10 * MINUTES;
  expect(await codeOf(verifier.verify(tokenBy(first, 'first')))).toBe('NOT_AUTHENTIC');
});

describe('while the URL fails', () => {
  test('the last set is used for an hour past its age, and then nothing is known', async () => {
    const site = new Site([publishing(FIRST), failing()]);
    const verifier = site.verifier();
    await verifier.verify(tokenBy(first, 'first'));
    site.now = 70 * MINUTES - 1;
    expect(await codeOf(verifier.verify(tokenBy(first, 'first')))).toBe('taken');
    site.now = 70 * MINUTES;
    expect(await codeOf(verifier.verify(tokenBy(first, 'first')))).toBe('KEYS_UNAVAILABLE');
    site.now += 30 * SECONDS;
    site.answer(publishing(FIRST));
    expect(await codeOf(verifier.verify(tokenBy(first, 'first')))).toBe('taken');
  });

  test('it is asked once per cool-down, from the first try on', async () => {
    const site = new Site([failing()]);
    const verifier = site.verifier();
    for (let turn = 0; turn < 10; turn++) expect(await codeOf(verifier.verify(tokenBy(first, 'first')))).toBe('KEYS_UNAVAILABLE');
    expect(site.calls).toBe(1);
    site.now = 30 * SECONDS;
    expect(await codeOf(verifier.verify(tokenBy(first, 'first')))).toBe('KEYS_UNAVAILABLE');
    expect(site.calls).toBe(2);
    site.now = 60 * SECONDS;
    site.answer(publishing(FIRST));
    expect(await codeOf(verifier.verify(tokenBy(first, 'first')))).toBe('taken');
  });

  test('what is no token is refused as that, without asking', async () => {
    const site = new Site([failing()]);
    const verifier = site.verifier();
    for (const token of ['', 'a.b.c', 'a.b', 'x'.repeat(20_000), tokenOf({ alg: 'ES256', crit: ['x'], x: 1 }, {}, first)]) {
      expect(await codeOf(verifier.verify(token))).not.toBe('KEYS_UNAVAILABLE');
    }
    expect(site.calls).toBe(0);
  });

  test('the error says where, and why', async () => {
    const site = new Site([failing()]);
    await expect(site.remote().preload()).rejects.toMatchObject({
      code: 'ERR_KEYSMITH_KEYS_UNAVAILABLE', message: expect.stringContaining(`${URL_OF_SET} cannot be had: fetch failed`), cause: expect.any(TypeError),
    });
  });

  test.each<[string, object, string]>([
    ['a connection that was refused', new Error('connect ECONNREFUSED 192.0.2.1:443'), 'connect ECONNREFUSED 192.0.2.1:443'],
    // Node names the code alone, where it has tried several addresses.
    ['at every address', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['a cause that says nothing', {}, 'fetch failed'],
  ])('of %s too', async (_, cause, reason) => {
    const site = new Site([() => { throw new TypeError('fetch failed', { cause }); }]);
    await expect(site.remote().preload()).rejects.toThrow(`the key set at ${URL_OF_SET} cannot be had: ${reason}`);
  });
});

describe('answers that are no key set', () => {
  /** It ends at last: who reads all of it is to fail the test, not to fill the machine. */
  const streamed = (chunks: number) => {
    let given = 0;
    return new ReadableStream({
      pull(controller) {
        if (given++ < chunks) controller.enqueue(new Uint8Array(65_536).fill(0x20));
        else controller.close();
      },
    });
  };
  test.each<[string, () => Response, RegExp]>([
    ['status 404', () => new Response('{"keys":[]}', { status: 404 }), /status 404/],
    ['status 500', () => new Response('', { status: 500 }), /status 500/],
    ['status 204', () => new Response(null, { status: 204 }), /status 204/],
    ['HTML', () => new Response('<!doctype html><title>Sign in</title>'), /no JSON object/],
    ['nothing', () => new Response(''), /no JSON object/],
    ['half of it', () => new Response('{"keys":['), /no JSON object/],
    ['a list of keys', () => Response.json([FIRST]), /no JSON object/],
    ['a key', () => Response.json(FIRST), /array of 'keys'/],
    ['keys that are an object', () => Response.json({ keys: { first: FIRST } }), /array of 'keys'/],
    ['keys twice', () => new Response(`{"keys":[],"keys":[${JSON.stringify(FIRST)}]}`), /no JSON object/],
    ['what does not end', () => new Response(streamed(1_000)), /more than 524288 bytes/],
    ['a set that is too large', () => Response.json({ keys: [FIRST], pad: 'x'.repeat(524_288) }), /more than 524288 bytes/],
  ])('%s', async (_, answer, why) => {
    const site = new Site([answer]);
    await expect(site.remote().preload()).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KEYS_UNAVAILABLE', message: expect.stringMatching(why) });
  });

  test('what cannot be read of a set is passed over', async () => {
    const site = new Site([publishing(null as never, { kty: 'oct', k: 'c2VjcmV0' }, { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'bad' }, FIRST)]);
    expect(await codeOf(site.verifier().verify(tokenBy(first, 'first')))).toBe('taken');
  });

  test('an empty set is a set: it has no key', async () => {
    expect(await codeOf(new Site([publishing()]).verifier().verify(tokenBy(first, 'first')))).toBe('NOT_AUTHENTIC');
  });
});

test('an answer that does not come is given up, whether or not fetch heeds its signal', async () => {
  const never = async () => new Promise<Response>(() => undefined);
  const started = Date.now();
  await expect(new Site([never]).remote({ timeoutMs: 50 }).preload()).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KEYS_UNAVAILABLE' });
  expect(Date.now() - started).toBeLessThan(5000);
});

test('one who aborts leaves the others waiting for the same answer', async () => {
  let answer = (_: Response): void => undefined;
  const site = new Site([async () => new Promise<Response>((resolve) => { answer = resolve; })]);
  const verifier = site.verifier();
  const controller = new AbortController();
  const aborted = verifier.verify(tokenBy(first, 'first'), { abortSignal: controller.signal });
  const waiting = verifier.verify(tokenBy(first, 'first'));
  controller.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  answer(publishing(FIRST)());
  expect(await codeOf(waiting)).toBe('taken');
  expect(site.calls).toBe(1);
});

describe('URLs that are refused', () => {
  test.each([
    'http://tokens.example/jwks.json', 'http://127.0.0.1.attacker.example/', 'http://localhost.attacker.example/', 'ftp://tokens.example/', 'data:application/json,{"keys":[]}',
    'file:///etc/passwd', 'https://user:password@tokens.example/', 'https://user@tokens.example/', 'tokens.example', '', undefined, new URL(URL_OF_SET),
  ])('%s', (url) => {
    expect(() => createRemoteJwks({ url: url as string })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
  });

  test.each(['http://127.0.0.1:8080/', 'http://localhost/', 'http://[::1]:1/', URL_OF_SET])('%s is taken', (url) => {
    expect(createRemoteJwks({ url }).url).toBe(url);
  });
});

test.each(['timeoutMs', 'maxBytes', 'maxAgeMs', 'cooldownMs', 'staleMs'])('%s takes a whole number', (name) => {
  for (const value of [-1, 1.5, NaN, '1', null]) {
    expect(() => createRemoteJwks({ url: URL_OF_SET, [name]: value })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
  }
});

describe('over HTTP, with the fetch of Node', () => {
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let url: string;
  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => { server.close(resolve); });
  });
  const unavailable = (options: object = {}) => expect(createRemoteJwks({ url, ...options }).preload()).rejects
    .toMatchObject({ code: 'ERR_KEYSMITH_KEYS_UNAVAILABLE' });

  test('a set is fetched', async () => {
    answer = (_, response) => response.end(JSON.stringify({ keys: [FIRST] }));
    expect(await createRemoteJwks({ url }).keySet()).toEqual({ keys: [FIRST] });
  });

  test('a redirect is not followed', async () => {
    let asked = 0;
    answer = (_, response) => {
      asked++;
      response.writeHead(302, { location: '/elsewhere' }).end();
    };
    await unavailable();
    expect(asked).toBe(1);
  });

  test('a small answer that unpacks to a large one is too large', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(`{"keys":[]${' '.repeat(2_000_000)}}`));
    await unavailable();
  });

  test('an answer that trickles is given up in time', async () => {
    answer = (_, response) => {
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
    };
    await unavailable({ timeoutMs: 150 });
  });

  test('a connection that breaks', async () => {
    answer = (request) => request.socket.destroy();
    await unavailable();
  });
});

import { createHash } from 'node:crypto';
import { createHttpSigner, createHttpVerifier, createRemoteJwks, fetchJwks } from '../../../src/runtime';
import type { HttpFields, HttpRequestParts, HttpResponseParts, HttpSignerOptions, HttpVerifierOptions, PublishedJwkSet } from '../../../src/runtime';
import { codeOf, ecKeys, jwkOf, signatureOver } from '../tokens/support/raw-token';
import { TokenKeys } from '../tokens/support/token-keys';

const NOW = 1_800_000_000;
const now = () => NOW * 1000;
const REQUEST: HttpRequestParts = {
  method: 'POST', url: 'https://api.example/bills?year=2026', headers: { 'content-type': 'application/json', 'date': 'today' }, body: Buffer.from('{"amount":17}'),
};
const RESPONSE: HttpResponseParts = { status: 201, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"bill":1}') };
const OF_REQUESTS = ['@method', '@target-uri', 'content-type', 'content-digest'];
const OF_RESPONSES = ['@status', 'content-type', 'content-digest', '@method;req', '@target-uri;req'];

/** One of each kind, and those that RFC 9421 has no name for; tokens try all. */
const ALGORITHMS = ['ES256', 'ES384', 'ES256K', 'PS512', 'RS256', 'EdDSA', 'ML-DSA-65'] as const;

let keys: TokenKeys;
let jwks: PublishedJwkSet;
beforeAll(async () => {
  keys = await TokenKeys.start(ALGORITHMS);
  jwks = await fetchJwks([keys.key('ES256')]);
});
afterAll(() => keys.stop());

const signer = (more: Partial<HttpSignerOptions> = {}) => createHttpSigner({ ...keys.key('ES256'), now, ...more });
const verifier = (more: Partial<HttpVerifierOptions> = {}) => createHttpVerifier({ keys: jwks, requiredComponents: OF_REQUESTS, now, ...more });

const withFields = <Parts extends { headers: HttpFields }>(parts: Parts, fields: Record<string, string>): Parts => (
  { ...parts, headers: { ...parts.headers as object, ...fields } }
);
const signedRequest = async (more: Partial<HttpSignerOptions> = {}, request = REQUEST) => (
  withFields(request, await signer(more).signRequest(request))
);
const signedResponse = async (more: Partial<HttpSignerOptions> = {}) => withFields(RESPONSE, await signer(more).signResponse(RESPONSE, REQUEST));

describe.each(ALGORITHMS)('%s', (algorithm) => {
  test('signs a request and a response, which are verified with the set that publishes the key', async () => {
    const key = keys.key(algorithm);
    const set = await fetchJwks([key]);
    const own = createHttpSigner({ ...key, now, verifyAfterSign: true });
    const request = withFields(REQUEST, await own.signRequest(REQUEST));
    const response = withFields(RESPONSE, await own.signResponse(RESPONSE, REQUEST));
    const [{ kid }] = set.keys;
    expect(await createHttpVerifier({ keys: set, requiredComponents: OF_REQUESTS, now }).verifyRequest(request)).toEqual({
      kid, label: 'sig1', created: NOW, components: ['"@method"', '"@target-uri"', '"content-type"', '"content-digest"'],
    });
    const other = createHttpVerifier({ keys: set, requiredComponents: OF_RESPONSES, now });
    expect(await other.verifyResponse(response, REQUEST)).toMatchObject({ kid, components: ['"@status"', '"content-type"', '"content-digest"', '"@method";req', '"@target-uri";req'] });
    expect(await codeOf(other.verifyResponse({ ...response, status: 200 }, REQUEST))).toBe('NOT_AUTHENTIC');
    expect(request.headers).toMatchObject({ 'signature-input': expect.stringMatching(/;created=1800000000;keyid="[\w-]+"$/) });
  });
});

describe('what a signer does', () => {
  test('it makes the digest of the content, of none too, and leaves one that is there as it is', async () => {
    const digestOf = (hash: string, body: string) => createHash(hash).update(body).digest('base64');
    expect(await signer().signRequest(REQUEST)).toMatchObject({ 'content-digest': `sha-256=:${digestOf('sha256', '{"amount":17}')}:` });
    const { body: _, ...bare } = REQUEST;
    expect(await signer().signRequest(bare)).toMatchObject({ 'content-digest': `sha-256=:${digestOf('sha256', '')}:` });
    const given = withFields(REQUEST, { 'Content-Digest': `sha-512=:${digestOf('sha512', '{"amount":17}')}:` });
    expect(await signer().signRequest(given)).not.toHaveProperty('content-digest');
    const wrong = withFields(REQUEST, { 'Content-Digest': `sha-512=:${digestOf('sha512', 'other')}:` });
    await expect(signer().signRequest(wrong)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining('content-digest') });
  });

  test('it covers a content type by default where there is one, and otherwise what it is told', async () => {
    const { 'signature-input': input } = await signer().signResponse({ status: 204, headers: {} });
    expect(input).toMatch(/^sig1=\("@status" "content-digest"\);/);
    const chosen = signer({ components: ['Date', '"@query-param";name="year"'], label: 'mine', tag: 'bills', expiresSeconds: 60 });
    expect((await chosen.signRequest(REQUEST))['signature-input']).toMatch(/^mine=\("date" "@query-param";name="year"\);created=1800000000;expires=1800000060;keyid="[^"]+";tag="bills"$/);
  });

  test('it adds to signatures that are there', async () => {
    const once = await signedRequest();
    const twice = withFields(once, await signer({ label: 'proxy', components: ['signature;key="sig1"'] }).signRequest(once));
    expect(Object.keys(twice.headers).filter((name) => name.startsWith('signature'))).toEqual(['signature-input', 'signature']);
    expect((await verifier().verifyRequest(twice)).label).toBe('sig1');
    expect((await verifier({ requiredComponents: ['signature;key="sig1"'] }).verifyRequest(twice)).label).toBe('proxy');
    await expect(signer().signRequest(once)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining('"sig1"') });
  });

  test('where it may not sign with the active key, the next generation does, under its own name', async () => {
    const { keyArn, kms } = keys.key('ES256');
    const signFor = async (input: any, options: any) => {
      if (input.KeyId === keyArn) return kms.sign(input, options);
      throw Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    };
    const both = { sign: signFor, getPublicKey: kms.getPublicKey.bind(kms) } as typeof kms;
    const old = createHttpSigner({ ...keys.key('ES384'), kms: both, now, generations: [{ name: 'next', keyArn, algorithm: 'ES256' }] });
    expect((await verifier().verifyRequest(withFields(REQUEST, await old.signRequest(REQUEST)))).kid).toBe(jwks.keys[0].kid);
  });

  test.each<[string, Partial<HttpRequestParts>, Partial<HttpSignerOptions>, RegExp]>([
    ['a component that the message does not have', {}, { components: ['x-nothing'] }, /no field for the component "x-nothing"/],
    ['one of a response', {}, { components: ['@status'] }, /"@status" is none that a request has/],
    ['one of the request that a request answers', {}, { components: ['@method;req'] }, /"@method";req/],
    ['a component twice', {}, { components: ['date', 'Date'] }, /covered twice/],
    ['a component twice, its parameters in another order', { trailers: { a: 'b=1' } }, { components: ['a;tr;key="b"', 'a;key="b";tr'] }, /covered twice/],
    ['a URL that is none', { url: '/bills' }, {}, /'url' of the request is "\/bills"/],
    ['a URL of another kind', { url: 'ftp://api.example/' }, {}, /'url' of the request/],
    ['a method that is none', { method: 'G T' }, {}, /'method'/],
    ['a body that is an object', { body: { bill: 17 } as never }, {}, /the body of the request is of type Object: give a Uint8Array or a string/],
    ['a body with half a character', { body: '\ud800' }, {}, /the body of the request holds a lone surrogate/],
    ['a value with a line end', { headers: { date: 'a\r\nb: c' } }, {}, /has a value that no field can have/],
    ['a name that is none', { headers: { 'a b': 'c' } }, {}, /a name is "a b", and none of a field/],
    ['headers that are text', { headers: 'date: today' as never }, {}, /the headers of the request are of type String/],
    ['none at all', { headers: undefined as never }, {}, /the request has no 'headers'/],
  ])('it refuses %s, before any call', async (_, parts, options, message) => {
    const kms = { sign: async () => { throw new Error('called'); }, getPublicKey: keys.key('ES256').kms.getPublicKey } as never;
    await expect(createHttpSigner({ ...keys.key('ES256'), kms, kid: 'k', now, ...options }).signRequest({ ...REQUEST, ...parts }))
      .rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(message) });
  });

  test.each<[string, object, RegExp]>([
    ['a label that is none', { label: 'Sig 1' }, /'label' is "Sig 1"/],
    ['a tag that is not ASCII', { tag: 'd\u00e9j\u00e0' }, /'tag'/],
    ['seconds that are none', { expiresSeconds: 0 }, /'expiresSeconds'/],
    ['components that are no list', { components: '@method' }, /'components' is of type String/],
    ['a key that JOSE has no name for', { algorithm: 'Ed25519ph' }, /Ed25519ph/],
  ])('it refuses %s', (_, options, message) => {
    expect(() => signer(options as never)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(message) }));
  });

  test('a body may be text, and stands for its UTF-8', async () => {
    const text = '{"due":"120,00 \u20ac"}';
    const [asText, asBytes] = [text, Buffer.from(text)].map((body) => ({ ...REQUEST, body }));
    expect(await codeOf(verifier().verifyRequest(withFields(asBytes, await signer().signRequest(asText))))).toBe('taken');
    expect(await codeOf(verifier().verifyRequest(withFields(asText, await signer().signRequest(asBytes))))).toBe('taken');
    expect(await codeOf(verifier().verifyRequest({ ...withFields(asText, await signer().signRequest(asText)), body: text.replace('120', '12') }))).toBe('NOT_AUTHENTIC');
  });

  test('what is covered may be changed right after the call', async () => {
    const headers = { ...REQUEST.headers as Record<string, string> };
    const body = Buffer.from(REQUEST.body!);
    const pending = signer().signRequest({ ...REQUEST, headers, body });
    headers['content-type'] = 'text/html';
    body.fill(0);
    expect(await codeOf(verifier().verifyRequest(withFields(REQUEST, await pending)))).toBe('taken');
  });

  test('of a key for EdDSA, more than KMS takes is said before the call', async () => {
    const long = { ...REQUEST, url: `https://api.example/?${'a'.repeat(4100)}` };
    await expect(createHttpSigner({ ...keys.key('EdDSA'), now }).signRequest(long)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(/components that are covered come to \d+ bytes/) });
  });
});

describe('tampering has one answer', () => {
  const verdict = async (change: (request: HttpRequestParts) => HttpRequestParts) => codeOf(verifier().verifyRequest(change(await signedRequest())));
  const edited = (name: string, edit: (text: string) => string) => (request: HttpRequestParts) => (
    withFields(request, { [name]: edit((request.headers as Record<string, string>)[name]) })
  );
  const input = (edit: (text: string) => string) => edited('signature-input', edit);
  const signature = (edit: (text: string) => string) => edited('signature', edit);

  test.each<[string, (request: HttpRequestParts) => HttpRequestParts, string]>([
    ['nothing', (request) => request, 'taken'],
    ['a field that is not covered', (request) => withFields(request, { date: 'tomorrow' }), 'taken'],
    ['the method', (request) => ({ ...request, method: 'PUT' }), 'NOT_AUTHENTIC'],
    ['the query', (request) => ({ ...request, url: 'https://api.example/bills?year=2027' }), 'NOT_AUTHENTIC'],
    ['the host', (request) => ({ ...request, url: 'https://evil.example/bills?year=2026' }), 'NOT_AUTHENTIC'],
    ['the content type', (request) => withFields(request, { 'content-type': 'text/html' }), 'NOT_AUTHENTIC'],
    ['the body', (request) => ({ ...request, body: Buffer.from('{"amount":18}') }), 'NOT_AUTHENTIC'],
    ['no body', ({ body: _, ...request }) => request, 'NOT_AUTHENTIC'],
    ['the body and its digest', (request) => withFields({ ...request, body: Buffer.from('x') }, { 'content-digest': `sha-256=:${createHash('sha256').update('x').digest('base64')}:` }), 'NOT_AUTHENTIC'],
    ['a digest that nobody knows', (request) => withFields(request, { 'content-digest': 'md5=:1B2M2Y8AsgTpgAmY7PhCfg==:' }), 'NOT_AUTHENTIC'],
    ['when it was made', input((text) => text.replace('created=1800000000', 'created=1800000001')), 'NOT_AUTHENTIC'],
    ['an end that was added', input((text) => `${text};expires=1900000000`), 'NOT_AUTHENTIC'],
    ['a component that is left out', input((text) => text.replace(' "content-digest"', '')), 'NOT_AUTHENTIC'],
    ['components in another order', input((text) => text.replace('"@method" "@target-uri"', '"@target-uri" "@method"')), 'NOT_AUTHENTIC'],
    ['another key', input((text) => text.replace(/keyid="[^"]*"/, 'keyid="other"')), 'NOT_AUTHENTIC'],
    ['a keyid that is a number', input((text) => text.replace(/keyid="[^"]*"/, 'keyid=1')), 'NOT_AUTHENTIC'],
    ['an algorithm', input((text) => `${text};alg="hmac-sha256"`), 'NOT_AUTHENTIC'],
    ['a name of JOSE', input((text) => `${text};alg="ES256"`), 'NOT_AUTHENTIC'],
    ['none', input((text) => `${text};alg="none"`), 'NOT_AUTHENTIC'],
    ['another label', input((text) => text.replace('sig1', 'sig2')), 'NOT_AUTHENTIC'],
    ['a parameter twice', input((text) => text.replace('created=1800000000', 'created=1;created=1800000000')), 'NOT_AUTHENTIC'],
    ['a signature twice', (request) => signature((text) => `sig1=:AAAA:, ${text}`)(request), 'NOT_AUTHENTIC'],
    ['its input twice', input((text) => `sig1=(), ${text}`), 'NOT_AUTHENTIC'],
    ['what is no dictionary', input(() => '"text"'), 'NOT_AUTHENTIC'],
    ['what is no list', input(() => 'sig1="@method"'), 'NOT_AUTHENTIC'],
    ['a signature that is no bytes', signature(() => 'sig1="text"'), 'NOT_AUTHENTIC'],
    ['none at all', signature(() => 'sig1=::'), 'NOT_AUTHENTIC'],
    ['base64 with other bits at its end', signature((text) => text.replace(/(.)==:$/, (_, last: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}==:`)), 'NOT_AUTHENTIC'],
    ['base64 without padding', signature((text) => text.replace('==:', ':')), 'NOT_AUTHENTIC'],
    ['a signature in DER', signature((text) => `sig1=:${Buffer.concat([Buffer.from('30440220', 'hex'), Buffer.from(text.slice(6, -1), 'base64')]).toString('base64')}:`), 'NOT_AUTHENTIC'],
    ['no signature', (request) => { const { signature: _, ...headers } = request.headers as Record<string, string>; return { ...request, headers }; }, 'FORMAT'],
    ['no input', (request) => { const { 'signature-input': _, ...headers } = request.headers as Record<string, string>; return { ...request, headers }; }, 'FORMAT'],
    ['a signature of any length', signature((text) => `${text}, a=:${'A'.repeat(33_000)}:`), 'LIMIT'],
    ['any number of signatures', input((text) => `${text}, ${Array.from({ length: 16 }, (_, index) => `s${index}=()`).join(', ')}`), 'LIMIT'],
  ])('%s', async (_, change, expected) => {
    expect(await verdict(change)).toBe(expected);
  });

  test('any one character of the two fields', async () => {
    const request = await signedRequest({ tag: 'bills' });
    const codes = new Set<string>();
    for (const name of ['signature-input', 'signature']) {
      const text = (request.headers as Record<string, string>)[name];
      for (let at = 0; at < text.length; at++) {
        const other = text[at] === 'x' ? 'y' : 'x';
        codes.add(await codeOf(verifier({ tag: 'bills' }).verifyRequest(withFields(request, { [name]: text.slice(0, at) + other + text.slice(at + 1) }))));
      }
    }
    expect([...codes]).toEqual(['NOT_AUTHENTIC']);
  });

  test('a response for another request, or of another status', async () => {
    const response = await signedResponse();
    const ofResponses = verifier({ requiredComponents: OF_RESPONSES });
    const verdictOf = (parts: HttpResponseParts, request: HttpRequestParts) => codeOf(ofResponses.verifyResponse(parts, request));
    expect(await verdictOf(response, REQUEST)).toBe('taken');
    expect(await verdictOf(response, { ...REQUEST, url: 'https://api.example/bills?year=2025' })).toBe('NOT_AUTHENTIC');
    expect(await verdictOf(response, { ...REQUEST, method: 'GET' })).toBe('NOT_AUTHENTIC');
    expect(await verdictOf({ ...response, status: 200 }, REQUEST)).toBe('NOT_AUTHENTIC');
  });
});

describe('what a verifier asks for', () => {
  test('what has to be covered, by whatever order of parameters, and by nothing less', async () => {
    const request = await signedRequest({ components: ['@method', 'content-type;bs', 'content-digest;key="sha-256"'] }, withFields(REQUEST, { 'content-digest': `sha-256=:${createHash('sha256').update(REQUEST.body!).digest('base64')}:` }));
    const verdict = (...requiredComponents: string[]) => codeOf(verifier({ requiredComponents }).verifyRequest(request));
    expect(await verdict()).toBe('taken');
    expect(await verdict('@method', '"content-type";bs')).toBe('taken');
    expect(await verdict('content-type')).toBe('NOT_AUTHENTIC');
    expect(await verdict('content-digest')).toBe('NOT_AUTHENTIC');
    expect(await verdict('content-digest;key="sha-256"')).toBe('taken');
    expect(await codeOf(verifier({ requiredComponents: [] }).verifyRequest({ ...request, body: Buffer.from('other') }))).toBe('NOT_AUTHENTIC');
  });

  test.each([
    ['one that is broken, or that nobody knows, says nothing of the content', 'md5=:3v0+Yw==:', 'NOT_AUTHENTIC'],
    ['nor does none', '', 'NOT_AUTHENTIC'],
    ['of two, both have to be right', `sha-256=:${createHash('sha256').update('{"amount":17}').digest('base64')}:, sha-512=:AAAA:`, 'NOT_AUTHENTIC'],
    ['but not one that nobody knows', `sha-256=:${createHash('sha256').update('{"amount":17}').digest('base64')}:, md5=:AAAA:`, 'taken'],
  ])('digests that are signed: %s', async (_, digest, expected) => {
    const { body, ...bare } = withFields(REQUEST, { 'content-digest': digest });
    // Without the content, a signer takes the digest for true.
    expect(await codeOf(verifier().verifyRequest({ ...withFields(bare, await signer().signRequest(bare)), body }))).toBe(expected);
    expect(await codeOf(signer().signRequest({ ...bare, body }))).toBe(expected === 'taken' ? 'taken' : 'INPUT');
  });

  test.each<[number, Partial<HttpSignerOptions>, Partial<HttpVerifierOptions>, string]>([
    [0, {}, {}, 'taken'],
    [359, {}, {}, 'taken'],
    [360, {}, {}, 'EXPIRED'],
    [-60, {}, {}, 'taken'],
    [-61, {}, {}, 'CLAIMS'],
    [300, {}, { toleranceSeconds: 0, maxAgeSeconds: 301 }, 'taken'],
    [301, {}, { toleranceSeconds: 0, maxAgeSeconds: 301 }, 'EXPIRED'],
    [89, { expiresSeconds: 30 }, {}, 'taken'],
    [90, { expiresSeconds: 30 }, {}, 'EXPIRED'],
  ])('%i seconds after it was made, by %j for %j: %s', async (seconds, options, asked, expected) => {
    const request = await signedRequest(options);
    expect(await codeOf(verifier({ now: () => (NOW + seconds) * 1000, ...asked }).verifyRequest(request))).toBe(expected);
  });

  /** Of a signature over the method with these parameters, and made from primitives alone. */
  const verdictOn = async (params: string, method = 'POST') => {
    const pair = ecKeys();
    const input = `("@method")${params}`;
    const signature = Buffer.from(signatureOver(`"@method": ${method}\n"@signature-params": ${input}`, pair), 'base64url').toString('base64');
    const own = verifier({ keys: jwkOf(pair, { kid: 'k', alg: 'ES256' }), requiredComponents: ['@method'] });
    return codeOf(own.verifyRequest(withFields(REQUEST, { 'signature-input': `a=${input}`, 'signature': `a=:${signature}:` })));
  };

  test('a signature that does not say when it was made is refused as such, when it is authentic', async () => {
    expect(await verdictOn(';keyid="k"')).toBe('CLAIMS');
    expect(await verdictOn(';keyid="k"', 'GET')).toBe('NOT_AUTHENTIC');
  });

  test.each([
    ['its own', ';alg="ecdsa-p256-sha256"', 'taken'],
    ['that of another', ';alg="ecdsa-p384-sha384"', 'NOT_AUTHENTIC'],
    ['that of a MAC', ';alg="hmac-sha256"', 'NOT_AUTHENTIC'],
    ['that of JOSE, which RFC 9421 does not let stand there', ';alg="ES256"', 'NOT_AUTHENTIC'],
    ['a token, not text', ';alg=ecdsa-p256-sha256', 'NOT_AUTHENTIC'],
    ['none, beside what nobody knows', ';other=1', 'taken'],
    ['none, and no key', '', 'taken', ''],
  ])('an authentic signature that names an algorithm: %s', async (_, params, expected, keyId = ';keyid="k"') => {
    expect(await verdictOn(`;created=${NOW}${keyId}${params}`)).toBe(expected);
  });

  test('a tag, where one is asked for; and of several signatures the one that has it', async () => {
    const tagged = await signedRequest({ tag: 'bills' });
    expect(await codeOf(verifier({ tag: 'bills' }).verifyRequest(tagged))).toBe('taken');
    expect(await codeOf(verifier({ tag: 'orders' }).verifyRequest(tagged))).toBe('NOT_AUTHENTIC');
    expect(await codeOf(verifier({ tag: 'bills' }).verifyRequest(await signedRequest()))).toBe('NOT_AUTHENTIC');
    const both = withFields(tagged, await signer({ label: 'sig2', tag: 'orders' }).signRequest(tagged));
    expect((await verifier({ tag: 'orders' }).verifyRequest(both)).label).toBe('sig2');
    expect(await verifier({ tag: 'bills' }).verifyRequest(both)).toMatchObject({ label: 'sig1', tag: 'bills' });
  });

  test('a key for RS256 verifies no other algorithm, whatever the signature says', async () => {
    const { keys: [jwk] } = await fetchJwks([keys.key('PS512')]);
    const own = createHttpSigner({ ...keys.key('PS512'), now });
    const request = withFields(REQUEST, await own.signRequest(REQUEST));
    expect(await codeOf(verifier({ keys: jwk }).verifyRequest(request))).toBe('taken');
    expect(await codeOf(verifier({ keys: { ...jwk, alg: 'RS256' } }).verifyRequest(request))).toBe('NOT_AUTHENTIC');
  });

  test('keys that cannot be had are said to be that', async () => {
    const remote = createRemoteJwks({ url: 'https://api.example/jwks.json', fetch: async () => { throw new Error('down'); } });
    expect(await codeOf(verifier({ keys: remote }).verifyRequest(await signedRequest()))).toBe('KEYS_UNAVAILABLE');
  });

  test.each<[string, object, RegExp]>([
    ['nothing said of what has to be covered', { requiredComponents: undefined }, /'requiredComponents' is not given/],
    ['a component that is none', { requiredComponents: ['@method;sf'] }, /"@method";sf/],
    ['an age that is none', { maxAgeSeconds: Infinity }, /'maxAgeSeconds'/],
    ['no key that verifies', { keys: { keys: [] } }, /'keys'/],
  ])('it refuses %s', (_, options, message) => {
    expect(() => verifier(options)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(message) }));
  });

  test('what no such message can have is a mistake of the caller', async () => {
    const response = await signedResponse();
    const refusal = (requiredComponents: string[], request?: HttpRequestParts) => verifier({ requiredComponents }).verifyResponse(response, request);
    await expect(refusal(OF_RESPONSES)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining('give the request that the response answers') });
    await expect(refusal(['@method'], REQUEST)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining("ask for '@method;req'") });
    await expect(verifier({ requiredComponents: ['@status'] }).verifyRequest(REQUEST)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
    // What the signature covers besides is up to whoever made it.
    expect(await codeOf(refusal(['@status']))).toBe('NOT_AUTHENTIC');
  });

  test('fields of any kind: Headers, pairs, lists of values', async () => {
    const { headers, ...request } = await signedRequest();
    const pairs = Object.entries(headers as Record<string, string>);
    const lists = Object.fromEntries(pairs.map(([name, value]) => [name.toUpperCase(), [value]]));
    const kinds: HttpFields[] = [new Headers(headers as Record<string, string>), pairs, lists];
    for (const fields of kinds) {
      expect(await codeOf(verifier().verifyRequest({ ...request, headers: fields }))).toBe('taken');
    }
  });
});

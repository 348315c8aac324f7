import { ed25519Key, EXAMPLES, KEYS, REQUEST, TRANSFORM_INPUT, TRANSFORM_SIGNATURE, TRANSFORMED } from './support/rfc9421';
import type { Example } from './support/rfc9421';
import type { HttpFields, HttpRequestParts, VerifiedHttp } from '../../../src/runtime';
import { createHttpSigner, createHttpVerifier } from '../../../src/runtime';
import { componentOf, valueOf } from '../../../src/runtime/http-signatures/components';
import { requestMessage, responseMessage } from '../../../src/runtime/http-signatures/http-message';
import { codeOf } from '../tokens/support/raw-token';

const CREATED = 1618884473;
const verifier = (requiredComponents: readonly string[] = [], more: object = {}) => (
  createHttpVerifier({ keys: KEYS, requiredComponents, now: () => (CREATED + 30) * 1000, ...more })
);

const signed = <Parts extends { headers: HttpFields }>(parts: Parts, { input, signature }: Pick<Example, 'input' | 'signature'>): Parts => {
  const { headers } = parts;
  const pairs = Symbol.iterator in headers ? [...headers as Iterable<[string, string]>] : Object.entries(headers as Record<string, string>);
  return { ...parts, headers: [...pairs, ['Signature-Input', input], ['Signature', signature]] };
};

const verify = (example: Example, required: readonly string[] = []): Promise<VerifiedHttp> => (
  example.response
    ? verifier(required).verifyResponse(signed(example.response, example), example.request)
    : verifier(required).verifyRequest(signed(example.request!, example))
);

describe('the examples of the RFC', () => {
  test.each(EXAMPLES.map((example) => [example.section, example] as const))('%s', async (_, example) => {
    const [, label, covered, kid] = /^(.+?)=\((.*?)\);.*keyid="(.+?)"/.exec(example.input)!;
    const components = covered.split(' ').filter(Boolean);
    expect(await verify(example, components)).toMatchObject({ components, label, kid });
    // A bit of the signature is changed.
    const [before, letter] = [example.signature.slice(0, 20), example.signature[20]];
    expect(await codeOf(verify({ ...example, signature: `${before}${letter === 'A' ? 'B' : 'A'}${example.signature.slice(21)}` }))).toBe('NOT_AUTHENTIC');
  });

  test('what is signed here comes to the letter to the signature of the RFC, with the one algorithm that has no randomness', async () => {
    const key = { ...ed25519Key, now: () => CREATED * 1000 };
    const b26 = createHttpSigner({ ...key, label: 'sig-b26', components: ['date', '@method', '@path', '@authority', 'content-type', 'content-length'] });
    const { input, signature } = EXAMPLES.find(({ section }) => section.startsWith('B.2.6'))!;
    expect(await b26.signRequest(REQUEST)).toEqual({ 'signature-input': input, 'signature': signature });
    const transform = createHttpSigner({ ...key, label: 'transform', components: ['@method', '@path', '@authority', 'accept'] });
    expect(await transform.signRequest(TRANSFORMED)).toEqual({ 'signature-input': TRANSFORM_INPUT, 'signature': TRANSFORM_SIGNATURE });
  });

  test('4.3: of two signatures the one whose key is known is enough', async () => {
    const { input, signature, request } = EXAMPLES.at(-1)!;
    const both = signed(request!, { input: `sig1=("@method");created=${CREATED};keyid="unknown", ${input}`, signature: `sig1=:AAAA:, ${signature}` });
    expect(await verifier().verifyRequest(both)).toMatchObject({ label: 'proxy_sig', kid: 'test-key-rsa', expires: 1618884540 });
  });

  test('2.3: a name in the registry that is not that of the key is refused, though the signature is good', async () => {
    const { request, signature, input } = EXAMPLES.at(-1)!;
    const wrong = { keys: KEYS.keys.map((key) => (key.kid === 'test-key-rsa' ? { ...key, alg: 'RS512' } : key)) };
    expect(await codeOf(verifier([], { keys: wrong }).verifyRequest(signed(request!, { input, signature })))).toBe('NOT_AUTHENTIC');
  });
});

describe('B.4: what intermediaries may change, and what not', () => {
  const verdict = (change: Partial<HttpRequestParts>) => codeOf(verifier(['@method', '@path', '@authority', 'accept']).verifyRequest(signed({ ...TRANSFORMED, ...change }, {
    input: TRANSFORM_INPUT, signature: TRANSFORM_SIGNATURE,
  })));

  test.each<[string, Partial<HttpRequestParts>, string]>([
    ['a query that is not covered', { url: 'https://example.org/demo?name1=Value1&Name2=value2&param=added' }, 'taken'],
    ['fields in one line, and others gone', { headers: { accept: 'application/json, */*' } }, 'taken'],
    ['white space around a value', { headers: [['Accept', '   application/json'], ['Accept', '*/*\t ']] }, 'taken'],
    ['the port that the scheme implies, and letters of the host', { url: 'https://EXAMPLE.org:443/demo' }, 'taken'],
    ['another method, and another host', { method: 'POST', url: 'https://example.com/demo' }, 'NOT_AUTHENTIC'],
    ['fields in another order', { headers: [['Accept', '*/*'], ['Accept', 'application/json']] }, 'NOT_AUTHENTIC'],
    ['a field that is gone', { headers: [] }, 'NOT_AUTHENTIC'],
  ])('%s', async (_, change, expected) => {
    expect(await verdict(change)).toBe(expected);
  });
});

describe('values of components', () => {
  const of = (component: string, parts: Partial<HttpRequestParts>) => (
    valueOf(componentOf(component), requestMessage({ method: 'POST', url: 'https://www.example.com/path?param=value', headers: {}, ...parts }))
  );

  test.each<[string, string, Partial<HttpRequestParts>, string]>([
    ['2.2.1', '@method', {}, 'POST'],
    ['2.2.2', '@target-uri', {}, 'https://www.example.com/path?param=value'],
    ['2.2.2, without what is not sent', '@target-uri', { url: 'https://me:secret@www.example.com/path?a#part' }, 'https://www.example.com/path?a'],
    ['2.2.3', '@authority', {}, 'www.example.com'],
    ['2.2.3, another port', '@authority', { url: 'https://www.example.com:8443/' }, 'www.example.com:8443'],
    ['2.2.4', '@scheme', { url: 'http://www.example.com/' }, 'http'],
    ['2.2.5', '@request-target', {}, '/path?param=value'],
    ['2.2.5, an empty query', '@request-target', { url: 'https://www.example.com/path?' }, '/path?'],
    ['2.2.5, of a proxy', '@request-target', { requestTarget: 'https://www.example.com/path?param=value' }, 'https://www.example.com/path?param=value'],
    ['2.2.5, CONNECT', '@request-target', { method: 'CONNECT', url: 'http://www.example.com:80/' }, 'www.example.com:80'],
    ['2.2.5, OPTIONS', '@request-target', { method: 'OPTIONS', requestTarget: '*' }, '*'],
    ['2.2.6', '@path', {}, '/path'],
    ['2.2.6, none', '@path', { url: 'https://www.example.com' }, '/'],
    ['2.2.7', '@query', { url: 'https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman' }, '?param=value&foo=bar&baz=bat%2Dman'],
    ['2.2.7, without =', '@query', { url: 'https://www.example.com/path?queryString' }, '?queryString'],
    ['2.2.7, none', '@query', { url: 'https://www.example.com/path' }, '?'],
    ['2.2.8', '@query-param;name="baz"', { url: 'https://www.example.com/path?param=value&foo=bar&baz=batman&qux=' }, 'batman'],
    ['2.2.8, empty', '@query-param;name="qux"', { url: 'https://www.example.com/path?param=value&foo=bar&baz=batman&qux=' }, ''],
    ['2.2.8, encoded', '@query-param;name="bar"', { url: 'https://www.example.com/parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something' }, 'with%20plus%20whitespace'],
    ['2.2.8, a line end', '@query-param;name="var"', { url: 'https://www.example.com/parameters?var=this%20is%20a%20big%0Amultiline%20value' }, 'this%20is%20a%20big%0Amultiline%20value'],
    ['2.2.8, its name encoded', '@query-param;name="fa%C3%A7ade%22%3A%20"', { url: 'https://www.example.com/parameters?fa%C3%A7ade%22%3A%20=something' }, 'something'],
    ['2.2.8, what encodeURIComponent leaves', '@query-param;name="a"', { url: "https://www.example.com/?a=!'()*-._~" }, '%21%27%28%29*-._%7E'],
    ['2.1', 'x-ows-header', { headers: { 'X-OWS-Header': '   Leading and trailing whitespace.   ' } }, 'Leading and trailing whitespace.'],
    ['2.1, folded', 'x-obs-fold-header', { headers: { 'X-Obs-Fold-Header': 'Obsolete\r\n    line folding.' } }, 'Obsolete line folding.'],
    ['2.1, repeated', 'cache-control', { headers: [['Cache-Control', 'max-age=60'], ['Cache-Control', '   must-revalidate']] }, 'max-age=60, must-revalidate'],
    ['2.1, empty', 'x-empty-header', { headers: { 'X-Empty-Header': '' } }, ''],
    ['2.1.1', 'example-dict;sf', { headers: { 'Example-Dict': ' a=1,    b=2;x=1;y=2,   c=(a   b   c) ' } }, 'a=1, b=2;x=1;y=2, c=(a b c)'],
    ['2.1.1, a list', 'example-list;sf', { headers: { 'Example-List': 'a;q=1.50,a ,   (b  c)' } }, 'a;q=1.5, a, (b c)'],
    ['2.1.2', 'example-dict;key="a"', { headers: { 'Example-Dict': '  a=1, b=2;x=1;y=2, c=(a   b    c), d' } }, '1'],
    ['2.1.2, true', 'example-dict;key="d"', { headers: { 'Example-Dict': '  a=1, b=2;x=1;y=2, c=(a   b    c), d' } }, '?1'],
    ['2.1.2, parameters', 'example-dict;key="b"', { headers: { 'Example-Dict': '  a=1, b=2;x=1;y=2, c=(a   b    c), d' } }, '2;x=1;y=2'],
    ['2.1.2, a list', 'example-dict;key="c"', { headers: { 'Example-Dict': '  a=1, b=2;x=1;y=2, c=(a   b    c), d' } }, '(a b c)'],
    ['2.1.3', 'example-header;bs', { headers: [['Example-Header', 'value, with, lots'], ['Example-Header', 'of, commas']] }, ':dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:'],
    ['2.1.3, one line', 'example-header;bs', { headers: { 'Example-Header': 'value, with, lots, of, commas' } }, ':dmFsdWUsIHdpdGgsIGxvdHMsIG9mLCBjb21tYXM=:'],
    ['2.1.3, not ASCII', 'example-header;bs', { headers: { 'Example-Header': 'd\u00e9j\u00e0' } }, `:${Buffer.from('d\u00e9j\u00e0', 'latin1').toString('base64')}:`],
    ['2.1.4', 'expires;tr', { trailers: { Expires: 'Wed, 9 Nov 2022 07:28:00 GMT' } }, 'Wed, 9 Nov 2022 07:28:00 GMT'],
  ])('%s: %s', (_, component, parts, expected) => {
    expect(of(component, parts)).toBe(expected);
  });

  test('2.2.9: the status, and of the request that it answers', () => {
    const message = responseMessage({ status: 204, headers: {} }, { method: 'GET', url: 'https://www.example.com/', headers: {} });
    expect(valueOf(componentOf('@status'), message)).toBe('204');
    expect(valueOf(componentOf('@method;req'), message)).toBe('GET');
  });

  test.each<[string, string, Partial<HttpRequestParts>]>([
    ['a status of a request', '@status', {}],
    ['what nobody knows', '@nothing', {}],
    ['the parameters of the signature', '@signature-params', {}],
    ['a field that is not there', 'date', {}],
    ['a field that is in the trailers only', 'expires', { trailers: { expires: '0' } }],
    ['a parameter of the query that is not there', '@query-param;name="a"', {}],
    ['one that is there twice', '@query-param;name="a"', { url: 'https://www.example.com/?a=1&a=2' }],
    ['one that is not UTF-8', '@query-param;name="a"', { url: 'https://www.example.com/?a=%ff' }],
    ['a parameter of a request about its request', '@method;req', {}],
    ['a member that is not there', 'example-dict;key="e"', { headers: { 'example-dict': 'a=1' } }],
    ['a member that is there twice', 'example-dict;key="a"', { headers: { 'example-dict': 'a=1, a=2' } }],
    ['a parameter that is there twice', 'example-dict;key="a"', { headers: { 'example-dict': 'a=1;b;b=2' } }],
    ['what is no dictionary', 'example-dict;key="a"', { headers: { 'example-dict': '"a"' } }],
    ['what is no structured field', 'date;sf', { headers: { date: 'Tue, 20 Apr 2021 02:07:55 GMT' } }],
    ['a decimal that would be written as an integer', 'example-list;sf', { headers: { 'example-list': '1.0' } }],
    ['what is not ASCII', 'example', { headers: { example: 'd\u00e9j\u00e0' } }],
  ])('%s is none', (_, component, parts) => {
    expect(() => of(component, parts)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
  });

  test.each([
    'Content Type', 'a";b', '@method;sf', '@method;key="a"', '@query-param', '@method;name="a"', 'date;name="a"', 'date;bs;sf', 'date;bs;key="a"', 'date;other', 'date;sf=1', 'date;key',
    'date;req=?0', '"Date"', '""', '"date" "age"', 'date;tr;tr', '"date";key="a";key="b"', '',
  ])('%s is no component', (text) => {
    expect(() => componentOf(text)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining('component') }));
  });
});

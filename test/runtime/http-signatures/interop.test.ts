import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createRequire } from 'node:module';
import { createHttpSigner, createHttpVerifier, fetchJwks, fetchPublicKey, publicKeyToPem } from '../../../src/runtime';
import type { HttpRequestParts, HttpResponseParts, JoseAlgorithm, PublicJwk } from '../../../src/runtime';
import { codeOf } from '../tokens/support/raw-token';
import { TokenKeys } from '../tokens/support/token-keys';

/*
 * Signatures go from here to two libraries by others, and back. Both take a request and a response bound to it; what each of them does not know is left out.
 */

const load = createRequire(__filename);
const { httpbis, createVerifier } = load('http-message-signatures') as any;
const sig = load('http-message-sig') as any;

const REQUEST = { method: 'POST', url: 'https://api.example/bills?year=2026&of=Kunde%20%C3%84', headers: { 'content-type': 'application/json', 'x-list': 'a,  b' } as Record<string, string>, body: Buffer.from('{"amount":17}') };
const RESPONSE = { status: 201, headers: { 'content-type': 'application/json' } as Record<string, string>, body: Buffer.from('{"bill":1}') };
const OF_REQUESTS = ['@method', '@target-uri', '@authority', '@scheme', '@request-target', '@path', '@query', 'content-type', 'x-list', 'content-digest', 'content-digest;key="sha-256"'];
const OF_RESPONSES = ['@status', 'content-type', 'content-digest', '@method;req', '@target-uri;req', 'content-type;req'];

/** What RFC 9421 calls it, and how node:crypto makes it. */
const ALGORITHMS: Partial<Record<JoseAlgorithm, readonly [name: string, hash: string | null, options: object]>> = {
  ES256: ['ecdsa-p256-sha256', 'sha256', { dsaEncoding: 'ieee-p1363' }],
  ES384: ['ecdsa-p384-sha384', 'sha384', { dsaEncoding: 'ieee-p1363' }],
  RS256: ['rsa-v1_5-sha256', 'sha256', {}],
  PS512: ['rsa-pss-sha512', 'sha512', { padding: 6, saltLength: 64 }],
  EdDSA: ['ed25519', null, {}],
};
const NAMES = Object.keys(ALGORITHMS) as Array<keyof typeof ALGORITHMS>;

let keys: TokenKeys;
beforeAll(async () => {
  keys = await TokenKeys.start(NAMES);
});
afterAll(() => keys.stop());

/** The private half of a pair of ours, so that the libraries can sign. */
const PAIRS: Partial<Record<JoseAlgorithm, () => { publicKey: KeyObject; privateKey: KeyObject }>> = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS512: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

const withFields = <Parts extends { headers: Record<string, string> }>(parts: Parts, fields: Record<string, string>): Parts => (
  { ...parts, headers: { ...parts.headers, ...fields } }
);
const lower = (headers: Record<string, unknown>): Record<string, string> => (
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
);

describe.each(NAMES)('%s', (algorithm) => {
  const [alg, hash, options] = ALGORITHMS[algorithm]!;

  const signedHere = async () => {
    const key = keys.key(algorithm);
    const pem = publicKeyToPem(await fetchPublicKey({ kms: keys.port(), keyArn: key.keyArn }));
    const { keys: [jwk] } = await fetchJwks([key]);
    const request = withFields(REQUEST, await createHttpSigner({ ...key, components: OF_REQUESTS }).signRequest(REQUEST));
    const response = withFields(RESPONSE, await createHttpSigner({ ...key, components: OF_RESPONSES }).signResponse(RESPONSE, REQUEST));
    return { pem, kid: jwk.kid, request, response };
  };

  test('http-message-signatures verifies what is signed here', async () => {
    const { pem, kid, request, response } = await signedHere();
    const own = { id: kid, algs: [alg], verify: createVerifier(pem, alg) };
    const config = { keyLookup: async ({ keyid }: { keyid: string }) => (keyid === kid ? own : null) };
    expect(await httpbis.verifyMessage(config, request)).toBe(true);
    expect(await httpbis.verifyMessage(config, response, REQUEST)).toBe(true);
    expect(await httpbis.verifyMessage(config, { ...response, status: 200 }, REQUEST).catch(() => false)).toBe(false);
  });

  test('http-message-sig verifies what is signed here', async () => {
    const { pem, kid, request, response } = await signedHere();
    const key = createPublicKey(pem);
    const own = (parts: { headers: Record<string, string> }) => Object.entries(parts.headers).map(([name, value]) => ({ name, value }));
    const asked = (required: string[]) => ({
      policy: { algorithms: [alg], requiredComponents: required, requiredParameters: ['created', 'keyid'], maxAge: 300 },
      resolveVerifier: ({ parameters }: any) => ({
        algorithm: alg,
        verify: (data: Uint8Array, signature: Uint8Array) => parameters.keyid === kid && verify(hash, data, { key, ...options }, signature),
      }),
    });
    const descriptor = { kind: 'request', method: 'POST', targetUri: REQUEST.url, requestTarget: '/bills?year=2026&of=Kunde%20%C3%84', fields: own(request) };
    expect(await sig.verifySignature(descriptor, asked(['@method', 'content-digest']))).toMatchObject({ label: 'sig1' });
    const answer = { kind: 'response', status: 201, fields: own(response), request: { ...descriptor, fields: own(REQUEST) } };
    expect(await sig.verifySignature(answer, asked(['@status']))).toMatchObject({ label: 'sig1' });
    await expect(sig.verifySignature({ ...answer, status: 200 }, asked(['@status']))).rejects.toThrow();
  });

  const theirs = () => {
    const { publicKey, privateKey } = PAIRS[algorithm]!();
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'theirs', alg: algorithm } as PublicJwk;
    const own = async (data: Uint8Array) => sign(hash, data, { key: createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })), ...options });
    return { jwk, own };
  };
  const verdicts = async (jwk: PublicJwk, request: HttpRequestParts, response: HttpResponseParts) => {
    const verifierFor = (requiredComponents: readonly string[]) => createHttpVerifier({ keys: jwk, requiredComponents });
    return [
      await codeOf(verifierFor(OF_REQUESTS).verifyRequest(request)),
      await codeOf(verifierFor(OF_REQUESTS).verifyRequest({ ...request, method: 'PUT' })),
      await codeOf(verifierFor(OF_RESPONSES).verifyResponse(response, REQUEST)),
      await codeOf(verifierFor(OF_RESPONSES).verifyResponse(response, { ...REQUEST, url: 'https://api.example/' })),
    ];
  };
  const DIGESTS = async () => {
    const { 'content-digest': ofRequest } = await createHttpSigner(keys.key(algorithm)).signRequest(REQUEST);
    const { 'content-digest': ofResponse } = await createHttpSigner(keys.key(algorithm)).signResponse(RESPONSE);
    return [withFields(REQUEST, { 'content-digest': ofRequest }), withFields(RESPONSE, { 'content-digest': ofResponse })] as const;
  };

  test('what http-message-signatures signs is verified here', async () => {
    const { jwk, own } = theirs();
    const [request, response] = await DIGESTS();
    const key = { id: 'theirs', alg, sign: own };
    const signedRequest = await httpbis.signMessage({ key, fields: OF_REQUESTS }, request);
    const signedResponse = await httpbis.signMessage({ key, fields: OF_RESPONSES }, response, REQUEST);
    expect(await verdicts(jwk, { ...request, headers: lower(signedRequest.headers) }, { ...response, headers: lower(signedResponse.headers) }))
      .toEqual(['taken', 'NOT_AUTHENTIC', 'taken', 'NOT_AUTHENTIC']);
  });

  test('what http-message-sig signs is verified here', async () => {
    const { jwk, own } = theirs();
    const [request, response] = await DIGESTS();
    const component = (text: string) => {
      const [name, parameter] = text.split(';');
      return parameter === undefined ? name : sig.component(name, parameter === 'req' ? { req: true } : { key: 'sha-256' });
    };
    const settings = (components: readonly string[]) => ({
      label: 'theirs', components: components.map(component), parameters: { created: Math.floor(Date.now() / 1000), keyid: 'theirs', alg }, signer: { algorithm: alg, sign: own },
    });
    const fieldsOf = ({ headers }: { headers: Record<string, string> }) => Object.entries(headers).map(([name, value]) => ({ name, value }));
    const descriptor = { kind: 'request', method: 'POST', targetUri: REQUEST.url, requestTarget: '/bills?year=2026&of=Kunde%20%C3%84', fields: fieldsOf(request) };
    const ofRequest = await sig.createSignature(descriptor, settings(OF_REQUESTS));
    const ofResponse = await sig.createSignature({ kind: 'response', status: 201, fields: fieldsOf(response), request: { ...descriptor, fields: fieldsOf(REQUEST) } }, settings(OF_RESPONSES));
    const both = ({ signature, signatureInput }: any) => ({ signature, 'signature-input': signatureInput });
    expect(await verdicts(jwk, withFields(request, both(ofRequest)), withFields(response, both(ofResponse)))).toEqual(['taken', 'NOT_AUTHENTIC', 'taken', 'NOT_AUTHENTIC']);
  });
});

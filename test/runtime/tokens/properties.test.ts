import fc from 'fast-check';
import { codeOf, ecKeys, encode, jwkOf, signatureOver, tokenOf } from './support/raw-token';
import { TokenKeys } from './support/token-keys';
import { createJwsSigner, createJwsVerifier, createJwtSigner, createJwtVerifier, fetchJwks } from '../../../src/runtime';
import type { JwkSet, JwtSigner } from '../../../src/runtime';
import { readJsonObject } from '../../../src/runtime/tokens/json-object';

let keys: TokenKeys;
let jwks: JwkSet;
let signer: JwtSigner;
beforeAll(async () => {
  keys = await TokenKeys.start(['ES256', 'EdDSA']);
  jwks = await fetchJwks([keys.key('ES256'), keys.key('EdDSA')]);
  signer = createJwtSigner({ ...keys.key('ES256'), lifetimeSeconds: 300 });
});
afterAll(() => keys.stop());

const verifier = (more: object = {}) => createJwtVerifier({ keys: jwks, issuer: false, audience: false, ...more });
const REGISTERED = ['iss', 'aud', 'exp', 'nbf', 'iat'];

/** Claims of any names and values that JSON has. Numbers as JSON.parse gives them: it has no negative zero that stays. */
const claims = fc.dictionary(fc.string().filter((name) => !REGISTERED.includes(name) && name !== '__proto__'), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 8 });
const asWritten = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test('whatever claims there are, they come back as they were', async () => {
  await fc.assert(fc.asyncProperty(claims, async (given) => {
    const { claims: { iat, exp, ...read } } = await verifier({ maxTokenBytes: 2 ** 20 }).verify(await signer.sign(given));
    expect(read).toEqual(asWritten(given));
    expect(exp! - iat!).toBe(300);
  }), { numRuns: 100 });
});

test('whatever payload there is, it comes back as it was, in every form', async () => {
  const jws = createJwsSigner(keys.key('EdDSA'));
  const forms = fc.record({ form: fc.constantFrom('compact' as const, 'flattened' as const, 'general' as const), detached: fc.boolean() });
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), forms, async (payload, form) => {
    const verified = await createJwsVerifier({ keys: jwks }).verify(await jws.sign(payload, form), form.detached ? payload : undefined);
    expect(Buffer.from(verified.payload)).toEqual(Buffer.from(payload));
  }), { numRuns: 100 });
});

test('chunks make no difference: a stream is signed as its bytes', async () => {
  const pair = keys.key('EdDSA');
  const jws = createJwsSigner(pair);
  const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 10 });
  await fc.assert(fc.asyncProperty(chunks, fc.boolean(), async (parts, unencoded) => {
    const stream = async function* () { yield* parts; };
    const whole = Buffer.concat(parts);
    const token = await jws.sign(stream(), { detached: true, unencoded });
    expect(await jws.sign(whole, { detached: true, unencoded })).toBe(token);
    expect(await codeOf(createJwsVerifier({ keys: jwks }).verify(token, stream()))).toBe('taken');
  }), { numRuns: 50 });
});

const CHARACTERS = 'ABCXYZabcxyz0189-_.=+/ \n{}"é\u0000';

test('a token with one character changed, left out or put in is refused, as not authentic unless its dots are', async () => {
  const token = await signer.sign({ sub: 'c-17', note: 'é' });
  const edits = fc.record({
    at: fc.nat(token.length - 1), character: fc.constantFrom(...CHARACTERS), kind: fc.constantFrom('change', 'leave out', 'put in'),
  });
  await fc.assert(fc.asyncProperty(edits, async ({ at, character, kind }) => {
    const edited = token.slice(0, at) + (kind === 'leave out' ? '' : character) + token.slice(kind === 'put in' ? at : at + 1);
    fc.pre(edited !== token);
    const shape = /^[^.]+\.[^.]*\.[^.]*$/.test(edited);
    expect(await codeOf(verifier().verify(edited))).toBe(shape ? 'NOT_AUTHENTIC' : 'FORMAT');
  }), { numRuns: 500 });
});

test('each single bit of a signature counts', async () => {
  const token = await signer.sign({});
  const [input, signature] = [token.slice(0, token.lastIndexOf('.')), Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url')];
  for (let bit = 0; bit < signature.length * 8; bit++) {
    const flipped = Buffer.from(signature);
    const [at, weight] = [Math.floor(bit / 8), 2 ** (bit % 8)];
    flipped[at] += Math.floor(flipped[at] / weight) % 2 ? -weight : weight;
    expect(await codeOf(verifier().verify(`${input}.${flipped.toString('base64url')}`))).toBe('NOT_AUTHENTIC');
  }
});

test('parts of two authentic tokens make no third', async () => {
  const [one, other] = [await signer.sign({ sub: 'a' }), await signer.sign({ sub: 'b' })].map((token) => token.split('.'));
  await fc.assert(fc.asyncProperty(fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()), async (choice) => {
    const token = choice.map((first, index) => (first ? one : other)[index]).join('.');
    const isWhole = token === one.join('.') || token === other.join('.');
    expect(await codeOf(verifier().verify(token))).toBe(isWhole ? 'taken' : 'NOT_AUTHENTIC');
  }), { numRuns: 32 });
});

test('no text, however malformed, makes a verifier fail in another way', async () => {
  const part = fc.oneof(fc.base64String(), fc.string(), fc.json().map(encode), fc.constantFrom('', 'e30', 'bnVsbA', 'W10'));
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')), fc.json());
  const [jwt, jws] = [verifier(), createJwsVerifier({ keys: jwks })];
  await fc.assert(fc.asyncProperty(text, async (token) => {
    expect(['FORMAT', 'NOT_AUTHENTIC']).toContain(await codeOf(jwt.verify(token)));
    expect(['FORMAT', 'NOT_AUTHENTIC']).toContain(await codeOf(jws.verify(token)));
  }), { numRuns: 500 });
});

describe('authentic tokens of an issuer that writes whatever it likes', () => {
  const pair = ecKeys();
  const theirs = createJwtVerifier({ keys: jwkOf(pair), issuer: 'a', audience: 'b' });
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('a', 'b', 9e9, 1, null, ['b']));
  const registered = fc.record(Object.fromEntries([...REGISTERED, 'sub'].map((name) => [name, value])), { requiredKeys: [] });

  test('any claims are taken, or refused as what they are', async () => {
    await fc.assert(fc.asyncProperty(registered, async (payload) => {
      const code = await codeOf(theirs.verify(tokenOf({ alg: 'ES256' }, payload, pair)));
      expect(['taken', 'CLAIMS', 'EXPIRED']).toContain(code);
      if (code === 'taken') expect(payload).toMatchObject({ iss: 'a', exp: expect.any(Number) });
    }), { numRuns: 200 });
  });

  test('any header is taken only with the one algorithm, and without what is not understood', async () => {
    const header = fc.record(Object.fromEntries(['alg', 'kid', 'typ', 'crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c', 'zip'].map((name) => [
      name, fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom('ES256', ['b64'], 'JWT', false)),
    ])), { requiredKeys: [] });
    await fc.assert(fc.asyncProperty(header, async (given) => {
      const code = await codeOf(theirs.verify(tokenOf(given, { iss: 'a', aud: 'b', exp: 9e9 }, pair)));
      expect(['taken', 'NOT_AUTHENTIC']).toContain(code);
      if (code !== 'taken') return;
      expect(given.alg).toBe('ES256');
      for (const name of ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c']) expect(Object.keys(given)).not.toContain(name);
    }), { numRuns: 300 });
  });
});

describe('members that stand twice', () => {
  const name = fc.string({ maxLength: 4 });
  const escaped = (text: string) => `"${[...text].map((one) => [...Array(one.length).keys()].map((at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')).join('')}"`;

  test('are found however they are written, wherever they stand', () => {
    fc.assert(fc.property(name, fc.jsonValue({ maxDepth: 2 }), fc.jsonValue({ maxDepth: 2 }), fc.nat(3), (member, one, other, depth) => {
      const object = `{${JSON.stringify(member)}:${JSON.stringify(one)}, ${escaped(member)} :${JSON.stringify(other)}}`;
      const nested = '[{"x":'.repeat(depth) + object + '}]'.repeat(depth);
      expect(readJsonObject(Buffer.from(`{"a":${nested}}`))).toBeUndefined();
    }));
  });

  test('and objects without any are read as JSON.parse reads them', () => {
    fc.assert(fc.property(fc.dictionary(name, fc.jsonValue({ maxDepth: 4 })), fc.nat(4), (object, spaces) => {
      const text = JSON.stringify(object, null, spaces);
      expect(readJsonObject(Buffer.from(text))).toEqual(JSON.parse(text));
    }));
  });

  test('depth is no matter', () => {
    const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(readJsonObject(Buffer.from(deep))).toBeDefined();
    const input = `${encode({ alg: 'ES256' })}.${encode(deep)}`;
    const pair = ecKeys();
    const jws = createJwtVerifier({ keys: jwkOf(pair), issuer: false, audience: false, requireExp: false, maxTokenBytes: 2 ** 20 });
    return expect(codeOf(jws.verify(`${input}.${signatureOver(input, pair)}`))).resolves.toBe('taken');
  });
});

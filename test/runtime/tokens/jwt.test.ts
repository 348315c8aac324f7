import { createHash, generateKeyPairSync } from 'node:crypto';
import { awsJwtVerify, fastJwt, jose, jsonwebtoken } from './support/libraries';
import { codeOf } from './support/raw-token';
import { JOSE_ALGORITHMS, TokenKeys } from './support/token-keys';
import { createJwtSigner, createJwtVerifier, fetchJwks, fetchPublicKey, publicKeyToJwk, publicKeyToPem, signingKeyFromEnvironment } from '../../../src/runtime';
import type { Claims, JoseAlgorithm, JwtSignerOptions, PublicJwk } from '../../../src/runtime';
import { environmentVariable } from '../../../src/spec/contract';
import { SIGNING } from '../../../src/spec/signing';
import { HoldingKms } from '../support/holding-kms';

let keys: TokenKeys;
beforeAll(async () => {
  keys = await TokenKeys.start();
});
afterAll(() => keys.stop());

const ISSUER = 'https://tokens.example';
const AUDIENCE = 'orders';
const NOW = 1_800_000_000;
const signerOf = (algorithm: JoseAlgorithm, more: Partial<JwtSignerOptions> = {}) => (
  createJwtSigner({ ...keys.key(algorithm), issuer: ISSUER, audience: AUDIENCE, lifetimeSeconds: 300, ...more })
);
const keyArnOf = (id: string) => `arn:aws:kms:eu-west-1:111122223333:key/${id}`;
const claimsIn = (token: string): Claims => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
const headerIn = (token: string) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString()) as Record<string, unknown>;

describe.each(JOSE_ALGORITHMS)('%s', (algorithm) => {
  test('a token is verified with the set that publishes the key, named by its thumbprint', async () => {
    const token = await signerOf(algorithm, { verifyAfterSign: true }).sign({ sub: 'c-17', roles: ['reader'] });
    const jwks = await fetchJwks([keys.key(algorithm)]);
    const { claims, header, kid } = await createJwtVerifier({ keys: jwks, issuer: ISSUER, audience: AUDIENCE }).verify(token);
    expect(claims).toMatchObject({ iss: ISSUER, aud: AUDIENCE, sub: 'c-17', roles: ['reader'] });
    expect(claims.exp! - claims.iat!).toBe(300);
    expect(header).toEqual({ alg: algorithm, kid, typ: 'JWT' });
    expect(jwks.keys).toEqual([expect.objectContaining({ kid, alg: algorithm, use: 'sig' })]);
    const { kid: _, alg, use, ...members } = jwks.keys[0];
    expect(kid).toBe(await jose.calculateJwkThumbprint((alg!.startsWith('ML') ? { ...members, alg } : members) as never));
  });
});

/** What each library knows, as of its version here. ES256K: none of them; ML-DSA: jose, where Node has it. */
const KNOWN: Record<string, (algorithm: JoseAlgorithm) => boolean> = {
  'jose': (algorithm) => algorithm !== 'ES256K' && (!algorithm.startsWith('ML') || nodeHasMlDsa()),
  'fast-jwt': (algorithm) => !algorithm.startsWith('ML') && algorithm !== 'ES256K',
  'jsonwebtoken': (algorithm) => /^(RS|PS|ES)\d+$/.test(algorithm),
  'aws-jwt-verify': (algorithm) => /^(RS|ES)\d+$/.test(algorithm) || algorithm === 'EdDSA',
};

function nodeHasMlDsa(): boolean {
  try {
    generateKeyPairSync('ml-dsa-44' as never);
    return true;
  } catch {
    return false;
  }
}

/** How each of them verifies, from the published set or the PEM of the key. */
const LIBRARIES: Record<string, (token: string, jwks: { keys: readonly PublicJwk[] }, pem: string) => Promise<Record<string, unknown>>> = {
  'jose': async (token, jwks) => (await jose.jwtVerify(token, jose.createLocalJWKSet(jwks as never), { issuer: ISSUER, audience: AUDIENCE })).payload,
  'fast-jwt': async (token, _, key) => fastJwt.createVerifier({ key, cache: false, allowedIss: ISSUER, allowedAud: AUDIENCE })(token),
  'jsonwebtoken': async (token, { keys: [{ alg }] }, key) => (
    jsonwebtoken.verify(token, key, { algorithms: [alg as string], issuer: ISSUER, audience: AUDIENCE })
  ),
  'aws-jwt-verify': async (token, jwks) => {
    const verifier = awsJwtVerify.JwtVerifier.create({ issuer: ISSUER, audience: AUDIENCE, jwksUri: `${ISSUER}/.well-known/jwks.json` });
    verifier.cacheJwks(jwks);
    return verifier.verifySync(token);
  },
};

describe.each(Object.keys(LIBRARIES))('%s verifies what is made here', (library) => {
  test.each(JOSE_ALGORITHMS.filter(KNOWN[library]))('%s', async (algorithm) => {
    const key = keys.key(algorithm);
    const token = await signerOf(algorithm).sign({ sub: 'c-17' });
    const jwks = await fetchJwks([key]);
    const pem = publicKeyToPem(await fetchPublicKey({ kms: keys.port(), keyArn: key.keyArn }));
    expect(await LIBRARIES[library](token, jwks, pem)).toMatchObject({ iss: ISSUER, sub: 'c-17' });
    const [header, payload, signature] = token.split('.');
    const other = Buffer.from(JSON.stringify({ ...claimsIn(token), sub: 'c-18' })).toString('base64url');
    await expect(LIBRARIES[library](`${header}.${other}.${signature}`, jwks, pem)).rejects.toThrow();
    expect(payload).not.toBe(other);
  });
});

describe('tokens made by others are verified here', () => {
  const joseKnows = JOSE_ALGORITHMS.filter(KNOWN.jose);

  test.each(joseKnows)('%s, by jose', async (alg) => {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
    const token = await new jose.SignJWT({ sub: 'c-17' }).setProtectedHeader({ alg, kid: 'theirs' }).setIssuer(ISSUER).setAudience(AUDIENCE)
      .setIssuedAt().setExpirationTime('5m').sign(privateKey);
    const jwk = { ...await jose.exportJWK(publicKey), alg, kid: 'theirs' } as PublicJwk;
    const { claims, kid } = await createJwtVerifier({ keys: { keys: [jwk] }, issuer: ISSUER, audience: AUDIENCE }).verify(token);
    expect(claims).toMatchObject({ sub: 'c-17' });
    expect(kid).toBe('theirs');
  });

  test.each(['ES256', 'ES384', 'ES512', 'RS256', 'PS512', 'EdDSA'] as const)('%s, by fast-jwt', async (algorithm) => {
    const type = algorithm === 'EdDSA' ? 'ed25519' : algorithm.startsWith('E') ? 'ec' : 'rsa';
    const curves: Record<string, string> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };
    const { publicKey, privateKey } = generateKeyPairSync(type as 'ec', { modulusLength: 2048, namedCurve: curves[algorithm] } as never);
    const pem = (privateKey as unknown as { export(options: object): string }).export({ format: 'pem', type: 'pkcs8' });
    const token = fastJwt.createSigner({ key: pem, algorithm, kid: 'theirs' })({ iss: ISSUER, exp: Math.floor(Date.now() / 1000) + 60 });
    const jwk = publicKeyToJwk(publicKey as never, { algorithm });
    expect(await codeOf(createJwtVerifier({ keys: { ...jwk, kid: 'theirs' }, issuer: ISSUER, audience: false }).verify(token))).toBe('taken');
  });
});

describe('the name of Ed25519', () => {
  test('is EdDSA, or by option that of RFC 9864, in tokens and in the set; a verifier takes both for one key', async () => {
    const newer = { ...keys.key('EdDSA'), edwardsName: 'Ed25519' } as const;
    const [older, newerSet] = await Promise.all([fetchJwks([keys.key('EdDSA')]), fetchJwks([newer])]);
    expect([older.keys[0].alg, newerSet.keys[0].alg]).toEqual(['EdDSA', 'Ed25519']);
    const tokens = [await signerOf('EdDSA').sign({}), await createJwtSigner({ ...newer, lifetimeSeconds: 300 }).sign({})];
    expect(tokens.map((token) => headerIn(token).alg)).toEqual(['EdDSA', 'Ed25519']);
    for (const token of tokens) {
      for (const set of [older, newerSet]) {
        expect(await codeOf(createJwtVerifier({ keys: set, issuer: false, audience: false }).verify(token))).toBe('taken');
      }
    }
    expect(() => createJwtSigner({ ...newer, edwardsName: 'ed25519' as never, lifetimeSeconds: 1 })).toThrow(/edwardsName/);
  });
});

describe('what a token says', () => {
  const signer = (more: Partial<JwtSignerOptions> = {}) => signerOf('ES256', { now: () => NOW * 1000 + 999, ...more });

  test('its time in whole seconds, its issuer and audience', async () => {
    expect(claimsIn(await signer().sign({}))).toEqual({ iss: ISSUER, aud: AUDIENCE, iat: NOW, exp: NOW + 300 });
    expect(claimsIn(await signer({ issuer: undefined, audience: undefined }).sign({ iss: 'x', aud: ['y'], jti: 'z', nbf: NOW + 5 })))
      .toEqual({ iss: 'x', aud: ['y'], jti: 'z', nbf: NOW + 5, iat: NOW, exp: NOW + 300 });
  });

  test('an earlier exp, and no later one', async () => {
    expect(claimsIn(await signer().sign({ exp: NOW + 10 })).exp).toBe(NOW + 10);
    for (const exp of [NOW + 301, NOW, NOW - 1, (NOW + 10) * 1000, NaN, Infinity, `${NOW + 10}`, null, new Date((NOW + 10) * 1000)]) {
      expect(await codeOf(signer().sign({ exp: exp as number }))).toBe('INPUT');
    }
  });

  test.each<[string, object]>([
    ['iat', { iat: NOW }],
    ['iss beside the option', { iss: 'x' }],
    ['aud beside the option', { aud: 'x' }],
    ['nbf after exp', { nbf: NOW + 300 }],
    ['nbf as text', { nbf: '1' }],
    ['NaN, deep inside', { a: [{ b: NaN }] }],
    ['Infinity', { a: Infinity }],
    ['a function', { a: () => 1 }],
    ['a symbol', { a: Symbol('a') }],
    ['a bigint', { a: 1n }],
    ['a Map', { a: new Map() }],
    ['a Set', { a: [new Set()] }],
    ['bytes', { a: new Uint8Array(2) }],
    ['undefined in a list', { a: [undefined] }],
    ['sub that is a number', { sub: 17 }],
    ['sub that is null', { sub: null }],
    ['jti that is a number', { jti: 1 }],
    ['an exp of its own making', { exp: { toJSON: () => NOW + 1e9 } }],
    ['claims of their own making', { toJSON: () => ({ exp: NOW + 1e9 }) }],
  ])('%s is refused before any call', async (_, claims) => {
    const kms = new HoldingKms(keys.port());
    expect(await codeOf(signer({ kms: kms.port }).sign(claims as Claims))).toBe('INPUT');
    expect(kms.calls).toEqual([]);
  });

  test.each<[string, object]>([
    ['iss that is a URL object', { iss: { href: ISSUER } }],
    ['aud that is a number', { aud: 1 }],
    ['aud with more than text', { aud: ['orders', null] }],
    ['aud that is an object', { aud: { orders: true } }],
  ])('%s is refused, where the options do not give it', async (_, claims) => {
    expect(await codeOf(signer({ issuer: undefined, audience: undefined }).sign(claims as Claims))).toBe('INPUT');
  });

  test.each<[string, unknown]>([['undefined', undefined], ['null', null], ['a list', []], ['text', '{}'], ['a Map', new Map()], ['a number', 1]])('%s is no claims', async (_, claims) => {
    expect(await codeOf(signer().sign(claims as Claims))).toBe('INPUT');
  });

  test('a circle is refused', async () => {
    const claims: Record<string, unknown> = {};
    claims.self = claims;
    expect(await codeOf(signer().sign(claims))).toBe('INPUT');
  });

  test('what JSON writes as text is written so; undefined is left out', async () => {
    const { when, nothing } = claimsIn(await signer().sign({ when: new Date(0), nothing: undefined }));
    expect([when, nothing]).toEqual(['1970-01-01T00:00:00.000Z', undefined]);
  });

  test('claims may be changed right after the call', async () => {
    const claims = { sub: 'c-17' };
    const pending = signer().sign(claims);
    claims.sub = 'admin';
    expect(claimsIn(await pending).sub).toBe('c-17');
  });

  test('further members of the header, and not those that the key decides', async () => {
    expect(headerIn(await signer({ typ: 'at+jwt' }).sign({}, { header: { cty: 'x' } }))).toMatchObject({ alg: 'ES256', typ: 'at+jwt', cty: 'x' });
    for (const name of ['alg', 'kid', 'typ', 'crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c']) {
      expect(await codeOf(signer().sign({}, { header: { [name]: 'x' } }))).toBe('INPUT');
    }
  });

  test('a name of one\'s own for the key, which takes no GetPublicKey', async () => {
    const kms = new HoldingKms(keys.port());
    expect(headerIn(await signer({ kms: kms.port, kid: 'mine' }).sign({})).kid).toBe('mine');
    expect(kms.calls.map(({ operation }) => operation)).toEqual(['sign']);
    expect((await fetchJwks([{ ...keys.key('ES256'), kid: 'mine' }])).keys[0].kid).toBe('mine');
  });
});

describe('calls of KMS', () => {
  test('one of Sign each, and one of GetPublicKey in all, also where many begin at once', async () => {
    const kms = new HoldingKms(keys.port());
    const signer = signerOf('ES256', { kms: kms.port });
    await Promise.all([signer.sign({}), signer.sign({}), signer.publicJwk()]);
    await signer.sign({});
    expect(kms.calls.map(({ operation }) => operation).sort()).toEqual(['getPublicKey', 'sign', 'sign', 'sign']);
  });

  test.each(['PS256', 'EdDSA'] as const)('%s: Sign is asked for what the key policy lets signers ask', async (algorithm) => {
    const port = keys.port();
    const asked: Array<Parameters<typeof port.sign>[0]> = [];
    const kms = {
      ...port,
      sign: async (input: Parameters<typeof port.sign>[0]) => {
        asked.push(input);
        return port.sign(input);
      },
    };
    const token = await signerOf(algorithm, { kms }).sign({});
    const signed = Buffer.from(token.slice(0, token.lastIndexOf('.')));
    const isDigest = algorithm === 'PS256';
    const Message = isDigest ? createHash('sha256').update(signed).digest() : signed;
    const { kmsName, messageType } = SIGNING[algorithm];
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ KeyId: keys.key(algorithm).keyArn, SigningAlgorithm: kmsName, MessageType: messageType });
    expect(Buffer.from(asked[0].Message)).toEqual(Message);
  });

  test('the public key may be given: as JWK, as PEM, or by a function', async () => {
    const publicKey = await fetchPublicKey({ kms: keys.port(), keyArn: keys.key('ES256').keyArn });
    for (const given of [publicKey, publicKeyToPem(publicKey), publicKeyToJwk(publicKey), async () => publicKey]) {
      const kms = new HoldingKms(keys.port());
      const token = await signerOf('ES256', { kms: kms.port, publicKey: given, verifyAfterSign: true }).sign({});
      expect(headerIn(token).kid).toBe(publicKeyToJwk(publicKey).kid);
      expect(kms.calls.map(({ operation }) => operation)).toEqual(['sign']);
    }
    expect(() => signerOf('ES384', { publicKey })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
    expect(await codeOf(signerOf('ES384', { publicKey: async () => publicKey }).sign({}))).toBe('INPUT');
  });

  test.each<[string, unknown]>([['nothing', undefined], ['text', 'key'], ['a key of another kind', generateKeyPairSync('ed25519').publicKey]])(
    'a function that gives %s for a public key is told so', async (_, key) => {
      expect(await codeOf(signerOf('ES256', { publicKey: (async () => key) as never }).sign({}))).toMatch(/^(INPUT|FORMAT)$/);
    });

  test('a failure to fetch the public key is not kept', async () => {
    const port = keys.port();
    let fails = true;
    const kms = {
      ...port,
      getPublicKey: async (...given: Parameters<typeof port.getPublicKey>) => {
        if (!fails) return port.getPublicKey(...given);
        throw Object.assign(new Error('down'), { name: 'KMSInternalException', $metadata: { httpStatusCode: 500 } });
      },
    };
    const signer = signerOf('ES256', { kms });
    expect(await codeOf(signer.sign({}))).toBe('KMS_UNAVAILABLE');
    fails = false;
    expect(await codeOf(signer.sign({}))).toBe('taken');
  });

  test('denied: the error says which duty, where the kid could not be found out', async () => {
    await expect(signerOf('ES256', { kms: keys.port('Nobody') }).sign({})).rejects.toMatchObject({
      code: 'ERR_KEYSMITH_ACCESS_DENIED', message: expect.stringMatching(/GetPublicKey.*ISSUE_TOKENS/s),
    });
    await expect(signerOf('ES256', { kms: keys.port('Nobody'), kid: 'mine' }).sign({})).rejects.toMatchObject({
      code: 'ERR_KEYSMITH_ACCESS_DENIED', message: expect.stringMatching(/^Sign: /),
    });
    expect(await codeOf(fetchJwks([{ ...keys.key('ES256'), kms: keys.port('Nobody') }]))).toBe('ACCESS_DENIED');
  });

  test.each(['getPublicKey', 'sign'] as const)('aborted while %s is waited for, and before', async (operation) => {
    const kms = new HoldingKms(keys.port());
    kms.held = [operation];
    const controller = new AbortController();
    const reason = new Error('the caller went away');
    const signer = signerOf('ES256', { kms: kms.port });
    const aborted = signer.sign({}, { abortSignal: controller.signal });
    const refused = expect(aborted).rejects.toBe(reason);
    await kms.called(operation === 'sign' ? 2 : 1);
    controller.abort(reason);
    await refused;
    kms.held = [];
    kms.release();
    expect(await codeOf(signer.sign({}))).toBe('taken');
    const calls = kms.calls.length;
    await expect(signer.sign({}, { abortSignal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(kms.calls).toHaveLength(calls);
  });

  test('a signature that nobody could verify does not leave, on request', async () => {
    const port = keys.port();
    const other = keys.key('ES256');
    const kms = { ...port, sign: async (input: Parameters<typeof port.sign>[0]) => port.sign({ ...input, Message: Buffer.alloc(32) }) };
    const publicKey = await fetchPublicKey({ kms: port, keyArn: other.keyArn });
    expect(await codeOf(signerOf('ES256', { kms }).sign({}))).toBe('taken');
    for (const verifyAfterSign of [true, publicKey, publicKeyToPem(publicKey)]) {
      expect(await codeOf(signerOf('ES256', { kms, verifyAfterSign }).sign({}))).toBe('KMS_RESPONSE');
    }
  });
});

describe('EdDSA and ML-DSA take 4096 bytes', () => {
  test.each(['EdDSA', 'ML-DSA-44'] as const)('%s', async (algorithm) => {
    await expect(signerOf(algorithm).sign({ pad: 'x'.repeat(4096) })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining('4096') });
  });
});

describe('options that cannot work', () => {
  test.each<[string, object, RegExp]>([
    ['no lifetime', { lifetimeSeconds: undefined }, /^'lifetimeSeconds' is not given, and has no default: give seconds, such as 300/],
    ['milliseconds', { lifetimeSeconds: 300_000_000 }, /^'lifetimeSeconds' is 300000000, 3472 days: give seconds, not milliseconds, up to 31622400 \(366 days\)/],
    ['a second over a year', { lifetimeSeconds: 366 * 86_400 + 1 }, /'lifetimeSeconds' is 31622401/],
  ])('the lifetime: %s', (_, more, message) => {
    expect(() => signerOf('ES256', more)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(message) }));
  });

  test('a lifetime of a leap year is one', () => expect(() => signerOf('ES256', { lifetimeSeconds: 366 * 86_400 })).not.toThrow());

  test.each<[string, object]>([
    ['no lifetime', { lifetimeSeconds: undefined }],
    ['a lifetime of none', { lifetimeSeconds: 0 }],
    ['a lifetime in fractions', { lifetimeSeconds: 1.5 }],
    ['a lifetime as text', { lifetimeSeconds: '5m' }],
    ['an algorithm that JOSE has no name for', { algorithm: 'Ed25519ph' }],
    ['an algorithm that is none', { algorithm: 'HS256' }],
    ['an algorithm that the spec does not make', { algorithm: 'ES384' }],
    ['an alias for the key', { keyArn: 'alias/tokens' }],
    ['an issuer that is no text', { issuer: 7 }],
    ['an empty audience', { audience: '' }],
    ['an audience of nobody', { audience: [] }],
    ['a kid that is empty', { kid: '' }],
    ['a kid that is no text', { kid: 7 }],
    ['generations that are no list', { generations: {} }],
    ['a generation that is null', { generations: [null] }],
    ['two generations of one name in tokens', { kid: 'mine', generations: [{ name: 'x', keyArn: keyArnOf('x'), kid: 'mine' }] }],
    ['generations without a key', { generations: [{ name: 'x' }] }],
    ['generations by alias', { generations: [{ name: 'x', keyArn: 'alias/x' }] }],
    ['a public key of another kind', { publicKey: generateKeyPairSync('ed25519').publicKey }],
  ])('%s', (_, more) => {
    expect(() => signerOf('ES256', more)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
  });
});

test('a key attached to a function is spread into the options', async () => {
  const { keyArn } = keys.key('ES256');
  const contract = { version: 1, keyArn, spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', algorithm: 'ECDSA_SHA_256' };
  const key = signingKeyFromEnvironment('TOKENS', { kms: keys.port(), env: { [environmentVariable('TOKENS')]: JSON.stringify(contract) } });
  const token = await createJwtSigner({ ...key, issuer: ISSUER, lifetimeSeconds: 300 }).sign({ sub: 'c-17' });
  expect(await codeOf(createJwtVerifier({ keys: await fetchJwks([key]), issuer: ISSUER, audience: false }).verify(token))).toBe('taken');
});

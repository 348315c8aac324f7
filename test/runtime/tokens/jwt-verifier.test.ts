import { createHmac } from 'node:crypto';
import { codeOf, ecKeys, encode, jwkOf, rsaKeys, signatureOver, tokenOf } from './support/raw-token';
import { createJwtVerifier } from '../../../src/runtime';
import type { JwtVerifierOptions } from '../../../src/runtime';

const NOW = 1_800_000_000;
const keys = ecKeys();
const stranger = ecKeys();
const rsa = rsaKeys();
const JWK = jwkOf(keys, { kid: 'one' });
const HEADER = { alg: 'ES256', kid: 'one', typ: 'JWT' };
const CLAIMS = { iss: 'https://tokens.example', aud: 'orders', sub: 'c-17', iat: NOW, exp: NOW + 300 };

const verifier = (more: Partial<JwtVerifierOptions> = {}) => createJwtVerifier({
  keys: { keys: [JWK] }, issuer: 'https://tokens.example', audience: 'orders', now: () => NOW * 1000, ...more,
});
const made = (claims: object = {}, header: object = {}) => tokenOf({ ...HEADER, ...header }, { ...CLAIMS, ...claims }, keys);
const { iss: _iss, aud: _aud, exp: _exp, iat: _iat, ...NOTHING } = CLAIMS;

test('a token that is authentic, and for this verifier, is handed out with its key', async () => {
  expect(await verifier().verify(made())).toEqual({ claims: CLAIMS, header: HEADER, kid: 'one' });
});

describe('what is no token', () => {
  test.each<[string, unknown, string]>([
    ['nothing', '', 'FORMAT'],
    ['one part', 'abc', 'FORMAT'],
    ['two parts', 'a.b', 'FORMAT'],
    ['four parts', 'a.b.c.d', 'FORMAT'],
    ['five parts, of a JWE', 'a.b.c.d.e', 'FORMAT'],
    ['no header', `.${encode(CLAIMS)}.x`, 'FORMAT'],
    ['a JWS in JSON', JSON.stringify({ payload: 'x', protected: 'y', signature: 'z' }), 'FORMAT'],
    ['undefined', undefined, 'INPUT'],
    ['null', null, 'INPUT'],
    ['bytes', Buffer.from('a.b.c'), 'INPUT'],
    ['an object', {}, 'INPUT'],
    ['more than a token has', `${'a'.repeat(16_385)}`, 'LIMIT'],
  ])('%s', async (_, token, code) => {
    expect(await codeOf(verifier().verify(token as string))).toBe(code);
  });

  test('a JWE is called that', async () => {
    await expect(verifier().verify('a.b.c.d.e')).rejects.toThrow(/JWE/);
  });

  test('the limit stands before the work, and is set by the caller', async () => {
    const token = made({ pad: 'x'.repeat(20_000) });
    expect(await codeOf(verifier().verify(token))).toBe('LIMIT');
    expect(await codeOf(verifier({ maxTokenBytes: token.length }).verify(token))).toBe('taken');
    expect(await codeOf(verifier({ maxTokenBytes: token.length - 1 }).verify(token))).toBe('LIMIT');
  });
});

describe('one answer to whatever is wrong with header, key or signature', () => {
  const [header, payload, signature] = made().split('.');
  const pem = keys.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const withMac = (alg: string, secret: string) => {
    const input = `${encode({ ...HEADER, alg })}.${payload}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  const twice = (text: string) => tokenOf(text, CLAIMS, keys);
  const nothing = (alg: unknown) => `${encode({ ...HEADER, alg })}.${payload}.`;
  const raw = Buffer.from(signature, 'base64url');

  const forged: Array<[string, string]> = [
    ['alg none, without signature', nothing('none')],
    ['alg None', nothing('None')],
    ['alg nOnE', nothing('nOnE')],
    ['alg empty', nothing('')],
    ['alg none, with the signature', `${encode({ ...HEADER, alg: 'none' })}.${payload}.${signature}`],
    ['no alg', `${encode({ kid: 'one' })}.${payload}.${signature}`],
    ['alg that is no text', tokenOf({ ...HEADER, alg: 256 }, CLAIMS, keys)],
    ['alg as list', tokenOf({ ...HEADER, alg: ['ES256'] }, CLAIMS, keys)],
    ['HS256 with the PEM as secret', withMac('HS256', pem)],
    ['HS256 with the JWK as secret', withMac('HS256', JSON.stringify(JWK))],
    ['ES384 in the header', tokenOf({ ...HEADER, alg: 'ES384' }, CLAIMS, keys)],
    ['ES256K in the header', tokenOf({ ...HEADER, alg: 'ES256K' }, CLAIMS, keys)],
    ['es256 in the header', tokenOf({ ...HEADER, alg: 'es256' }, CLAIMS, keys)],
    ['alg of Object', tokenOf({ ...HEADER, alg: 'constructor' }, CLAIMS, keys)],
    ['alg __proto__', tokenOf({ ...HEADER, alg: '__proto__' }, CLAIMS, keys)],
    ['a stranger\'s key', tokenOf(HEADER, CLAIMS, stranger)],
    ['a stranger\'s key in the header', tokenOf({ ...HEADER, jwk: jwkOf(stranger) }, CLAIMS, stranger)],
    ['its own key in the header', tokenOf({ ...HEADER, jwk: JWK }, CLAIMS, keys)],
    ['jku', tokenOf({ ...HEADER, jku: 'https://attacker.example' }, CLAIMS, keys)],
    ['x5u', tokenOf({ ...HEADER, x5u: 'https://attacker.example' }, CLAIMS, keys)],
    ['x5c', tokenOf({ ...HEADER, x5c: ['MIIB'] }, CLAIMS, keys)],
    ['crit of what nobody knows', tokenOf({ ...HEADER, crit: ['exp'], exp: 1 }, CLAIMS, keys)],
    ['crit that is empty', tokenOf({ ...HEADER, crit: [] }, CLAIMS, keys)],
    ['crit that is no list', tokenOf({ ...HEADER, crit: 'b64' }, CLAIMS, keys)],
    ['crit null', tokenOf({ ...HEADER, crit: null }, CLAIMS, keys)],
    ['b64 false in a JWT', tokenOf({ ...HEADER, b64: false, crit: ['b64'] }, CLAIMS, keys)],
    ['b64 true in crit of a JWT', tokenOf({ ...HEADER, b64: true, crit: ['b64'] }, CLAIMS, keys)],
    ['b64 without crit', tokenOf({ ...HEADER, b64: true }, CLAIMS, keys)],
    ['alg twice', twice('{"alg":"none","kid":"one","alg":"ES256"}')],
    ['alg twice, one escaped', twice('{"\\u0061lg":"none","kid":"one","alg":"ES256"}')],
    ['a member twice, deep inside', twice('{"alg":"ES256","kid":"one","x":[{"a":1,"a":1}]}')],
    ['__proto__ twice', twice('{"alg":"ES256","kid":"one","__proto__":1,"__proto__":1}')],
    ['a header that is a list', tokenOf(['ES256'], CLAIMS, keys)],
    ['a header that is null', tokenOf('null', CLAIMS, keys)],
    ['a header that is no JSON', tokenOf('{alg:ES256}', CLAIMS, keys)],
    ['a header that is not UTF-8', tokenOf(Buffer.from([...Buffer.from('{"alg":"ES256","x":"'), 0xff, ...Buffer.from('"}')]) as never, CLAIMS, keys)],
    ['a header with a byte order mark', tokenOf(`\ufeff${JSON.stringify(HEADER)}`, CLAIMS, keys)],
    ['kid of nobody', tokenOf({ ...HEADER, kid: 'two' }, CLAIMS, keys)],
    ['kid as path', tokenOf({ ...HEADER, kid: '../../dev/null' }, CLAIMS, keys)],
    ['kid as SQL', tokenOf({ ...HEADER, kid: "x' UNION SELECT 'key" }, CLAIMS, keys)],
    ['kid as URL', tokenOf({ ...HEADER, kid: 'https://attacker.example/jwks.json' }, CLAIMS, keys)],
    ['kid __proto__', tokenOf({ ...HEADER, kid: '__proto__' }, CLAIMS, keys)],
    ['kid constructor', tokenOf({ ...HEADER, kid: 'constructor' }, CLAIMS, keys)],
    ['kid that is a number', tokenOf({ ...HEADER, kid: 1 }, CLAIMS, keys)],
    ['kid that is null', tokenOf({ ...HEADER, kid: null }, CLAIMS, keys)],
    ['kid that is empty', tokenOf({ ...HEADER, kid: '' }, CLAIMS, keys)],
    ['padding after the signature', `${header}.${payload}.${signature}==`],
    ['white space before the header', ` ${header}.${payload}.${signature}`],
    ['a line end after the signature', `${header}.${payload}.${signature}\n`],
    ['the other alphabet', `${header}.${payload}.${raw.toString('base64').replace(/=+$/, '')}+`],
    ['bits left over', `${header}.${payload}.${signature.slice(0, -1)}${signature.endsWith('B') ? 'C' : 'B'}`],
    ['no signature', `${header}.${payload}.`],
    ['half a signature', `${header}.${payload}.${raw.subarray(0, 32).toString('base64url')}`],
    ['a longer signature', `${header}.${payload}.${Buffer.concat([raw, Buffer.of(0)]).toString('base64url')}`],
    ['zeros for a signature', `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`],
    ['r of zero', `${header}.${payload}.${Buffer.concat([Buffer.alloc(32), raw.subarray(32)]).toString('base64url')}`],
    ['a signature in DER', `${header}.${payload}.${Buffer.from([0x30, 0x44, 0x02, 0x20, ...raw.subarray(0, 32), 0x02, 0x20, ...raw.subarray(32)]).toString('base64url')}`],
    ['another payload', `${header}.${encode({ ...CLAIMS, sub: 'c-18' })}.${signature}`],
    ['no payload', `${header}..${signature}`],
    ['another header', `${encode({ ...HEADER, x: 1 })}.${payload}.${signature}`],
    ['characters that are none', `${header}.${payload}é.${signature}`],
  ];

  test.each(forged)('%s', async (_, token) => {
    expect(await codeOf(verifier().verify(token))).toBe('NOT_AUTHENTIC');
  });

  test('which of them it was, nobody learns', async () => {
    const messages = await Promise.all(forged.map(async ([, token]) => verifier().verify(token).catch((error: Error) => error.message)));
    expect([...new Set(messages)]).toHaveLength(1);
  });

  test('nothing of an authentic header is kept for a forged one', async () => {
    const one = verifier();
    await one.verify(made());
    expect(await codeOf(one.verify(`${header}.${encode({ ...CLAIMS, sub: 'c-18' })}.${signature}`))).toBe('NOT_AUTHENTIC');
    expect(await codeOf(one.verify(made()))).toBe('taken');
  });
});

describe('a key of RSA is for the one algorithm that its JWK says', () => {
  const jwk = jwkOf(rsa, { alg: 'RS256' });
  const own = (header: object) => tokenOf({ alg: 'RS256', ...header }, CLAIMS, rsa);

  test.each(['RS256', 'RS384', 'RS512', 'PS256', 'HS256', 'ES256'])('%s', async (alg) => {
    expect(await codeOf(verifier({ keys: jwk }).verify(own({ alg })))).toBe(alg === 'RS256' ? 'taken' : 'NOT_AUTHENTIC');
  });

  test('HS256 with its PEM as secret is refused', async () => {
    const input = `${encode({ alg: 'HS256' })}.${encode(CLAIMS)}`;
    for (const type of ['spki', 'pkcs1'] as const) {
      const mac = createHmac('sha256', rsa.publicKey.export({ format: 'pem', type })).update(input).digest('base64url');
      expect(await codeOf(verifier({ keys: jwk }).verify(`${input}.${mac}`))).toBe('NOT_AUTHENTIC');
    }
  });

  test('without one it is refused when the verifier is made', () => {
    expect(() => verifier({ keys: jwkOf(rsa) })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining('RS256') }));
  });
});

describe('time, in seconds; clocks may differ by 60', () => {
  test.each<[string, object, string]>([
    ['exp to come', { exp: NOW + 1 }, 'taken'],
    ['exp over, within the tolerance', { exp: NOW - 59 }, 'taken'],
    ['exp over by exactly the tolerance', { exp: NOW - 60 }, 'EXPIRED'],
    ['exp long over', { exp: 1 }, 'EXPIRED'],
    ['exp in fractions', { exp: NOW - 59.5 }, 'taken'],
    ['exp in milliseconds is far away, and is what it says', { exp: NOW * 1000 }, 'taken'],
    ['exp missing', { exp: undefined }, 'CLAIMS'],
    ['exp as text', { exp: String(NOW + 1) }, 'CLAIMS'],
    ['exp null', { exp: null }, 'CLAIMS'],
    ['exp as list', { exp: [NOW + 1] }, 'CLAIMS'],
    ['exp true', { exp: true }, 'CLAIMS'],
    ['nbf now', { nbf: NOW }, 'taken'],
    ['nbf to come by exactly the tolerance', { nbf: NOW + 60 }, 'taken'],
    ['nbf to come by more', { nbf: NOW + 61 }, 'CLAIMS'],
    ['nbf as text', { nbf: '0' }, 'CLAIMS'],
    ['iat to come by exactly the tolerance', { iat: NOW + 60 }, 'taken'],
    ['iat to come by more', { iat: NOW + 61 }, 'CLAIMS'],
    ['iat as object', { iat: {} }, 'CLAIMS'],
    ['iat missing', { iat: undefined }, 'taken'],
  ])('%s', async (_, claims, code) => {
    expect(await codeOf(verifier().verify(made(claims)))).toBe(code);
  });

  test.each(['exp', 'nbf', 'iat'])('%s of 1e999 is no number', async (name) => {
    const text = JSON.stringify({ ...CLAIMS, [name]: 0 }).replace(`"${name}":0`, `"${name}":1e999`);
    expect(text).toContain('1e999');
    expect(await codeOf(verifier().verify(tokenOf(HEADER, text, keys)))).toBe('CLAIMS');
  });

  test('without tolerance a token is over at its exp', async () => {
    const strict = (at: number) => verifier({ toleranceSeconds: 0, now: () => at * 1000 });
    expect(await codeOf(strict(NOW + 299.999).verify(made()))).toBe('taken');
    expect(await codeOf(strict(NOW + 300).verify(made()))).toBe('EXPIRED');
  });

  test('a token without exp is taken where the caller says so', async () => {
    expect(await codeOf(verifier({ requireExp: false }).verify(made({ exp: undefined })))).toBe('taken');
    expect(await codeOf(verifier({ requireExp: false }).verify(made({ exp: 1 })))).toBe('EXPIRED');
  });

  test('maxAgeSeconds counts from iat, which it requires', async () => {
    const young = verifier({ maxAgeSeconds: 100 });
    expect(await codeOf(young.verify(made({ iat: NOW - 159 })))).toBe('taken');
    expect(await codeOf(young.verify(made({ iat: NOW - 160 })))).toBe('EXPIRED');
    expect(await codeOf(young.verify(made({ iat: undefined })))).toBe('CLAIMS');
  });
});

describe('who, and to whom', () => {
  test.each<[string, object, string]>([
    ['another issuer', { iss: 'https://tokens.example/' }, 'CLAIMS'],
    ['no issuer', { iss: undefined }, 'CLAIMS'],
    ['issuers', { iss: ['https://tokens.example'] }, 'CLAIMS'],
    ['another audience', { aud: 'Orders' }, 'CLAIMS'],
    ['no audience', { aud: undefined }, 'CLAIMS'],
    ['one of several audiences', { aud: ['billing', 'orders'] }, 'taken'],
    ['several others', { aud: ['billing', 'stock'] }, 'CLAIMS'],
    ['a list that is empty', { aud: [] }, 'CLAIMS'],
    ['a list that holds more than text', { aud: ['orders', 1] }, 'CLAIMS'],
    ['an audience with a name of Object', { aud: { orders: true } }, 'CLAIMS'],
  ])('%s', async (_, claims, code) => {
    expect(await codeOf(verifier().verify(made(claims)))).toBe(code);
  });

  test.each<[string, object, RegExp]>([
    ['sub that is a number', { sub: 17 }, /^'sub' is of type Number, and takes text$/],
    ['sub that is an object', { sub: { admin: true } }, /'sub' is of type Object/],
    ['sub that is null', { sub: null }, /'sub' is null/],
    ['iss that is a list', { iss: ['https://tokens.example'] }, /'iss' is of type Array/],
    ['jti that is a number', { jti: 1 }, /'jti' is of type Number/],
    ['aud that is a number', { aud: 1 }, /^'aud' is of type Number, and takes text or a list of it$/],
    ['aud that is null', { aud: null }, /'aud' is null/],
    ['aud with more than text', { aud: ['orders', null] }, /'aud' is of type Array with members other than text/],
    ['aud with a list in it', { aud: [['orders']] }, /'aud' is of type Array with members other than text/],
  ])('a claim of another type than it has, whoever may issue and whoever is meant: %s', async (_, claims, message) => {
    const refused = { code: 'ERR_KEYSMITH_CLAIMS', message: expect.stringMatching(message) };
    await expect(verifier({ issuer: false, audience: false }).verify(made(claims))).rejects.toMatchObject(refused);
  });

  test('one of the audiences that the verifier stands for', async () => {
    const both = verifier({ audience: ['stock', 'orders'] });
    expect(await codeOf(both.verify(made()))).toBe('taken');
    expect(await codeOf(both.verify(made({ aud: 'billing' })))).toBe('CLAIMS');
  });

  test('false asks for neither', async () => {
    const any = verifier({ issuer: false, audience: false });
    expect(await codeOf(any.verify(made({ iss: undefined, aud: undefined })))).toBe('taken');
    expect(await codeOf(any.verify(made()))).toBe('taken');
  });

  test('typ, without regard to case and application/', async () => {
    const access = verifier({ typ: 'at+jwt' });
    const answers = await Promise.all(['at+jwt', 'AT+JWT', 'application/at+jwt', 'JWT', undefined, 'application/x/at+jwt', 7].map(async (typ) => (
      codeOf(access.verify(made({}, { typ })))
    )));
    expect(answers).toEqual(['taken', 'taken', 'taken', 'CLAIMS', 'CLAIMS', 'CLAIMS', 'CLAIMS']);
  });

  test('check decides at once: a promise is neither true nor false', async () => {
    const withRole = verifier({ check: ({ role }) => role === 'reader' });
    expect(await codeOf(withRole.verify(made({ role: 'reader' })))).toBe('taken');
    expect(await codeOf(withRole.verify(made()))).toBe('CLAIMS');
    expect(await codeOf(verifier({ check: (async () => false) as never }).verify(made()))).toBe('INPUT');
  });

  test('revoked keys, by list and by function, also where the token names none', async () => {
    for (const revokedKids of [['one'], (kid: string) => kid === 'one']) {
      expect(await codeOf(verifier({ revokedKids }).verify(made()))).toBe('NOT_AUTHENTIC');
      expect(await codeOf(verifier({ revokedKids }).verify(made({}, { kid: undefined })))).toBe('NOT_AUTHENTIC');
    }
    expect(await codeOf(verifier({ revokedKids: ['two'] }).verify(made()))).toBe('taken');
  });
});

describe('authentic payloads that are no claims', () => {
  test.each<[string, string | Uint8Array]>([
    ['a list', '[1]'],
    ['text', '"claims"'],
    ['null', 'null'],
    ['nothing', ''],
    ['no JSON', '{sub:1}'],
    ['not UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xc3, 0x28), Buffer.from('"}')])],
    ['sub twice', JSON.stringify(CLAIMS).replace('{', '{"sub":"admin",')],
    ['sub twice, one escaped', JSON.stringify(CLAIMS).replace('{', '{"\\u0073ub":"admin",')],
    ['a member twice inside a claim', JSON.stringify(CLAIMS).replace('{', '{"cnf":{"jkt":"a","jkt":"b"},')],
    ['exp twice', JSON.stringify(CLAIMS).replace('{', `{"exp":${NOW + 999},`)],
  ])('%s', async (_, payload) => {
    expect(await codeOf(verifier().verify(tokenOf(HEADER, payload, keys)))).toBe('CLAIMS');
  });

  test('members that only look like several are one', async () => {
    const text = JSON.stringify({ ...CLAIMS, note: 'a:"b":{c\\', deep: [[{ x: { y: ':' } }], {}, ':'] });
    expect(await codeOf(verifier().verify(tokenOf(HEADER, text, keys)))).toBe('taken');
  });

  test('__proto__ is a claim like any other, and changes nothing', async () => {
    const text = JSON.stringify(CLAIMS).replace('{', '{"__proto__":{"admin":true},');
    const { claims } = await verifier().verify(tokenOf(HEADER, text, keys));
    expect((claims as { admin?: boolean }).admin).toBeUndefined();
    expect(Object.hasOwn(claims, '__proto__')).toBe(true);
  });
});

describe('options that cannot work', () => {
  test.each<[string, object]>([
    ['no issuer', { issuer: undefined }],
    ['an empty issuer', { issuer: '' }],
    ['issuer true', { issuer: true }],
    ['no audience', { audience: undefined }],
    ['an empty list of audiences', { audience: [] }],
    ['audiences that are none', { audience: [''] }],
    ['a tolerance that is negative', { toleranceSeconds: -1 }],
    ['a tolerance in milliseconds', { toleranceSeconds: 60_000 }],
    ['a tolerance that is text', { toleranceSeconds: '60' }],
    ['a maximal age of none', { maxAgeSeconds: 0 }],
    ['a limit of none', { maxTokenBytes: 0 }],
    ['revoked keys as text', { revokedKids: 'one' }],
    ['typ of none', { typ: '' }],
    ['no keys', { keys: undefined }],
    ['keys in an array, which has a find of its own', { keys: [JWK] }],
    ['an empty set', { keys: { keys: [] } }],
    ['a secret', { keys: { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' } }],
    ['a private key', { keys: keys.privateKey.export({ format: 'jwk' }) }],
    ['a key to encrypt with', { keys: { ...JWK, use: 'enc' } }],
    ['a key that may sign only', { keys: { ...JWK, key_ops: ['sign'] } }],
    ['a set of keys to encrypt with', { keys: { keys: [{ ...JWK, use: 'enc' }] } }],
  ])('%s', (_, more) => {
    expect(() => verifier(more)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
  });

  test.each(['issuer', 'audience'])('who says nothing of the %s is told so', (name) => {
    expect(() => verifier({ [name]: undefined })).toThrow(`'${name}' is not given: give text, or false to ask nothing of it`);
  });
});

test('a header that is handed out twice is frozen', async () => {
  const one = verifier();
  const token = made({}, { extra: { deep: [1] } });
  const { header } = await one.verify(token);
  expect(() => { (header as { kid: string }).kid = 'two'; }).toThrow(TypeError);
  expect(() => (header as { extra: { deep: number[] } }).extra.deep.push(2)).toThrow(TypeError);
  expect((await one.verify(token)).header).toEqual(header);
});

test('an aborted call verifies nothing', async () => {
  const reason = new Error('enough');
  await expect(verifier().verify(made(), { abortSignal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

describe('which key of a set', () => {
  const two = ecKeys();
  const token = (kid: unknown, by = keys, alg = 'ES256') => tokenOf({ alg, kid }, CLAIMS, by);
  const verdict = async (set: object[], jwt: string) => codeOf(verifier({ keys: { keys: set as never } }).verify(jwt));

  test.each<[string, object[], string, string]>([
    ['the one that is named', [jwkOf(two, { kid: 'two' }), JWK], token('one'), 'taken'],
    ['no name, and one key of the algorithm', [jwkOf(rsa, { alg: 'RS256', kid: 'rsa' }), JWK], token(undefined), 'taken'],
    ['no name, and two keys of the algorithm', [jwkOf(two, { kid: 'two' }), JWK], token(undefined), 'NOT_AUTHENTIC'],
    ['two keys of one name', [jwkOf(two, { kid: 'one' }), JWK], token('one'), 'NOT_AUTHENTIC'],
    ['no name, and two keys of one', [jwkOf(two, { kid: 'one' }), JWK], token(undefined), 'NOT_AUTHENTIC'],
    ['two keys of one name, one of which cannot be read', [{ kty: 'EC', kid: 'one' }, JWK, jwkOf(two, { kid: 'two' })], token('one'), 'NOT_AUTHENTIC'],
    ['another key by this name', [jwkOf(two, { kid: 'one' })], token('one'), 'NOT_AUTHENTIC'],
    ['a key without a name', [jwkOf(keys)], token('any'), 'taken'],
    ['a key without a name beside the one that is named', [jwkOf(two), JWK], token('one'), 'taken'],
    ['keys that are none are passed over', [null as never, 7 as never, { kty: 'oct', k: 'x', alg: 'HS256' }, { kty: 'new', kid: 'x' }, JWK], token('one'), 'taken'],
    ['a private key is passed over', [{ ...keys.privateKey.export({ format: 'jwk' }), kid: 'one' }, jwkOf(two, { kid: 'two' })], token('one'), 'NOT_AUTHENTIC'],
    ['RSA without alg is passed over', [jwkOf(rsa, { kid: 'rsa' }), JWK], token('rsa', rsa, 'RS256'), 'NOT_AUTHENTIC'],
    ['a name that is no text', [jwkOf(two, { kid: 'two' }), { ...JWK, kid: 1 }], token('1'), 'NOT_AUTHENTIC'],
  ])('%s', async (_, set, jwt, answer) => {
    expect(await verdict(set, jwt)).toBe(answer);
  });

  test('the signature of a token that names nobody is of a key that has a thumbprint', async () => {
    const { kid } = await verifier({ keys: jwkOf(keys) }).verify(token(undefined));
    expect(kid).toMatch(/^[\w-]{43}$/);
    expect(signatureOver('x', keys)).toHaveLength(86);
  });

  test('what is changed in a set afterwards changes nothing', async () => {
    const set = { keys: [{ ...JWK }] };
    const one = verifier({ keys: set });
    set.keys[0] = jwkOf(stranger, { kid: 'one' }) as never;
    expect(await codeOf(one.verify(tokenOf(HEADER, CLAIMS, stranger)))).toBe('NOT_AUTHENTIC');
  });
});

test('a token without anything but its exp, where nothing is asked', async () => {
  const { claims } = await verifier({ issuer: false, audience: false, requireExp: false }).verify(tokenOf({ alg: 'ES256' }, NOTHING, keys));
  expect(claims).toEqual({ sub: 'c-17' });
});

import { Readable } from 'node:stream';
import { jose } from './support/libraries';
import { codeOf, ecKeys, encode, jwkOf, rsaKeys, signatureOver } from './support/raw-token';
import { JOSE_ALGORITHMS, TokenKeys } from './support/token-keys';
import vectors from './vectors/rfc-jws.json';
import { createJwsSigner, createJwsVerifier, fetchJwks } from '../../../src/runtime';
import type { JoseAlgorithm, JwsSignOptions, PublicJwk } from '../../../src/runtime';

let keys: TokenKeys;
beforeAll(async () => {
  keys = await TokenKeys.start();
});
afterAll(() => keys.stop());

const TEXT = 'an invoice over 12 €';
const PAYLOAD = Buffer.from(TEXT);
const takesAnyLength = (algorithm: JoseAlgorithm) => /^[REP]S/.test(algorithm);

describe.each(vectors)('$name', ({ keys: set, jws, payload, signer }) => {
  const verifier = createJwsVerifier({ keys: { keys: set as PublicJwk[] } });

  test('is verified', async () => {
    const verified = await verifier.verify(jws);
    expect(Buffer.from(verified.payload).toString()).toBe(payload);
    expect(verified.kid).toBe(signer);
  });

  test('is not, with another payload', async () => {
    const [part] = /(?<="payload":")[^"]*|(?<=\.)[^.]*(?=\.)/.exec(jws)!;
    expect(await codeOf(verifier.verify(jws.replace(part, encode(`${payload}!`))))).toBe('NOT_AUTHENTIC');
  });
});

describe.each(JOSE_ALGORITHMS)('%s', (algorithm) => {
  const forms: Array<[string, JwsSignOptions]> = [
    ['compact', {}],
    ['flattened', { form: 'flattened' }],
    ['general', { form: 'general' }],
    ['compact, detached', { detached: true }],
    ['flattened, detached', { form: 'flattened', detached: true }],
    ['general, detached', { form: 'general', detached: true }],
    ['compact, detached, unencoded', { detached: true, unencoded: true }],
    ['flattened, unencoded', { form: 'flattened', unencoded: true }],
    ['general, unencoded', { form: 'general', unencoded: true }],
    ['general, detached, unencoded', { form: 'general', detached: true, unencoded: true }],
  ];

  test('in every form, of bytes and of a stream, and not for another payload', async () => {
    const key = keys.key(algorithm);
    const signer = createJwsSigner({ ...key, typ: 'invoice' });
    const verifier = createJwsVerifier({ keys: await fetchJwks([key]) });
    const { kid } = await signer.publicJwk();
    for (const [index, [name, form]] of forms.entries()) {
      const kinds = [PAYLOAD, TEXT, Readable.from([PAYLOAD.subarray(0, 4), PAYLOAD.subarray(4, 5), PAYLOAD.subarray(5)])];
      const jws = await signer.sign(kinds[index % kinds.length], form);
      const verified = await verifier.verify(jws, form.detached ? PAYLOAD : undefined);
      expect({ name, payload: Buffer.from(verified.payload).toString(), kid: verified.kid }).toEqual({ name, payload: TEXT, kid });
      expect(verified.header).toEqual({ alg: algorithm, kid, typ: 'invoice', ...(form.unencoded && { b64: false, crit: ['b64'] }) });
      if (form.detached) {
        expect(jws).not.toContain(form.unencoded ? TEXT : encode(PAYLOAD));
        const streamed = await verifier.verify(jws, Readable.from([PAYLOAD.subarray(0, 7), PAYLOAD.subarray(7)]));
        expect(streamed).toEqual({ header: verified.header, kid, payload: undefined });
        expect(await codeOf(verifier.verify(jws, Readable.from([PAYLOAD.subarray(1)])))).toBe('NOT_AUTHENTIC');
        expect(await codeOf(verifier.verify(jws, `${TEXT} `))).toBe('NOT_AUTHENTIC');
        expect(await codeOf(verifier.verify(jws))).toBe('NOT_AUTHENTIC');
      }
    }
  });
});

describe.each(JOSE_ALGORITHMS.filter(takesAnyLength))('%s takes any length', (algorithm) => {
  test('a megabyte, as a stream', async () => {
    const key = keys.key(algorithm);
    const large = Buffer.alloc(1_000_000, 'invoice ');
    const chunks = () => Readable.from(Array.from({ length: 10 }, (_, index) => large.subarray(index * 100_000, (index + 1) * 100_000)));
    const verifier = createJwsVerifier({ keys: await fetchJwks([key]) });
    for (const form of [{ detached: true }, { detached: true, unencoded: true }, {}]) {
      const jws = await createJwsSigner(key).sign(chunks(), form);
      expect(await codeOf(verifier.verify(jws, form.detached ? chunks() : undefined as never))).toBe('taken');
    }
  });
});

describe.each(JOSE_ALGORITHMS.filter((algorithm) => !takesAnyLength(algorithm)))('%s takes what KMS takes', (algorithm) => {
  test('4096 bytes with the header, and no more', async () => {
    const signer = createJwsSigner(keys.key(algorithm));
    const { length: header } = (await signer.sign('', { detached: true, unencoded: true })).split('.')[0];
    const room = 4096 - header - 1;
    expect(await codeOf(signer.sign(Buffer.alloc(room), { detached: true, unencoded: true }))).toBe('taken');
    const over = Buffer.alloc(room + 1);
    for (const payload of [over, Readable.from([over])]) {
      await expect(signer.sign(payload, { detached: true, unencoded: true })).rejects.toMatchObject({
        code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining(`4097 bytes, and KMS takes 4096 for ${algorithm}`),
      });
    }
  });
});

describe('jose', () => {
  const understood = JOSE_ALGORITHMS.filter((algorithm) => algorithm !== 'ES256K' && !algorithm.startsWith('ML'));

  test.each(understood)('%s: reads what is made here, in every form', async (algorithm) => {
    const key = keys.key(algorithm);
    const signer = createJwsSigner(key);
    const set = jose.createLocalJWKSet(await fetchJwks([key]) as never);
    const read = async (form: JwsSignOptions, verify: (jws: string) => Promise<{ payload: Uint8Array }>) => {
      expect(Buffer.from((await verify(await signer.sign(PAYLOAD, form))).payload).toString()).toBe(TEXT);
    };
    await read({}, (jws) => jose.compactVerify(jws, set));
    await read({ form: 'flattened' }, (jws) => jose.flattenedVerify(JSON.parse(jws), set));
    await read({ form: 'general' }, (jws) => jose.generalVerify(JSON.parse(jws), set));
    await read({ form: 'flattened', unencoded: true }, (jws) => jose.flattenedVerify(JSON.parse(jws), set));
    await read({ form: 'flattened', detached: true, unencoded: true }, (jws) => jose.flattenedVerify({ ...JSON.parse(jws), payload: PAYLOAD }, set));
  });

  test.each(understood)('%s: what it makes is read here', async (algorithm) => {
    const { publicKey, privateKey } = await jose.generateKeyPair(algorithm, { extractable: true });
    const verifier = createJwsVerifier({ keys: { ...await jose.exportJWK(publicKey), alg: algorithm } as PublicJwk });
    const signed = async (header: object) => new jose.FlattenedSign(PAYLOAD).setProtectedHeader({ alg: algorithm, ...header }).sign(privateKey);
    const compact = await new jose.CompactSign(PAYLOAD).setProtectedHeader({ alg: algorithm }).sign(privateKey);
    const general = await new jose.GeneralSign(PAYLOAD).addSignature(privateKey).setProtectedHeader({ alg: algorithm }).sign();
    const unencoded = await signed({ b64: false, crit: ['b64'] });
    for (const jws of [compact, JSON.stringify(general), JSON.stringify(await signed({}))]) {
      expect(Buffer.from((await verifier.verify(jws)).payload).toString()).toBe(TEXT);
    }
    expect(await codeOf(verifier.verify(JSON.stringify(unencoded), PAYLOAD))).toBe('taken');
    expect(await codeOf(verifier.verify(JSON.stringify(unencoded), PAYLOAD.subarray(1)))).toBe('NOT_AUTHENTIC');
  });
});

describe('RFC 7797, to the letter', () => {
  const pair = ecKeys();
  const verifier = createJwsVerifier({ keys: jwkOf(pair) });
  const header = encode({ alg: 'ES256', b64: false, crit: ['b64'] });
  const over = (text: string, head = header) => ({ protected: head, signature: signatureOver(`${head}.${text}`, pair) });
  const compact = (text: string, shown = text) => `${header}.${shown}.${over(text).signature}`;

  test('the payload of section 4.1, detached for its dots', async () => {
    expect(await codeOf(verifier.verify(compact('$.02', ''), '$.02'))).toBe('taken');
    expect(await codeOf(verifier.verify(compact('$.02'), undefined))).toBe('FORMAT');
  });

  test('a payload without dots may stand in the compact form', async () => {
    expect(Buffer.from((await verifier.verify(compact('$02'))).payload).toString()).toBe('$02');
  });

  test('in JSON the payload stands as it is', async () => {
    expect(Buffer.from((await verifier.verify(JSON.stringify({ payload: '$.02', ...over('$.02') }))).payload).toString()).toBe('$.02');
    expect(await codeOf(verifier.verify(JSON.stringify({ payload: encode('$.02'), ...over('$.02') })))).toBe('NOT_AUTHENTIC');
  });

  test.each<[string, object]>([
    ['b64 without crit', { alg: 'ES256', b64: false }],
    ['crit without b64', { alg: 'ES256', crit: ['b64'] }],
    ['b64 that is text', { alg: 'ES256', b64: 'false', crit: ['b64'] }],
    ['crit twice', { alg: 'ES256', b64: false, crit: ['b64', 'b64'] }],
    ['crit of more', { alg: 'ES256', b64: false, crit: ['b64', 'exp'], exp: 1 }],
    ['crit of alg', { alg: 'ES256', crit: ['alg'] }],
  ])('%s', async (_, head) => {
    expect(await codeOf(verifier.verify(`${encode(head)}..${over('x', encode(head)).signature}`, 'x'))).toBe('NOT_AUTHENTIC');
  });

  test('b64 and crit must be protected', async () => {
    const { signature } = over('$.02', encode({ alg: 'ES256' }));
    const unprotected = { payload: '$.02', protected: encode({ alg: 'ES256' }), header: { b64: false, crit: ['b64'] }, signature };
    expect(await codeOf(verifier.verify(JSON.stringify(unprotected)))).toBe('NOT_AUTHENTIC');
    // What is critical stands in the protected part, and so does the list of it: whoever is on the way could take the list away.
    const protectedPart = encode({ alg: 'ES256', b64: true });
    const half = { payload: encode('$.02'), protected: protectedPart, header: { crit: ['b64'] }, signature: signatureOver(`${protectedPart}.${encode('$.02')}`, pair) };
    expect(await codeOf(verifier.verify(JSON.stringify(half)))).toBe('NOT_AUTHENTIC');
    const whole = encode({ alg: 'ES256', b64: true, crit: ['b64'] });
    const good = { payload: encode('$.02'), protected: whole, signature: signatureOver(`${whole}.${encode('$.02')}`, pair) };
    expect(await codeOf(verifier.verify(JSON.stringify(good)))).toBe('taken');
  });

  test('signatures that disagree about it are none', async () => {
    const plain = encode({ alg: 'ES256' });
    const both = { payload: 'JDAy', signatures: [over('JDAy'), { protected: plain, signature: signatureOver(`${plain}.JDAy`, pair) }] };
    expect(await codeOf(verifier.verify(JSON.stringify(both)))).toBe('NOT_AUTHENTIC');
    expect(await codeOf(verifier.verify(JSON.stringify({ ...both, signatures: both.signatures.slice(0, 1) })))).toBe('taken');
  });

  test('what is not UTF-8 cannot stand in JSON unencoded, and can be detached', async () => {
    const signer = createJwsSigner(keys.key('ES256'));
    expect(await codeOf(signer.sign(Buffer.of(0xff), { form: 'flattened', unencoded: true }))).toBe('INPUT');
    expect(await codeOf(signer.sign(Buffer.of(0xff), { form: 'flattened', unencoded: true, detached: true }))).toBe('taken');
    expect(await codeOf(signer.sign('a.b', { unencoded: true }))).toBe('INPUT');
  });
});

describe('JSON that is no JWS, or one that is read differently by different readers', () => {
  const pair = ecKeys();
  const verifier = createJwsVerifier({ keys: jwkOf(pair) });
  const header = encode({ alg: 'ES256' });
  const good = { payload: encode(TEXT), protected: header, signature: signatureOver(`${header}.${encode(TEXT)}`, pair) };
  const { payload, ...signature } = good;

  test('the good one is', async () => {
    expect(await codeOf(verifier.verify(JSON.stringify(good)))).toBe('taken');
    expect(await codeOf(verifier.verify(` ${JSON.stringify({ ...good, more: 1 }, null, 2)}\n`))).toBe('taken');
    expect(await codeOf(verifier.verify(JSON.stringify({ payload, signatures: [{}, 7, signature].slice(2) })))).toBe('taken');
  });

  test.each<[string, unknown, string]>([
    ['half of it', '{"payload":', 'FORMAT'],
    ['a list', '[]', 'FORMAT'],
    ['text', '"a"', 'FORMAT'],
    ['nothing in it', {}, 'FORMAT'],
    ['no signature', { payload, protected: header }, 'FORMAT'],
    ['a signature that is no text', { ...good, signature: 1 }, 'FORMAT'],
    ['a header that is no text', { ...good, protected: {} }, 'FORMAT'],
    ['an unprotected header that is a list', { ...good, header: [] }, 'FORMAT'],
    ['a payload that is no text', { ...good, payload: {} }, 'FORMAT'],
    ['both forms', { ...good, signatures: [signature] }, 'FORMAT'],
    ['signatures that are no list', { payload, signatures: signature }, 'FORMAT'],
    ['a signature that is none among them', { payload, signatures: [signature, 7] }, 'FORMAT'],
    ['the payload twice', JSON.stringify(good).replace('{', `{"payload":"${encode('another')}",`), 'FORMAT'],
    ['no signatures', { payload, signatures: [] }, 'NOT_AUTHENTIC'],
    ['over 16 signatures', { payload, signatures: Array.from({ length: 17 }, () => signature) }, 'LIMIT'],
    ['alg in both headers', { ...good, header: { alg: 'ES256' } }, 'NOT_AUTHENTIC'],
    ['a key in the unprotected header', { ...good, header: { jwk: jwkOf(pair) } }, 'NOT_AUTHENTIC'],
    ['kid of nobody in the unprotected header', { ...good, header: { kid: 7 } }, 'NOT_AUTHENTIC'],
    ['no payload', signature, 'NOT_AUTHENTIC'],
    ['a payload with padding', { ...good, payload: `${payload}=` }, 'NOT_AUTHENTIC'],
  ])('%s', async (_, jws, code) => {
    expect(await codeOf(verifier.verify(typeof jws === 'string' ? jws : JSON.stringify(jws)))).toBe(code);
  });

  test('one good signature among others is enough, and it is told which', async () => {
    const stranger = ecKeys();
    const others = [{ protected: header, signature: signatureOver(`${header}.${payload}`, stranger) }, { protected: 'x', signature: 'y' }];
    const verified = await verifier.verify(JSON.stringify({ payload, signatures: [...others, { ...signature, header: { note: 'unprotected' } }] }));
    expect(verified.header).toEqual({ alg: 'ES256' });
    expect(await codeOf(verifier.verify(JSON.stringify({ payload, signatures: others })))).toBe('NOT_AUTHENTIC');
  });

  test('a payload of its own beside a detached one', async () => {
    expect(await codeOf(verifier.verify(JSON.stringify(good), TEXT))).toBe('FORMAT');
  });

  test('no algorithm but the key\'s: a mix of keys', async () => {
    const rsa = rsaKeys();
    const both = createJwsVerifier({ keys: { keys: [jwkOf(pair), jwkOf(rsa, { alg: 'RS256' })] } });
    const rs = encode({ alg: 'RS256' });
    expect((await both.verify(`${rs}.${payload}.${signatureOver(`${rs}.${payload}`, rsa)}`)).header).toEqual({ alg: 'RS256' });
    expect(await codeOf(both.verify(`${header}.${payload}.${signatureOver(`${header}.${payload}`, rsa)}`))).toBe('NOT_AUTHENTIC');
  });

  test('a limit for what holds its payload', async () => {
    const small = createJwsVerifier({ keys: jwkOf(pair), maxBytes: 100 });
    expect(await codeOf(small.verify(JSON.stringify(good)))).toBe('LIMIT');
  });

  test.each([undefined, null, 7, {}, Buffer.from('a.b.c')])('%p is no text', async (jws) => {
    expect(await codeOf(verifier.verify(jws as never))).toBe('INPUT');
  });
});

test('bytes may be overwritten right after the call, on either side', async () => {
  const key = keys.key('ES256');
  const bytes = Buffer.from(TEXT);
  const pending = createJwsSigner(key).sign(bytes, { detached: true });
  bytes.fill(0);
  const jws = await pending;
  const verifier = createJwsVerifier({ keys: await fetchJwks([key]) });
  const again = Buffer.from(TEXT);
  const verified = verifier.verify(jws, again);
  again.fill(0);
  expect(Buffer.from((await verified).payload).toString()).toBe(TEXT);
});

describe('options that cannot work', () => {
  test.each<[string, object]>([
    ['a form of another name', { form: 'json' }],
    ['detached as text', { detached: 'yes' }],
    ['unencoded as number', { unencoded: 1 }],
    ['alg in the header', { header: { alg: 'none' } }],
    ['kid in the header', { header: { kid: 'x' } }],
    ['crit in the header', { header: { crit: ['exp'] } }],
    ['b64 in the header', { header: { b64: false } }],
    ['a key in the header', { header: { jwk: {} } }],
    ['a header that is a list', { header: [] }],
    ['a header that JSON has no form for', { header: { when: NaN } }],
  ])('%s', async (_, more) => {
    expect(await codeOf(createJwsSigner(keys.key('ES256')).sign('x', more as never))).toBe('INPUT');
  });
});

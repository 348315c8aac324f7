import { getEventListeners } from 'node:events';
import { Replay } from './support/replay';
import type { Reply } from './support/replay';
import { createDirectCipher, createEnvelopeCipher, fetchKms, fetchPublicKey, KmsKeyring, kmsFaultOf, resilientKms } from '../../../src/runtime';
import type { FetchKmsOptions } from '../../../src/runtime';
import { startLocalKms } from '../../../src/testing';
import type { LocalKms } from '../../../src/testing';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const OK: Reply = { body: '{"Keys":[]}' };
const HTML: Reply = { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Bad Gateway</html>' };
const empty = (status: number): Reply => (response) => void response.writeHead(status).end();
const error = (name: string, status = 400): Reply => ({ status, body: JSON.stringify({ __type: name, message: 'm' }) });

let kms: Replay;
beforeAll(async () => void (kms = await Replay.start()));
afterAll(() => kms.stop());
beforeEach(() => void jest.spyOn(Math, 'random').mockReturnValue(0.01));
afterEach(() => void jest.restoreAllMocks());

const client = (options: FetchKmsOptions = {}) => fetchKms({ endpoint: kms.endpoint, region: 'eu-west-1', credentials: CREDENTIALS, ...options });

describe('another attempt', () => {
  test.each<[string, number, Reply]>([
    ['throttling', 3, error('ThrottlingException')],
    ['a fault of KMS', 3, error('KMSInternalException', 500)],
    ['a page of a gateway', 3, HTML],
    ['a page instead of a reply', 3, { ...HTML, status: 200 }],
    ['a reply that is JSON and no object', 3, { body: '[]' }],
    ['a broken connection', 3, (response) => void response.socket!.destroy()],
    ['a quota, for which waiting does not help', 1, error('LimitExceededException')],
    ['a denial', 1, error('AccessDeniedException')],
    ['a ciphertext of another key', 1, error('InvalidCiphertextException')],
    ['a page of a proxy that refuses', 1, { ...HTML, status: 403 }],
  ])('is there after %s: %i in all', async (_, attempts, reply) => {
    kms.says(reply);
    await expect(client().call('ListKeys')).rejects.toBeInstanceOf(Error);
    expect(kms.received.length).toBe(attempts);
    kms.says(reply, OK);
    expect(await client().call('ListKeys').catch(() => 'refused')).toEqual(attempts > 1 ? expect.objectContaining({ Keys: [] }) : 'refused');
  });

  test('as many as are asked for, and each is told in the metadata', async () => {
    kms.says(HTML);
    await expect(client({ maxAttempts: 2 }).call('ListKeys')).rejects.toMatchObject({ $metadata: { attempts: 2 } });
    kms.says(HTML, HTML, OK);
    expect(await client().call('ListKeys')).toMatchObject({ $metadata: { attempts: 3 } });
  });

  test('comes after a wait that grows, longer where KMS throttles, and that an abort ends', async () => {
    const sleeps: number[] = [];
    const elapsed = async (reply: Reply, maxAttempts: number) => {
      kms.says(reply);
      const begun = performance.now();
      await client({ maxAttempts }).call('ListKeys').catch(() => undefined);
      return performance.now() - begun;
    };
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    sleeps.push(await elapsed(HTML, 2), await elapsed(HTML, 3), await elapsed(error('ThrottlingException'), 2));
    const [once, twice, throttled] = sleeps;
    expect([once >= 49, twice >= 149, throttled >= 249]).toEqual([true, true, true]);
    kms.says(error('ThrottlingException'));
    const begun = performance.now();
    await expect(client().call('ListKeys', {}, { abortSignal: AbortSignal.timeout(60) })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - begun).toBeLessThan(200);
  });
});

test('many calls with one signal are one listener', async () => {
  const answers: Array<(response: Response) => void> = [];
  const fetch = () => new Promise<Response>((resolve) => answers.push(resolve));
  const { signal } = new AbortController();
  const credentials = async () => CREDENTIALS;
  const calls = Array.from({ length: 12 }, () => client({ fetch, credentials }).call('ListKeys', {}, { abortSignal: signal }));
  expect(getEventListeners(signal, 'abort').length).toBe(1);
  for (let turn = 0; answers.length < 12 && turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(getEventListeners(signal, 'abort').length).toBe(1);
  for (const answer of answers) answer(new Response('{}'));
  await Promise.all(calls);
  expect(getEventListeners(signal, 'abort').length).toBe(0);
});

describe('what is none of KMS', () => {
  test.each<[string, Reply, string, string]>([
    ['a page of a gateway', HTML, 'service', 'status 502, 24 characters of text/html, not of KMS'],
    ['a page that says that all is well', { ...HTML, status: 200 }, 'service', 'status 200, 24 characters of text/html, not of KMS'],
    ['a page of a proxy that refuses', { ...HTML, status: 404 }, 'request', 'status 404, 24 characters of text/html, not of KMS'],
    ['a page of too many requests', { ...HTML, status: 429 }, 'throttle', 'status 429, 24 characters of text/html, not of KMS'],
    ['a redirection without a page', empty(302), 'request', 'status 302, 0 characters of no type, not of KMS'],
    ['a host that is none of the proxy\'s, without a page', empty(421), 'request', 'status 421, 0 characters of no type, not of KMS'],
    ['too many requests, without a page', empty(429), 'throttle', 'status 429, 0 characters of no type, not of KMS'],
    ['a gateway that is out of order, without a page', empty(503), 'service', 'status 503, 0 characters of no type, not of KMS'],
    ['JSON of a proxy', { status: 403, body: '{"message":"no such secret: hunter2"}' }, 'request', 'status 403, 37 characters of application/x-amz-json-1.1, not of KMS'],
  ])('%s is told by its kind, and not repeated', async (_, reply, fault, message) => {
    kms.says(reply);
    const thrown = await client({ maxAttempts: 1 }).call('ListKeys').catch((reason) => reason);
    expect([thrown.name, thrown.message, kmsFaultOf(thrown), thrown.$fault]).toEqual(['Unknown', message, fault, fault === 'service' ? 'server' : 'client']);
  });

  test('an answer without an end is given up', async () => {
    let sent = 0;
    kms.says((response) => {
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20))) sent += 65_536;
        if (!response.destroyed) response.once('drain', pour);
      };
      response.writeHead(200);
      pour();
    });
    await expect(client({ maxAttempts: 1 }).call('ListKeys')).rejects.toThrow('an answer of more than 4194304 bytes');
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });
});

describe('time', () => {
  const never = (): Reply => () => undefined;

  test('an attempt that takes too long is aborted, and made again', async () => {
    let closed = 0;
    kms.says((response) => void response.once('close', () => closed++), OK);
    expect(await client({ attemptTimeoutMs: 50 }).call('ListKeys')).toMatchObject({ Keys: [] });
    kms.says(never());
    await expect(client({ attemptTimeoutMs: 20 }).call('ListKeys')).rejects.toMatchObject({ name: 'TimeoutError', message: 'no answer within 20 ms' });
    expect([kms.received.length, closed]).toEqual([3, 1]);
  });

  test('so is one whose answer begins and does not end', async () => {
    kms.says((response) => void response.writeHead(200).write('{'), OK);
    expect(await client({ attemptTimeoutMs: 50 }).call('ListKeys')).toMatchObject({ Keys: [] });
  });

  test('a caller that aborts gets its own reason, and no other attempt is made', async () => {
    const reason = new Error('the user went away');
    const controller = new AbortController();
    kms.says(never());
    const waiting = client().decrypt({ KeyId: 'a', CiphertextBlob: Buffer.of(1) }, { abortSignal: controller.signal });
    setTimeout(() => controller.abort(reason), 30);
    await expect(waiting).rejects.toBe(reason);
    expect(kms.received.length).toBe(1);
    kms.says(OK);
    await expect(client().call('ListKeys', {}, { abortSignal: controller.signal })).rejects.toBe(reason);
    expect(kms.received.length).toBe(0);
  });
});

describe('a clock that is wrong', () => {
  const HOUR = 3_600_000;
  let local: LocalKms;
  beforeAll(async () => {
    const clock = () => new Date(Date.now() + HOUR);
    local = await startLocalKms({ clock, keys: [{}], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });
  });
  afterAll(() => local.stop());

  test('is corrected by the answer that tells so, once for all calls', async () => {
    const kmsByFetch = fetchKms({ ...local.clientConfig('App'), systemClockOffset: 0, maxAttempts: 1 });
    for (const _ of [1, 2]) expect((await kmsByFetch.call('ListKeys')).Keys).toHaveLength(1);
    expect([...local.requests].filter(({ operation }) => operation === 'ListKeys')).toHaveLength(2);
  });

  test('is corrected for all calls that start together', async () => {
    const kmsByFetch = fetchKms({ ...local.clientConfig('App'), systemClockOffset: 0, maxAttempts: 1 });
    const all = await Promise.all([1, 2, 3, 4].map(() => kmsByFetch.call('ListKeys')));
    expect(all.map(({ Keys }) => (Keys as unknown[]).length)).toEqual([1, 1, 1, 1]);
  });

  test('corrects nothing where the server says that the clock is right, or says nothing', async () => {
    for (const headers of [{ date: new Date().toUTCString() }, { date: 'x' }]) {
      kms.says({ ...error('InvalidSignatureException') as object, headers });
      await expect(client().call('ListKeys')).rejects.toMatchObject({ name: 'InvalidSignatureException' });
      expect(kms.received.length).toBe(1);
    }
  });

  test('is corrected once a call, however the server goes on', async () => {
    let hour = 1;
    const later = () => (kms.received.length, { ...error('InvalidSignatureException') as object, headers: { date: new Date(Date.now() + HOUR * hour++).toUTCString() } });
    kms.says(later(), later(), later(), later());
    await expect(client().call('ListKeys')).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    expect(kms.received.length).toBe(2);
  });
});

describe('on the local KMS', () => {
  let local: LocalKms;
  const APP = { arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] };
  beforeAll(async () => {
    local = await startLocalKms({
      keys: [{ aliases: ['alias/data'] }, { aliases: ['alias/sign'], spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' }], principals: [APP, 'arn:aws:iam::111122223333:role/Guest'],
    });
  });
  afterAll(() => local.stop());

  test('it is what the AWS SDK is to envelopes, to direct calls and to public keys', async () => {
    const byFetch = fetchKms(local.clientConfig('App'));
    const keyArn = local.keyArn('alias/data');
    for (const port of [byFetch, resilientKms({ kms: () => fetchKms({ ...local.clientConfig('App'), maxAttempts: 1 }) })]) {
      const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: port, keyArn }), encryptionContext: { a: 'b' } });
      expect(Buffer.from((await cipher.decrypt(await cipher.encrypt(Buffer.from('x')))).plaintext).toString()).toBe('x');
    }
    const direct = createDirectCipher({ kms: byFetch, keyArn });
    expect(Buffer.from(await direct.decrypt(await direct.encrypt('x'))).toString()).toBe('x');
    expect((await fetchPublicKey({ kms: byFetch, keyArn: local.keyArn('alias/sign') })).keySpec).toBe('ECC_NIST_P256');
  });

  test('it needs no option where the environment has what Lambda sets', async () => {
    const kmsByFetch = fetchKms({ env: local.environment('App') });
    expect((await kmsByFetch.describeKey({ KeyId: 'alias/data' })).KeyMetadata?.Arn).toBe(local.keyArn('alias/data'));
  });

  test('who may not is denied, with the sentence of KMS', async () => {
    const encrypt = createDirectCipher({ kms: fetchKms(local.clientConfig('Guest')), keyArn: local.keyArn('alias/data') }).encrypt('x');
    await expect(encrypt).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED', message: expect.stringMatching(/role\/Guest.* is not authorized to perform: kms:Encrypt/) });
  });

  test('another secret does not sign for it', async () => {
    const { credentials, ...config } = local.clientConfig('App');
    const call = fetchKms({ ...config, credentials: { ...credentials, secretAccessKey: 'another' } }).call('ListKeys');
    await expect(call).rejects.toMatchObject({ name: 'InvalidSignatureException', $metadata: { attempts: 1 } });
  });
});

describe('what is sent', () => {
  test('text where bytes belong is refused: KMS would take it for base64', async () => {
    kms.says(OK);
    await expect(client().encrypt({ KeyId: 'a', Plaintext: 'aGVsbG8=' as never })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: "'Plaintext' is of type String: give a Uint8Array" });
    await expect(client().call('Decrypt', { Recipient: { AttestationDocument: 'x' } })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
    expect(kms.received).toEqual([]);
  });

  test.each(['', 'List Keys', 'ListKeys\r\nx: y', '__proto__', 'listKeys()', 'listKeys', undefined, null, {}] as string[])('%p is no operation', async (operation) => {
    kms.says(OK);
    await expect(client().call(operation)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
    expect(kms.received).toEqual([]);
  });

  const circular: Record<string, unknown> = {};
  circular.itself = circular;

  test.each([['a big integer', { Limit: 5n }], ['what holds itself', circular], ['what cannot be read', { get Limit() { throw new Error('no'); } }]])(
    '%s is refused: JSON cannot hold it', async (_, input) => {
      kms.says(OK);
      const refusal = { code: 'ERR_KEYSMITH_INPUT', message: 'no JSON can be made of the members', cause: expect.any(Error) };
      await expect(client().call('ListKeys', input)).rejects.toMatchObject(refusal);
      expect(kms.received).toEqual([]);
    },
  );

  test.each([[], [undefined], [null], [{}, null], [null, { abortSignal: null }]])('none is as good as nothing: %p', async (...given) => {
    kms.says(OK);
    const none = { fetch: null, env: null, credentials: CREDENTIALS, endpoint: kms.endpoint, useFipsEndpoint: null, maxAttempts: null } as never;
    for (const one of [client(), client(none)]) await expect(one.call('ListKeys', ...given as [])).resolves.toMatchObject({ Keys: [] });
    expect(kms.received.map(({ body }) => body)).toEqual(['{}', '{}']);
  });

  test.each([new AbortController(), 'x', {}, 5, 0, '', false])('%p is no signal', async (abortSignal) => {
    kms.says(OK);
    const refusal = { code: 'ERR_KEYSMITH_INPUT', message: "'abortSignal' takes an AbortSignal" };
    await expect(client().call('ListKeys', {}, { abortSignal } as never)).rejects.toMatchObject(refusal);
    await expect(client().describeKey({ KeyId: 'a' }, { abortSignal } as never)).rejects.toMatchObject(refusal);
    expect(kms.received).toEqual([]);
  });
});

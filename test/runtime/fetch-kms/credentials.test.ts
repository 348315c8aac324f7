import { inspect } from 'node:util';
import { fetchKms } from '../../../src/runtime';
import type { AwsCredentials, FetchKmsOptions } from '../../../src/runtime';
import { SYSTEM_CLOCK } from '../../../src/runtime/resilience/clock';

const NOW = Date.now();
const MINUTE = 60_000;
const credentials = (id: string, minutes?: number): AwsCredentials => ({
  accessKeyId: id, secretAccessKey: 'secret', sessionToken: 'token', ...(minutes !== undefined && { expiration: new Date(NOW + minutes * MINUTE) }),
});

/** A client whose KMS answers with the access key id that signed, or as `answers` says, one a request. */
function clientOf(options: FetchKmsOptions, ...answers: object[]) {
  const signers: string[] = [];
  const fetch: typeof globalThis.fetch = async (_, init) => {
    signers.push(/Credential=([^/]*)/.exec((init!.headers as Record<string, string>).authorization)![1]);
    const answer = answers.shift() as { __type?: string } | undefined;
    return new Response(JSON.stringify(answer ?? {}), { status: answer?.__type ? 400 : 200 });
  };
  const kms = fetchKms({ region: 'eu-west-1', env: {}, fetch, ...options });
  return { signers, call: () => kms.call('ListKeys') };
}

/** A provider that gives these, one after the other and the last again and again. */
const provider = (...given: (AwsCredentials | Error)[]) => jest.fn(async () => {
  const next = given.length > 1 ? given.shift()! : given[0];
  if (next instanceof Error) throw next;
  return next;
});

describe('a provider', () => {
  beforeEach(() => void jest.useFakeTimers({ now: NOW, doNotFake: ['setTimeout', 'setImmediate', 'nextTick', 'queueMicrotask', 'performance'] }));
  afterEach(() => void jest.useRealTimers());

  test('is asked once by calls at the same time, and its answer is kept', async () => {
    const asked = provider(credentials('A', 60));
    const { call, signers } = clientOf({ credentials: asked });
    await Promise.all([call(), call(), call()]);
    await call();
    expect([asked.mock.calls.length, signers]).toEqual([1, ['A', 'A', 'A', 'A']]);
  });

  test.each<[minutes: number, signer: string]>([[54, 'A'], [56, 'B'], [61, 'B']])('whose answer ends after an hour: %i minutes later it is %s that signs', async (minutes, signer) => {
    const { call, signers } = clientOf({ credentials: provider(credentials('A', 60), credentials('B', 120)) });
    await call();
    jest.setSystemTime(NOW + minutes * MINUTE);
    await call();
    expect(signers).toEqual(['A', signer]);
  });

  test('that says nothing of an end is asked once', async () => {
    const asked = provider(credentials('A'), credentials('B'));
    const { call, signers } = clientOf({ credentials: asked });
    await call();
    jest.setSystemTime(NOW + 1e6 * MINUTE);
    await call();
    expect(signers).toEqual(['A', 'A']);
  });

  test('that fails while the old ones hold leaves them in use, and is asked again', async () => {
    const asked = provider(credentials('A', 60), new Error('IMDS is away'), credentials('B', 120));
    const { call, signers } = clientOf({ credentials: asked });
    await call();
    jest.setSystemTime(NOW + 57 * MINUTE);
    await call();
    await call();
    expect([asked.mock.calls.length, signers]).toEqual([3, ['A', 'A', 'B']]);
  });

  test.each<[string, number]>([['at first', -1], ['when the old ones have ended', 61]])('that fails %s fails the call with its own error as the cause, once', async (_, minutes) => {
    const failure = Object.assign(new Error('no SSO session'), { name: 'CredentialsProviderError' });
    const asked = minutes < 0 ? provider(failure) : provider(credentials('A', 60), failure);
    const { call, signers } = clientOf({ credentials: asked });
    if (minutes > 0) await call();
    jest.setSystemTime(NOW + minutes * MINUTE);
    await expect(call()).rejects.toMatchObject({ name: 'CredentialsProviderError', message: 'no SSO session', cause: failure });
    expect([asked.mock.calls.length, signers.length]).toEqual(minutes < 0 ? [1, 0] : [2, 1]);
  });

  test('is asked again when AWS says that the token has ended; once, then the error comes through', async () => {
    const expired = { __type: 'ExpiredTokenException', message: 'The security token included in the request is expired' };
    const first = clientOf({ credentials: provider(credentials('A'), credentials('B')), maxAttempts: 1 }, expired);
    await first.call();
    expect(first.signers).toEqual(['A', 'B']);
    const second = clientOf({ credentials: provider(credentials('A')) }, expired, expired);
    await expect(second.call()).rejects.toMatchObject({ name: 'ExpiredTokenException' });
    expect(second.signers).toEqual(['A', 'A']);
    const fixed = clientOf({ credentials: credentials('A') }, expired);
    await expect(fixed.call()).rejects.toMatchObject({ name: 'ExpiredTokenException' });
    expect(fixed.signers).toEqual(['A']);
  });

  test('that is waited for does not hold a call that is aborted', async () => {
    const reason = new Error('not any more');
    const kms = fetchKms({ region: 'eu-west-1', credentials: () => new Promise(() => undefined) });
    await expect(kms.call('ListKeys', {}, { abortSignal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = kms.call('ListKeys', {}, { abortSignal: controller.signal });
    setTimeout(() => controller.abort(reason), 5);
    await expect(waiting).rejects.toBe(reason);
  });
});

describe('a provider that does not answer', () => {
  const hang = () => new Promise<never>(() => undefined);
  /** Limits of time, by their length: they are over when the test says so. */
  let timers: { readonly ms: number; readonly end: () => void }[];
  const turns = () => new Promise((resolve) => setTimeout(resolve, 5));
  const over = async (ms: number) => {
    await turns();
    timers.filter((timer) => timer.ms === ms).forEach(({ end }) => end());
  };
  beforeEach(() => {
    timers = [];
    jest.spyOn(SYSTEM_CLOCK, 'sleep').mockImplementation((ms) => new Promise((end) => void timers.push({ ms, end })));
  });
  afterEach(() => void jest.restoreAllMocks());

  const soon = () => ({ ...credentials('A'), expiration: new Date(Date.now() + 4 * MINUTE) });
  const hangingOnce = (turn: number, ...given: AwsCredentials[]) => {
    let asked = 0;
    return jest.fn(async () => (++asked === turn ? hang() : given.shift()!));
  };

  test('is given up after a minute, and asked again by the next call', async () => {
    const asked = hangingOnce(1, credentials('B'));
    const { call, signers } = clientOf({ credentials: asked });
    const first = call().catch((error) => error);
    await over(60_000);
    expect(String(await first)).toContain('no answer within 60000 ms');
    await call();
    expect([asked.mock.calls.length, signers]).toEqual([2, ['B']]);
  });

  test('is waited for five seconds by one call while the old ones hold, which sign; after a minute it is asked again', async () => {
    const asked = hangingOnce(2, soon(), credentials('B'));
    const { call, signers } = clientOf({ credentials: asked });
    await call();
    const second = call();
    await turns();
    await call();
    expect(signers).toEqual(['A', 'A']);
    await over(5000);
    await second;
    await call();
    expect([asked.mock.calls.length, signers]).toEqual([2, ['A', 'A', 'A', 'A']]);
    jest.spyOn(SYSTEM_CLOCK, 'now').mockReturnValue(performance.now() + 60_000);
    await call();
    expect([asked.mock.calls.length, signers.at(-1)]).toEqual([3, 'B']);
  });

  test('in five seconds, but later: what it says then signs', async () => {
    let answer: (given: AwsCredentials) => void;
    const late = new Promise<AwsCredentials>((resolve) => void (answer = resolve));
    const given = [Promise.resolve(soon()), late];
    const { call, signers } = clientOf({ credentials: async () => given.shift()! });
    await call();
    const second = call();
    await over(5000);
    await second;
    answer!(credentials('B'));
    await turns();
    await call();
    expect(signers).toEqual(['A', 'A', 'B']);
  });

  test.each([['at first', false], ['while the old ones hold', true]])('but throws at once, %s, is asked again', async (_, isLater) => {
    const given = [...isLater ? [soon()] : [], undefined, credentials('B')];
    const { call, signers } = clientOf({
      credentials: () => {
        const next = given.shift();
        if (!next) throw new Error('not logged in');
        return Promise.resolve(next);
      },
    });
    if (isLater) await call();
    expect(await call().catch((error) => String(error))).toEqual(isLater ? expect.anything() : expect.stringContaining('not logged in'));
    await call();
    expect(signers).toEqual(isLater ? ['A', 'A', 'B'] : ['B']);
  });
});

describe('the environment', () => {
  const ENV = { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };

  test('signs where no credentials are given, as it is at each call', async () => {
    const env: NodeJS.ProcessEnv = { ...ENV };
    const { call, signers } = clientOf({ env });
    await call();
    env.AWS_ACCESS_KEY_ID = 'B';
    delete env.AWS_SESSION_TOKEN;
    await call();
    env.AWS_SESSION_TOKEN = '';
    await call();
    expect(signers).toEqual(['A', 'B', 'B']);
  });

  test.each(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])('without %s has none, and the error says what to set', async (name) => {
    const { call } = clientOf({ env: { ...ENV, [name]: '' } });
    await expect(call()).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: "no credentials: give 'credentials', or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" });
  });
});

describe('no secret is in an error', () => {
  const SECRET = 'wJalrXUtnFEMI';
  const odd: readonly (readonly [string, object])[] = [
    ['a token with a line end', { accessKeyId: 'A', secretAccessKey: SECRET, sessionToken: `${SECRET}\n` }],
    ['a secret with a space', { accessKeyId: 'A', secretAccessKey: `${SECRET} `, sessionToken: SECRET }],
    ['an access key id with a line end', { accessKeyId: `${SECRET}\r\n`, secretAccessKey: SECRET }],
    ['a secret in an array', { accessKeyId: 'A', secretAccessKey: [SECRET] }],
    ['no secret', { accessKeyId: SECRET }],
    ['other names', { AccessKeyId: SECRET, SecretAccessKey: SECRET }],
  ];

  test.each(odd)('%s: refused when the client is made', (_, given) => {
    expect(() => fetchKms({ credentials: given as AwsCredentials })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
    try {
      fetchKms({ credentials: given as AwsCredentials });
    } catch (error) {
      expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
    }
  });

  test.each([...odd, ['nothing', undefined]] as const)('%s, from a provider: refused at the call, which is not tried again', async (_, given) => {
    const asked = jest.fn(async () => given as AwsCredentials);
    const error = await clientOf({ credentials: asked }).call().catch((reason) => reason);
    expect(error).toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test('a connection that fails', async () => {
    const kms = fetchKms({ endpoint: 'http://127.0.0.1:1', region: 'eu-west-1', maxAttempts: 1, credentials: { accessKeyId: 'A', secretAccessKey: SECRET, sessionToken: SECRET } });
    const error = await kms.encrypt({ KeyId: 'a', Plaintext: Buffer.from(SECRET) }).catch((reason) => reason);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(new RegExp(`${SECRET}|${Buffer.from(SECRET).toString('base64')}`));
  });
});

import { getEventListeners } from 'node:events';
import * as fc from 'fast-check';
import { VirtualClock } from './virtual-clock';
import { KmsKeyring, createDirectCipher, createEnvelopeCipher, resilientKms } from '../../../src/runtime';
import type { KmsPort, ResilienceEvent, ResilientKmsOptions } from '../../../src/runtime';
import { FakeKms, kmsException } from '../envelope/fake-kms';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const MRK = 'arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab';
const MRK_IN_US = MRK.replace('eu-west-1', 'us-east-1');
const SECRET = Buffer.from('4111 1111 1111 1111');
const INTERNAL = kmsException('KMSInternalException', 500);
const THROTTLED = kmsException('ThrottlingException');
const UNAVAILABLE = { code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' };
const hang = () => new Promise<never>(() => undefined);
const answersNothing = () => ({ Plaintext: undefined });

let clock: VirtualClock;
let home: FakeKms;
let replica: FakeKms;
let events: ResilienceEvent[];

beforeEach(() => {
  clock = new VirtualClock();
  home = new FakeKms();
  replica = new FakeKms({ sharing: home });
  events = [];
});

const common = () => ({ clock, onEvent: (event: ResilienceEvent) => void events.push(event), random: () => 0.5 });
/** KMS in one Region. */
const inOneRegion = (options: Partial<ResilientKmsOptions> = {}): KmsPort => resilientKms({ kms: home.port, ...common(), ...options });
/** KMS in eu-west-1, where the keys live, and us-east-1. */
const inTwoRegions = (options: Partial<ResilientKmsOptions> = {}): KmsPort => resilientKms({
  kms: (region) => ({ 'eu-west-1': home, 'us-east-1': replica })[region]!.port, replicaRegions: ['us-east-1'], ...common(), ...options,
});

const generate = (kms: KmsPort, KeyId = KEY, abortSignal?: AbortSignal) => (
  clock.run(kms.generateDataKey({ KeyId, NumberOfBytes: 32 }, { abortSignal }))
);
const told = <Kind extends ResilienceEvent['kind']>(kind: Kind) => (
  events.filter((event): event is Extract<ResilienceEvent, { kind: Kind }> => event.kind === kind)
);
const outcomes = () => told('attempt').map(({ region, outcome }) => `${region} ${outcome}`);
const states = () => told('breaker').map(({ region, state }) => `${region} ${state}`);

describe('another attempt', () => {
  test.each([
    ['throttling', THROTTLED, 'throttle'],
    ['an internal error', INTERNAL, 'service'],
    ['a key that is not available', kmsException('KeyUnavailableException', 500), 'service'],
    ['a time-out of a dependency', kmsException('DependencyTimeoutException', 503), 'service'],
    ['a broken connection', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), 'service'],
    ['a bad gateway', kmsException('UnknownError', 502), 'service'],
  ])('follows %s', async (_, error, outcome) => {
    home.failNext(error, error);
    await expect(generate(inOneRegion())).resolves.toMatchObject({ KeyId: KEY });
    expect(outcomes()).toEqual([`eu-west-1 ${outcome}`, `eu-west-1 ${outcome}`, 'eu-west-1 ok']);
  });

  test.each([
    'AccessDeniedException', 'DisabledException', 'KMSInvalidStateException', 'NotFoundException', 'InvalidCiphertextException',
    'IncorrectKeyException', 'InvalidKeyUsageException', 'InvalidGrantTokenException', 'LimitExceededException', 'ValidationException',
  ])('does not follow %s, which comes through as it is', async (name) => {
    const error = kmsException(name);
    home.failAll(error);
    await expect(generate(inOneRegion())).rejects.toBe(error);
    expect(home.count()).toBe(1);
    expect(clock.now()).toBe(0);
  });

  test('has the same input and the options of the call', async () => {
    const seen: unknown[] = [];
    const encrypt = async (...given: unknown[]) => {
      seen.push(given);
      if (seen.length === 1) throw INTERNAL;
      return { KeyId: KEY };
    };
    const input = { KeyId: KEY, Plaintext: SECRET, EncryptionContext: { tenant: 'acme' }, GrantTokens: ['token'] };
    await clock.run(inOneRegion({ kms: { encrypt } as unknown as KmsPort }).encrypt(input, { requestTimeout: 7 } as object));
    expect(seen).toEqual([1, 2].map(() => [input, { requestTimeout: 7, abortSignal: expect.any(AbortSignal) }]));
  });
});

describe('waits', () => {
  test('grow from a range twice as long each time, up to a longest', async () => {
    home.failNext(...Array(8).fill(THROTTLED));
    await generate(inOneRegion({ budgetMs: 60_000, backoffMs: 100, maxBackoffMs: 1000, random: () => 0.999 }));
    expect(told('wait').map(({ delayMs }) => Math.round(delayMs))).toEqual([100, 200, 400, 799, 999, 999, 999, 999]);
  });

  test('are anything from nothing to the longest', async () => {
    home.failNext(...Array(3).fill(THROTTLED));
    const draws = [0, 0.25, 0.75];
    await generate(inOneRegion({ random: () => draws.shift()! }));
    expect(told('wait').map(({ delayMs }) => delayMs)).toEqual([0, 25, 150]);
  });

  test('are spared when another Region comes next', async () => {
    home.failAll(INTERNAL);
    await generate(inTwoRegions({ attemptsPerRegion: 1 }), MRK);
    expect(told('wait')).toEqual([]);
    expect(clock.now()).toBe(0);
  });
});

describe('the budget', () => {
  test('ends throttling that does not end, in a bounded number of attempts', async () => {
    home.failAll(THROTTLED);
    await expect(generate(inOneRegion({ budgetMs: 2000 }))).rejects.toMatchObject({ ...UNAVAILABLE, cause: THROTTLED });
    expect(clock.now()).toBeLessThanOrEqual(2000);
    expect(home.count()).toBeLessThan(12);
    expect(told('exhausted')).toEqual([{ kind: 'exhausted', operation: 'GenerateDataKey', attempts: home.count() }]);
  });

  test('is never overrun, whatever happens and whatever is drawn', async () => {
    const fault = fc.constantFrom(THROTTLED, INTERNAL, hang, undefined);
    const faultsInARow = fc.array(fault, { maxLength: 12 });
    const random = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));
    await fc.assert(fc.asyncProperty(
      faultsInARow, faultsInARow, random, fc.integer({ min: 1, max: 5000 }), async (faults, replicaFaults, draws, budgetMs) => {
        clock = new VirtualClock();
        home = new FakeKms();
        replica = new FakeKms({ sharing: home });
        home.failNext(...faults);
        replica.failNext(...replicaFaults);
        const call = generate(inTwoRegions({ budgetMs, random: () => draws.next().value as number }), MRK);
        await call.then(({ KeyId }) => expect(KeyId).toBe(MRK), (error) => expect(error).toMatchObject(UNAVAILABLE));
        expect(clock.now()).toBeLessThanOrEqual(budgetMs);
      },
    ), { numRuns: 60 });
  });

  test('may be what is left of a Lambda invocation, asked anew with each call', async () => {
    let remaining = 400;
    const kms = inOneRegion({ budgetMs: () => remaining });
    home.failNext(hang);
    await expect(generate(kms)).rejects.toMatchObject(UNAVAILABLE);
    expect(clock.now()).toBe(400);
    remaining = 5000;
    home.failNext(hang);
    await expect(generate(kms)).resolves.toMatchObject({ KeyId: KEY });
  });

  test.each([0, 49, -20])('of %i ms is not enough to begin an attempt', async (left) => {
    await expect(generate(inOneRegion({ budgetMs: () => left }))).rejects.toMatchObject(UNAVAILABLE);
    expect(home.count()).toBe(0);
  });

  test.each([NaN, Infinity, undefined])('of %p is refused', async (left) => {
    await expect(generate(inOneRegion({ budgetMs: () => left as number }))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
  });
});

describe('an attempt that hangs', () => {
  test('is aborted after its time, and another is made', async () => {
    const signals: AbortSignal[] = [];
    const kms: Partial<KmsPort> = {
      decrypt: (input, options) => {
        signals.push(options!.abortSignal!);
        return signals.length === 1 ? hang() : home.decrypt(input);
      },
      generateDataKey: (input) => home.generateDataKey(input),
    };
    const port = inOneRegion({ kms: kms as KmsPort, attemptTimeoutMs: 700, random: () => 0 });
    const { CiphertextBlob } = await generate(port);
    await expect(clock.run(port.decrypt({ KeyId: KEY, CiphertextBlob: CiphertextBlob! }))).resolves.toMatchObject({ KeyId: KEY });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(clock.now()).toBe(700);
    expect(signals[0].reason).toMatchObject({ name: 'TimeoutError', message: 'no answer within 700 ms' });
  });

  test('is not waited for past the budget', async () => {
    home.failAll(hang);
    await expect(generate(inOneRegion({ budgetMs: 1500, attemptTimeoutMs: 1000 }))).rejects.toMatchObject(UNAVAILABLE);
    expect(clock.now()).toBeLessThanOrEqual(1500);
    expect(home.count()).toBe(2);
  });

  test('leaves no data key behind when it answers after all', async () => {
    let answer!: (reply: object) => void;
    home.failNext(() => new Promise<object>((resolve) => { answer = resolve; }));
    await generate(inOneRegion());
    const late = Buffer.alloc(32, 7);
    answer({ Plaintext: late });
    await new Promise((resolve) => setImmediate(resolve));
    expect(late.every((byte) => byte === 0)).toBe(true);
  });
});

describe("the caller's abort", () => {
  test('ends an attempt, and no other is made', async () => {
    const controller = new AbortController();
    home.failNext(() => {
      controller.abort(new Error('enough'));
      return hang();
    });
    await expect(generate(inOneRegion(), KEY, controller.signal)).rejects.toThrow('enough');
    expect(home.count()).toBe(1);
    expect(outcomes()).toEqual(['eu-west-1 abandoned']);
  });

  test('ends a wait', async () => {
    const controller = new AbortController();
    home.failAll(THROTTLED);
    const kms = inOneRegion({ onEvent: ({ kind }) => { if (kind === 'wait') setImmediate(() => controller.abort(new Error('enough'))); } });
    await expect(generate(kms, KEY, controller.signal)).rejects.toThrow('enough');
    expect(home.count()).toBe(1);
  });

  test('keeps a call from being made at all', async () => {
    await expect(generate(inOneRegion(), KEY, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(home.count()).toBe(0);
  });
});

describe('failover', () => {
  test('asks the replica by its own ARN when the Region of the key is out of order, and answers for the key that was asked', async () => {
    home.failAll(INTERNAL);
    await expect(generate(inTwoRegions(), MRK)).resolves.toMatchObject({ KeyId: MRK });
    expect(replica.calls.map(({ keyId }) => keyId)).toEqual([MRK_IN_US]);
    expect(outcomes()).toEqual(['eu-west-1 service', 'eu-west-1 service', 'us-east-1 ok']);
    expect(told('failover')).toEqual([{ kind: 'failover', operation: 'GenerateDataKey', from: 'eu-west-1', to: 'us-east-1' }]);
  });

  test('writes and reads messages of the key in its own Region, either way', async () => {
    const cipherOver = (kms: KmsPort) => createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn: MRK }) });
    const [plain, resilient] = [cipherOver(home.port), cipherOver(inTwoRegions())];
    const before = await plain.encrypt(SECRET);
    home.failAll(INTERNAL);
    const during = await clock.run(resilient.encrypt(SECRET));
    expect((await clock.run(resilient.decrypt(before))).plaintext).toEqual(SECRET);
    home.failAll();
    expect((await plain.decrypt(during)).plaintext).toEqual(SECRET);
    expect(plain.inspect(during).encryptedDataKeys).toMatchObject([{ providerInfo: MRK }]);
  });

  test('goes back to the Region of the key when the replica is out of order, too', async () => {
    home.failNext(INTERNAL, INTERNAL);
    replica.failNext(INTERNAL, INTERNAL);
    await generate(inTwoRegions(), MRK);
    expect(outcomes()).toEqual(['eu-west-1 service', 'eu-west-1 service', 'us-east-1 service', 'us-east-1 service', 'eu-west-1 ok']);
    expect(told('failover').map(({ to }) => to)).toEqual(['us-east-1', 'eu-west-1']);
  });

  test.each([
    'AccessDeniedException', 'DisabledException', 'KMSInvalidStateException', 'NotFoundException', 'InvalidCiphertextException',
    'LimitExceededException', 'ValidationException',
  ])('never follows %s', async (name) => {
    home.failAll(kmsException(name));
    await expect(generate(inTwoRegions(), MRK)).rejects.toMatchObject({ name });
    expect(replica.count()).toBe(0);
  });

  test('never follows throttling, which another Region has no part in', async () => {
    home.failAll(THROTTLED);
    await expect(generate(inTwoRegions(), MRK)).rejects.toMatchObject(UNAVAILABLE);
    expect(replica.count()).toBe(0);
  });

  test.each([
    ['not a multi-Region key', KEY],
    ['named by an alias, which may be of any key', 'arn:aws:kms:eu-west-1:111122223333:alias/mrk-1234abcd12ab34cd56ef1234567890ab'],
  ])('never happens for a key that is %s', async (_, keyId) => {
    home.failAll(INTERNAL);
    await expect(generate(inTwoRegions(), keyId)).rejects.toMatchObject(UNAVAILABLE);
    expect(replica.count()).toBe(0);
  });

  test('does not ask the Region of the key a second time as its own replica', async () => {
    home.failAll(INTERNAL);
    const kms = inTwoRegions({ replicaRegions: ['eu-west-1'], breakerFailures: 100 });
    await expect(generate(kms, MRK)).rejects.toMatchObject(UNAVAILABLE);
    expect(told('failover')).toEqual([]);
    home.failAll();
    home.failNext(INTERNAL, INTERNAL, kmsException('AccessDeniedException'));
    await expect(generate(kms, MRK)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test.each(['AccessDeniedException', 'NotFoundException', 'DisabledException', 'LimitExceededException'])(
    'leaves out a replica that answers %s, which says nothing about the key that was asked for', async (name) => {
      home.failNext(INTERNAL, INTERNAL, INTERNAL);
      replica.failAll(kmsException(name));
      await expect(generate(inTwoRegions(), MRK)).resolves.toMatchObject({ KeyId: MRK });
      expect(replica.count()).toBe(1);

      home.failAll(INTERNAL);
      await expect(generate(inTwoRegions(), MRK)).rejects.toMatchObject({ ...UNAVAILABLE, cause: expect.any(AggregateError) });
    },
  );

  test('believes a replica that the message is not authentic: related keys share their material', async () => {
    home.failNext(INTERNAL, INTERNAL);
    replica.failAll(kmsException('InvalidCiphertextException'));
    await expect(generate(inTwoRegions(), MRK)).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    expect(home.count()).toBe(2);
  });

  test.each([
    ['the key of the other Region', { KeyId: MRK }],
    ['another key', { KeyId: MRK_IN_US.replace('1234', '9999') }],
    ['no key', { KeyId: undefined }],
  ])('does not use an answer in which the replica names %s', async (_, reply) => {
    const plaintext = Buffer.alloc(32, 7);
    home.failAll(INTERNAL);
    replica.failAll(() => ({ ...reply, Plaintext: plaintext }));
    await expect(generate(inTwoRegions(), MRK)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
    expect(plaintext.every((byte) => byte === 0)).toBe(true);
  });

  test('leaves an answer of the own Region to whoever compares it', async () => {
    home.failAll(() => ({ KeyId: MRK_IN_US }));
    await expect(generate(inTwoRegions(), MRK)).resolves.toMatchObject({ KeyId: MRK_IN_US });
    const cipher = createDirectCipher({ kms: inTwoRegions(), keyArn: MRK });
    await expect(clock.run(cipher.encrypt('x'))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
  });

  test.each<[keyof KmsPort]>([['encrypt'], ['decrypt'], ['generateDataKey'], ['sign'], ['verify'], ['getPublicKey']])('serves %s', async (method) => {
    const answering = async ({ KeyId }: { KeyId: string }) => (KeyId === MRK_IN_US ? { KeyId, answer: 42 } : Promise.reject(INTERNAL));
    const kms = inTwoRegions({ kms: () => ({ [method]: answering }) as unknown as KmsPort });
    const call = kms[method] as (input: object) => Promise<object>;
    await expect(clock.run(call({ KeyId: MRK }))).resolves.toEqual({ KeyId: MRK, answer: 42 });
    expect(told('failover')).toMatchObject([{ operation: method[0].toUpperCase() + method.slice(1) }]);
  });

  test('asks for the client of each Region once, and of none that is not needed', async () => {
    const asked: string[] = [];
    const kms = inTwoRegions({ kms: (region) => { asked.push(region); return region === 'eu-west-1' ? home.port : replica.port; } });
    await generate(kms, MRK);
    expect(asked).toEqual(['eu-west-1']);
    home.failAll(INTERNAL);
    await generate(kms, MRK);
    await generate(kms, MRK_IN_US);
    expect(asked).toEqual(['eu-west-1', 'us-east-1']);
  });
});

describe('the breaker of a Region', () => {
  const quick = { breakerFailures: 3, breakerOpenMs: 5000, budgetMs: 1000 };

  test('opens on faults of KMS; then calls fail at once, without a call', async () => {
    home.failAll(INTERNAL);
    const kms = inOneRegion(quick);
    await expect(generate(kms)).rejects.toMatchObject(UNAVAILABLE);
    expect(home.count()).toBe(3);
    expect(states()).toEqual(['eu-west-1 open']);
    const before = clock.now();
    await expect(generate(kms)).rejects.toMatchObject({ ...UNAVAILABLE, message: expect.stringContaining('no Region that may be asked is in order') });
    expect(home.count()).toBe(3);
    expect(clock.now()).toBe(before);
  });

  test('lets one of many calls try after a while, and all when it is answered', async () => {
    home.failAll(INTERNAL);
    const kms = inOneRegion(quick);
    await expect(generate(kms)).rejects.toMatchObject(UNAVAILABLE);
    home.failAll();
    clock.advance(5000);
    const calls = await Promise.allSettled(Array.from({ length: 10 }, () => generate(kms)));
    expect(calls.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(home.count()).toBe(4);
    expect(states()).toEqual(['eu-west-1 open', 'eu-west-1 half-open', 'eu-west-1 closed']);
    await expect(generate(kms)).resolves.toMatchObject({ KeyId: KEY });
  });

  test('keeps those from trying who waited while another opened it', async () => {
    home.failAll(INTERNAL);
    const draws = [0.1, 0.9];
    const kms = inOneRegion({ ...quick, random: () => draws.shift()! });
    const call = () => kms.generateDataKey({ KeyId: KEY, NumberOfBytes: 32 });
    const calls = await clock.run(Promise.allSettled([call(), call()]));
    expect(calls).toMatchObject([1, 2].map(() => ({ status: 'rejected', reason: UNAVAILABLE })));
    expect(home.count()).toBe(3);
  });

  test('sends calls to the replica at once while it is open', async () => {
    home.failAll(INTERNAL);
    const kms = inTwoRegions({ ...quick, attemptsPerRegion: 3 });
    await generate(kms, MRK);
    const asked = home.count();
    await expect(generate(kms, MRK)).resolves.toMatchObject({ KeyId: MRK });
    expect(home.count()).toBe(asked);
    expect(replica.count()).toBe(2);
  });

  test.each([
    ['throttling', THROTTLED], ['a denial', kmsException('AccessDeniedException')], ['a wrong ciphertext', kmsException('InvalidCiphertextException')],
  ])('does not open on %s, which is an answer', async (_, error) => {
    home.failAll(error);
    const kms = inOneRegion(quick);
    for (let turn = 0; turn < 5; turn++) await expect(generate(kms)).rejects.toBeDefined();
    expect(states()).toEqual([]);
  });

  test('does not open on attempts that the budget cut short', async () => {
    home.failAll(hang);
    const kms = inOneRegion({ ...quick, budgetMs: 200, attemptTimeoutMs: 1000 });
    for (let turn = 0; turn < 5; turn++) await expect(generate(kms)).rejects.toMatchObject(UNAVAILABLE);
    expect(states()).toEqual([]);
  });

  test('opens on attempts that had their time', async () => {
    home.failAll(hang);
    const kms = inOneRegion({ ...quick, budgetMs: 10_000, attemptTimeoutMs: 100 });
    await expect(generate(kms)).rejects.toMatchObject(UNAVAILABLE);
    expect(states()).toEqual(['eu-west-1 open']);
  });
});

test('nothing is left waiting when a call is over, neither a timer nor a listener', async () => {
  const { signal } = new AbortController();
  home.failNext(INTERNAL, hang, THROTTLED);
  await generate(inOneRegion(), KEY, signal);
  expect(clock.asleep).toBe(0);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

describe('options', () => {
  test.each<[string, Partial<ResilientKmsOptions>]>([
    ['budgetMs', { budgetMs: 0 }], ['budgetMs', { budgetMs: NaN }], ['attemptTimeoutMs', { attemptTimeoutMs: -1 }], ['minAttemptMs', { minAttemptMs: Infinity }],
    ['attemptsPerRegion', { attemptsPerRegion: 1.5 }], ['breakerFailures', { breakerFailures: 0 }], ['backoffMs', { backoffMs: '5' as unknown as number }],
    ['replicaRegions', { replicaRegions: ['us-east-1'] }],
  ])("that cannot work are refused by name: '%s'", (name, options) => {
    expect(() => inOneRegion(options)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining(`'${name}'`) }));
  });

  test('a client for each Region needs keys that say where they are', async () => {
    await expect(generate(inTwoRegions(), 'alias/data')).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
    await expect(generate(inOneRegion(), 'alias/data')).resolves.toMatchObject({ KeyId: 'alias/data' });
  });

  test('a listener that throws changes nothing', async () => {
    home.failNext(INTERNAL);
    const kms = inOneRegion({ onEvent: () => { throw new Error('metrics are down'); } });
    await expect(generate(kms)).resolves.toMatchObject({ KeyId: KEY });
  });

  test('the defaults need neither clock nor chance', async () => {
    home.failNext(INTERNAL, answersNothing);
    await expect(resilientKms({ kms: home.port }).generateDataKey({ KeyId: KEY, NumberOfBytes: 32 })).resolves.toMatchObject({ KeyId: KEY });
    expect(home.count()).toBe(2);
  });
});

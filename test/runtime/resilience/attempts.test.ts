import { getEventListeners } from 'node:events';
import { KEY, MRK, SECRET, INTERNAL, THROTTLED, UNAVAILABLE, hang, scene } from './scene';
import type { KmsPort } from '../../../src/runtime';
import { kmsException } from '../envelope/fake-kms';

describe('another attempt', () => {
  test.each([
    ['throttling', THROTTLED, 'throttle'],
    ['an internal error', INTERNAL, 'service'],
    ['a key that is not available', kmsException('KeyUnavailableException', 500), 'service'],
    ['a time-out of a dependency', kmsException('DependencyTimeoutException', 503), 'service'],
    ['a broken connection', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), 'service'],
    ['a bad gateway', kmsException('UnknownError', 502), 'service'],
  ])('follows %s', async (_, error, outcome) => {
    const { home, inOneRegion, generate, outcomes } = scene();
    home.failNext(error, error);
    await expect(generate(inOneRegion())).resolves.toMatchObject({ KeyId: KEY });
    expect(outcomes()).toEqual([`eu-west-1 ${outcome}`, `eu-west-1 ${outcome}`, 'eu-west-1 ok']);
  });

  test.each([
    'AccessDeniedException', 'DisabledException', 'KMSInvalidStateException', 'NotFoundException', 'InvalidCiphertextException',
    'IncorrectKeyException', 'InvalidKeyUsageException', 'InvalidGrantTokenException', 'LimitExceededException', 'ValidationException',
  ])('does not follow %s, which comes through as it is', async (name) => {
    const { clock, home, inOneRegion, generate } = scene();
    const error = kmsException(name);
    home.failAll(error);
    await expect(generate(inOneRegion())).rejects.toBe(error);
    expect(home.count()).toBe(1);
    expect(clock.now()).toBe(0);
  });

  test('has the same input and the options of the call', async () => {
    const { clock, inOneRegion } = scene();
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
    const { home, inOneRegion, generate, told } = scene();
    home.failNext(...Array(8).fill(THROTTLED));
    await generate(inOneRegion({ budgetMs: 60_000, backoffMs: 100, maxBackoffMs: 1000, random: () => 0.999 }));
    expect(told('wait').map(({ delayMs }) => Math.round(delayMs))).toEqual([100, 200, 400, 799, 999, 999, 999, 999]);
  });

  test('are anything from nothing to the longest', async () => {
    const { home, inOneRegion, generate, told } = scene();
    home.failNext(...Array(3).fill(THROTTLED));
    const draws = [0, 0.25, 0.75];
    await generate(inOneRegion({ random: () => draws.shift()! }));
    expect(told('wait').map(({ delayMs }) => delayMs)).toEqual([0, 25, 150]);
  });

  test('are spared when another Region comes next', async () => {
    const { clock, home, inTwoRegions, generate, told } = scene();
    home.failAll(INTERNAL);
    await generate(inTwoRegions({ attemptsPerRegion: 1 }), MRK);
    expect(told('wait')).toEqual([]);
    expect(clock.now()).toBe(0);
  });
});

describe('an attempt that hangs', () => {
  test('is aborted after its time, and another is made', async () => {
    const { clock, home, inOneRegion, generate } = scene();
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
    const { clock, home, inOneRegion, generate } = scene();
    home.failAll(hang);
    await expect(generate(inOneRegion({ budgetMs: 1500, attemptTimeoutMs: 1000 }))).rejects.toMatchObject(UNAVAILABLE);
    expect(clock.now()).toBeLessThanOrEqual(1500);
    expect(home.count()).toBe(2);
  });

  test('leaves no data key behind when it answers after all', async () => {
    const { home, inOneRegion, generate } = scene();
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
    const { home, inOneRegion, generate, outcomes } = scene();
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
    const { home, inOneRegion, generate } = scene();
    const controller = new AbortController();
    home.failAll(THROTTLED);
    const kms = inOneRegion({ onEvent: ({ kind }) => { if (kind === 'wait') setImmediate(() => controller.abort(new Error('enough'))); } });
    await expect(generate(kms, KEY, controller.signal)).rejects.toThrow('enough');
    expect(home.count()).toBe(1);
  });

  test('keeps a call from being made at all', async () => {
    const { home, inOneRegion, generate } = scene();
    await expect(generate(inOneRegion(), KEY, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(home.count()).toBe(0);
  });
});

test('nothing is left waiting when a call is over, neither a timer nor a listener', async () => {
  const { clock, home, inOneRegion, generate } = scene();
  const { signal } = new AbortController();
  home.failNext(INTERNAL, hang, THROTTLED);
  await generate(inOneRegion(), KEY, signal);
  expect(clock.asleep).toBe(0);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

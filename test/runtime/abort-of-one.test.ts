import { getEventListeners } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { FakeKms, kmsException } from './envelope/fake-kms';
import { WatchedKeyring } from './records/fixtures';
import { INTERNAL, KEY, MRK, scene } from './resilience/scene';
import { HoldingKms } from './support/holding-kms';
import type { Manner } from './support/holding-kms';
import {
  DataKeyCache, KeysmithError, KmsKeyring, MultiKeyring, createDirectCipher, createEnvelopeCipher, createSigner, resilientKms, webStreams,
} from '../../src/runtime';
import type { CallOptions, DataKeyCacheOptions, Keyring, KmsPort, ResilienceEvent } from '../../src/runtime';

/** The abort of one caller is that of no other, and no fault of KMS. */

const MESSAGE = Buffer.from('an invoice');
const REASON = new Error('the caller went away');
const turn = () => new Promise((resolve) => setImmediate(resolve));
const isWiped = (key: Uint8Array) => key.every((byte) => byte === 0);

function cached(options: DataKeyCacheOptions = {}, manner?: Manner) {
  const fake = new FakeKms();
  const port = { generateDataKey: fake.port.generateDataKey.bind(fake), decrypt: fake.port.decrypt.bind(fake) };
  const kms = new HoldingKms(port, manner);
  let now = 0;
  const cache = new DataKeyCache({ now: () => now, ...options });
  const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }), cache });
  return { fake, kms, cache, cipher, pass: (ms: number) => { now += ms; } };
}

describe('several who wait for one data key', () => {
  test.each([0, 1, 2])('whoever leaves, here number %i of three, leaves the others waiting, who are served with one call', async (leaver) => {
    for (const operation of ['generateDataKey', 'decrypt'] as const) {
      const { kms, cache, cipher, fake } = cached();
      const message = await createEnvelopeCipher({ keyring: new KmsKeyring({ kms: fake.port, keyArn: KEY }) }).encrypt(MESSAGE);
      kms.held = [operation];
      const controllers = [0, 1, 2].map(() => new AbortController());
      const outcomes = controllers.map(({ signal: abortSignal }) => (
        operation === 'decrypt' ? cipher.decrypt(message, { abortSignal }) : cipher.encrypt(MESSAGE, { abortSignal })
      ));
      const left = expect(outcomes[leaver]).rejects.toBe(REASON);
      await kms.called();
      controllers[leaver].abort(REASON);
      await left;
      expect(kms.calls[0].abortSignal!.aborted).toBe(false);
      kms.release();
      expect(await Promise.all(outcomes.filter((_, index) => index !== leaver))).toHaveLength(2);
      expect(kms.calls).toHaveLength(1);
      expect(cache.metrics()).toMatchObject({ entries: 1, keyringCalls: 1, misses: 2, failures: 0 });
      for (const { signal } of controllers) expect(getEventListeners(signal, 'abort')).toEqual([]);
    }
  });

  test('the call is aborted when the last has left, and not before; whoever comes next has a new one', async () => {
    for (const manner of ['heeds its signal', 'does not heed its signal'] as const) {
      const { kms, cipher, cache, fake } = cached({}, manner);
      kms.held = ['generateDataKey'];
      const controllers = [0, 1].map(() => new AbortController());
      const outcomes = controllers.map(({ signal: abortSignal }) => expect(cipher.encrypt(MESSAGE, { abortSignal })).rejects.toBe(REASON));
      await kms.called();
      controllers[0].abort(REASON);
      await outcomes[0];
      expect(kms.calls[0].abortSignal!.aborted).toBe(false);
      controllers[1].abort(REASON);
      await outcomes[1];
      expect(kms.calls[0].abortSignal).toMatchObject({ aborted: true, reason: REASON });
      const next = cipher.encrypt(MESSAGE);
      await kms.called(2);
      kms.held = [];
      kms.release();
      await expect(next).resolves.toBeDefined();
      // The key that comes after all is nobody's: overwritten, and not kept.
      expect(fake.handedOut.map(isWiped)).toEqual(manner === 'heeds its signal' ? [false] : [true, false]);
      expect(cache.metrics()).toMatchObject({ entries: 1, keyringCalls: 2, failures: 0, purged: 0 });
    }
  });

  test('one without a signal waits to the end, also when all others leave', async () => {
    const { kms, cipher } = cached();
    kms.held = ['generateDataKey'];
    const controller = new AbortController();
    const leaves = expect(cipher.encrypt(MESSAGE, { abortSignal: controller.signal })).rejects.toBe(REASON);
    const stays = cipher.encrypt(MESSAGE);
    await kms.called();
    controller.abort(REASON);
    await leaves;
    kms.release();
    await expect(stays).resolves.toBeDefined();
    expect(kms.calls).toHaveLength(1);
  });

  test('a data key that no message has authenticated is not kept: the next who waits authenticates it', async () => {
    const { kms, cipher, cache, fake } = cached();
    const message = await createEnvelopeCipher({ keyring: new KmsKeyring({ kms: fake.port, keyArn: KEY }) }).encrypt(MESSAGE);
    const forged = Buffer.from(message);
    // Another message id: the header has the same data key, and does not authenticate.
    forged[5] = 255 - forged[5];
    kms.held = ['decrypt'];
    const controller = new AbortController();
    const leaves = expect(cipher.decrypt(message, { abortSignal: controller.signal })).rejects.toBe(REASON);
    const stays = expect(cipher.decrypt(forged)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
    await kms.called();
    controller.abort(REASON);
    await leaves;
    kms.release();
    await stays;
    expect(cache.metrics().entries).toBe(0);
    expect(fake.handedOut.every(isWiped)).toBe(true);
  });

  test('an abort is served nothing from the time of grace, whatever its reason looks like', async () => {
    const { kms, cipher, cache, pass } = cached({ maxAgeMs: 1000, outageGraceMs: 10_000 });
    const message = await cipher.encrypt(MESSAGE);
    await cipher.decrypt(message);
    pass(2000);
    kms.held = ['decrypt'];
    const calls = kms.calls.length;
    const controller = new AbortController();
    const reason = new KeysmithError('ERR_KEYSMITH_KMS_UNAVAILABLE', 'no time left');
    const outcome = expect(cipher.decrypt(message, { abortSignal: controller.signal })).rejects.toBe(reason);
    await kms.called(calls + 1);
    controller.abort(reason);
    await outcome;
    expect(cache.metrics().graceHits).toBe(0);
    await expect(cipher.decrypt(message, { abortSignal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(cache.metrics().graceHits).toBe(0);
  });

  test('one who aborts when it has been served already is served', async () => {
    const controller = new AbortController();
    const { cipher } = cached({ onMetric: (name) => { if (name === 'misses') controller.abort(REASON); } });
    await expect(cipher.encrypt(MESSAGE, { abortSignal: controller.signal })).resolves.toBeDefined();
    await expect(cipher.encrypt(MESSAGE, { abortSignal: controller.signal })).rejects.toBe(REASON);
  });
});

describe('a keyring of the caller\'s own', () => {
  const watched = (hold: (request: CallOptions) => Promise<void>) => {
    const inner = new WatchedKeyring();
    const keyring: Keyring = {
      generateDataKey: async (request) => { await hold(request); return inner.generateDataKey(request); },
      wrapDataKey: async (request) => { await hold(request); return inner.wrapDataKey(request); },
      decryptDataKey: async (request) => { await hold(request); return inner.decryptDataKey(request); },
    };
    return { inner, keyring };
  };

  const givingUp = ({ abortSignal }: CallOptions) => new Promise<void>((_, reject) => {
    abortSignal!.addEventListener('abort', () => reject(new Error('given up')));
  });

  test('is given a signal of its call with each request, which aborts with the caller\'s', async () => {
    const seen: Array<AbortSignal | undefined> = [];
    const { keyring } = watched(async ({ abortSignal }) => void seen.push(abortSignal));
    const children = [keyring, watched(givingUp).keyring];
    const cipher = createEnvelopeCipher({ keyring: new MultiKeyring({ generator: keyring, children }) });
    const controller = new AbortController();
    const encrypted = cipher.encrypt(MESSAGE, { abortSignal: controller.signal }).catch((reason) => reason);
    for (let turns = 0; seen.length < 2 && turns < 100; turns++) await turn();
    expect(getEventListeners(controller.signal, 'abort').length).toBe(1);
    controller.abort(REASON);
    expect(await encrypted).toBe(REASON);
    expect(seen.map((signal) => signal!.reason)).toEqual([REASON, REASON]);
  });

  test('is not waited for when it does not heed it; its key is overwritten when it comes', async () => {
    const message = await createEnvelopeCipher({ keyring: new WatchedKeyring() }).encrypt(MESSAGE);
    for (const use of ['encrypt', 'decrypt', 'encryptStream', 'decryptStream'] as const) {
      let release!: () => void;
      const { inner, keyring } = watched(() => new Promise((resolve) => { release = resolve; }));
      const cipher = createEnvelopeCipher({ keyring });
      const controller = new AbortController();
      const options = { abortSignal: controller.signal };
      const input = use.startsWith('decrypt') ? message : MESSAGE;
      const outcome = use.endsWith('Stream')
        ? pipeline(Readable.from([input]), cipher[use as 'encryptStream'](options), new PassThrough().resume())
        : cipher[use as 'encrypt'](input, options);
      const ended = expect(outcome).rejects.toBe(REASON);
      await turn();
      controller.abort(REASON);
      await ended;
      release();
      for (let turns = 0; !inner.handedOut.length && turns < 100; turns++) await turn();
      await turn();
      expect(inner.handedOut.map(isWiped)).toEqual([true]);
    }
  });

  test('further ones are not asked when one was aborted, nor further keys of one', async () => {
    const failing = watched(givingUp);
    const further = watched(async () => undefined);
    const message = await createEnvelopeCipher({ keyring: new WatchedKeyring() }).encrypt(MESSAGE);
    const controller = new AbortController();
    const multi = new MultiKeyring({ generator: failing.keyring, decryptOnly: [further.keyring] });
    const ended = expect(createEnvelopeCipher({ keyring: multi }).decrypt(message, { abortSignal: controller.signal })).rejects.toBe(REASON);
    await turn();
    controller.abort(REASON);
    await ended;
    await turn();
    expect(further.inner.calls).toBe(0);
  });

  test.each(['an error of this library', 'undefined'])('what it throws is never told in place of the reason, here %s', async (what) => {
    const reason = what === 'undefined' ? null : new KeysmithError('ERR_KEYSMITH_NO_KEY', 'mine');
    const { keyring } = watched(givingUp);
    const controller = new AbortController();
    const outcome = createEnvelopeCipher({ keyring }).encrypt(MESSAGE, { abortSignal: controller.signal });
    const ended = outcome.then(() => 'resolved', (error: unknown) => ({ error }));
    await turn();
    controller.abort(reason);
    expect(await ended).toEqual({ error: reason });
  });
});

describe('a KMS with a budget of time', () => {
  test('does not try again, opens no breaker and asks no other Region', async () => {
    const { clock, home, replica, inTwoRegions, outcomes, states } = scene();
    home.failAll(() => new Promise(() => undefined));
    const kms = inTwoRegions({ breakerFailures: 1 });
    for (let call = 0; call < 5; call++) {
      const controller = new AbortController();
      const ended = expect(kms.generateDataKey({ KeyId: MRK, NumberOfBytes: 32 }, { abortSignal: controller.signal })).rejects.toBe(REASON);
      await turn();
      controller.abort(REASON);
      await ended;
      expect(clock.asleep).toBe(0);
    }
    expect(home.calls).toHaveLength(5);
    expect(replica.calls).toHaveLength(0);
    await turn();
    expect(outcomes()).toEqual(Array(5).fill('eu-west-1 abandoned'));
    expect(states()).toEqual([]);
  });

  test('ends the wait for the next attempt with the reason, on the system\'s clock too', async () => {
    const home = new FakeKms();
    home.failAll(INTERNAL);
    const kms = resilientKms({ kms: home.port, backoffMs: 5000, maxBackoffMs: 5000, budgetMs: 20_000, random: () => 0.999 });
    const controller = new AbortController();
    const begun = performance.now();
    const ended = expect(kms.generateDataKey({ KeyId: KEY, NumberOfBytes: 32 }, { abortSignal: controller.signal })).rejects.toBe(REASON);
    while (!home.calls.length) await turn();
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(REASON);
    await ended;
    expect(performance.now() - begun).toBeLessThan(3000);
    expect(home.calls).toHaveLength(1);
  });

  test('leaves the call that tries an open breaker to the next one', async () => {
    const { clock, home, inOneRegion, generate, states } = scene();
    const kms = inOneRegion({ breakerFailures: 1, breakerOpenMs: 1000, budgetMs: 100 });
    home.failNext(INTERNAL);
    await generate(kms).catch(() => undefined);
    clock.advance(2000);
    home.failNext(() => new Promise(() => undefined));
    const controller = new AbortController();
    const ended = expect(kms.generateDataKey({ KeyId: KEY, NumberOfBytes: 32 }, { abortSignal: controller.signal })).rejects.toBe(REASON);
    await turn();
    controller.abort(REASON);
    await ended;
    await turn();
    expect(states()).toEqual(['eu-west-1 open', 'eu-west-1 half-open']);
    await expect(generate(kms)).resolves.toBeDefined();
    expect(states()).toEqual(['eu-west-1 open', 'eu-west-1 half-open', 'eu-west-1 closed']);
  });

  test.each<[string, (kms: KmsPort) => (options: CallOptions) => Promise<unknown>]>([
    ['the port itself', (kms) => ({ abortSignal }) => kms.generateDataKey({ KeyId: KEY, NumberOfBytes: 32 }, { abortSignal: abortSignal! })],
    ['a cipher', (kms) => {
      const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn: KEY }) });
      return (options) => cipher.encrypt(MESSAGE, options);
    }],
    ['a cipher with a cache', (kms) => {
      const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn: KEY }), cache: new DataKeyCache() });
      return (options) => cipher.encrypt(MESSAGE, options);
    }],
  ])('lets in, through %s, whoever calls again as soon as the call that tries an open breaker is aborted', async (_, through) => {
    const { clock, home, inOneRegion, generate, states, outcomes } = scene();
    const kms = inOneRegion({ breakerFailures: 1, breakerOpenMs: 1000, budgetMs: 100 });
    const call = through(kms);
    home.failNext(INTERNAL);
    await generate(kms).catch(() => undefined);
    clock.advance(2000);
    home.failNext(() => new Promise(() => undefined));
    const controller = new AbortController();
    const again = call({ abortSignal: controller.signal }).catch(() => call({}));
    while (home.calls.length < 2) await turn();
    controller.abort(REASON);
    await expect(again).resolves.toBeDefined();
    expect(states()).toEqual(['eu-west-1 open', 'eu-west-1 half-open', 'eu-west-1 closed']);
    expect(outcomes()).toEqual(['eu-west-1 service', 'eu-west-1 abandoned', 'eu-west-1 ok']);
  });

  test('tells once of a call that is aborted while its answer is on the way, and gives its turn back once', async () => {
    for (let microtasks = 0; microtasks < 20; microtasks++) {
      const { clock, home, inOneRegion, generate, outcomes } = scene();
      const kms = inOneRegion({ breakerFailures: 1, breakerOpenMs: 1000, budgetMs: 100 });
      home.failNext(INTERNAL);
      await generate(kms).catch(() => undefined);
      clock.advance(2000);
      const controller = new AbortController();
      home.failNext(async () => {
        void (async () => {
          for (let passed = 0; passed < microtasks; passed++) await undefined;
          controller.abort(REASON);
        })();
        return { KeyId: KEY, Plaintext: new Uint8Array(32), CiphertextBlob: new Uint8Array(1) };
      });
      const ended = kms.generateDataKey({ KeyId: KEY, NumberOfBytes: 32 }, { abortSignal: controller.signal }).then(() => 'ok', () => 'abandoned');
      const outcome = await ended;
      await turn();
      expect(outcomes()).toHaveLength(2);
      if (outcome === 'ok') expect(outcomes()[1]).toBe('eu-west-1 ok');
      await expect(generate(kms)).resolves.toBeDefined();
    }
  });

  test('tells of no attempt, and tries nothing, where it is aborted before it has begun one', async () => {
    const { clock, home, inOneRegion, generate, events } = scene();
    const kms = inOneRegion({ breakerFailures: 1, breakerOpenMs: 1000, budgetMs: 100 });
    home.failNext(INTERNAL);
    await generate(kms).catch(() => undefined);
    clock.advance(2000);
    const told = events.length;
    const controller = new AbortController();
    const ended = kms.generateDataKey({ KeyId: KEY, NumberOfBytes: 32 }, { abortSignal: controller.signal });
    controller.abort(REASON);
    await expect(ended).rejects.toBe(REASON);
    await turn();
    expect(events.slice(told)).toEqual([]);
  });

  test('gives a turn back that its listener aborts', async () => {
    const { clock, home, inOneRegion, generate } = scene();
    const controller = new AbortController();
    const onEvent = (event: ResilienceEvent) => void (event.kind === 'breaker' && event.state === 'half-open' && controller.abort(REASON));
    const kms = inOneRegion({ breakerFailures: 1, breakerOpenMs: 1000, budgetMs: 100, onEvent });
    home.failNext(INTERNAL);
    await generate(kms).catch(() => undefined);
    clock.advance(2000);
    await expect(kms.generateDataKey({ KeyId: KEY, NumberOfBytes: 32 }, { abortSignal: controller.signal })).rejects.toBe(REASON);
    expect(home.calls).toHaveLength(1);
    await expect(generate(kms)).resolves.toBeDefined();
  });
});

describe('a stream', () => {
  const LARGE = Buffer.alloc(3 * 1024 * 1024, 7);
  const messageOf = createEnvelopeCipher({ keyring: new WatchedKeyring() }).encrypt(LARGE);

  test.each(['encryptStream', 'decryptStream'] as const)('%s is destroyed with the reason on its way, and its key is overwritten', async (use) => {
    const keyring = new WatchedKeyring();
    const controller = new AbortController();
    const stream = createEnvelopeCipher({ keyring })[use]({ abortSignal: controller.signal });
    const source = Readable.from((async function* () { for (;;) yield use === 'encryptStream' ? LARGE : await messageOf; })());
    const target = new PassThrough();
    const ended = expect(pipeline(source, stream, target)).rejects.toBe(REASON);
    for await (const chunk of target.iterator({ destroyOnReturn: false })) { expect(chunk).toBeDefined(); break; }
    controller.abort(REASON);
    await ended;
    expect([source, stream, target].map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
    expect(stream.errored).toBe(REASON);
    expect(keyring.handedOut.map(isWiped)).toEqual([true]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('of the web ends on both sides with the reason, whether they are read, written or left alone', async () => {
    const controller = new AbortController();
    const cipher = createEnvelopeCipher({ keyring: new WatchedKeyring() });
    const { readable, writable } = webStreams(cipher.encryptStream({ abortSignal: controller.signal }));
    const reader = readable.getReader();
    const writer = writable.getWriter();
    const sides = [reader.closed, writer.closed, reader.read()].map((side) => expect(side).rejects.toBe(REASON));
    controller.abort(REASON);
    await Promise.all(sides);
    await expect(writer.write(MESSAGE)).rejects.toBe(REASON);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('that has ended, failed or been destroyed does not listen any more', async () => {
    const { signal: abortSignal } = new AbortController();
    const cipher = createEnvelopeCipher({ keyring: new WatchedKeyring() });
    await pipeline(Readable.from([MESSAGE]), cipher.encryptStream({ abortSignal }), new PassThrough().resume());
    await pipeline(Readable.from(['no message']), cipher.decryptStream({ abortSignal }), new PassThrough().resume()).catch(() => undefined);
    const stream = cipher.encryptStream({ abortSignal });
    const closed = finished(stream).catch(() => undefined);
    stream.destroy();
    await closed;
    expect(getEventListeners(abortSignal, 'abort')).toEqual([]);
  });

  test('for a signal that has aborted is destroyed with its reason, also before anything is written', async () => {
    for (const reason of [REASON, null, 0]) {
      const stream = createEnvelopeCipher({ keyring: new WatchedKeyring() }).encryptStream({ abortSignal: AbortSignal.abort(reason) });
      const error = await finished(stream).then(() => 'ended well', (thrown: Error) => thrown);
      expect(error).toEqual(reason ? reason : expect.objectContaining({ message: expect.stringContaining('abort gave no error') }));
    }
  });
});

test('a signature over a stream ends while the stream is waited for, and the stream with it', async () => {
  const controller = new AbortController();
  const signer = createSigner({ kms: { sign: async () => { throw new Error('not reached'); } }, keyArn: KEY, algorithm: 'ES256' });
  const source = new PassThrough();
  source.write(MESSAGE);
  const ended = expect(signer.sign(source, { abortSignal: controller.signal })).rejects.toBe(REASON);
  await turn();
  controller.abort(REASON);
  await ended;
  source.write(MESSAGE);
  await turn();
  expect(source.destroyed).toBe(true);
});

test('the plaintext of a reply that comes too late is overwritten', async () => {
  const fake = new FakeKms();
  const kms = new HoldingKms({ decrypt: fake.port.decrypt.bind(fake), encrypt: fake.port.encrypt.bind(fake) }, 'does not heed its signal');
  const cipher = createDirectCipher({ kms: kms.port, keyArn: KEY });
  const blob = await cipher.encrypt(MESSAGE);
  kms.held = ['decrypt'];
  const controller = new AbortController();
  const ended = expect(cipher.decrypt(blob, { abortSignal: controller.signal })).rejects.toBe(REASON);
  await kms.called(2);
  controller.abort(REASON);
  await ended;
  kms.release();
  await turn();
  await turn();
  expect(fake.handedOut.map(isWiped)).toEqual([true]);
});

test('KMS that fails without an abort is an outage still, and an abort of the client\'s own too', async () => {
  const { signal: abortSignal } = new AbortController();
  for (const error of [kmsException('KMSInternalException', 500), Object.assign(new Error('Request aborted'), { name: 'AbortError' })]) {
    const fake = new FakeKms();
    fake.failAll(error);
    const failed = createDirectCipher({ kms: fake.port, keyArn: KEY }).encrypt(MESSAGE, { abortSignal });
    await expect(failed).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE', cause: error });
  }
});

test('ten thousand calls with one signal, buffers and streams, leave no listener, and few at a time', async () => {
  const { signal: abortSignal } = new AbortController();
  let most = 0;
  const keyring = new WatchedKeyring();
  const watching: Keyring = {
    generateDataKey: async (request) => {
      most = Math.max(most, getEventListeners(abortSignal, 'abort').length);
      return keyring.generateDataKey(request);
    },
    wrapDataKey: async (request) => keyring.wrapDataKey(request),
    decryptDataKey: async (request) => keyring.decryptDataKey(request),
  };
  const caches = [undefined, new DataKeyCache({ maxMessages: 3 })];
  const ciphers = caches.map((cache) => createEnvelopeCipher({ keyring: watching, cache }));
  for (let call = 0; call < 2500; call++) {
    for (const cipher of ciphers) {
      await cipher.encrypt(MESSAGE, { abortSignal });
      cipher.encryptStream({ abortSignal }).destroy();
    }
  }
  await turn();
  expect(most).toBeLessThan(5);
  expect(getEventListeners(abortSignal, 'abort')).toEqual([]);
});

import { EventEmitter, getEventListeners, on } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { KEY_ARN, signingKms } from './support/fake-kms';
import { createSigner, createVerifier } from '../../src/runtime';
import type { CallOptions, Message } from '../../src/runtime';

/** Whoever aborts a signature over a stream closes the stream, though its next chunk may never come. */

const REASON = new Error('the caller went away');
const { kms, spki } = signingKms('ECC_NIST_P256', () => Buffer.alloc(0));
const SIGNER = { kms: kms.port, keyArn: KEY_ARN, algorithm: 'ES256' } as const;
const signature = Buffer.alloc(64, 1);
const turn = () => new Promise((resolve) => setImmediate(resolve));

const WAYS: ReadonlyArray<[string, (message: Message, options: CallOptions) => Promise<unknown>]> = [
  ['sign', (message, options) => createSigner(SIGNER).sign(message, options)],
  ['sign, and verify', (message, options) => createSigner({ ...SIGNER, verifyAfterSign: spki }).sign(message, options)],
  ['verify offline', (message, options) => createVerifier({ publicKey: spki, algorithm: 'ES256' }).verify(message, signature, options)],
  ['verify through KMS', (message, options) => createVerifier(SIGNER).verify(message, signature, options)],
  ['requireValid', (message, options) => createVerifier(SIGNER).requireValid(message, signature, options)],
];

/** A source that gives one chunk and then none, and what closed it. */
interface Scene {
  readonly message: AsyncIterable<Uint8Array>;
  readonly closed: () => unknown;
}

const SOURCES: ReadonlyArray<[string, unknown, () => Scene]> = [
  ['a stream of Node is destroyed', true, () => {
    const source = new Readable({ read: () => undefined });
    source.push('a');
    return { message: source, closed: () => source.destroyed };
  }],
  ['a socket to both sides is destroyed', true, () => {
    const source = new PassThrough();
    source.write('a');
    return { message: source, closed: () => source.destroyed };
  }],
  ['a stream of the web is cancelled with the reason', REASON, () => {
    let cancelled: unknown;
    const source = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(Buffer.from('a')), cancel: (reason) => { cancelled = reason; } });
    return { message: source, closed: () => cancelled };
  }],
  ['a stream of bytes of the web is cancelled with the reason', REASON, () => {
    let cancelled: unknown;
    const source = new ReadableStream({
      type: 'bytes', start: (controller) => controller.enqueue(Uint8Array.of(97)), cancel: (reason) => { cancelled = reason; },
    });
    return { message: source as ReadableStream<Uint8Array>, closed: () => cancelled };
  }],
  ['an iterator returns', 0, () => {
    const emitter = new EventEmitter();
    return { message: { [Symbol.asyncIterator]: () => on(emitter, 'chunk') } as AsyncIterable<any>, closed: () => emitter.listenerCount('chunk') };
  }],
];

let unwanted: unknown[];
const note = (error: unknown) => void unwanted.push(error);
const EVENTS = ['unhandledRejection', 'uncaughtExceptionMonitor'];
beforeEach(() => {
  unwanted = [];
  kms.calls.length = 0;
  for (const event of EVENTS) process.on(event, note);
});
afterEach(async () => {
  await turn();
  await turn();
  for (const event of EVENTS) process.off(event, note);
  expect(unwanted).toEqual([]);
  expect(kms.calls).toEqual([]);
});

describe.each(WAYS)('%s', (_, call) => {
  test.each(SOURCES)('%s at an abort, before another chunk comes', async (__, expected, scene) => {
    const { message, closed } = scene();
    const controller = new AbortController();
    const ended = call(message, { abortSignal: controller.signal }).catch((reason) => reason);
    await turn();
    expect(closed()).not.toEqual(expected);
    controller.abort(REASON);
    expect(await ended).toBe(REASON);
    expect(closed()).toEqual(expected);
    expect(getEventListeners(controller.signal, 'abort').length).toBe(0);
  });

  test.each(SOURCES)('%s also where the signal has aborted before', async (__, expected, scene) => {
    const { message, closed } = scene();
    expect(await call(message, { abortSignal: AbortSignal.abort(REASON) }).catch((reason) => reason)).toBe(REASON);
    expect(closed()).toEqual(expected);
  });

  test('a generator ends behind the chunk that it is about to give', async () => {
    let isEnded = false;
    let give: (() => void) | undefined;
    const message = (async function* () {
      try {
        for (;;) {
          yield Buffer.from('a');
          await new Promise<void>((resolve) => { give = resolve; });
        }
      } finally {
        isEnded = true;
      }
    })();
    const controller = new AbortController();
    const ended = call(message, { abortSignal: controller.signal }).catch((reason) => reason);
    while (!give) await turn();
    controller.abort(REASON);
    expect(await ended).toBe(REASON);
    give();
    await turn();
    expect(isEnded).toBe(true);
  });

  test('what cannot be closed changes nothing: the reason is told', async () => {
    const locked = new ReadableStream<Uint8Array>();
    locked.getReader();
    const failing = new ReadableStream<Uint8Array>({ cancel: () => Promise.reject(new Error('cannot')) });
    const bare = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    for (const message of [locked, failing, bare]) {
      expect(await call(message, { abortSignal: AbortSignal.abort(REASON) }).catch((reason) => reason)).toBe(REASON);
    }
  });
});

describe('a stream that nobody aborts', () => {
  const verify = (message: Message, abortSignal?: AbortSignal) => createVerifier({ publicKey: spki, algorithm: 'ES256' }).verify(message, signature, { abortSignal });
  const webOf = (chunks: readonly unknown[], cancelled: unknown[] = []) => new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const [chunk] = (chunks as Uint8Array[]).splice(0, 1);
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
    cancel: (reason) => void cancelled.push(reason),
  });

  test.each([undefined, new AbortController().signal])('is read to its end and let go, with the signal %s', async (signal) => {
    const web = webOf([Buffer.from('a'), Buffer.from('b')]);
    expect(await verify(web, signal)).toBe(false);
    expect(web.locked).toBe(false);
    const node = Readable.from([Buffer.from('a'), Buffer.from('b')]);
    expect(await verify(node, signal)).toBe(false);
    expect(node.destroyed).toBe(true);
  });

  test.each([undefined, new AbortController().signal])('is closed where a chunk is none, with the signal %s', async (signal) => {
    const cancelled: unknown[] = [];
    const web = webOf(['text', Buffer.from('b')], cancelled);
    await expect(verify(web, signal)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
    expect([cancelled.length, web.locked]).toEqual([1, false]);
    const node = Readable.from(['text', 'b']);
    await expect(verify(node, signal)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
    expect(node.destroyed).toBe(true);
  });

  test('fails with the error of the stream', async () => {
    const { signal } = new AbortController();
    const web = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(REASON) });
    await expect(verify(web, signal)).rejects.toBe(REASON);
    await expect(verify(new Readable({ read() { this.destroy(REASON); } }), signal)).rejects.toBe(REASON);
  });
});

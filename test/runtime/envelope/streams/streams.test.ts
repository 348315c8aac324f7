import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { getDefaultHighWaterMark, PassThrough, Readable, Writable } from 'node:stream';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ReadableStream } from 'node:stream/web';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { DataKeyCache, KmsKeyring, RawAesKeyring, REQUIRE_ENCRYPT_REQUIRE_DECRYPT, createEnvelopeCipher, webStreams } from '../../../../src/runtime/envelope';
import * as messageKeys from '../../../../src/runtime/envelope/message-key';
import { FakeKms } from '../fake-kms';
import { RAW_AES, sdkDecryptStream, sdkEncryptStream } from '../oracle';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const FRAME = 1024;
const CONTEXT = { tenant: 'acme' };
const SIZES = [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 10 * FRAME + 7];
const keyring = new RawAesKeyring(RAW_AES);

/** What comes out of `stream` for these chunks. */
async function through(stream: Duplex, chunks: Iterable<Uint8Array>): Promise<Buffer> {
  const output: Buffer[] = [];
  await pipeline(Readable.from(chunks, { objectMode: true }), stream, async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) output.push(chunk);
  });
  return Buffer.concat(output);
}

/** The bytes in chunks of these lengths, which are used over and over. */
/** Until it has made something, and makes no more for a hundred turns of the event loop. */
async function untilItRests(stream: Duplex): Promise<void> {
  for (let turns = 0, made = 0; turns < 100; turns++) {
    await new Promise(setImmediate);
    if (stream.readableLength === made && made > 0) continue;
    made = stream.readableLength;
    turns = 0;
  }
}

function* inChunks(bytes: Buffer, ...lengths: number[]): Iterable<Buffer> {
  for (let offset = 0, turn = 0; offset < bytes.length; turn++) {
    const length = Math.max(1, lengths[turn % lengths.length]);
    yield bytes.subarray(offset, offset + length);
    offset += length;
  }
}

describe.each([0x0478, 0x0578] as const)('streams of suite %#', (suite) => {
  const cipher = createEnvelopeCipher({ keyring, suite });

  test.each(SIZES)('exchange %i bytes with the SDK, both ways', async (size) => {
    const plaintext = randomBytes(size);
    const ours = await through(cipher.encryptStream({ encryptionContext: CONTEXT, frameLength: FRAME }), inChunks(plaintext, 100));
    expect((await through(sdkDecryptStream(), inChunks(ours, 1000))).equals(plaintext)).toBe(true);
    const theirs = await through(sdkEncryptStream({ suiteId: suite, encryptionContext: CONTEXT, frameLength: FRAME }), inChunks(plaintext, 100));
    expect((await through(cipher.decryptStream({ encryptionContext: CONTEXT }), inChunks(theirs, 1000))).equals(plaintext)).toBe(true);
  });

  test('give the same whatever the chunks are', async () => {
    await fc.assert(fc.asyncProperty(
      fc.integer({ min: 0, max: 5 * FRAME }), fc.array(fc.integer({ min: 1, max: 3 * FRAME }), { minLength: 1, maxLength: 5 }),
      async (size, lengths) => {
        const plaintext = randomBytes(size);
        const message = await through(cipher.encryptStream({ frameLength: FRAME }), inChunks(plaintext, ...lengths));
        expect((await cipher.decrypt(message)).plaintext.equals(plaintext)).toBe(true);
        expect((await through(cipher.decryptStream(), inChunks(message, ...lengths))).equals(plaintext)).toBe(true);
      },
    ), { numRuns: suite === 0x0578 ? 8 : 40 });
  });

  test.each([32, 1024, 3000])('open a message that comes byte by byte, in frames of %i bytes, and make one', async (frameLength) => {
    const plaintext = randomBytes(3100);
    const message = await through(cipher.encryptStream({ encryptionContext: CONTEXT, frameLength }), inChunks(plaintext, 1));
    expect((await through(cipher.decryptStream(), inChunks(message, 1))).equals(plaintext)).toBe(true);
  });

  test('fail without an end on a message cut short anywhere', async () => {
    const message = await cipher.encrypt(randomBytes(40), { frameLength: 16 });
    const lengths = suite === 0x0578 ? [0, 1, 50, message.length - 110, message.length - 50, message.length - 1] : [...message.keys()];
    for (const length of lengths) {
      const stream = cipher.decryptStream();
      let ended = false;
      stream.on('end', () => { ended = true; });
      await expect(through(stream, [message.subarray(0, length)])).rejects.toMatchObject({
        code: length === 0 ? 'ERR_KEYSMITH_FORMAT' : 'ERR_KEYSMITH_NOT_AUTHENTIC',
      });
      expect(ended).toBe(false);
      expect(stream.destroyed).toBe(true);
    }
  });

  test('fail on bytes behind the message, in its last chunk or in one of their own', async () => {
    const message = await cipher.encrypt(randomBytes(40), { frameLength: 16 });
    for (const chunks of [[Buffer.concat([message, Buffer.from([0])])], [message, Buffer.from([0])]]) {
      await expect(through(cipher.decryptStream(), chunks)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
    }
  });

  test('work as web streams', async () => {
    const plaintext = randomBytes(3 * FRAME + 5);
    const source = ReadableStream.from(inChunks(plaintext, 700));
    const output: Uint8Array[] = [];
    const opened = source.pipeThrough(webStreams(cipher.encryptStream({ frameLength: FRAME }))).pipeThrough(webStreams(cipher.decryptStream()));
    for await (const chunk of opened) output.push(chunk);
    expect(Buffer.concat(output).equals(plaintext)).toBe(true);
  });
});

describe('a decrypting stream', () => {
  const cipher = createEnvelopeCipher({ keyring });

  /** Bytes that came out before the stream failed. */
  async function releasedBefore(failing: Promise<unknown>, stream: Duplex): Promise<number> {
    let released = 0;
    stream.on('data', (chunk: Buffer) => { released += chunk.length; });
    await expect(failing).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
    return released;
  }

  test('releases nothing of a frame that is not authentic, and all in front of it', async () => {
    const message = await cipher.encrypt(randomBytes(40), { frameLength: 16 });
    const headerBytes = cipher.inspect(message).headerBytes;
    const frames = [0, 48, 96].map((offset) => headerBytes + offset);
    for (const [index, start] of frames.entries()) {
      const changed = Buffer.from(message);
      changed[start + 25] = 255 - changed[start + 25];
      const stream = cipher.decryptStream();
      expect(await releasedBefore(pipeline(Readable.from([changed]), stream), stream)).toBe(16 * index);
    }
  });

  test('holds the last frame of a signed message until the signature verifies', async () => {
    const signed = createEnvelopeCipher({ keyring, suite: 0x0578 });
    const message = await signed.encrypt(randomBytes(40), { frameLength: 16 });
    message[message.length - 1] = 255 - message[message.length - 1];
    const stream = signed.decryptStream();
    expect(await releasedBefore(pipeline(Readable.from([message]), stream), stream)).toBe(32);
  });

  test('tells context and suite before any plaintext', async () => {
    const message = await cipher.encrypt(randomBytes(40), { encryptionContext: CONTEXT });
    const seen: unknown[] = [];
    const stream = cipher.decryptStream({ onHeader: (header) => seen.push(header.encryptionContext, header.suite.id) });
    stream.on('data', () => seen.push('plaintext'));
    await pipeline(Readable.from([message]), stream);
    expect(seen).toEqual([CONTEXT, 0x0478, 'plaintext']);
  });

  test('ends with what its listener throws, and without plaintext', async () => {
    const message = await cipher.encrypt(randomBytes(40));
    const stream = cipher.decryptStream({ onHeader: () => { throw new Error('not for us'); } });
    const released: unknown[] = [];
    stream.on('data', (chunk) => released.push(chunk));
    await expect(pipeline(Readable.from([message]), stream)).rejects.toThrow('not for us');
    expect(released).toEqual([]);
  });

  test('waits for its listener before any plaintext, and ends with what that rejects with', async () => {
    const message = await cipher.encrypt(randomBytes(40), { frameLength: 16 });
    const told: string[] = [];
    const waited = cipher.decryptStream({ onHeader: async () => { await wait(20); told.push('header'); } });
    waited.on('data', () => told.push('plaintext'));
    await pipeline(Readable.from(inChunks(message, 30)), waited);
    expect(told).toEqual(['header', 'plaintext', 'plaintext', 'plaintext']);

    for (const cached of [{}, { cache: new DataKeyCache() }, { cache: new DataKeyCache() }]) {
      const refusing = createEnvelopeCipher({ keyring, ...cached }).decryptStream({ onHeader: async () => { throw new Error('not for us'); } });
      refusing.on('data', (chunk) => told.push(chunk));
      await expect(pipeline(Readable.from(inChunks(message, 30)), refusing)).rejects.toThrow('not for us');
    }
    expect(told).toHaveLength(4);
  });

  test.each([
    ['another context', { encryptionContext: { tenant: 'other' } }, 'ERR_KEYSMITH_CONTEXT'],
    ['a pair it was not made with', { encryptionContext: { stage: 'prod' } }, 'ERR_KEYSMITH_CONTEXT'],
  ])('refuses a message where %s is expected', async (_, options, code) => {
    const message = await cipher.encrypt(randomBytes(40), { encryptionContext: CONTEXT });
    await expect(through(cipher.decryptStream(options), [message])).rejects.toMatchObject({ code });
  });

  test('stops in the middle of a body over the limit', async () => {
    const message = await cipher.encrypt(randomBytes(100), { frameLength: 16 });
    const stream = createEnvelopeCipher({ keyring, limits: { bodyBytes: 50 } }).decryptStream();
    let released = 0;
    stream.on('data', (chunk: Buffer) => { released += chunk.length; });
    await expect(pipeline(Readable.from([message]), stream)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_LIMIT' });
    expect(released).toBe(48);
  });

  test.each([{}, { plaintextLength: 1000 }])('writes no body over the limit for reading it: %j', async (options) => {
    const own = createEnvelopeCipher({ keyring, frameLength: 16, limits: { bodyBytes: 50 } });
    const over = { code: 'ERR_KEYSMITH_LIMIT', message: expect.stringContaining("'limits.bodyBytes' is 50, got 51") };
    await expect(through(own.encryptStream(options), inChunks(randomBytes(51), 10))).rejects.toMatchObject(over);
    const plaintext = randomBytes(50);
    expect(await through(own.decryptStream(), [await through(own.encryptStream(options), inChunks(plaintext, 10))])).toEqual(plaintext);
  });

  test('does not hold a frame that is larger than the limit, nor ask for a key', async () => {
    const kms = new FakeKms();
    const kmsKeyring = new KmsKeyring({ kms: kms.port, keyArn: KEY });
    const message = await createEnvelopeCipher({ keyring: kmsKeyring, limits: { frameBytes: 2 ** 32 } })
      .encrypt(randomBytes(10), { frameLength: 2 ** 32 - 1 });
    await expect(through(createEnvelopeCipher({ keyring: kmsKeyring }).decryptStream(), [message])).rejects.toMatchObject({ code: 'ERR_KEYSMITH_LIMIT' });
    expect(kms.count('Decrypt')).toBe(0);
  });
});

describe('an encrypting stream', () => {
  const cipher = createEnvelopeCipher({ keyring });

  test('takes no more than was announced', async () => {
    await expect(through(cipher.encryptStream({ plaintextLength: 10 }), [Buffer.alloc(11)])).rejects.toMatchObject({ code: 'ERR_KEYSMITH_LIMIT' });
    await expect(through(cipher.encryptStream({ plaintextLength: 10 }), [Buffer.alloc(10)])).resolves.toBeDefined();
  });

  test.each<[string, () => Readable]>([
    ['a file that is read as latin1', () => createReadStream(__filename, 'latin1')],
    ['a file that is read as UTF-8', () => createReadStream(__filename, 'utf8')],
    ['text', () => Readable.from(['text'])],
  ])('takes no %s, nor does a decrypting one', async (_, source) => {
    for (const stream of [cipher.encryptStream(), cipher.decryptStream()]) {
      const output: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => output.push(chunk));
      await expect(pipeline(source(), stream)).rejects.toMatchObject({ code: expect.stringMatching(/INPUT|FORMAT/) });
      expect(output).toEqual([]);
    }
    await expect(pipeline(source(), cipher.encryptStream())).rejects.toThrow(/a chunk of the stream is of type String: give a Uint8Array/);
  });

  test('tells at once what cannot work', () => {
    expect(() => cipher.encryptStream({ frameLength: 0 })).toThrow(/frameLength/);
    expect(() => cipher.encryptStream({ plaintextLength: -1 })).toThrow(/plaintextLength/);
    expect(() => cipher.encryptStream({ encryptionContext: { 'aws-crypto-x': '1' } })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_CONTEXT' }));
  });

  test('fails with what the keyring says, before any byte', async () => {
    const kms = new FakeKms();
    kms.failAll(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
    const stream = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }) }).encryptStream();
    const output: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => output.push(chunk));
    await expect(pipeline(Readable.from([Buffer.alloc(10)]), stream)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
    expect(output).toEqual([]);
  });
});

describe('frames that are longer than memory', () => {
  test.each([2 ** 32 - 1, 2 ** 31])('a frame length of %i takes memory for what came', async (frameLength) => {
    const cipher = createEnvelopeCipher({ keyring, limits: { frameBytes: 2 ** 32 } });
    const plaintext = randomBytes(3 * 40_000);
    const before = process.memoryUsage().arrayBuffers;
    const message = await through(cipher.encryptStream({ frameLength }), inChunks(plaintext, 40_000));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
    expect((await through(cipher.decryptStream(), inChunks(message, 40_000))).equals(plaintext)).toBe(true);
  });
});

describe('memory', () => {
  const cipher = createEnvelopeCipher({ keyring });
  /** Bytes in use, once what nobody holds is gone. */
  const used = (): number => {
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  /** The least that is in use over `before` in a while: what is freed is not told at once. */
  const leastOver = async (before: number, enough: number): Promise<number> => {
    let least = used() - before;
    for (let turn = 0; turn < 50 && least >= enough; turn++) {
      await wait(20);
      least = Math.min(least, used() - before);
    }
    return least;
  };
  const written = (stream: Duplex, chunk: Buffer) => new Promise((resolve) => stream.write(chunk, resolve));

  test.each(['encrypt', 'decrypt'] as const)('is that of the frame, however small the chunks are (%s)', async (direction) => {
    const frameLength = 2 ** 18;
    const plaintext = Buffer.alloc(frameLength);
    const input = direction === 'decrypt' ? await cipher.encrypt(plaintext, { frameLength }) : plaintext;
    const stream = direction === 'decrypt' ? cipher.decryptStream() : cipher.encryptStream({ frameLength });
    stream.resume();
    const before = used();
    for (const chunk of inChunks(input.subarray(0, -20), 2)) await written(stream, chunk);
    expect(await leastOver(before, 16 * frameLength)).toBeLessThan(16 * frameLength);
    stream.destroy();
  });

  test('is not that of the chunk in which the header came', async () => {
    const large = 2 ** 25;
    const stream = cipher.decryptStream();
    stream.resume();
    const before = used();
    const firstChunk = async (): Promise<Buffer> => {
      const message = await cipher.encrypt(Buffer.alloc(large), { frameLength: 65_536 });
      await written(stream, message.subarray(0, -100_000));
      return Buffer.from(message.subarray(-100_000));
    };
    const rest = await firstChunk();
    await written(stream, rest.subarray(0, 50_000));
    expect(await leastOver(before, large / 2)).toBeLessThan(large / 2);
    const ended = once(stream, 'end');
    stream.end(rest.subarray(50_000));
    await ended;
  });
});

describe('keys', () => {
  const keys: Uint8Array[] = [];
  const original = messageKeys.messageKey;
  const wiped = (all: readonly Uint8Array[]) => all.map((key) => key.every((byte) => byte === 0));
  const passed = async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  beforeEach(() => {
    keys.length = 0;
    const watched: typeof original = (...args) => {
      const derived = original(...args);
      keys.push(derived.bytes);
      return derived;
    };
    jest.spyOn(messageKeys, 'messageKey').mockImplementation(watched);
    jest.spyOn(REQUIRE_ENCRYPT_REQUIRE_DECRYPT.formats[2]!, 'messageKey').mockImplementation(watched);
  });
  afterEach(() => void jest.restoreAllMocks());

  test('are overwritten also when the stream is destroyed while its data key is awaited', async () => {
    const kms = new FakeKms();
    const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }) });
    const message = await cipher.encrypt(randomBytes(40), { frameLength: 16 });
    const changed = Buffer.from(message);
    changed[changed.length - 100] = 255 - changed[changed.length - 100];
    for (const [input, make] of [[message, cipher.decryptStream], [changed, cipher.decryptStream], [message, cipher.encryptStream]] as const) {
      const stream = make();
      const closed = once(stream, 'close');
      stream.write(input);
      await new Promise(process.nextTick);
      stream.destroy();
      await closed;
    }
    await passed();
    expect(keys).toHaveLength(4);
    expect(wiped([...kms.handedOut, ...keys])).toEqual(Array(8).fill(true));
  });

  test('are overwritten when onHeader refuses a message whose data key was at hand', async () => {
    const cipher = createEnvelopeCipher({ keyring, cache: new DataKeyCache() });
    const message = await cipher.encrypt(randomBytes(40));
    await cipher.decrypt(message);
    const refused: Duplex = cipher.decryptStream({ onHeader: () => void refused.destroy(new Error('not for me')) });
    refused.write(message);
    await expect(once(refused, 'close')).rejects.toThrow('not for me');
    await passed();
    expect(keys).toHaveLength(3);
    expect(wiped(keys)).toEqual([true, true, true]);
  });

  test('are overwritten at the end, also of what nobody reads', async () => {
    const cipher = createEnvelopeCipher({ keyring });
    const message = await cipher.encrypt(randomBytes(40));
    for (const stream of [cipher.encryptStream(), cipher.decryptStream()]) {
      stream.end(message);
      await passed();
      expect(stream.readableLength).toBeGreaterThan(0);
    }
    expect(wiped(keys)).toEqual([true, true, true]);
  });
});

describe('both streams', () => {
  const cipher = createEnvelopeCipher({ keyring });

  test('make no more than is read, also of one large chunk', async () => {
    const plaintext = Buffer.alloc(8 * 2 ** 20);
    const message = await cipher.encrypt(plaintext, { frameLength: 65_536 });
    for (const [stream, input] of [[cipher.encryptStream({ frameLength: 65_536 }), plaintext], [cipher.decryptStream(), message]] as const) {
      stream.write(input);
      await wait(20);
      expect(stream.readableLength).toBeGreaterThan(0);
      expect(stream.readableLength).toBeLessThan(stream.readableHighWaterMark + 2 * 65_536);
      stream.destroy();
    }
  });

  test.each([0x0478, 0x0578] as const)('end as they should when a reader is slow at every part (suite %#)', async (suite) => {
    const pausing = createEnvelopeCipher({ keyring, suite });
    const read = async (stream: Duplex, input: Buffer) => {
      stream.end(input);
      const output: Buffer[] = [];
      await pipeline(stream, new Writable({
        highWaterMark: 1,
        write(part: Buffer, _, callback) {
          output.push(part);
          setImmediate(callback);
        },
      }));
      return Buffer.concat(output);
    };
    for (const [length, frameLength] of [[0, 1], [1, 1], [3000, 1], [70_000, 1000], [3 * 65_536, 65_536]]) {
      const plaintext = randomBytes(length);
      const message = await read(pausing.encryptStream({ frameLength }), plaintext);
      expect((await pausing.decrypt(message)).plaintext.equals(plaintext)).toBe(true);
      expect((await read(pausing.decryptStream(), message)).equals(plaintext)).toBe(true);
    }
  });

  test('make of what was ended with no more at once than of 64 KiB, however small its frames', async () => {
    const plaintext = Buffer.alloc(8 * 2 ** 20);
    const message = await cipher.encrypt(plaintext, { frameLength: 65_536 });
    const tinyFrames = getDefaultHighWaterMark(false) + 50_000;
    const tiny = await cipher.encrypt(Buffer.alloc(tinyFrames), { frameLength: 1 });
    const head = 512;
    for (const [stream, input, atOnce, inAll] of [
      [cipher.encryptStream({ frameLength: 65_536 }), plaintext, 65_536 + head, plaintext.length],
      [cipher.decryptStream(), message, 65_536, plaintext.length],
      [cipher.encryptStream({ frameLength: 1 }), plaintext, 65_536 * (1 + 32) + head, plaintext.length * (1 + 32)],
      [cipher.decryptStream(), tiny, 65_536 / (1 + 32), tinyFrames],
    ] as const) {
      // A part is made while the buffer is not full. How much that is, differs between versions of Node.
      const most = stream.readableHighWaterMark + atOnce;
      expect(most).toBeLessThan(inAll);
      stream.end(input);
      await untilItRests(stream);
      expect(stream.readableLength).toBeGreaterThan(0);
      expect(stream.readableLength).toBeLessThanOrEqual(most);
      stream.destroy();
    }
  });

  test('hand out nothing more once they are destroyed, and fail when a listener throws', async () => {
    const message = await cipher.encrypt(Buffer.alloc(50_000), { frameLength: 1000 });
    for (const [stream, input] of [[cipher.encryptStream({ frameLength: 1000 }), Buffer.alloc(50_000)], [cipher.decryptStream(), message]] as const) {
      const handed = jest.fn(() => void stream.destroy());
      stream.on('data', handed).end(input);
      await once(stream, 'close');
      expect(handed).toHaveBeenCalledTimes(1);
    }
    for (const [stream, input] of [[cipher.encryptStream(), message], [cipher.decryptStream(), message]] as const) {
      stream.on('data', () => { throw new Error('the listener is at fault'); }).end(input);
      await expect(once(stream, 'close')).rejects.toThrow('the listener is at fault');
    }
  });

  test('take in nothing more of a large chunk once they are destroyed', async () => {
    const large = 2 ** 26;
    for (const [stream, input] of [
      [cipher.encryptStream({ frameLength: 65_536 }), Buffer.alloc(large)],
      [cipher.decryptStream(), await cipher.encrypt(Buffer.alloc(large), { frameLength: 65_536 })],
    ] as const) {
      const before = process.memoryUsage().arrayBuffers;
      const closed = once(stream, 'close');
      stream.once('data', () => stream.destroy());
      stream.write(input);
      await closed;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(large / 4);
    }
  });

  test.each([[undefined], [null], ['a text'], [0]])('fail also when what is thrown is no error: %p', async (thrown) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    const fails = () => Promise.reject(thrown);
    const broken = createEnvelopeCipher({ keyring: { generateDataKey: fails, wrapDataKey: fails, decryptDataKey: fails } });
    const message = await cipher.encrypt(Buffer.from('x'));
    for (const [stream, input] of [
      [broken.encryptStream(), Buffer.alloc(10)],
      [broken.decryptStream(), message],
      [cipher.decryptStream({ onHeader: () => { throw thrown; } }), message],
    ] as const) {
      let ended = false;
      stream.on('end', () => { ended = true; });
      const outcome = await through(stream, [input]).then(() => 'went through', () => 'failed');
      expect({ outcome, ended }).toEqual({ outcome: 'failed', ended: false });
    }
  });

  test('let a slow reader slow the writer down', async () => {
    // Each stream has a buffer for what is written and one for what is read.
    const buffers = 2 * 2 * getDefaultHighWaterMark(false);
    const chunks = 64 + Math.ceil(buffers / 65_536);
    let written = 0;
    let read = 0;
    let furthestAhead = 0;
    async function* source(): AsyncGenerator<Buffer> {
      for (let turn = 0; turn < chunks; turn++) {
        written += 65_536;
        furthestAhead = Math.max(furthestAhead, written - read);
        yield Buffer.alloc(65_536);
      }
    }
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _, callback) {
        read += chunk.length;
        setImmediate(callback);
      },
    });
    await pipeline(source, cipher.encryptStream({ frameLength: 65_536 }), cipher.decryptStream(), slow);
    expect(read).toBe(chunks * 65_536);
    expect(furthestAhead).toBeLessThan(buffers + 8 * 65_536);
  });

  test('go on after an empty chunk, and pass on a source that fails', async () => {
    expect(await through(cipher.decryptStream(), [Buffer.alloc(0), await cipher.encrypt(Buffer.from('x')), Buffer.alloc(0)])).toEqual(Buffer.from('x'));
    const broken = new PassThrough();
    const sealing = pipeline(broken, cipher.encryptStream(), new PassThrough());
    broken.write('half');
    broken.destroy(new Error('source broke'));
    await expect(sealing).rejects.toThrow('source broke');
  });

  test('of the web fail when the message is not authentic, and stop when nobody reads', async () => {
    const message = await cipher.encrypt(randomBytes(100), { frameLength: 16 });
    message[message.length - 1] = 255 - message[message.length - 1];
    const failing = async () => {
      for await (const chunk of ReadableStream.from([message]).pipeThrough(webStreams(cipher.decryptStream()))) expect(chunk.length).toBe(16);
    };
    await expect(failing()).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });

    const encrypting = webStreams(cipher.encryptStream({ frameLength: 4096 }));
    const reader = ReadableStream.from(inChunks(Buffer.alloc(2 ** 20), 4096)).pipeThrough(encrypting).getReader();
    await reader.read();
    await expect(reader.cancel('enough')).resolves.toBeUndefined();
  });
});

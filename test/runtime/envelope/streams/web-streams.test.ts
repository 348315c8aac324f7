import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { setTimeout } from 'node:timers/promises';
import { RawAesKeyring, createEnvelopeCipher, webStreams } from '../../../../src/runtime/envelope';
import { RAW_AES } from '../oracle';

const CHUNK = 65_536;
const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring(RAW_AES) });

/** A source that counts what is pulled from it, and stops at some 100 MB. */
function countingSource(bytes: Buffer = Buffer.alloc(CHUNK)): { source: ReadableStream<Uint8Array>; pulled: () => number; cancelled: () => unknown } {
  let pulled = 0;
  let reason: unknown;
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (pulled >= 1e8) return controller.close();
      pulled += bytes.length;
      controller.enqueue(new Uint8Array(bytes));
    },
    cancel: (why) => { reason = why; },
  }, { highWaterMark: 0 });
  return { source, pulled: () => pulled, cancelled: () => reason };
}

async function collected(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const both: Array<[string, () => Duplex, () => Promise<Buffer>]> = [
  ['encrypting', () => cipher.encryptStream({ frameLength: CHUNK }), async () => Buffer.alloc(CHUNK)],
  ['decrypting', () => cipher.decryptStream(), () => cipher.encrypt(Buffer.alloc(2 ** 26), { frameLength: CHUNK })],
];

describe.each(both)('a web stream that is %s', (_, make, input) => {
  test('holds its source back while nobody reads, and while one chunk is read', async () => {
    const message = await input();
    let offset = 0;
    let pulled = 0;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (pulled >= 1e8) return controller.close();
        const chunk = message.length === CHUNK ? message : message.subarray(offset, offset += CHUNK);
        if (chunk.length === 0) return controller.close();
        pulled += chunk.length;
        controller.enqueue(Uint8Array.from(chunk));
      },
    }, { highWaterMark: 0 });
    const reader = source.pipeThrough(webStreams(make())).getReader();
    await setTimeout(100);
    expect(pulled).toBeLessThan(1e6);
    expect((await reader.read()).value!.length).toBeGreaterThan(0);
    await setTimeout(100);
    expect(pulled).toBeLessThan(1e6);
    await reader.cancel();
  });

  test('is as far ahead of a slow reader as of one that stands', async () => {
    const { source, pulled } = countingSource(await input().then((bytes) => bytes.subarray(0, CHUNK)));
    const reader = source.pipeThrough(webStreams(make())).getReader();
    for (let turn = 0; turn < 20; turn++) {
      const read = await reader.read().catch(() => ({ done: true }));
      if (read.done) break;
      expect(pulled()).toBeLessThan(1e6 + turn * CHUNK);
      await setTimeout(2);
    }
    await reader.cancel().catch(() => undefined);
  });
});

test('what comes out is what the streams of Node give, and bytes of its own', async () => {
  const plaintext = randomBytes(5 * CHUNK + 7);
  const source = ReadableStream.from([plaintext.subarray(0, 10), plaintext.subarray(10)]);
  const opened = source.pipeThrough(webStreams(cipher.encryptStream({ frameLength: 1000 }))).pipeThrough(webStreams(cipher.decryptStream()));
  for await (const chunk of ReadableStream.from([plaintext]).pipeThrough(webStreams(cipher.encryptStream()))) {
    expect(chunk.constructor).toBe(Uint8Array);
    expect(chunk.buffer.byteLength).toBe(chunk.length);
  }
  expect((await collected(opened)).equals(plaintext)).toBe(true);
});

test('an ArrayBuffer is as good as its bytes, text is refused', async () => {
  const { writable, readable } = webStreams(cipher.encryptStream());
  const message = collected(readable);
  const writer = writable.getWriter();
  await writer.write(Uint8Array.from(Buffer.from('bytes')).buffer as never);
  await writer.close();
  expect((await cipher.decrypt(await message)).plaintext).toEqual(Buffer.from('bytes'));

  const text = collected(ReadableStream.from(['text'] as never[]).pipeThrough(webStreams(cipher.encryptStream())));
  await expect(text).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
});

test('a message that is not authentic fails both sides, and its source is given up', async () => {
  const message = await cipher.encrypt(Buffer.alloc(10 * CHUNK), { frameLength: 16 * 1024 });
  message[3 * CHUNK] = 255 - message[3 * CHUNK];
  let offset = 0;
  let cancelled: unknown;
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(Uint8Array.from(message.subarray(offset, offset += CHUNK))),
    cancel: (reason) => { cancelled = reason; },
  }, { highWaterMark: 0 });
  const seen: number[] = [];
  const failing = async () => {
    for await (const chunk of source.pipeThrough(webStreams(cipher.decryptStream()))) seen.push(chunk.length);
  };
  const refused = { code: 'ERR_KEYSMITH_NOT_AUTHENTIC' };
  await expect(failing()).rejects.toMatchObject(refused);
  await setTimeout(10);
  expect(cancelled).toMatchObject(refused);
  expect(seen.length).toBeGreaterThan(0);
  expect(offset).toBeLessThan(8 * CHUNK);
});

test('a reader that has enough ends source and stream', async () => {
  const { source, pulled, cancelled } = countingSource();
  const stream = cipher.encryptStream({ frameLength: 4096 });
  const reader = source.pipeThrough(webStreams(stream)).getReader();
  await reader.read();
  await reader.cancel('enough');
  await setTimeout(10);
  const before = pulled();
  await setTimeout(20);
  expect([pulled(), stream.destroyed, cancelled() !== undefined]).toEqual([before, true, true]);
});

test.each<[string, unknown]>([['an error', new Error('source broke')], ['a word', 'broke']])('a source that fails with %s fails the stream', async (_, reason) => {
  const stream = cipher.encryptStream();
  const source = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(reason) });
  await expect(collected(source.pipeThrough(webStreams(stream)))).rejects.toMatchObject(reason instanceof Error ? { message: 'source broke' } : { cause: reason });
  expect(stream.destroyed).toBe(true);
});

test('a stream that is destroyed fails whoever reads or writes', async () => {
  const stream = cipher.encryptStream();
  const { readable, writable } = webStreams(stream);
  const reading = readable.getReader().read();
  const writer = writable.getWriter();
  stream.destroy(new Error('no more'));
  await expect(reading).rejects.toThrow('no more');
  await expect(writer.closed).rejects.toThrow('no more');
});

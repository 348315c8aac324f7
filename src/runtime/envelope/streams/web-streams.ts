import { finished } from 'node:stream';
import type { Duplex } from 'node:stream';
import { ReadableStream, WritableStream } from 'node:stream/web';
import type { OwnedBytes } from '../../owned-bytes';

/** Both sides, as the program that is compiled knows them: of the DOM where that is among its libraries, else of Node. */
export interface WebStreams {
  readonly readable: InstanceType<typeof globalThis.ReadableStream<OwnedBytes>>;
  readonly writable: InstanceType<typeof globalThis.WritableStream<Uint8Array>>;
}

/**
 * A stream of a cipher as web streams: `readable.pipeThrough(webStreams(cipher.decryptStream()))`. Errors and back-pressure
 * are those of the stream. Not by Node's own `Duplex.toWeb`, which counts chunks where the stream counts bytes: up to Node
 * 22 it lets 16,384 of them in before it holds the source back.
 */
export const webStreams = (stream: Duplex): WebStreams => {
  const chunks = stream.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  const fail: Array<(error: unknown) => void> = [];
  const start = (controller: { error(reason: unknown): void }) => {
    fail.push((error) => controller.error(error));
  };
  finished(stream, (error) => {
    if (error) fail.forEach((tell) => tell(error));
  });
  const stop = (reason: unknown) => {
    stream.destroy(reason instanceof Error ? reason : new Error('the web stream was given up', { cause: reason }));
  };
  return {
    writable: new WritableStream({
      start,
      // Called back once the stream has taken it in, which it does when what came of the one before has been read.
      write: (chunk: unknown) => called((done) => stream.write(chunk instanceof ArrayBuffer ? new Uint8Array(chunk) : chunk, done)),
      close: () => called((done) => stream.end(done)),
      abort: stop,
    }, { highWaterMark: 1 }),
    readable: new ReadableStream({
      start,
      pull: async (controller) => {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(new Uint8Array(value));
      },
      cancel: stop,
    }, { highWaterMark: 0 }),
  };
};

const called = (call: (done: (error?: Error | null) => void) => unknown): Promise<void> => new Promise((resolve, reject) => {
  call((error) => (error ? reject(error) : resolve()));
});

import { ByteLengthQueuingStrategy, ReadableStream, WritableStream } from 'node:stream/web';
import type { ReadableStreamDefaultController, ReadableWritablePair, WritableStreamDefaultController } from 'node:stream/web';
import { asBuffer } from '../bytes';
import { badInput } from '../failures';
import type { StreamEngine } from './engine';

/** An engine as a pair of web streams, for `readable.pipeThrough(…)`. Pieces are made only as fast as they are read. */
export function enginePair(engine: StreamEngine): ReadableWritablePair<Uint8Array, Uint8Array> {
  let output!: ReadableStreamDefaultController<Uint8Array>;
  let input!: WritableStreamDefaultController;
  let resume: (() => void) | undefined;

  const fail = (error: unknown) => {
    engine.close();
    output.error(error);
    resume?.();
  };
  const passOn = async (make: () => Iterable<Buffer> | Promise<Iterable<Buffer>>) => {
    try {
      const made = make();
      for (const piece of made instanceof Promise ? await made : made) {
        output.enqueue(piece);
        if (output.desiredSize! <= 0) await new Promise<void>((resolve) => { resume = resolve; });
      }
    } catch (error) {
      fail(error);
      throw error;
    }
  };

  const readable = new ReadableStream<Uint8Array>({
    start: (controller) => { output = controller; },
    pull: () => {
      resume?.();
      resume = undefined;
    },
    cancel: (reason) => {
      engine.close();
      input.error(reason);
      resume?.();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 }));

  const writable = new WritableStream<Uint8Array>({
    start: (controller) => { input = controller; },
    write: async (chunk) => passOn(() => {
      if (!(chunk instanceof Uint8Array)) throw badInput(`the stream takes bytes, got ${typeof chunk}`);
      return engine.push(asBuffer(chunk));
    }),
    close: async () => {
      await passOn(() => engine.end());
      engine.close();
      output.close();
    },
    abort: fail,
  });
  return { readable, writable };
}

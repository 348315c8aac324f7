import { unlessAborted } from './abort';

/** Chunks that can be closed while the next one is waited for: their iterator closes them after it only. */
interface Source<Chunk> extends AsyncIterable<Chunk> {
  close(reason: unknown): void;
}

/** What is looked at of streams, those of Node and those of the web. */
interface StreamParts<Chunk> {
  readonly destroy?: () => unknown;
  readonly getReader?: () => WebReader<Chunk>;
  readonly cancel?: (reason: unknown) => Promise<unknown>;
}

interface WebReader<Chunk> {
  read(): Promise<{ readonly done: boolean; readonly value?: Chunk }>;
  cancel(reason?: unknown): Promise<unknown>;
  releaseLock(): void;
}

/**
 * As `unlessAborted`, for what reads chunks: the abort closes what they come from, also where none has been read. A stream of Node is destroyed
 * without an error, which nobody might listen to; one of the web is cancelled with the reason; other iterators return, generators when they
 * have given the chunk that they are about to give.
 */
export const readUnlessAborted = <Chunk, T>(
  chunks: AsyncIterable<Chunk>, signal: AbortSignal, read: (chunks: AsyncIterable<Chunk>) => Promise<T>,
): Promise<T> => {
  const source = sourceOf(chunks);
  return unlessAborted(signal, () => read(source)).catch((error) => {
    if (signal.aborted) source.close(signal.reason);
    throw error;
  });
};

const sourceOf = <Chunk>(chunks: AsyncIterable<Chunk> & StreamParts<Chunk>): Source<Chunk> => {
  if (typeof chunks.getReader === 'function') return webSource(chunks as AsyncIterable<Chunk> & Required<StreamParts<Chunk>>);
  let iterator: AsyncIterator<Chunk> | undefined;
  const start = () => iterator ??= chunks[Symbol.asyncIterator]();
  const close = typeof chunks.destroy === 'function' ? () => chunks.destroy!() : () => quietly(async () => start().return?.());
  return { [Symbol.asyncIterator]: start, close };
};

const webSource = <Chunk>(stream: Required<StreamParts<Chunk>>): Source<Chunk> => {
  let reader: WebReader<Chunk> | undefined;
  async function* read() {
    reader = stream.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        yield value!;
      }
    } finally {
      // Of a stream that has ended or failed this is nothing.
      quietly(() => reader!.cancel());
      reader.releaseLock();
    }
  }
  return { [Symbol.asyncIterator]: read, close: (reason) => quietly(() => (reader ?? stream).cancel(reason)) };
};

/** What goes wrong while something is closed is said to nobody: whoever reads has been told why. */
const quietly = (close: () => Promise<unknown>): void => void close().catch(() => undefined);

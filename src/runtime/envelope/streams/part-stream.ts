import { Transform } from 'node:stream';
import { unlessAborted } from '../../abort';
import { invalid } from '../../errors';
import { binaryOf } from '../../input';
import { NO_BYTES, readerOf, view, wipe } from '../bytes';
import type { Reader } from '../bytes';
import type { Parts } from '../message';
import { PIECE_BYTES } from '../message-key';

/**
 * Parts made of what comes in, as a stream of Node. They are made only as fast as they are read: of a large chunk, too,
 * no more at once than of 64 KiB and the frame that these complete. After its end, after an error, or when it is
 * destroyed, the stream keeps no key.
 *
 * @param abortSignal - destroys the stream with its reason
 * @param start - called with each piece until it returns something; what it reads is a view until more comes in
 */
export const partStream = (start: (input: Reader) => Parts | Promise<Parts> | undefined, abortSignal?: AbortSignal): Transform => {
  const input = readerOf(NO_BYTES, {});
  let parts: Parts | Promise<Parts> | undefined;
  let announced: Promise<unknown> | undefined;
  let resume: (() => void) | undefined;
  let destroyed: (() => void) | undefined;
  const end = async () => wipe((await parts)?.[1].bytes);

  const take = async (chunk: Buffer) => {
    // Text that stands for bytes in some encoding would be taken for another one: `createReadStream(file, 'latin1')`.
    binaryOf(chunk, 'a chunk of the stream');
    let offset = 0;
    do {
      append(input, view(chunk, offset, offset += PIECE_BYTES));
      const made = await (parts ??= start(input));
      if (!stream.destroyed) await (announced ??= made?.[2]?.());
      let isFull = false;
      // Destroyed while it started, it did not know yet what to end.
      if (stream.destroyed) return end();
      made?.[0]((part) => { isFull = !stream.push(part); });
      if (isFull && !stream.destroyed) await new Promise<void>((resolve) => { resume = resolve; });
    } while (offset < chunk.length && !stream.destroyed);
    if (!input.more) await end();
  };
  const transform = (chunk: Buffer, _encoding: unknown, callback: (error?: Error) => void) => {
    take(chunk).then(() => callback(), (error) => callback(errorOf(error)));
  };

  const stream = new Transform({
    decodeStrings: false,
    transform,
    flush: (callback) => {
      input.more = undefined;
      transform(NO_BYTES, '', callback);
    },
    read: (size) => {
      const resumed = resume;
      resume = undefined;
      if (resumed) resumed();
      else Transform.prototype._read.call(stream, size);
    },
    destroy: (error, callback) => {
      destroyed?.();
      resume?.();
      // Also a key that is still on its way is overwritten. Why it does not come was said before.
      end().catch(() => undefined);
      callback(error);
    },
  });
  const untilDestroyed = async () => new Promise<void>((resolve) => { destroyed = resolve; });
  unlessAborted(abortSignal, untilDestroyed).catch((reason) => stream.destroy(errorOf(reason)));
  return stream;
};

/** A keyring or listener of the caller's own may throw nothing at all, and a signal give no reason: a stream would take it for success. */
const errorOf = (given: unknown): Error => given as Error || invalid('a keyring, onHeader or abort gave no error');

/** Puts a piece behind the bytes that are left, in memory that is used again: fresh memory costs more than the copy. */
const append = (input: Reader, piece: Buffer): void => {
  const rest = input.bytes.subarray(input.at);
  const length = rest.length + piece.length;
  let store = Buffer.from(rest.buffer);
  let start = rest.byteOffset;
  if (start + length > store.length) {
    // Twice as much: what comes in many pieces is moved a few times only.
    if (length > store.length) store = Buffer.allocUnsafeSlow(Math.min(2 * length, 2 ** 32));
    rest.copy(store);
    start = 0;
  }
  piece.copy(store, start + rest.length);
  input.bytes = view(store, start, start + length);
  input.at = 0;
};

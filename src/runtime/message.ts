import { createHash } from 'node:crypto';
import { unlessAborted } from './abort';
import { invalid } from './errors';
import { bytesOf } from './input';
import type { BytesOrText } from './input';
import type { OwnedBuffer } from './owned-bytes';
import { readUnlessAborted } from './source';
import { ofType } from './text';
import { MESSAGE_BYTES } from '../spec/limits';

/**
 * What is signed: bytes, text as UTF-8, or chunks of bytes, such as a file stream or a web stream. Whole, in order,
 * read once.
 */
export type Message = BytesOrText | AsyncIterable<Uint8Array>;

/** As `unlessAborted`, for what reads a message: an abort closes the stream that it comes in. */
export const unlessAbortedOver = <T>(message: Message, abortSignal: AbortSignal | undefined, read: (message: Message) => Promise<T>): Promise<T> => (
  abortSignal && isChunked(message) ? readUnlessAborted(message, abortSignal, read) : unlessAborted(abortSignal, () => read(message))
);

/** The chunks of a message, one where it came whole. @throws the reason of the signal, at the next chunk */
export async function* chunksOf(message: Message, abortSignal?: AbortSignal): AsyncGenerator<Uint8Array> {
  if (!isChunked(message)) {
    yield bytesOf(message, 'the message');
    return;
  }
  for await (const chunk of message) {
    abortSignal?.throwIfAborted();
    if (!(chunk instanceof Uint8Array)) throw invalid(`a chunk of the message is ${ofType(chunk)}: give a stream of bytes, without an encoding`);
    yield chunk;
  }
}

/** The digest of a message of any length. */
export async function digestOf(hash: 'sha256' | 'sha384' | 'sha512', message: Message, abortSignal?: AbortSignal): Promise<OwnedBuffer> {
  const state = createHash(hash);
  // Within the call: the caller may overwrite the bytes right after it.
  if (!isChunked(message)) return state.update(bytesOf(message, 'the message')).digest();
  for await (const chunk of chunksOf(message, abortSignal)) state.update(chunk);
  return state.digest();
}

/** A message that KMS takes as it is. @throws `ERR_KEYSMITH_INPUT` above 4096 bytes, without reading on */
export async function shortMessage(message: Message, algorithm: string, abortSignal?: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(isChunked(message) ? message : copied(message, MESSAGE_BYTES + 1), abortSignal)) {
    length += chunk.length;
    if (length > MESSAGE_BYTES) {
      throw invalid(`the message is over ${MESSAGE_BYTES} bytes, all that KMS takes for ${algorithm}: sign its hash as the message, or use an algorithm that hashes, such as ES256`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A copy of bytes that are read later than they were given, or of as many of them as will be read. */
export const copied = (message: BytesOrText, most = Infinity): Buffer => Buffer.from(bytesOf(message, 'the message').subarray(0, most));

export function isChunked(message: unknown): message is AsyncIterable<Uint8Array> {
  return typeof message === 'object' && message !== null && Symbol.asyncIterator in message;
}

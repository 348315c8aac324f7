import type { StreamEngine } from './engine-stream';
import { ChunkQueue } from '../chunks';
import { overLimit } from '../failures';
import type { MessageSealer } from '../message-sealer';

/**
 * Plaintext in, message out: memory for about one frame, however long the message is.
 *
 * @param prepare - called once, with the first chunk or at the end, when the header goes out too
 */
export function sealEngine(prepare: () => MessageSealer | Promise<MessageSealer>, maxPlaintext = Infinity): StreamEngine {
  const plaintext = new ChunkQueue();
  let sealer: MessageSealer | undefined;
  let received = 0;
  return {
    async push(chunk) {
      received += chunk.length;
      if (received > maxPlaintext) throw overLimit('plaintextLength', received, maxPlaintext);
      sealer ??= await prepare();
      plaintext.push(chunk);
      return sealer.pieces(plaintext, false);
    },
    async end() {
      sealer ??= await prepare();
      return sealer.pieces(plaintext, true);
    },
    close: () => sealer?.close(),
  };
}

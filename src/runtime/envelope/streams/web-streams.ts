import { Duplex } from 'node:stream';
import type { ReadableWritablePair } from 'node:stream/web';

/** A stream of a cipher as web streams: `readable.pipeThrough(webStreams(cipher.decryptStream()))`. Errors and back-pressure are those of the stream. */
export const webStreams = (stream: Duplex): ReadableWritablePair<Uint8Array, Uint8Array> => (
  Duplex.toWeb(stream) as ReadableWritablePair<Uint8Array, Uint8Array>
);

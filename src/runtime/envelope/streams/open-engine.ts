import type { StreamEngine } from './engine-stream';
import { Reader, isIncomplete } from '../bytes';
import type { Incomplete } from '../bytes';
import { ChunkReader } from '../chunks';
import { notAuthentic } from '../failures';
import { refuseForeign } from '../foreign';
import { readHeader } from '../header';
import type { MessageHeader } from '../header';
import type { MessageLimits } from '../limits';
import { openBody, whole } from '../message-opener';
import type { MessageOpening } from '../message-opener';

/**
 * Message in, plaintext out, frame by frame.
 *
 * @param prepare - called once, with a header that is not yet authentic: it rejects unless it is
 */
export function openEngine(limits: MessageLimits, prepare: (header: MessageHeader) => MessageOpening | Promise<MessageOpening>): StreamEngine {
  const reader = new ChunkReader();
  const headers = whole(reader, () => readHeader(reader, limits));
  // Bytes at the front without which reading cannot go on.
  let needed = 1;
  let opening: MessageOpening | undefined;
  let body: ReturnType<typeof openBody> | undefined;
  let ended = false;

  /** What comes next, unless more has to be there first. */
  const next = <Part>(parts: Iterator<Part | Incomplete, Part | void>): Part | undefined => {
    do {
      const { value, done } = parts.next();
      ended = parts === body && !!done;
      if (!value || !isIncomplete(value)) return value as Part | undefined;
      needed = value.needed - reader.offset;
    } while (reader.has(needed));
    return undefined;
  };

  function* plaintext(): Iterable<Buffer> {
    for (let piece = next(body!); piece; piece = next(body!)) yield piece;
  }

  return {
    async push(chunk) {
      if (ended && chunk.length) throw notAuthentic('bytes follow the end');
      reader.push(chunk);
      if (ended || !reader.has(needed)) return [];
      if (!body) {
        refuseForeign(reader.bytes);
        if (!next<MessageHeader>(headers)) return [];
        // Read again from a copy: the chunk that the header lies in does not stay.
        const header = readHeader(new Reader(Buffer.from(reader.bytes.subarray(0, reader.offset))), limits);
        opening = await prepare(header);
        body = openBody(reader, header, limits, opening);
      }
      return plaintext();
    },
    async end() {
      if (ended) return [];
      if (!body) refuseForeign(reader.bytes);
      throw notAuthentic('the message ends before its final frame and footer');
    },
    close: () => opening?.key.wipe(),
  };
}

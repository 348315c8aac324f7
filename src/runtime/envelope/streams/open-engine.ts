import type { KeyObject, Verify } from 'node:crypto';
import { byteQueue } from './byte-queue';
import type { StreamEngine } from './engine-stream';
import { Incomplete, Reader, wipe } from '../bytes';
import { readField } from '../context-codec';
import { notAuthentic } from '../failures';
import { refuseForeign } from '../foreign';
import { REGULAR_FRAME, readFrame } from '../frames';
import { readHeader } from '../header';
import type { MessageHeader } from '../header';
import { keepLimit } from '../limits';
import type { MessageLimits } from '../limits';
import type { MessageKey } from '../message-key';
import { checkSignature, verifying } from '../signature';

/** What a stream keeps of materials that were only lent, once the header is authentic. */
export interface OpenStart {
  /** Belongs to the engine, which wipes it. */
  readonly key: MessageKey;
  readonly verificationKey: KeyObject | undefined;
}

/**
 * Message in, plaintext out, frame by frame: none of a frame before all of it is authentic. The last frame of a signing
 * suite, and a body that is not framed, wait for the signature.
 *
 * @param prepare - called once, with a header that is not yet authentic: it rejects unless it is
 */
export function openEngine(limits: MessageLimits, prepare: (header: MessageHeader) => Promise<OpenStart>): StreamEngine {
  const queue = byteQueue();
  // Bytes without which reading cannot go on.
  let needed = 1;
  let header: MessageHeader | undefined;
  let start: OpenStart | undefined;
  let verify: Verify | undefined;
  let sequence = 1;
  let plaintextLength = 0;
  // The last frame of a signed message.
  let held: Buffer | undefined;
  let done = false;

  /** What stands at the front of the queue, once it is there. Header and frames go into the signature. */
  const read = <Part>(part: (reader: Reader) => Part): Part | undefined => {
    const reader = new Reader(queue.view());
    if (reader.left < needed) return undefined;
    try {
      const found = part(reader);
      const raw = queue.take(reader.offset);
      if (!held) verify?.update(raw);
      needed = 1;
      return found;
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error;
      needed = error.needed;
      return undefined;
    }
  };

  function* plaintext(): Iterable<Buffer> {
    while (!done && !held) {
      const frame = read((reader) => readFrame(reader, header!, limits, sequence));
      if (!frame) return;
      sequence += 1;
      plaintextLength += frame.content.length;
      keepLimit(limits, 'bodyBytes', plaintextLength);
      const opened = start!.key.open(frame);
      done = frame.kind !== REGULAR_FRAME && !verify;
      if (frame.kind !== REGULAR_FRAME && verify) held = opened;
      else yield opened;
    }
    const signature = held && read(readField);
    if (signature) {
      checkSignature(verify!, start!.verificationKey!, signature);
      yield held!;
      held = undefined;
      done = true;
    }
    if (done && queue.view().length > 0) throw notAuthentic('bytes follow the end');
  }

  return {
    async push(chunk) {
      queue.push(chunk);
      if (!start) {
        const front = queue.view();
        if (front.length > 0) refuseForeign(front);
        header = read((reader) => {
          const found = readHeader(reader, limits);
          verify = verifying(found.suite);
          // The chunk that the header lies in does not stay.
          return { ...found, messageId: Buffer.from(found.messageId) };
        });
        if (!header) return [];
        start = await prepare(header);
      }
      return plaintext();
    },
    async end() {
      if (done) return [];
      if (!start) refuseForeign(queue.view());
      throw notAuthentic('the message ends before its final frame and footer');
    },
    close() {
      start?.key.wipe();
      wipe(held);
      queue.clear();
    },
  };
}

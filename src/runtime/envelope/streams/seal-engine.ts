import type { Sign } from 'node:crypto';
import { byteQueue } from './byte-queue';
import type { StreamEngine } from './engine-stream';
import { overLimit } from '../failures';
import { FINAL_FRAME, REGULAR_FRAME, frameBytes, writeFrame } from '../frames';
import type { FrameKind } from '../frames';
import { headerBytes, writeHeader } from '../header';
import type { EncryptionMaterials } from '../materials';
import { MessageKey } from '../message-key';
import { footerOf, signing } from '../signature';
import type { SigningKeyPair } from '../signature';

/** What a stream keeps of materials that were only lent. */
export interface SealStart {
  readonly header: Buffer;
  /** Belongs to the engine, which wipes it. */
  readonly key: MessageKey;
  readonly frameLength: number;
  readonly sign: Sign | undefined;
  readonly signingKey: SigningKeyPair | undefined;
}

/** The header and keys of a new message whose length is not known. */
export function startSealing({ suite, dataKey, materialBytes, signingKey }: EncryptionMaterials, frameLength: number): SealStart {
  const key = new MessageKey(suite, dataKey);
  const header = Buffer.allocUnsafe(headerBytes(materialBytes));
  writeHeader(key, materialBytes, frameLength, header);
  return { header, key, frameLength, sign: signing(suite)?.update(header), signingKey };
}

/**
 * Plaintext in, message out. A frame is held until more follows it, since only then it is known not to be the final
 * one: memory for one frame, however long the message is.
 *
 * @param prepare - called once, with the first chunk or at the end
 */
export function sealEngine(prepare: () => Promise<SealStart>, maxPlaintext = Infinity): StreamEngine {
  const queue = byteQueue();
  let start: SealStart | undefined;
  let sequence = 1;
  let received = 0;

  const makeFrame = (kind: FrameKind, length: number) => {
    const frame = Buffer.allocUnsafeSlow(frameBytes(kind, length));
    writeFrame(start!.key, kind, sequence++, queue.take(length), frame, 0);
    start!.sign?.update(frame);
    return frame;
  };

  function* message(header: Buffer | undefined, last: boolean): Iterable<Buffer> {
    const { frameLength, sign, signingKey } = start!;
    if (header) yield header;
    while (queue.view().length > frameLength) yield makeFrame(REGULAR_FRAME, frameLength);
    if (!last) return;
    yield makeFrame(FINAL_FRAME, queue.view().length);
    if (sign) yield footerOf(sign, signingKey!);
  }

  /** Asks for a key the first time, when the header goes out too. */
  const goOn = async (last: boolean) => {
    if (start) return message(undefined, last);
    start = await prepare();
    return message(start.header, last);
  };

  return {
    async push(chunk) {
      received += chunk.length;
      if (received > maxPlaintext) throw overLimit('the length of the plaintext', received, maxPlaintext, "'plaintextLength'");
      queue.push(chunk);
      return goOn(false);
    },
    end: async () => goOn(true),
    close() {
      start?.key.wipe();
      queue.clear();
    },
  };
}

import { Reader, asBuffer, isIncomplete } from './bytes';
import { readHeader } from './header';
import type { MessageHeader } from './header';
import type { MessageLimits } from './limits';
import type { EncryptionMaterials } from './materials';
import { openBody } from './message-opener';
import type { MessageOpening } from './message-opener';
import { startSealing } from './message-sealer';

/** A message that is in memory whole: header, body and, for signing suites, footer. */

/** Encrypts `plaintext` under the data key of `materials`. */
export function sealMessage(materials: EncryptionMaterials, plaintext: Uint8Array, frameLength: number): Buffer {
  const sealer = startSealing(materials, frameLength);
  try {
    const message = Buffer.allocUnsafe(sealer.messageBytes(plaintext.length));
    let offset = 0;
    for (const piece of sealer.pieces(new Reader(asBuffer(plaintext)), true)) offset += piece.copy(message, offset);
    return message.subarray(0, offset);
  } finally {
    sealer.close();
  }
}

/** A message whose parts are where they belong. Nothing of it is authentic yet. */
export interface MessageParts {
  readonly header: MessageHeader;
  /** Decrypts the body behind an authentic header. Nothing is returned unless frames and signature are authentic. */
  open(opening: MessageOpening): Buffer;
}

/** Walks over a message, so that one that was cut short, rearranged or added to is refused before a key is asked for. */
export function readMessage(bytes: Buffer, limits: MessageLimits): MessageParts {
  const reader = new Reader(bytes);
  const header = readHeader(reader, limits);
  const { offset } = reader;
  let plaintextLength = 0;

  function* contents(opening?: MessageOpening): Iterable<Buffer> {
    for (const content of openBody(reader, header, limits, opening)) {
      if (isIncomplete(content)) throw content;
      yield content;
    }
  }

  for (const { length } of contents()) plaintextLength += length;
  return {
    header,
    open(opening) {
      reader.offset = offset;
      const frames = contents(opening);
      let plaintext: Buffer | undefined;
      let end = 0;
      for (const content of frames) {
        // The one frame of a small message is the whole.
        if (content.length === plaintextLength) plaintext = content;
        else end += content.copy(plaintext ??= Buffer.allocUnsafeSlow(plaintextLength), end);
      }
      return plaintext!;
    },
  };
}

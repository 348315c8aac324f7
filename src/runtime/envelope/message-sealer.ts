import type { ChunkQueue } from './chunks';
import { FINAL_FRAME, HEAD_BYTES, REGULAR_FRAME, sealFrame } from './frames';
import type { FrameKind } from './frames';
import { headerBytes, sealHeader } from './header';
import type { EncryptionMaterials } from './materials';
import { MessageKey } from './message-key';
import { footerOf, signing } from './signature';

/** A new message in the making. */
export interface MessageSealer {
  /**
   * The pieces of the message that the plaintext at hand gives; with the `last` of it, all that are left. A full frame is
   * held until more follows it, since only then it is known not to be the final one.
   */
  pieces(plaintext: ChunkQueue, last: boolean): Iterable<Buffer>;
  /** Overwrites what is secret. */
  close(): void;
}

/** The materials are only lent: nothing of them is kept but what `close` overwrites. */
export function startSealing({ suite, dataKey, materialBytes, signingKey }: EncryptionMaterials, frameLength: number): MessageSealer {
  const key = new MessageKey(suite, dataKey);
  const header = Buffer.allocUnsafe(headerBytes(materialBytes));
  sealHeader(key, materialBytes, frameLength, header);
  const sign = signing(suite);
  let sequence = 0;

  function* frame(kind: FrameKind, content: readonly Buffer[]): Iterable<Buffer> {
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    const [end, parts] = sealFrame(key, kind, sequence++, content, head, 0);
    yield head.subarray(0, end);
    yield* parts;
  }

  function* unsigned(plaintext: ChunkQueue, last: boolean): Iterable<Buffer> {
    if (!sequence) yield header;
    sequence ||= 1;
    while (plaintext.length > frameLength) yield* frame(REGULAR_FRAME, plaintext.take(frameLength));
    if (last) yield* frame(FINAL_FRAME, plaintext.take(plaintext.length));
  }

  return {
    * pieces(plaintext, last) {
      for (const piece of unsigned(plaintext, last)) {
        sign?.update(piece);
        yield piece;
      }
      if (last && sign) yield footerOf(sign, signingKey!);
    },
    close: () => key.wipe(),
  };
}

import type { Reader } from './bytes';
import { FINAL_FRAME, REGULAR_FRAME, bodyBytes, sealFrame } from './frames';
import { sealHeader } from './header';
import type { EncryptionMaterials } from './materials';
import { messageKey } from './message-key';
import { FOOTER_BYTES, footerOf, signing } from './signature';

/** A new message in the making. */
export interface MessageSealer {
  readonly frameLength: number;
  /** The most bytes of the message for a plaintext of this length; exact without a signature. */
  messageBytes(plaintextLength: number): number;
  /**
   * The pieces of the message that the plaintext at hand gives; with the `last` of it, all that are left. A full frame is
   * held until more follows it, since only then it is known not to be the final one.
   */
  pieces(plaintext: Reader, last: boolean): Iterable<Buffer>;
  /** Overwrites what is secret. */
  close(): void;
}

/** The materials are only lent: nothing of them is kept but what `close` overwrites. */
export function startSealing({ suite, dataKey, materialBytes, signingKey }: EncryptionMaterials, frameLength: number): MessageSealer {
  const key = messageKey(suite, dataKey);
  const header = sealHeader(key, materialBytes, frameLength);
  const sign = signing(suite);
  let sequence = 0;

  function* unsigned(plaintext: Reader, last: boolean): Iterable<Buffer> {
    if (!sequence) yield header;
    sequence ||= 1;
    while (plaintext.left > frameLength) yield* sealFrame(key, REGULAR_FRAME, sequence++, plaintext.take(frameLength));
    if (last) yield* sealFrame(key, FINAL_FRAME, sequence, plaintext.take(plaintext.left));
  }

  return {
    frameLength,
    messageBytes: (plaintextLength) => header.length + bodyBytes(plaintextLength, frameLength) + (sign ? FOOTER_BYTES : 0),
    * pieces(plaintext, last) {
      for (const piece of unsigned(plaintext, last)) {
        sign?.update(piece);
        yield piece;
      }
      if (last && sign) yield footerOf(sign, signingKey!);
    },
    close: key.close,
  };
}

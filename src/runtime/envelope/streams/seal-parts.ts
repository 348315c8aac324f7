import type { Incoming } from './incoming';
import type { Parts } from './part-stream';
import { overLimit } from '../failures';
import { HEAD_BYTES, sealFrame } from '../frames';
import { sealHeader } from '../header';
import type { EncryptionMaterials } from '../materials';
import { MessageKey } from '../message-key';
import { footerOf, signing } from '../signature';

/**
 * Plaintext in, message out: memory for about one frame, however long the message is.
 *
 * @param mostBytes - of plaintext
 * @param withMaterials - called once, with the first chunk or at the end, when the header goes out too. The materials are
 *   only lent.
 */
export async function* sealParts(
  plaintext: Incoming, mostBytes: number, frameLength: number, withMaterials: <T>(use: (materials: EncryptionMaterials) => T) => T | Promise<T>,
): Parts {
  const { key, header, signingKey } = await withMaterials((materials) => startMessage(materials, frameLength));
  try {
    const sign = signing(key.suite)?.update(header);
    yield header;
    for (let sequence = 1, sealed = 0, isLast = false; !isLast; sequence++) {
      // A full frame is held until more follows it: only then it is known not to be the final one.
      while (plaintext.left <= frameLength && !plaintext.ended) yield undefined;
      isLast = plaintext.left <= frameLength;
      sealed += isLast ? plaintext.left : frameLength;
      if (sealed > mostBytes) throw overLimit('plaintextLength', sealed, mostBytes);
      const head = Buffer.allocUnsafe(HEAD_BYTES);
      const [end, parts] = sealFrame(key, isLast, sequence, plaintext.take(isLast ? plaintext.left : frameLength), head, 0);
      for (const part of [head.subarray(0, end), ...parts]) {
        sign?.update(part);
        yield part;
      }
    }
    if (sign) yield footerOf(sign, signingKey!);
  } finally {
    key.wipe();
  }
}

function startMessage({ suite, dataKey, materialBytes, signingKey }: EncryptionMaterials, frameLength: number) {
  const key = new MessageKey(suite, dataKey);
  const [header] = sealHeader(key, materialBytes, frameLength);
  return { key, header, signingKey };
}

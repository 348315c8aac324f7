import type { KeyObject, Verify } from 'node:crypto';
import { isIncomplete } from './bytes';
import type { Incomplete, Reader } from './bytes';
import { REGULAR_FRAME, openFrame, readFrame } from './frames';
import type { MessageHeader } from './header';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import type { MessageKey } from './message-key';
import { checkSignature, verifying } from './signature';

/** What opens a message behind its authentic header. */
export interface MessageOpening {
  /** Belongs to whoever opens, and is overwritten afterwards. */
  readonly key: MessageKey;
  /** Of a signing suite. */
  readonly verificationKey: KeyObject | undefined;
}

/**
 * The plaintext behind a header, frame by frame: none of a frame before all of it is authentic. The last frame of a
 * signing suite, and a body that is not framed, wait for the signature. Without an `opening` it is the ciphertext, and
 * nothing is known but that every part is where it belongs.
 *
 * Where the reader comes to its end too early, it yields what is missing; more may be collected then.
 */
export function* openBody(reader: Reader, header: MessageHeader, limits: MessageLimits, opening?: MessageOpening): Generator<Buffer | Incomplete, void> {
  const { suite, bytes } = header;
  const verify = opening && verifying(suite)?.update(bytes);
  let plaintextLength = 0;
  for (let sequence = 1, more = true; more; sequence++) {
    const frame = yield* whole(reader, () => readFrame(reader, header, limits, sequence), verify);
    plaintextLength += frame.content.length;
    keepLimit(limits, 'bodyBytes', plaintextLength);
    const content = opening ? openFrame(opening.key, frame) : frame.content;
    more = frame.kind === REGULAR_FRAME;
    if (!more && suite.signature) {
      const signature = yield* whole(reader, () => reader.field());
      if (verify) checkSignature(verify, opening.verificationKey!, signature);
    }
    yield content;
  }
  reader.end();
}

/** What `read` finds, once all of it is there. A signature is over the bytes it was read from. */
export function* whole<Part>(reader: Reader, read: () => Part, verify?: Verify): Generator<Incomplete, Part> {
  for (;;) {
    const start = reader.offset;
    try {
      const part = read();
      verify?.update(reader.bytes.subarray(start, reader.offset));
      return part;
    } catch (error) {
      if (!isIncomplete(error)) throw error;
      reader.offset = start;
      yield error;
    }
  }
}

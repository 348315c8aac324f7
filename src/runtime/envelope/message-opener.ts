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
 * signing suite, and a body that is not framed, wait for the signature.
 *
 * Where the reader comes to its end too early, it yields what is missing; more may be collected then.
 */
export function* openBody(
  reader: Reader, header: MessageHeader, limits: MessageLimits, opening: MessageOpening,
): Generator<Buffer | Incomplete, void> {
  const { suite, authenticated, iv, tag } = header;
  const verify = verifying(suite)?.update(authenticated);
  if (suite.messageVersion === 1) verify?.update(iv);
  verify?.update(tag);
  let plaintextLength = 0;
  for (let sequence = 1, more = true; more; sequence++) {
    const frame = yield* whole(reader, () => readFrame(reader, header, limits, sequence), verify);
    plaintextLength += frame.content.length;
    keepLimit(limits, 'bodyBytes', plaintextLength);
    const content = openFrame(opening.key, frame);
    more = frame.kind === REGULAR_FRAME;
    if (!more && verify) checkSignature(verify, opening.verificationKey!, yield* whole(reader, () => reader.field()));
    yield* content;
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

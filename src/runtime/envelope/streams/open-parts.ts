import type { Incoming } from './incoming';
import type { Parts } from './part-stream';
import { Reader } from '../bytes';
import { refuseForeign } from '../foreign';
import { readFrame } from '../frames';
import { readHeader } from '../header';
import type { MessageHeader } from '../header';
import { keepLimit } from '../limits';
import type { MessageLimits } from '../limits';
import type { MessageOpening } from '../message';
import { checkSignature, verifying } from '../signature';

/**
 * Message in, plaintext out, frame by frame: none of a frame before all of it is authentic. The last frame of a signing
 * suite, and a body that is not framed, wait for the signature.
 *
 * @param open - called once, with a header that is not yet authentic: it rejects unless it is
 */
export async function* openParts(
  message: Incoming, limits: MessageLimits, open: (header: MessageHeader) => MessageOpening | Promise<MessageOpening>,
): Parts {
  while (!message.left && !message.ended) yield undefined;
  const skipHeader = () => {
    refuseForeign(message.bytes);
    return readHeader(message, limits);
  };
  while (!message.whole(skipHeader)) yield undefined;
  // Read again from a copy: the bytes that came do not stay.
  const headerBytes = Buffer.from(message.bytes.subarray(0, message.offset));
  const header = readHeader(new Reader(headerBytes), limits);
  const { key, verificationKey } = await open(header);
  try {
    const verify = verifying(header.suite)?.update(headerBytes);
    let plaintextLength = 0;
    for (let sequence = 1, isLast = false; !isLast; sequence++) {
      const readNext = () => {
        const start = message.offset;
        const frame = readFrame(message, header, limits, sequence);
        verify?.update(message.bytes.subarray(start, message.offset));
        return frame;
      };
      let frame = message.whole(readNext);
      for (; !frame; frame = message.whole(readNext)) yield undefined;
      plaintextLength += frame.plaintextLength;
      keepLimit(limits, 'bodyBytes', plaintextLength);
      const plaintext = frame.open(key);
      ({ isLast } = frame);
      if (isLast && verify) {
        let signature;
        while (!(signature = message.whole(() => message.field()))) yield undefined;
        checkSignature(verify, verificationKey!, signature);
      }
      yield* plaintext;
    }
  } finally {
    key.wipe();
  }
  do {
    message.end();
    yield undefined;
  } while (!message.ended);
}

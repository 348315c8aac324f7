import { NO_BYTES, readBytes, readUint, skip, view, writeBytes, writeUint, written } from './bytes';
import type { Reader, Writer } from './bytes';
import { formatOf } from './commitment-policy';
import type { Formats, MessageFormat } from './commitment-policy';
import { refuse } from './failures';
import { skipHeaderMaterials } from './header-materials';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import { open, seal } from './message-key';
import type { MessageKey } from './message-key';
import { COMMITMENT_BYTES, IV_BYTES, TAG_BYTES } from './suites';
import type { AlgorithmSuite } from './suites';
import { timingSafeEqual } from '../node-crypto';

/** The header of a message. aws-encryption-sdk-specification, data-format/message-header.md. */
export interface MessageHeader<Format = MessageFormat> {
  readonly format: Format;
  readonly suite: AlgorithmSuite;
  readonly messageId: Buffer;
  /** Context and encrypted data keys as they stand in the header. */
  readonly materialBytes: Buffer;
  /** Plaintext bytes of a regular frame; 0 when the body is not framed. */
  readonly frameLength: number;
  /**
   * Checks the commitment, in constant time, and the tag over the header. Only then may anything it says be believed.
   *
   * @throws `ERR_KEYSMITH_NOT_AUTHENTIC`
   */
  check(key: MessageKey): void;
}

const UNFRAMED = 1;
const FRAMED = 2;

/** Frames count from 1, so that none has the IV of a version 2 header. */
const HEADER_IV = /* @__PURE__ */ Buffer.alloc(IV_BYTES);

/** The most that a version 2 header and its tag take beside the materials. In figures: a sum of constants stays in bundles. */
export const HEADER_BYTES = 3 + 32 + 5 + 32 + 16;

/** A version 2 header, and its tag. */
export const sealHeader = (key: MessageKey, materialBytes: Buffer, frameLength: number, message: Writer): void => {
  writeUint(message, 3, 0x020000 + key.suite.id);
  writeBytes(message, key.messageId);
  writeBytes(message, materialBytes);
  writeUint(message, 5, FRAMED * 2 ** 32 + frameLength);
  writeBytes(message, key.commitment);
  seal(key, HEADER_IV, written(message), NO_BYTES, message);
};

/**
 * Reads the header in front of a message, which is known to start as one of the two versions does. Everything a length field claims is held
 * against the limits and the bytes at hand before anything is made of it.
 */
export const readHeader = <Format extends Pick<MessageFormat, 'suites'>>(
  reader: Reader, limits: MessageLimits, policy: Formats<Format>,
): MessageHeader<Format> => {
  const version = readUint(reader, 1);
  // Version 1 has its type here.
  skip(reader, 2 - version);
  const format = formatOf(policy, version);
  const suite = format.suites[readUint(reader, 2)];
  // Needed for as long as the message, when its bytes in the header may be gone.
  const messageId = Buffer.from(readBytes(reader, 16 * version));
  const materialBytes = skipHeaderMaterials(reader, limits);
  const contentType = readUint(reader, 1);
  // Four reserved bytes, which are 0, then the length of the IV.
  const fixed = version === 1 ? readUint(reader, 5) : IV_BYTES;
  const frameLength = readUint(reader, 4);
  if (!suite || contentType !== (frameLength ? FRAMED : UNFRAMED) || fixed !== IV_BYTES) {
    refuse('the header contradicts itself');
  }
  keepLimit(limits, 'frameBytes', frameLength);
  const commitmentStart = skip(reader, COMMITMENT_BYTES * (version - 1));
  const { at: end } = reader;
  skip(reader, (version === 1 ? IV_BYTES : 0) + TAG_BYTES);
  const { at: tagEnd } = reader;
  return {
    format,
    suite,
    messageId,
    materialBytes,
    frameLength,
    check: (key) => {
      // By then they may be a copy of those that were read.
      const { bytes } = reader;
      const tagStart = tagEnd - TAG_BYTES;
      if (!timingSafeEqual(key.commitment, view(bytes, commitmentStart, end))) refuse('another data key');
      open(key, version === 1 ? view(bytes, end, tagStart) : HEADER_IV, view(bytes, 0, end), NO_BYTES, view(bytes, tagStart, tagEnd));
    },
  };
};

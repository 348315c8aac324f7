import { failure } from '../errors';
import { readUint, skip, textBytes, view, writeBytes, writeUint, writerOf, written } from './bytes';
import type { Reader, Writer } from './bytes';
import { refuse } from './failures';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import { WHOLE_BYTES, open, seal } from './message-key';
import type { MessageKey } from './message-key';
import { IV_BYTES, TAG_BYTES } from './suites';

/**
 * The pieces of a body: sequence number, IV, content, tag.
 * aws-encryption-sdk-specification, data-format/message-body.md and message-body-aad.md.
 */

/** What a piece is; the words are part of what its tag authenticates. */
const kindOf = (words: string): Buffer => textBytes(`AWSKMSEncryptionClient ${words}`);
const REGULAR_FRAME = /* @__PURE__ */ kindOf('Frame');
const FINAL_FRAME = /* @__PURE__ */ kindOf('Final Frame');
const SINGLE_BLOCK = /* @__PURE__ */ kindOf('Single Block');

/** A piece as it was read, not yet authenticated. */
export type Frame = readonly [
  /** The last piece of a body, or all of it. */
  isLast: boolean,
  /** Bytes of its content. */
  length: number,
  /** The plaintext in pieces, where there is a key. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless all of it is authentic */
  open?: () => Buffer[],
];

/** Stands in front of the sequence number of the final frame, where a regular frame has its own. */
const FINAL_FRAME_MARK = 2 ** 32 - 1;

/** What a frame takes beside its content: a number of four bytes, the IV and the tag; and the final one, a mark and a length beside that. */
export const FRAME_BYTES = 4 + 12 + 16;
export const FINAL_BYTES = 4 + 4;

/** The most an unframed body holds: what one GCM call may encrypt. */
const UNFRAMED_BYTES = 2 ** 36 - 32;

/** A new frame: what stands in front of the content, the content encrypted, and the tag. */
export const sealFrame = (key: MessageKey, isLast: boolean, sequence: number, content: Buffer, message: Writer): void => {
  if (sequence >= FINAL_FRAME_MARK) throw failure('LIMIT', "too many frames: raise 'frameLength'");
  const { length } = content;
  if (isLast) writeUint(message, 4, FINAL_FRAME_MARK);
  writeUint(message, 4, sequence);
  // Frames count from 1, and the header has 0.
  writeUint(message, IV_BYTES, sequence);
  const iv = written(message, IV_BYTES);
  if (isLast) writeUint(message, 4, length);
  seal(key, iv, frameAad(key, isLast ? FINAL_FRAME : REGULAR_FRAME, sequence, length), content, message);
};

/**
 * Reads the next piece of a body, which must be number `expected`. The bytes are views on the message.
 *
 * Its IV is the one that stands there: here and in most SDKs it is made of the sequence number, but any will do. The tag
 * depends on it, and authenticates the sequence number with the rest.
 *
 * @param isWhole - gives the plaintext in one piece where that is all there is
 */
export const readFrame = (
  reader: Reader, frameLength: number, limits: MessageLimits, expected: number, key?: MessageKey, isWhole?: boolean,
): Frame => {
  let kind = SINGLE_BLOCK;
  let sequence = 1;
  if (frameLength) {
    kind = REGULAR_FRAME;
    sequence = readUint(reader, 4);
    if (sequence === FINAL_FRAME_MARK) {
      kind = FINAL_FRAME;
      sequence = readUint(reader, 4);
    }
  }
  const ivStart = skip(reader, IV_BYTES);
  if (sequence !== expected) refuse(`frame ${sequence} is not frame ${expected}`);
  const length = kind === REGULAR_FRAME ? frameLength : readUint(reader, kind === FINAL_FRAME ? 4 : 8);
  if (length > (frameLength || UNFRAMED_BYTES)) refuse('too much content');
  keepLimit(limits, 'frameBytes', length);
  const start = skip(reader, length);
  skip(reader, TAG_BYTES);
  return [kind !== REGULAR_FRAME, length, key && (() => {
    const cut = (from: number, bytes: number) => view(reader.bytes, from, from + bytes);
    return open(
      key, cut(ivStart, IV_BYTES), frameAad(key, kind, sequence, length), cut(start, length), cut(start + length, TAG_BYTES),
      // All there is of a body needs no copy then.
      isWhole && kind !== REGULAR_FRAME && sequence === 1 ? WHOLE_BYTES : undefined,
    );
  })];
};

/** aws-encryption-sdk-specification, data-format/message-body-aad.md. */
const frameAad = ({ messageId }: MessageKey, kind: Buffer, sequence: number, length: number): Buffer => {
  const aad = writerOf(messageId.length + kind.length + 12);
  writeBytes(aad, messageId);
  writeBytes(aad, kind);
  writeUint(aad, 4, sequence);
  writeUint(aad, 8, length);
  return written(aad);
};

import { failure } from '../errors';
import type { Reader } from './bytes';
import { notAuthentic } from './failures';
import type { MessageHeader } from './header';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import type { MessageKey } from './message-key';
import { IV_BYTES, TAG_BYTES } from './suites';

/**
 * The pieces of a body: sequence number, IV, content, tag.
 * aws-encryption-sdk-specification, data-format/message-body.md and message-body-aad.md.
 */

/** What a piece is; the words are part of what its tag authenticates. */
const REGULAR_FRAME = /* @__PURE__ */ Buffer.from('AWSKMSEncryptionClient Frame');
const FINAL_FRAME = /* @__PURE__ */ Buffer.from('AWSKMSEncryptionClient Final Frame');
const SINGLE_BLOCK = /* @__PURE__ */ Buffer.from('AWSKMSEncryptionClient Single Block');

/** A piece as it was read, not yet authenticated. */
export interface Frame {
  /** The last piece of a body, or all of it. */
  readonly isLast: boolean;
  readonly plaintextLength: number;
  /** The plaintext in pieces. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless all of it is authentic */
  open(key: MessageKey): Buffer[];
}

/** Stands in front of the sequence number of the final frame, where a regular frame has its own. */
const FINAL_FRAME_MARK = 0xffffffff;

/** The most an unframed body holds: what one GCM call may encrypt. */
const UNFRAMED_BYTES = 2 ** 36 - 32;

/** Bytes in front of the content of a final frame; a regular one has fewer. */
export const HEAD_BYTES = 4 + 4 + IV_BYTES + 4;

/** Bytes of a body with this plaintext. */
export function bodyBytes(plaintextLength: number, frameLength: number): number {
  // The final frame is full when the plaintext is a multiple of the frame length.
  const frames = Math.ceil(plaintextLength / frameLength) || 1;
  return plaintextLength + frames * (4 + IV_BYTES + TAG_BYTES) + 8;
}

/** The IV of a new frame: its number, padded in front. Frames count from 1, and the header has 0. */
export function ivOf(sequence: number): Buffer {
  const iv = Buffer.allocUnsafe(IV_BYTES).fill(0);
  iv.writeUInt32BE(sequence, 8);
  return iv;
}

/**
 * Encrypts a frame. What stands in front of the content is written into `out` at `offset`.
 *
 * @returns where that ends, and what follows: the content encrypted, and the tag
 */
export function sealFrame(
  key: MessageKey, isLast: boolean, sequence: number, content: Buffer, out: Buffer, offset: number,
): readonly [end: number, parts: Buffer[]] {
  if (sequence >= FINAL_FRAME_MARK) throw failure('LIMIT', "the message has more frames than can be counted: raise 'frameLength'");
  const iv = ivOf(sequence);
  if (isLast) offset = out.writeUInt32BE(FINAL_FRAME_MARK, offset);
  offset = out.writeUInt32BE(sequence, offset);
  offset += iv.copy(out, offset);
  if (isLast) offset = out.writeUInt32BE(content.length, offset);
  return [offset, key.seal(iv, frameAad(key, isLast ? FINAL_FRAME : REGULAR_FRAME, sequence, content.length), content)];
}

/**
 * Reads the next piece of a body, which must be number `expected`. The bytes are views on the message.
 *
 * A suite that commits has its IV made from the sequence number; messages of version 1 may carry any, since early SDKs
 * drew it at random. The tag binds the IV either way.
 */
export function readFrame(reader: Reader, { frameLength, suite }: MessageHeader, limits: MessageLimits, expected: number): Frame {
  let kind = SINGLE_BLOCK;
  let sequence = 1;
  if (frameLength) {
    kind = REGULAR_FRAME;
    sequence = reader.uint(4);
    if (sequence === FINAL_FRAME_MARK) {
      kind = FINAL_FRAME;
      sequence = reader.uint(4);
    }
  }
  const iv = reader.take(IV_BYTES);
  if (sequence !== expected || suite.commitsKey && !iv.equals(ivOf(sequence))) throw notAuthentic(`frame ${sequence} is not frame ${expected}`);
  const length = kind === REGULAR_FRAME ? frameLength : kind === FINAL_FRAME ? reader.uint(4) : reader.uint(2) * 2 ** 48 + reader.uint(6);
  if (length > (frameLength || UNFRAMED_BYTES)) throw notAuthentic('the content is longer than it may be');
  keepLimit(limits, 'frameBytes', length);
  const content = reader.take(length);
  const tag = reader.take(TAG_BYTES);
  return {
    isLast: kind !== REGULAR_FRAME,
    plaintextLength: length,
    open: (key) => key.open(iv, frameAad(key, kind, sequence, length), content, tag),
  };
}

/** aws-encryption-sdk-specification, data-format/message-body-aad.md. */
function frameAad({ messageId }: MessageKey, kind: Buffer, sequence: number, contentLength: number): Buffer {
  const aad = Buffer.allocUnsafe(messageId.length + kind.length + 12);
  let offset = messageId.copy(aad);
  offset += kind.copy(aad, offset);
  offset = aad.writeUInt32BE(sequence, offset);
  offset = aad.writeUInt16BE(0, offset);
  aad.writeUIntBE(contentLength, offset, 6);
  return aad;
}

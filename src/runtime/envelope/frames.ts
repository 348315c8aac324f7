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
export const REGULAR_FRAME = /* @__PURE__ */ Buffer.from('AWSKMSEncryptionClient Frame');
export const FINAL_FRAME = /* @__PURE__ */ Buffer.from('AWSKMSEncryptionClient Final Frame');
const SINGLE_BLOCK = /* @__PURE__ */ Buffer.from('AWSKMSEncryptionClient Single Block');
export type FrameKind = typeof REGULAR_FRAME;

/** A piece as it was read, not yet authenticated. */
export interface Frame {
  readonly kind: FrameKind;
  readonly sequence: number;
  readonly iv: Buffer;
  readonly content: Buffer;
  readonly tag: Buffer;
}

/** Stands in front of the sequence number of the final frame, where a regular frame has its own. */
const FINAL_FRAME_MARK = 0xffffffff;

/** The most an unframed body holds: what one GCM call may encrypt. */
const UNFRAMED_BYTES = 2 ** 36 - 32;

/** Bytes that a regular frame takes beside its content; the final one has its mark and a length too. */
const FRAME_BYTES = 4 + IV_BYTES + TAG_BYTES;

/** Bytes of a body with this plaintext. */
export function bodyBytes(plaintextLength: number, frameLength: number): number {
  // The final frame is full when the plaintext is a multiple of the frame length.
  const frames = Math.ceil(plaintextLength / frameLength) || 1;
  return plaintextLength + frames * FRAME_BYTES + 8;
}

/** Bytes in front of the content of a final frame; a regular one has fewer. */
export const HEAD_BYTES = 4 + 4 + IV_BYTES + 4;

/**
 * Encrypts a frame. What stands in front of the content is written into `out` at `offset`.
 *
 * @returns where that ends, and what follows: the content encrypted, and the tag
 */
export function sealFrame(
  key: MessageKey, kind: FrameKind, sequence: number, content: readonly Buffer[], out: Buffer, offset: number,
): readonly [end: number, parts: Buffer[]] {
  const contentLength = content.reduce((sum, { length }) => sum + length, 0);
  if (sequence >= FINAL_FRAME_MARK) throw failure('LIMIT', "the message has more frames than can be counted: raise 'frameLength'");
  if (kind === FINAL_FRAME) offset = out.writeUInt32BE(FINAL_FRAME_MARK, offset);
  offset = out.writeUInt32BE(sequence, offset);
  // The IV is the sequence number, padded in front.
  const iv = out.subarray(offset, offset + IV_BYTES);
  offset = out.writeUInt32BE(0, offset);
  offset = out.writeUInt32BE(0, offset);
  offset = out.writeUInt32BE(sequence, offset);
  if (kind === FINAL_FRAME) offset = out.writeUInt32BE(contentLength, offset);
  return [offset, key.seal(iv, frameAad(key, kind, sequence, contentLength), content)];
}

/**
 * Reads the next piece of a body, which must be number `expected`. The bytes are views on the message.
 *
 * A suite that commits has its IV made from the sequence number; messages of version 1 may carry any, since early SDKs
 * drew it at random. The tag binds the IV either way.
 */
export function readFrame(reader: Reader, { frameLength, suite }: MessageHeader, limits: MessageLimits, expected: number): Frame {
  let kind = frameLength ? REGULAR_FRAME : SINGLE_BLOCK;
  let sequence = frameLength ? reader.uint32() : 1;
  if (frameLength && sequence === FINAL_FRAME_MARK) {
    kind = FINAL_FRAME;
    sequence = reader.uint32();
  }
  const iv = reader.take(IV_BYTES);
  const ivIsSequence = iv.readUIntBE(0, 4) + iv.readUIntBE(4, 4) === 0 && iv.readUInt32BE(8) === sequence;
  if (sequence !== expected || suite.commitsKey && !ivIsSequence) throw notAuthentic(`frame ${sequence} is not frame ${expected}`);
  const length = kind === REGULAR_FRAME ? frameLength : kind === FINAL_FRAME ? reader.uint32() : reader.uint32() * 2 ** 32 + reader.uint32();
  if (length > (frameLength || UNFRAMED_BYTES)) throw notAuthentic('the content is longer than it may be');
  keepLimit(limits, 'frameBytes', length);
  return { kind, sequence, iv, content: reader.take(length), tag: reader.take(TAG_BYTES) };
}

/** The plaintext of a frame in pieces, one at least. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless all of it is authentic */
export function openFrame(key: MessageKey, { kind, sequence, iv, content, tag }: Frame): Buffer[] {
  return key.open(iv, frameAad(key, kind, sequence, content.length), content, tag);
}

/** aws-encryption-sdk-specification, data-format/message-body-aad.md. */
function frameAad({ messageId }: MessageKey, kind: FrameKind, sequence: number, contentLength: number): Buffer {
  const aad = Buffer.allocUnsafe(messageId.length + kind.length + 12);
  let offset = messageId.copy(aad);
  offset += kind.copy(aad, offset);
  offset = aad.writeUInt32BE(sequence, offset);
  offset = aad.writeUInt16BE(0, offset);
  aad.writeUIntBE(contentLength, offset, 6);
  return aad;
}

import type { Reader } from './bytes';
import { notAuthentic, overLimit } from './failures';
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

/** The most frames a message can have: the number that would follow is the mark. */
const MAX_FRAMES = 2 ** 32 - 1;

/** The most an unframed body holds: what one GCM call may encrypt. */
const UNFRAMED_BYTES = 2 ** 36 - 32;

/** Bytes that a frame takes for this content; the final one has its mark and a length too. */
export function frameBytes(kind: FrameKind, contentLength: number): number {
  return 4 + IV_BYTES + contentLength + TAG_BYTES + (kind === FINAL_FRAME ? 8 : 0);
}

/** Writes a frame into `out` at `offset`, and returns where it ends. */
export function writeFrame(key: MessageKey, kind: FrameKind, sequence: number, content: Buffer, out: Buffer, offset: number): number {
  if (sequence > MAX_FRAMES) throw overLimit('the number of frames', sequence, MAX_FRAMES, "'frameLength'");
  if (kind === FINAL_FRAME) offset = out.writeUInt32BE(FINAL_FRAME_MARK, offset);
  offset = out.writeUInt32BE(sequence, offset);
  // The IV is the sequence number, padded in front.
  const iv = out.subarray(offset, offset + IV_BYTES).fill(0);
  offset += iv.writeUInt32BE(sequence, IV_BYTES - 4);
  if (kind === FINAL_FRAME) offset = out.writeUInt32BE(content.length, offset);
  return key.seal(kind, sequence, iv, content, out, offset);
}

/**
 * Reads the next piece of a body, which must be number `expected`. The bytes are views on the message.
 *
 * A suite that commits has its IV made from the sequence number; messages of version 1 may carry any, since early SDKs
 * drew it at random. The tag binds the IV either way.
 */
export function readFrame(reader: Reader, { frameLength, suite }: MessageHeader, limits: MessageLimits, expected: number): Frame {
  const [kind, sequence] = frameLength ? readSequence(reader) : [SINGLE_BLOCK, 1];
  const iv = reader.take(IV_BYTES);
  const ivIsSequence = iv.readUIntBE(0, 4) + iv.readUIntBE(4, 4) === 0 && iv.readUInt32BE(8) === sequence;
  if (sequence !== expected || suite.commitsKey && !ivIsSequence) throw notAuthentic(`frame ${sequence} is not frame ${expected}`);
  const length = kind === REGULAR_FRAME ? frameLength : kind === FINAL_FRAME ? reader.uint32() : reader.uint32() * 2 ** 32 + reader.uint32();
  if (length > (frameLength || UNFRAMED_BYTES)) throw notAuthentic('the content is longer than it may be');
  keepLimit(limits, 'frameBytes', length);
  return { kind, sequence, iv, content: reader.take(length), tag: reader.take(TAG_BYTES) };
}

function readSequence(reader: Reader): readonly [FrameKind, number] {
  const first = reader.uint32();
  return first === FINAL_FRAME_MARK ? [FINAL_FRAME, reader.uint32()] : [REGULAR_FRAME, first];
}

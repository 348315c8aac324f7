import { failure } from '../errors';
import { uint } from './bytes';
import type { Reader } from './bytes';
import { notAuthentic } from './failures';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import type { MessageKey } from './message-key';
import { IV_BYTES, TAG_BYTES } from './suites';
import type { AlgorithmSuite } from './suites';

/**
 * The pieces of a body: sequence number, IV, content, tag.
 * aws-encryption-sdk-specification, data-format/message-body.md and message-body-aad.md.
 */

/** What a piece is; the words are part of what its tag authenticates. */
const kindOf = (words: string): Buffer => Buffer.from(`AWSKMSEncryptionClient ${words}`);
const REGULAR_FRAME = /* @__PURE__ */ kindOf('Frame');
const FINAL_FRAME = /* @__PURE__ */ kindOf('Final Frame');
const SINGLE_BLOCK = /* @__PURE__ */ kindOf('Single Block');

/** A piece as it was read, not yet authenticated. */
export interface Frame {
  /** The last piece of a body, or all of it. */
  readonly isLast: boolean;
  /** Encrypted. */
  readonly content: Buffer;
  /** The plaintext in pieces. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless all of it is authentic */
  open(key: MessageKey): Buffer[];
}

/** Stands in front of the sequence number of the final frame, where a regular frame has its own. */
const FINAL_FRAME_MARK = 0xffffffff;
const FINAL_FRAME_START = /* @__PURE__ */ uint(4, FINAL_FRAME_MARK);

/** The most an unframed body holds: what one GCM call may encrypt. */
const UNFRAMED_BYTES = 2 ** 36 - 32;

/** A new frame: what stands in front of the content, the content encrypted, and the tag. */
export function sealFrame(key: MessageKey, isLast: boolean, sequence: number, content: Buffer): Buffer[] {
  if (sequence >= FINAL_FRAME_MARK) throw failure('LIMIT', "the message has too many frames: raise 'frameLength'");
  const number = uint(4, sequence);
  // Frames count from 1, and the header has 0.
  const iv = uint(IV_BYTES, sequence);
  const head = isLast ? [FINAL_FRAME_START, number, iv, uint(4, content.length)] : [number, iv];
  return [Buffer.concat(head), ...key.seal(iv, frameAad(key, isLast ? FINAL_FRAME : REGULAR_FRAME, number, content), content)];
}

/**
 * Reads the next piece of a body, which must be number `expected`. The bytes are views on the message.
 *
 * A suite that commits has its IV made from the sequence number; messages of version 1 may carry any, since early SDKs
 * drew it at random. The tag binds the IV either way.
 */
export function readFrame(reader: Reader, frameLength: number, { commitsKey }: AlgorithmSuite, limits: MessageLimits, expected: number): Frame {
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
  const ivNumber = commitsKey ? iv.readUIntBE(0, 6) * 2 ** 48 + iv.readUIntBE(6, 6) : sequence;
  if (sequence !== expected || sequence !== ivNumber) throw notAuthentic(`frame ${sequence} is not frame ${expected}`);
  const length = kind === REGULAR_FRAME ? frameLength : kind === FINAL_FRAME ? reader.uint(4) : reader.uint(2) * 2 ** 48 + reader.uint(6);
  if (length > (frameLength || UNFRAMED_BYTES)) throw notAuthentic('too much content');
  keepLimit(limits, 'frameBytes', length);
  const content = reader.take(length);
  const tag = reader.take(TAG_BYTES);
  return {
    isLast: kind !== REGULAR_FRAME,
    content,
    open: (key) => key.open(iv, frameAad(key, kind, uint(4, sequence), content), content, tag),
  };
}

/** aws-encryption-sdk-specification, data-format/message-body-aad.md. */
const frameAad = ({ messageId }: MessageKey, kind: Buffer, sequence: Buffer, { length }: Buffer): Buffer => (
  Buffer.concat([messageId, kind, sequence, uint(8, length)])
);

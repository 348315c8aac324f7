import type { Reader } from './bytes';
import { notAuthentic } from './failures';
import { FINAL_FRAME_MARK, FrameKind } from './frames';
import type { FrameHead } from './frames';
import { IV_BYTES } from './suites';

/** The most an unframed body holds: what one GCM call may encrypt. */
const UNFRAMED_BYTES = 2 ** 36 - 32;

/** Reads up to the content of the next frame, which must be number `expected`. */
export function readFrameHead(reader: Reader, frameLength: number, expected: number): FrameHead {
  const first = reader.uint32();
  const kind = first === FINAL_FRAME_MARK ? FrameKind.FINAL : FrameKind.REGULAR;
  const sequence = kind === FrameKind.FINAL ? reader.uint32() : first;
  if (sequence !== expected) throw notAuthentic(`frame ${sequence} stands where frame ${expected} belongs`);
  const iv = reader.take(IV_BYTES);
  const contentLength = kind === FrameKind.FINAL ? reader.uint32() : frameLength;
  if (contentLength > frameLength) throw notAuthentic('the final frame is longer than a frame');
  return { kind, sequence, iv, contentLength };
}

/** Reads up to the content of a body that is not framed, as early SDKs wrote it. */
export function readUnframedHead(reader: Reader): FrameHead {
  const iv = reader.take(IV_BYTES);
  const contentLength = reader.uint32() * 2 ** 32 + reader.uint32();
  if (contentLength > UNFRAMED_BYTES) throw notAuthentic('the body is longer than one piece may be');
  return { kind: FrameKind.UNFRAMED, sequence: 1, iv, contentLength };
}

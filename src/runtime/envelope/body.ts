import { Incomplete, Reader, wipe } from './bytes';
import { notAuthentic, overLimit } from './failures';
import { readFrameHead, readUnframedHead } from './frame-reader';
import { FrameKind, openFrame, regularFrames, sealFrame } from './frames';
import type { FrameHead, FrameKey } from './frames';
import type { MessageHeader } from './header';
import type { MessageLimits } from './limits';
import { TAG_BYTES } from './suites';

/** The body of a message that is in memory whole. */

/** Where the parts of a message lie, before anything of it is believed. */
export interface MessageShape {
  readonly plaintextLength: number;
  /** Where the body ends and the footer of a signing suite starts. */
  readonly bodyEnd: number;
  readonly signature?: Buffer;
}

/**
 * Walks over body and footer, so that a message that was cut short, rearranged or added to is refused before a key is
 * asked for.
 */
export function measureMessage(bytes: Buffer, header: MessageHeader, limits: MessageLimits): MessageShape {
  const reader = new Reader(bytes);
  try {
    reader.skip(header.length);
    const plaintextLength = skipBody(reader, header);
    if (plaintextLength > limits.bodyBytes) throw overLimit('the length of the body', plaintextLength, limits.bodyBytes, 'limits.bodyBytes');
    const bodyEnd = reader.offset;
    const signature = header.suite.signature && reader.take(reader.uint16());
    if (reader.left > 0) throw notAuthentic('bytes follow the end of the message');
    return { plaintextLength, bodyEnd, signature };
  } catch (error) {
    throw error instanceof Incomplete ? notAuthentic(error) : error;
  }
}

/** The plaintext of a body whose shape is known. Nothing is returned unless every frame is authentic. */
export function openBody(bytes: Buffer, header: MessageHeader, shape: MessageShape, key: FrameKey): Buffer {
  const reader = new Reader(bytes);
  reader.skip(header.length);
  const first = readHead(reader, header, 1);
  if (first.kind !== FrameKind.REGULAR) return openNext(key, reader, first);

  const plaintext = Buffer.allocUnsafeSlow(shape.plaintextLength);
  try {
    let offset = openNext(key, reader, first).copy(plaintext);
    for (let sequence = 2; reader.offset < shape.bodyEnd; sequence++) {
      offset += openNext(key, reader, readHead(reader, header, sequence)).copy(plaintext, offset);
    }
    return plaintext;
  } catch (error) {
    wipe(plaintext);
    throw error;
  }
}

/** Writes the frames of `plaintext` into `out` at `offset`, and returns where they end. */
export function sealBody(key: FrameKey, plaintext: Buffer, frameLength: number, out: Buffer, offset: number): number {
  const regular = regularFrames(plaintext.length, frameLength);
  if (regular === 0) return sealFrame(key, FrameKind.FINAL, 1, plaintext, out, offset);
  for (let index = 0; index < regular; index++) {
    const content = plaintext.subarray(index * frameLength, (index + 1) * frameLength);
    offset = sealFrame(key, FrameKind.REGULAR, index + 1, content, out, offset);
  }
  return sealFrame(key, FrameKind.FINAL, regular + 1, plaintext.subarray(regular * frameLength), out, offset);
}

function openNext(key: FrameKey, reader: Reader, head: FrameHead): Buffer {
  return openFrame(key, head, reader.take(head.contentLength), reader.take(TAG_BYTES));
}

function readHead(reader: Reader, header: MessageHeader, sequence: number): FrameHead {
  return header.framed ? readFrameHead(reader, header.frameLength, sequence) : readUnframedHead(reader);
}

function skipBody(reader: Reader, header: MessageHeader): number {
  let plaintextLength = 0;
  for (let sequence = 1; ; sequence++) {
    const { kind, contentLength } = readHead(reader, header, sequence);
    reader.skip(contentLength + TAG_BYTES);
    plaintextLength += contentLength;
    if (kind !== FrameKind.REGULAR) return plaintextLength;
  }
}

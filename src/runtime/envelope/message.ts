import { Reader, asBuffer } from './bytes';
import { FINAL_FRAME, REGULAR_FRAME, bodyBytes, openFrame, readFrame, sealFrame } from './frames';
import type { Frame } from './frames';
import { headerBytes, readHeader, sealHeader } from './header';
import type { MessageHeader } from './header';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import type { EncryptionMaterials } from './materials';
import { MessageKey } from './message-key';
import type { MessageOpening } from './message-opener';
import { FOOTER_BYTES, checkSignature, footerOf, signing, verifying } from './signature';

/** A message that is in memory whole: header, body and, for signing suites, footer. */

/** Encrypts `plaintext` under the data key of `materials`. */
export function sealMessage({ suite, dataKey, materialBytes, signingKey }: EncryptionMaterials, plaintext: Uint8Array, frameLength: number): Buffer {
  const key = new MessageKey(suite, dataKey);
  try {
    const message = Buffer.allocUnsafe(headerBytes(materialBytes) + bodyBytes(plaintext.length, frameLength) + (signingKey ? FOOTER_BYTES : 0));
    let offset = sealHeader(key, materialBytes, frameLength, message);
    for (let sequence = 1, rest = asBuffer(plaintext), last = false; !last; sequence++) {
      last = rest.length <= frameLength;
      const content = last ? rest : rest.subarray(0, frameLength);
      const [end, parts] = sealFrame(key, last ? FINAL_FRAME : REGULAR_FRAME, sequence, [content], message, offset);
      offset = end;
      for (const part of parts) offset += part.copy(message, offset);
      if (!last) rest = rest.subarray(frameLength);
    }
    const sign = signing(suite)?.update(message.subarray(0, offset));
    if (!sign) return message;
    offset += footerOf(sign, signingKey!).copy(message, offset);
    return message.subarray(0, offset);
  } finally {
    key.wipe();
  }
}

/** A message whose parts are where they belong. Nothing of it is authentic yet. */
export interface MessageParts {
  readonly header: MessageHeader;
  readonly bytes: Buffer;
  readonly firstFrame: Frame;
  readonly firstFrameEnd: number;
  readonly bodyEnd: number;
  readonly plaintextLength: number;
  readonly signature: Buffer | undefined;
}

/** Walks over a message, so that one that was cut short, rearranged or added to is refused before a key is asked for. */
export function readMessage(bytes: Buffer, limits: MessageLimits): MessageParts {
  const reader = new Reader(bytes);
  const header = readHeader(reader, limits);
  const firstFrame = readFrame(reader, header, limits, 1);
  const firstFrameEnd = reader.offset;
  let plaintextLength = firstFrame.content.length;
  for (let { kind } = firstFrame, sequence = 2; kind === REGULAR_FRAME; sequence++) {
    const frame = readFrame(reader, header, limits, sequence);
    plaintextLength += frame.content.length;
    kind = frame.kind;
  }
  keepLimit(limits, 'bodyBytes', plaintextLength);
  const bodyEnd = reader.offset;
  const signature = header.suite.signature && reader.field();
  reader.end();
  return { header, bytes, firstFrame, firstFrameEnd, bodyEnd, plaintextLength, signature };
}

/** Decrypts the body behind an authentic header. Nothing is returned unless frames and signature are authentic. */
export function openMessage(parts: MessageParts, limits: MessageLimits, { key, verificationKey }: MessageOpening): Buffer {
  const { header, bytes, firstFrame, firstFrameEnd, bodyEnd, plaintextLength, signature } = parts;
  const verify = verifying(header.suite)?.update(bytes.subarray(0, bodyEnd));
  if (verify) checkSignature(verify, verificationKey!, signature!);
  let pieces = openFrame(key, firstFrame);
  // One piece is all there is of a small message; a frame behind it is authenticated also when it holds nothing.
  if (firstFrameEnd === bodyEnd && pieces.length === 1) return pieces[0];
  const whole = Buffer.allocUnsafeSlow(plaintextLength);
  const reader = new Reader(bytes);
  reader.skip(firstFrameEnd);
  let offset = 0;
  for (let sequence = 2; ; sequence++) {
    for (const piece of pieces) offset += piece.copy(whole, offset);
    if (reader.offset === bodyEnd) return whole;
    pieces = openFrame(key, readFrame(reader, header, limits, sequence));
  }
}

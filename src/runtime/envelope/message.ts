import type { KeyObject } from 'node:crypto';
import { NO_BYTES, asBuffer, bytesLeft, endPart, readBytes, readField, readWhole, requireEnd, view, wipe, writeBytes, writerOf, written } from './bytes';
import type { Reader } from './bytes';
import { overLimit, refuse } from './failures';
import { FINAL_BYTES, FRAME_BYTES, readFrame, sealFrame } from './frames';
import { HEADER_BYTES, sealHeader } from './header';
import type { MessageHeader } from './header';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import type { EncryptionMaterials } from './materials';
import { messageKey } from './message-key';
import type { MessageKey } from './message-key';
import { FOOTER_BYTES, footerOf, signing, verifying } from './signature';
import type { OwnedBuffer } from '../owned-bytes';

/** From this length on, it costs less to hand bytes on than to copy them. */
const LARGE_BYTES = 2048;

/** Hands out, in order, the parts that can be made of what has come in; called again when more has, and once when nothing more will. */
export type GiveParts = (emit: (part: Buffer) => void) => unknown;

/**
 * The parts of a message or of its plaintext, and the key that they are made with: whoever has them wipes it at the end.
 * What announces them comes to its end before any is given.
 */
export type Parts = readonly [give: GiveParts, key: MessageKey, announce?: () => Promise<unknown>];

/**
 * Plaintext to message.
 *
 * @param materials - only lent: they are read before this returns
 * @param limits - what is over them is not written, since the writer itself would not read it
 * @param mostBytes - of plaintext, when that is known
 */
export const sealing = (
  { suite, dataKey, materialBytes, signingKey }: EncryptionMaterials, plaintext: Reader, frameLength: number, limits: MessageLimits,
  mostBytes = Infinity,
): Parts => {
  const key = messageKey(suite, dataKey);
  // What comes whole is written in one piece; a stream is read piece by piece, and need not have them copied.
  const large = plaintext.more ? LARGE_BYTES : Infinity;
  let sign = signing(suite);
  let sequence = 0;
  let sealed = 0;
  let isStarted = false;
  return [(emit) => {
    const { more } = plaintext;
    const left = bytesLeft(plaintext);
    // A full frame is held until more follows it: only then it is known not to be the final one.
    let frames = (Math.ceil(left / frameLength) || 1) - (more ? 1 : 0);
    const contentBytes = Math.min(left, frames * Math.min(frameLength, large));
    const room = (isStarted ? 0 : HEADER_BYTES + materialBytes.length)
      + frames * FRAME_BYTES + (more ? 0 : FINAL_BYTES) + contentBytes + (sign && !more ? FOOTER_BYTES : 0);
    // Not from the memory that small Buffers share: whoever gets a message could reach others through its `buffer`.
    const message = writerOf(room, large, (part) => {
      sign?.update(part);
      emit(part);
    }, Buffer.allocUnsafeSlow(room));
    if (!isStarted) sealHeader(key, materialBytes, frameLength, message);
    isStarted = true;
    while (frames-- > 0) {
      const content = readBytes(plaintext, Math.min(bytesLeft(plaintext), frameLength));
      sealed += content.length;
      if (sealed > mostBytes) throw overLimit('plaintextLength', sealed, mostBytes);
      keepLimit(limits, 'bodyBytes', sealed);
      sealFrame(key, !more && !frames, ++sequence, content, message);
    }
    if (sign && !more) {
      sign.update(written(message));
      writeBytes(message, footerOf(sign, signingKey!));
      // It mostly takes less than its room. What follows it was in this memory before.
      message.bytes = asBuffer(new Uint8Array(view(message.bytes, 0, message.end)));
      sign = undefined;
    }
    endPart(message);
  }, key];
};

/**
 * Message behind its header to plaintext, frame by frame: none of a frame before all of it is authentic. The last frame
 * of a signing suite, and a body that is not framed, wait for the signature.
 *
 * @param key - of the message, once its header is authentic; without it nothing is opened, and no part is given
 * @param isWhole - the plaintext is wanted in one part
 * @returns what gives the parts, and returns how many bytes of plaintext there are so far
 */
export const opening = (
  message: Reader, { suite, frameLength }: MessageHeader, limits: MessageLimits, key?: MessageKey, verificationKey?: KeyObject, isWhole?: boolean,
): (emit: (part: Buffer) => void) => number => {
  const verify = key && verifying(suite)?.update(view(message.bytes, 0, message.at));
  let sequence = 0;
  let length = 0;
  let isLast = false;
  const readNext = () => {
    const start = message.at;
    const frame = readFrame(message, frameLength, limits, sequence + 1, key, isWhole);
    const end = message.at;
    const [endsBody] = frame;
    const signature = endsBody && suite.signature && readField(message);
    verify?.update(view(message.bytes, start, end));
    if (verify && signature && !verify.verify(verificationKey!, signature)) refuse('wrong signature');
    return frame;
  };
  return (emit) => {
    while (!isLast) {
      const frame = readWhole(message, readNext);
      if (!frame) return length;
      const [endsBody, contentBytes, open] = frame;
      isLast = endsBody;
      sequence++;
      length += contentBytes;
      keepLimit(limits, 'bodyBytes', length);
      open?.().forEach(emit);
    }
    requireEnd(message);
    return length;
  };
};

/**
 * The parts in one buffer. Nothing is left of the keys.
 *
 * @param length - bytes of all parts together; those of the first where it is the only one
 */
export const joined = ([give, key]: Parts, length?: number): OwnedBuffer => {
  let all: Buffer | undefined;
  let offset = 0;
  try {
    give((part) => {
      // One part is all there is of a small message; a frame behind it is authenticated also when it holds nothing.
      if (part.length === (length ??= part.length)) all = part;
      // Not from the memory that small Buffers share: whoever gets a plaintext could reach others through its `buffer`.
      all ??= Buffer.allocUnsafeSlow(length);
      if (all !== part) offset += part.copy(all, offset);
    });
  } finally {
    wipe(key.bytes);
  }
  return (all ?? NO_BYTES) as OwnedBuffer;
};

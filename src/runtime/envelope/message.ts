import type { KeyObject } from 'node:crypto';
import { NO_BYTES } from './bytes';
import type { Reader } from './bytes';
import { notAuthentic, overLimit } from './failures';
import { readFrame, sealFrame } from './frames';
import { sealHeader } from './header';
import type { MessageHeader } from './header';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import type { EncryptionMaterials } from './materials';
import { messageKey } from './message-key';
import type { MessageKey } from './message-key';
import { footerOf, signing, verifying } from './signature';
import { COMMITMENT_BYTES, IV_BYTES, TAG_BYTES } from './suites';

/**
 * Hands out, in order, the parts that can be made of what has come in; called again when more has, or when nothing more
 * will. Whoever takes them asks for a break by returning true: the rest of the frame still comes, then nothing until the next call.
 */
export type GiveParts = (emit: (part: Buffer) => unknown) => void;

/** The parts of a message or of its plaintext, and the end of the keys they are made with. */
export type Parts = readonly [give: GiveParts, wipe: () => void];

/** Bytes that a frame takes beside its content. */
const FRAME_BYTES = 4 + IV_BYTES + TAG_BYTES;

/** The most that a message takes beside its materials and regular frames: header, final frame, and a P-384 signature in DER. */
const OTHER_BYTES = 1 + 2 + 32 + 1 + 4 + COMMITMENT_BYTES + TAG_BYTES + FRAME_BYTES + 8 + 2 + 104;

/**
 * Plaintext to message.
 *
 * @param materials - only lent: they are read before this returns
 * @param mostBytes - of plaintext
 * @returns also how many bytes the message has at most, when all of the plaintext is there
 */
export function sealing(
  { suite, dataKey, materialBytes, signingKey }: EncryptionMaterials, plaintext: Reader, frameLength: number, mostBytes = Infinity,
): readonly [...Parts, room: number] {
  const key = messageKey(suite, dataKey);
  let sign = signing(suite);
  let parts = sealHeader(key, materialBytes, frameLength);
  let sequence = 0;
  let sealed = 0;
  let isLast = false;
  return [(emit) => {
    for (let isFull: unknown; ;) {
      for (const part of parts) {
        sign?.update(part);
        isFull = emit(part);
      }
      parts = [];
      if (isFull) return;
      if (isLast) break;
      // A full frame is held until more follows it: only then it is known not to be the final one.
      if (plaintext.left <= frameLength && plaintext.more) return;
      const content = plaintext.take(Math.min(plaintext.left, frameLength));
      sealed += content.length;
      if (sealed > mostBytes) throw overLimit('plaintextLength', sealed, mostBytes);
      isLast = !plaintext.left;
      parts = sealFrame(key, isLast, ++sequence, content);
    }
    key.wipe();
    if (sign) emit(footerOf(sign, signingKey!));
    // Whoever took a break is back for more, and there is none.
    sign = undefined;
  }, key.wipe, plaintext.left + Math.ceil(plaintext.left / frameLength) * FRAME_BYTES + materialBytes.length + OTHER_BYTES];
}

/**
 * Message behind its header to plaintext, frame by frame: none of a frame before all of it is authentic. The last frame
 * of a signing suite, and a body that is not framed, wait for the signature.
 *
 * @param key - of the message, once its header is authentic; without it nothing is opened, and the parts are those of the ciphertext
 */
export function opening(
  message: Reader, { suite, frameLength }: MessageHeader, limits: MessageLimits, key?: MessageKey, verificationKey?: KeyObject,
): GiveParts {
  const verify = key && verifying(suite)?.update(message.bytes.subarray(0, message.offset));
  let sequence = 1;
  let length = 0;
  let isLast = false;
  const readNext = () => {
    const { offset } = message;
    const frame = readFrame(message, frameLength, suite, limits, sequence);
    const end = message.offset;
    const signature = frame.isLast && suite.signature && message.field();
    verify?.update(message.bytes.subarray(offset, end));
    if (verify && signature && !verify.verify(verificationKey!, signature)) throw notAuthentic('wrong signature');
    return frame;
  };
  return (emit) => {
    while (!isLast) {
      const frame = message.whole(readNext);
      if (!frame) return;
      ({ isLast } = frame);
      sequence++;
      length += frame.content.length;
      keepLimit(limits, 'bodyBytes', length);
      let isFull;
      for (const part of key ? frame.open(key) : [frame.content]) isFull = emit(part);
      if (isFull) return;
    }
    key?.wipe();
    message.end();
  };
}

/** The parts in one buffer, of `length` bytes together. */
export function joined(give: GiveParts, length: number): Buffer {
  let all: Buffer | undefined;
  let offset = 0;
  give((part) => {
    // One part is all there is of a small message; a frame behind it is authenticated also when it holds nothing.
    if (part.length === length) all = part;
    all ??= Buffer.allocUnsafeSlow(length);
    if (all !== part) offset += part.copy(all, offset);
  });
  return all ?? NO_BYTES;
}

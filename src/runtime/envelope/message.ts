import type { KeyObject } from 'node:crypto';
import { NO_BYTES } from './bytes';
import type { Reader } from './bytes';
import { notAuthentic, overLimit } from './failures';
import { readFrame, sealFrame } from './frames';
import type { Frame } from './frames';
import { sealHeader } from './header';
import type { MessageHeader } from './header';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import type { EncryptionMaterials } from './materials';
import { messageKey } from './message-key';
import type { MessageKey } from './message-key';
import { footerOf, signing, verifying } from './signature';
import type { SigningKeyPair } from './signature';

/**
 * Messages part by part: header, frames and, for signing suites, footer. Parts are made as they are asked for, and are
 * undefined where the reader needs more bytes first, as only those of streams do. Keys are overwritten at the end.
 */
export type MessageParts = Generator<Buffer | undefined, void>;

/**
 * Plaintext to message.
 *
 * @param materials - only lent: they are read before this returns
 * @param mostBytes - of plaintext
 */
export function sealParts(
  { suite, dataKey, materialBytes, signingKey }: EncryptionMaterials, plaintext: Reader, frameLength: number, mostBytes = Infinity,
): MessageParts {
  const key = messageKey(suite, dataKey);
  return sealedParts(key, sealHeader(key, materialBytes, frameLength), plaintext, frameLength, mostBytes, signingKey);
}

/** Not within `sealParts`: a generator that is made anew for each message costs a sixth of a small one. */
function* sealedParts(
  key: MessageKey, header: Buffer[], plaintext: Reader, frameLength: number, mostBytes: number, signingKey?: SigningKeyPair,
): MessageParts {
  try {
    const sign = signing(key.suite);
    let parts = header;
    let isLast = false;
    for (let sequence = 1, sealed = 0; ; sequence++) {
      for (const part of parts) {
        sign?.update(part);
        yield part;
      }
      if (isLast) break;
      // A full frame is held until more follows it: only then it is known not to be the final one.
      while (plaintext.left <= frameLength && plaintext.more) yield undefined;
      const content = plaintext.take(Math.min(plaintext.left, frameLength));
      sealed += content.length;
      if (sealed > mostBytes) throw overLimit('plaintextLength', sealed, mostBytes);
      isLast = !plaintext.left;
      parts = sealFrame(key, isLast, sequence, content);
    }
    if (sign) yield footerOf(sign, signingKey!);
  } finally {
    key.wipe();
  }
}

/**
 * Message behind its header to plaintext, frame by frame: none of a frame before all of it is authentic. The last frame
 * of a signing suite, and a body that is not framed, wait for the signature.
 *
 * @param key - of the message, once its header is authentic; without it nothing is opened, and the parts are those of the ciphertext
 */
export function* openParts(message: Reader, { suite, frameLength }: MessageHeader, limits: MessageLimits, key?: MessageKey, verificationKey?: KeyObject): MessageParts {
  try {
    const verify = key && verifying(suite)?.update(message.bytes.subarray(0, message.offset));
    let frame: Frame | undefined;
    for (let sequence = 1, length = 0; !frame?.isLast; sequence++) {
      const readNext = () => {
        const { offset } = message;
        const next = readFrame(message, frameLength, suite, limits, sequence);
        verify?.update(message.bytes.subarray(offset, message.offset));
        return next;
      };
      while (!(frame = message.whole(readNext))) yield undefined;
      length += frame.content.length;
      keepLimit(limits, 'bodyBytes', length);
      const parts = key ? frame.open(key) : [frame.content];
      if (frame.isLast && suite.signature) {
        let signature;
        while (!(signature = message.whole(() => message.field()))) yield undefined;
        if (verify && !verify.verify(verificationKey!, signature)) throw notAuthentic('wrong signature');
      }
      yield* parts;
    }
  } finally {
    key?.wipe();
  }
  for (message.end(); message.more; message.end()) yield undefined;
}

/** The parts in one buffer, of `length` bytes together. */
export function joined(parts: MessageParts, length: number): Buffer {
  let all: Buffer | undefined;
  let offset = 0;
  for (const part of parts) {
    // One part is all there is of a small message; a frame behind it is authenticated also when it holds nothing.
    if (part!.length === length) all = part;
    all ??= Buffer.allocUnsafeSlow(length);
    if (all !== part) offset += part!.copy(all, offset);
  }
  return all ?? NO_BYTES;
}

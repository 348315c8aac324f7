import type { KeyObject } from 'node:crypto';
import { Reader, asBuffer } from './bytes';
import { bodyBytes, readFrame, sealFrame } from './frames';
import type { Frame } from './frames';
import { readHeader, sealHeader } from './header';
import type { MessageHeader } from './header';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import type { EncryptionMaterials } from './materials';
import { MessageKey } from './message-key';
import { FOOTER_BYTES, checkSignature, footerOf, signing, verifying } from './signature';

/** A message that is in memory whole: header, body and, for signing suites, footer. */

/** Encrypts `plaintext` under the data key of `materials`. */
export function sealMessage({ suite, dataKey, materialBytes, signingKey }: EncryptionMaterials, plaintext: Uint8Array, frameLength: number): Buffer {
  const key = new MessageKey(suite, dataKey);
  try {
    const room = bodyBytes(plaintext.length, frameLength) + (signingKey ? FOOTER_BYTES : 0);
    const [message, headerEnd] = sealHeader(key, materialBytes, frameLength, room);
    const rest = new Reader(asBuffer(plaintext));
    let offset = headerEnd;
    for (let sequence = 1, isLast = false; !isLast; sequence++) {
      isLast = rest.left <= frameLength;
      const [end, parts] = sealFrame(key, isLast, sequence, rest.take(isLast ? rest.left : frameLength), message, offset);
      offset = end;
      for (const part of parts) offset += part.copy(message, offset);
    }
    if (signingKey) offset += footerOf(signing(suite)!.update(message.subarray(0, offset)), signingKey).copy(message, offset);
    return message.subarray(0, offset);
  } finally {
    key.wipe();
  }
}

/** What opens a message behind its authentic header. */
export interface MessageOpening {
  /** Belongs to whoever opens, and is overwritten afterwards. */
  readonly key: MessageKey;
  /** Of a signing suite. */
  readonly verificationKey: KeyObject | undefined;
}

/** A message whose parts are where they belong. Nothing of it is authentic yet. */
export interface UnopenedMessage {
  readonly header: MessageHeader;
  /** The plaintext. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless frames and signature are authentic */
  open(opening: MessageOpening): Buffer;
}

/** Walks over a message, so that one that was cut short, rearranged or added to is refused before a key is asked for. */
export function readMessage(bytes: Buffer, limits: MessageLimits): UnopenedMessage {
  const reader = new Reader(bytes);
  const header = readHeader(reader, limits);
  const bodyStart = reader.offset;
  const eachFrame = (visit: (frame: Frame) => void): void => {
    let frame: Frame | undefined;
    for (let sequence = 1; !frame?.isLast; sequence++) visit(frame = readFrame(reader, header, limits, sequence));
  };
  let plaintextLength = 0;
  eachFrame((frame) => { plaintextLength += frame.plaintextLength; });
  keepLimit(limits, 'bodyBytes', plaintextLength);
  const signed = bytes.subarray(0, reader.offset);
  const signature = header.suite.signature && reader.field();
  reader.end();
  return {
    header,
    open: ({ key, verificationKey }) => {
      if (signature) checkSignature(verifying(header.suite)!.update(signed), verificationKey!, signature);
      reader.offset = bodyStart;
      let plaintext: Buffer | undefined;
      let offset = 0;
      eachFrame((frame) => {
        const pieces = frame.open(key);
        // One piece is all there is of a small message; a frame behind it is authenticated also when it holds nothing.
        if (pieces[0]?.length === plaintextLength) [plaintext] = pieces;
        plaintext ??= Buffer.allocUnsafeSlow(plaintextLength);
        if (plaintext !== pieces[0]) for (const piece of pieces) offset += piece.copy(plaintext, offset);
      });
      return plaintext!;
    },
  };
}

import type { KeyObject } from 'node:crypto';
import { Reader, asBuffer, wipe } from './bytes';
import { readField } from './context-codec';
import { FINAL_FRAME, REGULAR_FRAME, frameBytes, readFrame, writeFrame } from './frames';
import { headerBytes, readHeader, writeHeader } from './header';
import type { MessageHeader } from './header';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import type { EncryptionMaterials } from './materials';
import { MessageKey } from './message-key';
import { checkSignature, footerOf, signing, verifying } from './signature';

/** A message that is in memory whole: header, body and, for signing suites, footer. */

/** Encrypts `plaintext` under the data key of `materials`. */
export function sealMessage({ suite, dataKey, materialBytes, signingKey }: EncryptionMaterials, plaintext: Uint8Array, frameLength: number): Buffer {
  const key = new MessageKey(suite, dataKey);
  try {
    // The final frame is full when the plaintext is a multiple of the frame length.
    const regular = Math.max(0, Math.ceil(plaintext.length / frameLength) - 1);
    const rest = plaintext.length - regular * frameLength;
    const message = Buffer.allocUnsafe(headerBytes(materialBytes) + regular * frameBytes(REGULAR_FRAME, frameLength) + frameBytes(FINAL_FRAME, rest));
    let offset = writeHeader(key, materialBytes, frameLength, message);
    const reader = new Reader(asBuffer(plaintext));
    for (let sequence = 1; sequence <= regular; sequence++) {
      offset = writeFrame(key, REGULAR_FRAME, sequence, reader.take(frameLength), message, offset);
    }
    writeFrame(key, FINAL_FRAME, regular + 1, reader.take(rest), message, offset);
    const sign = signing(suite);
    return sign ? Buffer.concat([message, footerOf(sign.update(message), signingKey!)]) : message;
  } finally {
    key.wipe();
  }
}

/** A message whose parts are where they belong. Nothing of it is authentic yet. */
export interface MessageParts {
  readonly bytes: Buffer;
  readonly header: MessageHeader;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly plaintextLength: number;
  readonly signature: Buffer | undefined;
}

/** Walks over a message, so that one that was cut short, rearranged or added to is refused before a key is asked for. */
export function readMessage(bytes: Buffer, limits: MessageLimits): MessageParts {
  const reader = new Reader(bytes);
  const header = readHeader(reader, limits);
  const bodyStart = reader.offset;
  let plaintextLength = 0;
  for (let sequence = 1, more = true; more; sequence++) {
    const { kind, content } = readFrame(reader, header, limits, sequence);
    plaintextLength += content.length;
    more = kind === REGULAR_FRAME;
  }
  keepLimit(limits, 'bodyBytes', plaintextLength);
  const bodyEnd = reader.offset;
  const signature = header.suite.signature && readField(reader);
  reader.end();
  return { bytes, header, bodyStart, bodyEnd, plaintextLength, signature };
}

/** Decrypts the body behind an authentic header. Nothing is returned unless frames and signature are authentic. */
export function openMessage(parts: MessageParts, limits: MessageLimits, key: MessageKey, verificationKey: KeyObject | undefined): Buffer {
  const { bytes, header, bodyStart, bodyEnd, plaintextLength, signature } = parts;
  const verify = verifying(header.suite);
  if (verify) checkSignature(verify.update(bytes.subarray(0, bodyEnd)), verificationKey!, signature!);
  const reader = new Reader(bytes);
  reader.skip(bodyStart);
  let plaintext = key.open(readFrame(reader, header, limits, 1));
  if (reader.offset === bodyEnd) return plaintext;
  const whole = Buffer.allocUnsafeSlow(plaintextLength);
  try {
    let offset = plaintext.copy(whole);
    for (let sequence = 2; reader.offset < bodyEnd; sequence++) {
      plaintext = key.open(readFrame(reader, header, limits, sequence));
      offset += plaintext.copy(whole, offset);
    }
    return whole;
  } catch (error) {
    wipe(whole);
    throw error;
  }
}

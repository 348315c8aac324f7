import { timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { openBody, sealBody } from './body';
import type { MessageShape } from './body';
import { asBuffer } from './bytes';
import { deriveMessageKeys, wipeMessageKeys } from './derive';
import type { MessageKeys } from './derive';
import { notAuthentic } from './failures';
import { bodyLength } from './frames';
import { authenticateHeader, headerLength, writeHeader } from './header';
import type { HeaderContent, MessageHeader } from './header';
import type { EncryptionMaterials } from './materials';
import { newMessageId } from './message-id';
import { FooterSigner, FooterVerifier } from './signature';

/** A message that is in memory whole: header, body and, for signing suites, footer. */

/** Encrypts `plaintext` under the data key of `materials`. */
export function sealMessage(materials: EncryptionMaterials, plaintext: Uint8Array, frameLength: number): Buffer {
  const { suite, materialBytes, dataKey, signingKey } = materials;
  const content: HeaderContent = { suite, messageId: newMessageId(), materialBytes, frameLength };
  const keys = deriveMessageKeys(suite, dataKey, content.messageId);
  try {
    const message = Buffer.allocUnsafe(headerLength(content) + bodyLength(plaintext.length, frameLength));
    const headerEnd = writeHeader(content, keys, message);
    sealBody({ suite, encryptionKey: keys.encryptionKey, messageId: content.messageId }, asBuffer(plaintext), frameLength, message, headerEnd);
    if (!signingKey) return message;
    const signer = new FooterSigner(suite.signature!, signingKey.privateKey);
    signer.update(message);
    return Buffer.concat([message, signer.footer()]);
  } finally {
    wipeMessageKeys(keys);
  }
}

/**
 * The message's keys, once the header is known to be authentic: its commitment (in constant time), then its tag.
 *
 * @throws `ERR_KEYSMITH_NOT_AUTHENTIC` when it is not
 */
export function openHeader(header: MessageHeader, dataKey: Uint8Array): MessageKeys {
  const keys = deriveMessageKeys(header.suite, dataKey, header.messageId);
  try {
    if (keys.commitKey && !timingSafeEqual(keys.commitKey, header.commitKey!)) throw notAuthentic('the message was made under another data key');
    authenticateHeader(header, keys);
    return keys;
  } catch (error) {
    wipeMessageKeys(keys);
    throw error;
  }
}

/** Decrypts the body behind an authentic header. Nothing is returned unless frames and signature are authentic. */
export function openMessage(bytes: Buffer, header: MessageHeader, shape: MessageShape, keys: MessageKeys, verificationKey?: KeyObject): Buffer {
  if (verificationKey) {
    const verifier = new FooterVerifier(header.suite.signature!, verificationKey);
    verifier.update(bytes.subarray(0, shape.bodyEnd));
    verifier.check(shape.signature!);
  }
  return openBody(bytes, header, shape, { suite: header.suite, encryptionKey: keys.encryptionKey, messageId: header.messageId });
}


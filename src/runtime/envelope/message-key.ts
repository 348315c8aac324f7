import type { Cipher, Decipher } from 'node:crypto';
import { NO_BYTES, uint16, view, wipe, writeBytes, writeLarge } from './bytes';
import type { Writer } from './bytes';
import { notAuthentic } from './failures';
import { newMessageId } from './message-id';
import { COMMITMENT_BYTES } from './suites';
import type { AlgorithmSuite } from './suites';
import { expand, extract } from '../hkdf';
import { createCipheriv, createDecipheriv } from '../node-crypto';

/** node:crypto is given as much at once, and gives as much: larger buffers are fresh memory each, which costs more than a copy. */
export const PIECE_BYTES = 64 * 1024;

/** The keys of one message. Whoever made them wipes them. */
export interface MessageKey {
  readonly suite: AlgorithmSuite;
  readonly messageId: Buffer;
  readonly encryptionKey: Buffer;
  /** What the header says about the data key, for suites that commit to it. */
  readonly commitment?: Buffer;
}

/** What the keys of suites that commit are derived for. As bytes: node:crypto is slow with text. */
const COMMITMENT_INFO = /* @__PURE__ */ Buffer.from('COMMITKEY');
const DERIVE_KEY = /* @__PURE__ */ Buffer.from('DERIVEKEY');

/** What the encryption key is derived for, with the suite that it is for: the same for every message. */
const encryptionInfo: Record<number, Buffer> = {};

/**
 * The message's own keys from its data key: HKDF with the message id as salt in suites that commit and as info in the
 * others, so that one data key may serve many messages.
 * aws-encryption-sdk-specification, framework/transitive-requirements.md.
 */
export function messageKey(suite: AlgorithmSuite, dataKey: Uint8Array, messageId = newMessageId()): MessageKey {
  const { id, kdfHash, commitsKey, dataKeyBytes } = suite;
  if (!kdfHash) return { suite, messageId, encryptionKey: Buffer.from(dataKey) };
  const prk = extract(kdfHash, commitsKey ? messageId : NO_BYTES, dataKey);
  const info = commitsKey ? [encryptionInfo[id] ??= Buffer.concat([uint16(id), DERIVE_KEY])] : [uint16(id), messageId];
  const encryptionKey = expand(kdfHash, prk, dataKeyBytes, ...info);
  const commitment = commitsKey ? expand(kdfHash, prk, COMMITMENT_BYTES, COMMITMENT_INFO) : undefined;
  prk.fill(0);
  return { suite, messageId, encryptionKey, commitment };
}

/** Writes the plaintext encrypted, and the tag. */
export function seal({ suite, encryptionKey }: MessageKey, iv: Buffer, aad: Buffer, plaintext: Buffer, message: Writer): void {
  const cipher = createCipheriv(suite.cipher, encryptionKey, iv).setAAD(aad);
  update(cipher, plaintext, (piece) => writeLarge(message, piece));
  cipher.final();
  writeBytes(message, cipher.getAuthTag());
}

/** The plaintext in pieces. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless all of it and the `aad` are authentic */
export function open({ suite, encryptionKey }: MessageKey, iv: Buffer, aad: Buffer, ciphertext: Buffer, tag: Buffer): Buffer[] {
  const decipher = createDecipheriv(suite.cipher, encryptionKey, iv).setAAD(aad).setAuthTag(tag);
  const pieces: Buffer[] = [];
  update(decipher, ciphertext, (piece) => pieces.push(piece));
  try {
    decipher.final();
  } catch (error) {
    wipe(...pieces);
    throw notAuthentic(error);
  }
  return pieces;
}

/** What the cipher makes of the bytes, in pieces. */
function update(cipher: Cipher | Decipher, bytes: Buffer, use: (piece: Buffer) => void): void {
  for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) use(cipher.update(view(bytes, offset, offset + PIECE_BYTES)));
}

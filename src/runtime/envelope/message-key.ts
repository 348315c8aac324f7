import type { Cipher, Decipher } from 'node:crypto';
import { wipe } from './bytes';
import { deriveKeys } from './derive-keys';
import { notAuthentic } from './failures';
import { newMessageId } from './message-id';
import type { AlgorithmSuite } from './suites';
import { createCipheriv, createDecipheriv } from '../node-crypto';

/** node:crypto is given as much at once, and gives as much: larger buffers are fresh memory each, which costs more than a copy. */
export const PIECE_BYTES = 64 * 1024;

/** The keys of one message, and all that is done with them. Whoever made it wipes it. */
export interface MessageKey {
  readonly suite: AlgorithmSuite;
  readonly messageId: Buffer;
  /** What the header says about the data key, for suites that commit to it. */
  readonly commitment?: Buffer;
  /** The plaintext encrypted, piece by piece, and the tag. */
  seal(iv: Buffer, aad: Buffer, plaintext: Buffer): Buffer[];
  /** The plaintext in pieces. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless all of it and the `aad` are authentic */
  open(iv: Buffer, aad: Buffer, ciphertext: Buffer, tag: Buffer): Buffer[];
  wipe(): void;
}

export function messageKey(suite: AlgorithmSuite, dataKey: Uint8Array, messageId = newMessageId()): MessageKey {
  const [encryptionKey, commitment] = deriveKeys(suite, dataKey, messageId);
  return {
    suite,
    messageId,
    commitment,
    seal: (iv, aad, plaintext) => {
      const cipher = createCipheriv(suite.cipher, encryptionKey, iv).setAAD(aad);
      const pieces = updated(cipher, plaintext);
      cipher.final();
      pieces.push(cipher.getAuthTag());
      return pieces;
    },
    open: (iv, aad, ciphertext, tag) => {
      const decipher = createDecipheriv(suite.cipher, encryptionKey, iv).setAAD(aad).setAuthTag(tag);
      const pieces = updated(decipher, ciphertext);
      try {
        decipher.final();
      } catch (error) {
        wipe(...pieces);
        throw notAuthentic(error);
      }
      return pieces;
    },
    wipe: () => { encryptionKey.fill(0); },
  };
}

/** What the cipher makes of the bytes, in pieces. */
function updated(cipher: Cipher | Decipher, bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) pieces.push(cipher.update(bytes.subarray(offset, offset + PIECE_BYTES)));
  return pieces;
}

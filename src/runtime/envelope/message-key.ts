import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Cipher, Decipher } from 'node:crypto';
import { wipe } from './bytes';
import { notAuthentic } from './failures';
import { deriveKeys } from './hkdf';
import { newMessageId } from './message-id';
import type { AlgorithmSuite } from './suites';

/** The keys of one message, and all that is done with them. Whoever made it closes it. */
export interface MessageKey {
  readonly suite: AlgorithmSuite;
  readonly messageId: Buffer;
  /** What the header says about the data key, for suites that commit to it. */
  readonly commitment: Buffer | undefined;
  /** The plaintext encrypted, in no piece, one or several, and the tag. */
  seal(iv: Buffer, aad: Buffer, plaintext: Buffer): Buffer[];
  /** The plaintext. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless all of it and the `aad` are authentic */
  open(iv: Buffer, aad: Buffer, ciphertext: Buffer, tag: Buffer): Buffer;
  /** Overwrites the keys. */
  close(): void;
}

/** More than node:crypto takes at once is given to it in pieces. */
const PIECE_BYTES = 2 ** 30;

export function messageKey(suite: AlgorithmSuite, dataKey: Uint8Array, messageId: Buffer = newMessageId()): MessageKey {
  const [encryptionKey, commitment] = deriveKeys(suite, dataKey, messageId);
  return {
    suite,
    messageId,
    commitment,
    seal(iv, aad, plaintext) {
      const cipher = createCipheriv(suite.cipher, encryptionKey, iv).setAAD(aad);
      const pieces = inPieces(cipher, plaintext);
      cipher.final();
      return [...pieces, cipher.getAuthTag()];
    },
    open(iv, aad, ciphertext, tag) {
      const decipher = createDecipheriv(suite.cipher, encryptionKey, iv).setAAD(aad).setAuthTag(tag);
      const pieces = inPieces(decipher, ciphertext);
      try {
        decipher.final();
      } catch (error) {
        wipe(...pieces);
        throw notAuthentic(error);
      }
      return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    },
    close: () => wipe(encryptionKey, commitment),
  };
}

function inPieces(cipher: Cipher | Decipher, bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) pieces.push(cipher.update(bytes.subarray(offset, offset + PIECE_BYTES)));
  return pieces;
}

import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Cipher, Decipher } from 'node:crypto';
import { wipe } from './bytes';
import { deriveKeys } from './derive-keys';
import { notAuthentic } from './failures';
import { newMessageId } from './message-id';
import type { AlgorithmSuite } from './suites';

/** node:crypto is given as much at once, and gives as much: larger buffers are fresh memory each, which costs more than a copy. */
export const PIECE_BYTES = 64 * 1024;

/** The keys of one message, and all that is done with them. Whoever made it wipes it. */
export class MessageKey {
  readonly #encryptionKey: Buffer;
  /** What the header says about the data key, for suites that commit to it. */
  public readonly commitment: Buffer | undefined;

  constructor(public readonly suite: AlgorithmSuite, dataKey: Uint8Array, public readonly messageId: Buffer = newMessageId()) {
    [this.#encryptionKey, this.commitment] = deriveKeys(suite, dataKey, messageId);
  }

  /** The plaintext encrypted, piece by piece, and the tag. */
  public seal(iv: Buffer, aad: Buffer, plaintext: Buffer): Buffer[] {
    const cipher = createCipheriv(this.suite.cipher, this.#encryptionKey, iv).setAAD(aad);
    const pieces = updated(cipher, plaintext);
    cipher.final();
    pieces.push(cipher.getAuthTag());
    return pieces;
  }

  /** The plaintext in pieces. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless all of it and the `aad` are authentic */
  public open(iv: Buffer, aad: Buffer, ciphertext: Buffer, tag: Buffer): Buffer[] {
    const decipher = createDecipheriv(this.suite.cipher, this.#encryptionKey, iv).setAAD(aad).setAuthTag(tag);
    const pieces = updated(decipher, ciphertext);
    try {
      decipher.final();
    } catch (error) {
      wipe(...pieces);
      throw notAuthentic(error);
    }
    return pieces;
  }

  public wipe(): void {
    this.#encryptionKey.fill(0);
  }
}

/** What the cipher makes of the bytes, in pieces. */
function updated(cipher: Cipher | Decipher, bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) pieces.push(cipher.update(bytes.subarray(offset, offset + PIECE_BYTES)));
  return pieces;
}

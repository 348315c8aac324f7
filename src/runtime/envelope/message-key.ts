import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Cipher, Decipher } from 'node:crypto';
import { wipe } from './bytes';
import { notAuthentic } from './failures';
import { deriveKeys } from './hkdf';
import { newMessageId } from './message-id';
import type { AlgorithmSuite } from './suites';

/** More than node:crypto takes at once is given to it in pieces. */
const PIECE_BYTES = 2 ** 30;

/** The keys of one message, and all that is done with them. Whoever made it wipes it. */
export class MessageKey {
  readonly #encryptionKey: Buffer;
  /** What the header says about the data key, for suites that commit to it. */
  public readonly commitment: Buffer | undefined;

  constructor(public readonly suite: AlgorithmSuite, dataKey: Uint8Array, public readonly messageId: Buffer = newMessageId()) {
    [this.#encryptionKey, this.commitment] = deriveKeys(suite, dataKey, messageId);
  }

  /** The plaintext encrypted, in one piece, and the tag; no piece for no bytes. */
  public seal(iv: Buffer, aad: Buffer, plaintext: Buffer): Buffer[] {
    const cipher = createCipheriv(this.suite.cipher, this.#encryptionKey, iv).setAAD(aad);
    const pieces = inPieces(cipher, plaintext);
    cipher.final();
    pieces.push(cipher.getAuthTag());
    return pieces;
  }

  /** The plaintext. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless all of it and the `aad` are authentic */
  public open(iv: Buffer, aad: Buffer, ciphertext: Buffer, tag: Buffer): Buffer {
    const decipher = createDecipheriv(this.suite.cipher, this.#encryptionKey, iv).setAAD(aad).setAuthTag(tag);
    const pieces = inPieces(decipher, ciphertext);
    try {
      decipher.final();
    } catch (error) {
      wipe(...pieces);
      throw notAuthentic(error);
    }
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
  }

  public wipe(): void {
    this.#encryptionKey.fill(0);
  }
}

/** What the cipher makes of the bytes: one piece for all that node:crypto takes at once. */
function inPieces(cipher: Cipher | Decipher, bytes: Buffer): Buffer[] {
  if (bytes.length && bytes.length <= PIECE_BYTES) return [cipher.update(bytes)];
  const pieces: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) pieces.push(cipher.update(bytes.subarray(offset, offset + PIECE_BYTES)));
  return pieces;
}

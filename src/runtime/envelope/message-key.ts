import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto';
import { wipe } from './bytes';
import { notAuthentic } from './failures';
import type { Frame, FrameKind } from './frames';
import type { MessageHeader } from './header';
import { deriveKeys } from './hkdf';
import { newMessageId } from './message-id';
import { IV_BYTES } from './suites';
import type { AlgorithmSuite } from './suites';

/** More than node:crypto takes at once is given to it in pieces. */
const PIECE_BYTES = 2 ** 30;

/** The keys of one message, and all that is done with them. Its owner wipes it. */
export class MessageKey {
  readonly #encryptionKey: Buffer;
  /** What the header says about the data key, for suites that commit to it. */
  public readonly commitment: Buffer | undefined;

  constructor(public readonly suite: AlgorithmSuite, dataKey: Uint8Array, public readonly messageId: Buffer = newMessageId()) {
    [this.#encryptionKey, this.commitment] = deriveKeys(suite, dataKey, messageId);
  }

  public wipe(): void {
    wipe(this.#encryptionKey);
    wipe(this.commitment);
  }

  /** The tag over a version 2 header. Frames count from 1, so that no frame has its IV. */
  public headerTag(header: Buffer): Buffer {
    const cipher = createCipheriv(this.suite.cipher, this.#encryptionKey, Buffer.alloc(IV_BYTES));
    cipher.setAAD(header).final();
    return cipher.getAuthTag();
  }

  /**
   * Checks the commitment, in constant time, and the tag over the header. Only then may anything it says be believed.
   *
   * @throws `ERR_KEYSMITH_NOT_AUTHENTIC`
   */
  public checkHeader({ commitment, authenticated, iv, tag }: MessageHeader): void {
    if (this.commitment && !timingSafeEqual(this.commitment, commitment!)) throw notAuthentic('the message was made under another data key');
    this.#open(iv, authenticated, [], tag);
  }

  /** Encrypts the content of a frame into `out` at `offset`, its tag behind it, and returns where it ends. */
  public seal(kind: FrameKind, sequence: number, iv: Buffer, content: Buffer, out: Buffer, offset: number): number {
    const cipher = createCipheriv(this.suite.cipher, this.#encryptionKey, iv);
    cipher.setAAD(this.#frameAad(kind, sequence, content.length));
    for (const piece of inPieces(content)) offset += cipher.update(piece).copy(out, offset);
    cipher.final();
    return offset + cipher.getAuthTag().copy(out, offset);
  }

  /** The plaintext of a frame. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless all of it is authentic */
  public open({ kind, sequence, iv, content, tag }: Frame): Buffer {
    const plaintext = this.#open(iv, this.#frameAad(kind, sequence, content.length), inPieces(content), tag);
    return plaintext.length === 1 ? plaintext[0] : Buffer.concat(plaintext);
  }

  #open(iv: Buffer, aad: Buffer, pieces: readonly Buffer[], tag: Buffer): Buffer[] {
    const decipher = createDecipheriv(this.suite.cipher, this.#encryptionKey, iv).setAAD(aad).setAuthTag(tag);
    const plaintext = pieces.map((piece) => decipher.update(piece));
    try {
      decipher.final();
      return plaintext;
    } catch (error) {
      wipe(...plaintext);
      throw notAuthentic(error);
    }
  }

  /** aws-encryption-sdk-specification, data-format/message-body-aad.md. */
  #frameAad(kind: FrameKind, sequence: number, contentLength: number): Buffer {
    const aad = Buffer.allocUnsafe(this.messageId.length + kind.length + 4 + 8);
    let offset = this.messageId.copy(aad);
    offset += kind.copy(aad, offset);
    offset = aad.writeUInt32BE(sequence, offset);
    offset = aad.writeUInt16BE(0, offset);
    aad.writeUIntBE(contentLength, offset, 6);
    return aad;
  }
}

function inPieces(bytes: Buffer): Buffer[] {
  if (bytes.length <= PIECE_BYTES) return [bytes];
  return [bytes.subarray(0, PIECE_BYTES), ...inPieces(bytes.subarray(PIECE_BYTES))];
}

import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { CipherGCM } from 'node:crypto';
import { wipe } from './bytes';
import { notAuthentic } from './failures';
import { IV_BYTES, TAG_BYTES, gcmCipher } from './suites';
import type { AlgorithmSuite } from './suites';

/**
 * One frame of a body: sequence number, IV, content, tag.
 * aws-encryption-sdk-specification, data-format/message-body.md and message-body-aad.md.
 */

/** What a piece of the body is; the words are part of what its tag authenticates. */
export const FrameKind = {
  REGULAR: 'AWSKMSEncryptionClient Frame',
  FINAL: 'AWSKMSEncryptionClient Final Frame',
  UNFRAMED: 'AWSKMSEncryptionClient Single Block',
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** Stands in front of the sequence number of the final frame, where a regular frame has its own. */
export const FINAL_FRAME_MARK = 0xffffffff;

/** Bytes in front of the content: sequence number and IV; the final frame has its mark and a length too. */
export const REGULAR_FRAME_HEAD = 4 + IV_BYTES;
export const FINAL_FRAME_HEAD = 4 + 4 + IV_BYTES + 4;

/** Above it node:crypto takes the content in pieces. */
const PIECE_BYTES = 2 ** 30;

/** What every frame of one message shares. */
export interface FrameKey {
  readonly suite: AlgorithmSuite;
  readonly encryptionKey: Buffer;
  readonly messageId: Buffer;
}

/** Bytes of the body that `plaintextLength` bytes become. */
export function bodyLength(plaintextLength: number, frameLength: number): number {
  const regular = regularFrames(plaintextLength, frameLength);
  return plaintextLength + regular * (REGULAR_FRAME_HEAD + TAG_BYTES) + FINAL_FRAME_HEAD + TAG_BYTES;
}

/** Frames in front of the final one, which is full when the plaintext is a multiple of the frame length. */
export function regularFrames(plaintextLength: number, frameLength: number): number {
  return plaintextLength <= frameLength ? 0 : Math.ceil(plaintextLength / frameLength) - 1;
}

/** Writes a regular or final frame into `out` at `offset`, and returns where it ends. */
export function sealFrame(key: FrameKey, kind: FrameKind, sequence: number, plaintext: Buffer, out: Buffer, offset: number): number {
  const contentStart = writeHead(kind, sequence, plaintext.length, out, offset);
  const cipher = frameCipher(key, kind, sequence, plaintext.length, ivIn(out, kind, contentStart));
  offset = contentStart;
  for (const piece of inPieces(plaintext)) offset += cipher.update(piece).copy(out, offset);
  cipher.final();
  return offset + cipher.getAuthTag().copy(out, offset);
}

/** The same frame piece by piece, of content that lies in pieces. */
export function* sealPieces(key: FrameKey, kind: FrameKind, sequence: number, pieces: readonly Buffer[], length: number): Iterable<Buffer> {
  const head = Buffer.allocUnsafe(kind === FrameKind.FINAL ? FINAL_FRAME_HEAD : REGULAR_FRAME_HEAD);
  writeHead(kind, sequence, length, head, 0);
  const cipher = frameCipher(key, kind, sequence, length, ivIn(head, kind, head.length));
  yield head;
  for (const piece of pieces) yield cipher.update(piece);
  cipher.final();
  yield cipher.getAuthTag();
}

/** The fields in front of a frame's content. */
export interface FrameHead {
  readonly kind: FrameKind;
  readonly sequence: number;
  readonly iv: Buffer;
  readonly contentLength: number;
}

/**
 * The plaintext of an authentic frame.
 *
 * A committing suite has its IV made from the sequence number; messages of version 1 may carry any, since early SDKs
 * drew it at random. The tag binds the IV either way.
 */
export function openFrame(key: FrameKey, head: FrameHead, content: Buffer, tag: Buffer): Buffer {
  const plaintext = openPieces(key, head, inPieces(content), tag);
  return plaintext.length === 1 ? plaintext[0] : Buffer.concat(plaintext);
}

/** The same for content that lies in pieces: as many pieces of plaintext, once all of them are authentic. */
export function openPieces(key: FrameKey, { kind, sequence, iv, contentLength }: FrameHead, pieces: readonly Buffer[], tag: Buffer): Buffer[] {
  if (key.suite.messageVersion === 2 && !isIvOf(sequence, iv)) throw notAuthentic(`frame ${sequence} has another frame's IV`);
  const decipher = createDecipheriv(gcmCipher(key.suite), key.encryptionKey, iv);
  decipher.setAAD(frameAad(key.messageId, kind, sequence, contentLength)).setAuthTag(tag);
  const plaintext = pieces.map((piece) => decipher.update(piece));
  try {
    decipher.final();
  } catch (error) {
    wipe(...plaintext);
    throw notAuthentic(error);
  }
  return plaintext;
}

function frameCipher(key: FrameKey, kind: FrameKind, sequence: number, contentLength: number, iv: Buffer): CipherGCM {
  const cipher = createCipheriv(gcmCipher(key.suite), key.encryptionKey, iv);
  return cipher.setAAD(frameAad(key.messageId, kind, sequence, contentLength));
}

/** Writes what stands in front of the content, and returns where it ends. */
function writeHead(kind: FrameKind, sequence: number, contentLength: number, out: Buffer, offset: number): number {
  if (kind === FrameKind.FINAL) offset = out.writeUInt32BE(FINAL_FRAME_MARK, offset);
  offset = out.writeUInt32BE(sequence, offset);
  // The IV is the sequence number, padded in front.
  out.fill(0, offset, offset + IV_BYTES - 4);
  offset = out.writeUInt32BE(sequence, offset + IV_BYTES - 4);
  return kind === FrameKind.FINAL ? out.writeUInt32BE(contentLength, offset) : offset;
}

/** The IV in a head that ends at `headEnd`. */
function ivIn(out: Buffer, kind: FrameKind, headEnd: number): Buffer {
  const end = kind === FrameKind.FINAL ? headEnd - 4 : headEnd;
  return out.subarray(end - IV_BYTES, end);
}

function inPieces(bytes: Buffer): Buffer[] {
  if (bytes.length <= PIECE_BYTES) return [bytes];
  return Array.from({ length: Math.ceil(bytes.length / PIECE_BYTES) }, (_, index) => bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES));
}

function isIvOf(sequence: number, iv: Buffer): boolean {
  return iv.readUInt32BE(0) === 0 && iv.readUInt32BE(4) === 0 && iv.readUInt32BE(8) === sequence;
}

function frameAad(messageId: Buffer, kind: FrameKind, sequence: number, contentLength: number): Buffer {
  const aad = Buffer.allocUnsafe(messageId.length + kind.length + 4 + 8);
  let offset = messageId.copy(aad);
  offset += aad.write(kind, offset, 'latin1');
  offset = aad.writeUInt32BE(sequence, offset);
  offset = aad.writeUInt32BE(Math.floor(contentLength / 2 ** 32), offset);
  aad.writeUInt32BE(contentLength % 2 ** 32, offset);
  return aad;
}

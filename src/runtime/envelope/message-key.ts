import type { Cipher, Decipher } from 'node:crypto';
import { textBytes, uint16, view, wipe, writeBytes, writeLarge } from './bytes';
import type { Writer } from './bytes';
import { refuse } from './failures';
import { newMessageId } from './message-id';
import { COMMITMENT_BYTES } from './suites';
import type { AlgorithmSuite } from './suites';
import { expand, extract, infoOf } from '../hkdf';
import type { BlockInfo } from '../hkdf';
import { createCipheriv, createDecipheriv } from '../node-crypto';

/** node:crypto is given as much at once, and gives as much: larger buffers are fresh memory each, which costs more than a copy. */
export const PIECE_BYTES = 64 * 1024;

/** Of what needs no copy afterwards, as much as node:crypto takes at once, in a round number. */
export const WHOLE_BYTES = 2 ** 30;

/** The keys of one message. Whoever made them wipes them. */
export interface MessageKey {
  readonly suite: AlgorithmSuite;
  readonly messageId: Buffer;
  /** What encrypts the body. */
  readonly bytes: Buffer;
  /** What the header says about the data key; empty for suites that do not commit to it. */
  readonly commitment: Buffer;
}

/** What encryption key and commitment are derived for, by suite: the same for every message. Made at the first, not when a program starts. */
const infos: Record<number, readonly [encryption: BlockInfo, commitment: BlockInfo]> = {};

/**
 * The message's own keys from its data key, for suites that commit to it: HKDF with the message id as salt, so that one
 * data key may serve many messages. aws-encryption-sdk-specification, framework/transitive-requirements.md.
 */
export const messageKey = (suite: AlgorithmSuite, dataKey: Uint8Array, messageId: Buffer = newMessageId()): MessageKey => {
  const { id, kdfHash, dataKeyBytes } = suite;
  const prk = extract(kdfHash!, messageId, dataKey);
  const info = infos[id] ??= [infoOf(uint16(id), textBytes('DERIVEKEY')), infoOf(textBytes('COMMITKEY'))];
  const bytes = expand(kdfHash!, prk, dataKeyBytes, info[0]);
  const commitment = expand(kdfHash!, prk, COMMITMENT_BYTES, info[1]);
  wipe(prk);
  return { suite, messageId, bytes, commitment };
};

/** Writes the plaintext encrypted, and the tag. */
export const seal = ({ suite, bytes: key }: MessageKey, iv: Buffer, aad: Buffer, plaintext: Buffer, message: Writer): void => {
  const cipher = createCipheriv(suite.cipher, key, iv).setAAD(aad);
  update(cipher, plaintext, (piece) => writeLarge(message, piece));
  cipher.final();
  writeBytes(message, cipher.getAuthTag());
};

/** The plaintext in pieces. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless all of it and the `aad` are authentic */
export const open = (
  { suite, bytes: key }: MessageKey, iv: Buffer, aad: Buffer, ciphertext: Buffer, tag: Buffer, pieceBytes = PIECE_BYTES,
): Buffer[] => {
  const decipher = createDecipheriv(suite.cipher, key, iv).setAAD(aad).setAuthTag(tag);
  const pieces: Buffer[] = [];
  update(decipher, ciphertext, (piece) => pieces.push(piece), pieceBytes);
  try {
    decipher.final();
  } catch (error) {
    wipe(...pieces);
    refuse(error);
  }
  return pieces;
};

/** What the cipher makes of the bytes, in pieces. */
const update = (cipher: Cipher | Decipher, bytes: Buffer, use: (piece: Buffer) => void, pieceBytes = PIECE_BYTES): void => {
  for (let offset = 0; offset < bytes.length; offset += pieceBytes) use(cipher.update(view(bytes, offset, offset + pieceBytes)));
};

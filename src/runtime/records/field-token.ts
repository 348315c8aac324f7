import { createCipheriv, createDecipheriv } from 'node:crypto';
import { failure } from '../errors';
import { prefixed } from './binding';
import { uint16, wipe } from '../envelope/bytes';
import { refuse } from '../envelope/failures';

/** What stands in the place of an encrypted field: version, nonce, ciphertext, tag. docs/record-format.md, "Field". */

/** First byte of headers and tokens, and of what tokens authenticate. */
export const FORMAT_VERSION = 1;
export const NONCE_BYTES = 12;

/** Behind version and nonce. In figures: a sum of constants stays in every bundle. */
const CIPHERTEXT_START = 1 + 12;
const TAG_BYTES = 16;
/** Bytes of a token over the encoded value. */
export const TOKEN_OVERHEAD = 1 + 12 + 16;

/** What the token of a field authenticates beside its content: where in the record it stands. */
export function fieldAad(path: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from([FORMAT_VERSION]), uint16(path.length), ...path.map((segment) => prefixed(Buffer.from(segment), 'a name'))]);
}

export function sealToken(fieldKey: Buffer, nonce: Buffer, aad: Buffer, plaintext: Buffer): Buffer {
  const token = Buffer.allocUnsafe(TOKEN_OVERHEAD + plaintext.length);
  token[0] = FORMAT_VERSION;
  nonce.copy(token, 1);
  const cipher = createCipheriv('aes-256-gcm', fieldKey, nonce).setAAD(aad);
  cipher.update(plaintext).copy(token, CIPHERTEXT_START);
  cipher.final();
  cipher.getAuthTag().copy(token, token.length - TAG_BYTES);
  return token;
}

/** A token as it was stored, not authenticated yet. @throws `ERR_KEYSMITH_FORMAT` for something else, `ERR_KEYSMITH_NOT_AUTHENTIC` for one that is cut short */
export function checkToken(bytes: Buffer, field: string): Buffer {
  // Says nothing of what is there instead: it may be plaintext.
  if (bytes[0] !== FORMAT_VERSION) throw failure('FORMAT', `the field ${field} is not encrypted, or by a version that is not read here`);
  if (bytes.length <= TOKEN_OVERHEAD) refuse('the token is too short');
  return bytes;
}

/** The encoded value, which belongs to whoever asked. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` */
export function openToken(fieldKey: Buffer, aad: Buffer, token: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', fieldKey, token.subarray(1, CIPHERTEXT_START));
  decipher.setAAD(aad).setAuthTag(token.subarray(-TAG_BYTES));
  const plaintext = decipher.update(token.subarray(CIPHERTEXT_START, -TAG_BYTES));
  try {
    decipher.final();
    return plaintext;
  } catch (cause) {
    wipe(plaintext);
    refuse(cause);
  }
}

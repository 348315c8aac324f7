import { failure, invalid, refuseInput } from './errors';
import { isEncodedText, isWellFormed, notBytes, ofType } from './text';

/** Bytes, or text that stands for its UTF-8 bytes. */
export type BytesOrText = Uint8Array | string;

/** The bytes of an input; a view, not a copy, where bytes came in. */
export const bytesOf = (given: unknown, what: string): Uint8Array => {
  if (given instanceof Uint8Array) return given;
  if (typeof given !== 'string') throw invalid(`${what} is ${ofType(given)}: give a Uint8Array or a string`);
  if (!isWellFormed(given)) throw invalid(`${what} holds a lone surrogate, which has no UTF-8 form: give bytes or well-formed text`);
  return Buffer.from(given, 'utf8');
};

/** The bytes of an input that is never text. */
export const binaryOf = (given: unknown, what: string): Uint8Array => (
  given instanceof Uint8Array ? given : refuseInput(`${what} is ${notBytes(given)}`)
);

/** The bytes of a ciphertext, which is neither empty nor text. */
export const ciphertextOf = (given: unknown): Uint8Array => {
  const bytes = binaryOf(given, 'the ciphertext');
  if (bytes.length === 0) throw failure('FORMAT', 'the ciphertext is empty');
  if (isEncodedText(bytes)) throw failure('FORMAT', 'the ciphertext is text, such as base64: decode it first');
  return bytes;
};

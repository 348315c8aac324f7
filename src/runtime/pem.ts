import { invalid } from './errors';

/**
 * Keys as text (RFC 7468), in every form that people hold them in: as they came, as bytes of a file, or on one line with escaped line ends,
 * as environment variables and secrets in JSON have them.
 */

/** One block of PEM. */
export interface PemBlock {
  /** `PUBLIC KEY`, `PRIVATE KEY`, `RSA PRIVATE KEY` … */
  readonly label: string;
  /** What it holds, in DER. */
  readonly der: Buffer;
}

/**
 * More characters than any key has, however it is indented: an RSA private key of 16,384 bits, the most that OpenSSL works with, has some
 * 13,000 in PEM. What is longer is not looked at.
 */
const MAX_LENGTH = 2 ** 16;

// Keys come from strangers: no two quantifiers in a row take the same characters, so that whatever is given takes linear time.
const LABELLED = /-----BEGIN ([A-Z0-9 ]{1,40})-----/;
const BLOCK = /^-----BEGIN ([A-Z0-9 ]{1,40})-----\s([A-Za-z0-9+/\s]+(?:==?\s*)?)-----END \1-----$/;
/** What a JSON parser that was passed over once, or twice, leaves of a line end. Of a run of back-slashes only the first starts a search. */
const ESCAPED_LINE_END = /(?<!\\)\\+[rn]/g;
const BYTE_ORDER_MARK = /^\ufeff/;
const PRINTABLE = /^[\t\n\r -~]+$/;

/**
 * The one block of a PEM text, whether it came as text or as its bytes; undefined for bytes that are no text, such as DER.
 *
 * @param what - names the key in messages
 * @throws `ERR_KEYSMITH_INPUT` for more than any key has, and for text that is not one whole block. Nothing of it is quoted but its label: it
 *   may be a private key
 */
export function readPem(given: string | Uint8Array, what: string): PemBlock | undefined {
  if (given.length > MAX_LENGTH) throw invalid(`${what} is longer than any key`);
  const text = typeof given === 'string' ? given : Buffer.from(given.buffer, given.byteOffset, given.length).toString('utf8');
  const plain = text.replace(BYTE_ORDER_MARK, '').replace(ESCAPED_LINE_END, '\n').trim();
  if (typeof given !== 'string' && !PRINTABLE.test(plain)) return undefined;
  const [, label, base64] = BLOCK.exec(plain) ?? [];
  if (label !== undefined) return { label, der: Buffer.from(base64, 'base64') };
  const named = LABELLED.exec(plain)?.[1];
  throw invalid(named
    ? `${what} is damaged PEM labelled ${named}, or several blocks, or has text around it: give one whole block`
    : `${what} is text but not PEM: give PEM, or the key in another form`);
}

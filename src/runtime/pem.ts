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

const BLOCK = /^-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/\s]+={0,2})\s*-----END \1-----$/;
/** What a JSON parser that was passed over once, or twice, leaves of a line end. */
const ESCAPED_LINE_END = /\\+[rn]/g;
const BYTE_ORDER_MARK = /^\ufeff/;
const PRINTABLE = /^[\t\n\r -~]+$/;

/**
 * The one block of a PEM text, whether it came as text or as its bytes; undefined for bytes that are no text, such as DER.
 *
 * @param what - names the key in messages
 * @throws `ERR_KEYSMITH_INPUT` for text that is not one whole block. Nothing of it is quoted but its label: it may be a private key
 */
export function readPem(given: string | Uint8Array, what: string): PemBlock | undefined {
  const text = typeof given === 'string' ? given : Buffer.from(given.buffer, given.byteOffset, given.length).toString('utf8');
  const plain = text.replace(BYTE_ORDER_MARK, '').replace(ESCAPED_LINE_END, '\n').trim();
  if (typeof given !== 'string' && !PRINTABLE.test(plain)) return undefined;
  const [, label, base64] = BLOCK.exec(plain) ?? [];
  if (label !== undefined) return { label, der: Buffer.from(base64, 'base64') };
  const named = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(plain)?.[1];
  throw invalid(named
    ? `${what} is damaged PEM labelled ${named}, or several blocks, or has text around it: give one whole block`
    : `${what} is text but not PEM: give PEM, or the key in another form`);
}

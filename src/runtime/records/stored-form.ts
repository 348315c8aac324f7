import { failure, invalid } from '../errors';
import { hexBytes } from './hex';
import { kindOf } from './objects';

/**
 * How tokens, headers and index values are stored: as bytes (DynamoDB's binary, SQL's `bytea` or `VARBINARY`), or as
 * base64url without padding (RFC 4648 section 5), for JSON and text columns.
 */
export type StoredEncoding = 'bytes' | 'base64url';

export function checkEncoding(encoding: unknown): StoredEncoding {
  if (encoding === 'bytes' || encoding === 'base64url') return encoding;
  throw invalid(`'encoding' takes 'bytes' or 'base64url', got ${typeof encoding === 'string' ? JSON.stringify(encoding) : kindOf(encoding)}`);
}

export function toStored<Bytes extends Buffer>(bytes: Bytes, encoding: StoredEncoding): Bytes | string {
  return encoding === 'bytes' ? bytes : bytes.toString('base64url');
}

/**
 * The bytes of what was stored, in either form: columns may change from one to the other. PostgreSQL's text form of
 * `bytea` is read, too.
 *
 * @throws `ERR_KEYSMITH_FORMAT` for what was never written, and for base64url that is not the one form of its bytes
 */
export function fromStored(stored: unknown, what: string): Buffer {
  // A copy: it is read when the data key is there, and its owner may have overwritten it by then.
  if (stored instanceof Uint8Array) return Buffer.from(stored);
  if (typeof stored !== 'string') throw failure('FORMAT', `${what} is not encrypted but ${kindOf(stored)}`);
  const hex = hexBytes(stored);
  if (hex) return hex;
  const bytes = Buffer.from(stored, 'base64url');
  if (bytes.toString('base64url') !== stored) throw failure('FORMAT', `${what} is not encrypted but other text: base64url without padding is read`);
  return bytes;
}

import { KeysmithError } from '../errors';
import { asBuffer } from './bytes';

/**
 * Tells input that is no message at all from one that was changed: the first is the caller's mistake, and a hint
 * finds it. A message starts with its version, 2 or 1, and in version 1 with the type 0x80.
 */

/** The message as a buffer; no copy. @throws `ERR_KEYSMITH_FORMAT` with a hint for what is no message */
export function messageBytes(input: unknown): Buffer {
  if (typeof input === 'string') throw notAMessage(hintFor(Buffer.from(input.slice(0, 64), 'utf8')) ?? 'text');
  if (!(input instanceof Uint8Array)) throw notAMessage(input === null ? 'null' : `of type ${typeof input}`);
  const bytes = asBuffer(input);
  refuseForeign(bytes);
  return bytes;
}

/** @throws `ERR_KEYSMITH_FORMAT` when the first bytes are those of something else */
export function refuseForeign(bytes: Buffer): void {
  if (bytes.length === 0) throw notAMessage('empty');
  if (bytes[0] === 2) return;
  if (bytes[0] === 1 && (bytes.length < 2 || bytes[1] === 0x80)) return;
  throw notAMessage(hintFor(bytes) ?? 'something else');
}

function hintFor(bytes: Buffer): string | undefined {
  const start = bytes.toString('latin1', 0, 64).trimStart();
  if (start.startsWith('-----BEGIN')) return 'PEM text';
  // 0x01 0x80, 0x02 0x04 and 0x02 0x05 in base64; AQICA is the start of what KMS Encrypt returns.
  if (/^(?:AY|Ag[QV])[A-Za-z0-9+/_-]/.test(start)) return 'a message in base64: decode it first';
  if (/^(?:0180|020[45]78)[0-9a-f]/i.test(start)) return 'a message in hexadecimal: decode it first';
  if (start.startsWith('AQIC')) return 'a KMS ciphertext in base64: it opens with KMS Decrypt';
  if (/^eyJ[A-Za-z0-9_-]/.test(start)) return 'a JWE or JWT';
  if (/^[{["]/.test(start)) return 'JSON';
  if (bytes[0] === 1 && bytes[1] === 2) return 'a KMS ciphertext: it opens with KMS Decrypt';
  return undefined;
}

function notAMessage(seen: string): KeysmithError {
  return new KeysmithError('ERR_KEYSMITH_FORMAT', `the input is not an AWS Encryption SDK message but ${seen}`);
}

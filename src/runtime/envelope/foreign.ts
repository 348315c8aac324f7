import { asBuffer } from './bytes';
import { failure } from '../errors';
import { notBytes } from '../text';

/**
 * Tells input that is no message at all from one that was changed: the first is the caller's mistake, and a hint
 * finds it. A message starts with its version, 2 or 1, and in version 1 with the type 0x80.
 */

/** The message as a buffer; no copy. @throws `ERR_KEYSMITH_FORMAT` with a hint for what is no message */
export const messageBytes = (input: unknown): Buffer => {
  if (input instanceof Uint8Array) return refuseForeign(asBuffer(input));
  return notAMessage(typeof input === 'string' ? input : '?', notBytes(input));
};

/** The same bytes. @throws `ERR_KEYSMITH_FORMAT` when the first of them are those of something else */
export const refuseForeign = (bytes: Buffer): Buffer => {
  const [version, type = 0x80] = bytes;
  if (version === 2 || version === 1 && type === 0x80) return bytes;
  return notAMessage(bytes.toString('latin1', 0, 64));
};

/** What the first bytes look like. AY, AgR4 and AgV4 are 0x0180, 0x020478 and 0x020578 in base64, AQICA what KMS Encrypt returns. */
const HINTS: ReadonlyArray<readonly [RegExp, string]> = [
  [/^$/, 'empty'],
  [/^---/, 'PEM'],
  [/^(AY|Ag[RV]4)/, 'base64'],
  [/^(0180|020[45]78)/, 'hexadecimal'],
  [/^(AQICA|\x01\x02)/, 'a KMS ciphertext: KMS Decrypt opens it'],
  [/^eyJ/, 'a JWE or JWT'],
  [/^[{["]/, 'JSON'],
];

const notAMessage = (start: string, otherwise = 'something else'): never => {
  throw failure('FORMAT', `no AWS Encryption SDK message but ${HINTS.find(([form]) => form.test(start.trimStart()))?.[1] ?? otherwise}`);
};

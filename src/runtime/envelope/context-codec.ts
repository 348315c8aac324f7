import { Incomplete, Reader } from './bytes';
import { badInput, notAuthentic } from './failures';
import type { EncryptionContext } from '../kms-port';

/**
 * Encryption context to bytes and back: a count, then length-prefixed keys and values, sorted by the UTF-8 bytes of
 * the key. aws-encryption-sdk-specification, framework/structures.md, "Encryption Context".
 */

/** Bytes that the length field in front of the pairs can count. */
const MAX_CONTEXT_BYTES = 0xffff;

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);

/** The pairs as bytes, without the length field in front of them; empty for an empty context. */
export function serializeContext(context: EncryptionContext): Buffer {
  const keys = Object.keys(context);
  if (keys.length === 0) return EMPTY;
  const pairs = keys.map((key) => ({ key: Buffer.from(key), value: Buffer.from(context[key]) }));
  // By bytes, not by code units: the two orders differ for characters outside the basic plane.
  if (pairs.length > 1) pairs.sort((one, other) => Buffer.compare(one.key, other.key));
  const length = pairs.reduce((sum, { key, value }) => sum + 4 + key.length + value.length, 2);
  if (length > MAX_CONTEXT_BYTES) throw badInput(`the encryption context takes ${length} bytes: the message format holds ${MAX_CONTEXT_BYTES}`);

  const bytes = Buffer.allocUnsafe(length);
  let offset = bytes.writeUInt16BE(pairs.length, 0);
  for (const { key, value } of pairs) {
    offset = bytes.writeUInt16BE(key.length, offset);
    offset += key.copy(bytes, offset);
    offset = bytes.writeUInt16BE(value.length, offset);
    offset += value.copy(bytes, offset);
  }
  return bytes;
}

/**
 * The pairs in `bytes`. Any order is read, since early SDKs sorted by code units; a key that comes twice is not.
 * Whatever the keys are called, they become own properties and nothing else.
 */
export function parseContext(bytes: Buffer): EncryptionContext {
  if (bytes.length === 0) return {};
  const reader = new Reader(bytes);
  const pairs = new Map<string, string>();
  try {
    const count = reader.uint16();
    if (count === 0) throw notAuthentic('the encryption context counts no pairs');
    for (let index = 0; index < count; index++) {
      const key = utf8(reader.take(reader.uint16()));
      if (pairs.has(key)) throw notAuthentic('the encryption context repeats a key');
      pairs.set(key, utf8(reader.take(reader.uint16())));
    }
  } catch (error) {
    throw error instanceof Incomplete ? notAuthentic('the encryption context ends within a pair') : error;
  }
  if (reader.left > 0) throw notAuthentic('the encryption context is longer than its pairs');
  return Object.fromEntries(pairs);
}

/** Text from bytes that must be UTF-8: a replacement character would make two contexts one. */
export function utf8(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (text.includes('\ufffd') && !bytes.equals(Buffer.from(text))) throw notAuthentic('text in the header is not UTF-8');
  return text;
}

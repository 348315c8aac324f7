import { Reader } from './bytes';
import { badInput, notAuthentic } from './failures';
import type { EncryptionContext } from '../kms-port';

/**
 * Encryption context to bytes and back: a count, then length-prefixed keys and values, sorted by the UTF-8 bytes of
 * the key. aws-encryption-sdk-specification, framework/structures.md, "Encryption Context".
 */

/** Bytes that a length field of the format can count. */
export const MAX_FIELD_BYTES = 0xffff;

/** The pairs as bytes, without the length field in front of them; empty for an empty context. */
export function serializeContext(context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).map((pair) => pair.map((text) => Buffer.from(text)));
  if (pairs.length === 0) return Buffer.alloc(0);
  // By bytes, not by code units: the two orders differ for characters outside the basic plane.
  pairs.sort(([one], [other]) => Buffer.compare(one, other));
  return writeFields(pairs.length, pairs.flat());
}

/**
 * The pairs in `bytes`. Any order is read, since early SDKs sorted by code units; a key that comes twice is not.
 * Whatever the keys are called, they become own properties and nothing else.
 */
export function parseContext(bytes: Buffer): EncryptionContext {
  const pairs = new Map<string, string>();
  if (bytes.length > 0) {
    const reader = new Reader(bytes);
    const count = reader.uint16();
    while (pairs.size < count) {
      const key = utf8(readField(reader));
      if (pairs.has(key)) throw notAuthentic('the encryption context repeats a key');
      pairs.set(key, utf8(readField(reader)));
    }
    if (count === 0) throw notAuthentic('the encryption context counts no pairs');
    reader.end();
  }
  return Object.fromEntries(pairs);
}

/** A count, and fields behind their lengths. */
export function writeFields(count: number, fields: readonly Buffer[]): Buffer {
  const bytes = Buffer.allocUnsafe(fields.reduce((sum, field) => sum + 2 + field.length, 2));
  let offset = 0;
  for (const part of [count, ...fields]) {
    const length = typeof part === 'number' ? part : part.length;
    if (length > MAX_FIELD_BYTES) throw badInput(`the message format counts up to ${MAX_FIELD_BYTES} bytes or entries, got ${length}`);
    offset = bytes.writeUInt16BE(length, offset);
    if (typeof part !== 'number') offset += part.copy(bytes, offset);
  }
  return bytes;
}

/** A field behind its length. */
export function readField(reader: Reader): Buffer {
  return reader.take(reader.uint16());
}

/** Text from bytes that must be UTF-8: a replacement character would make two contexts one. */
export function utf8(bytes: Buffer): string {
  const text = bytes.toString();
  if (!bytes.equals(Buffer.from(text))) throw notAuthentic('text is not UTF-8');
  return text;
}

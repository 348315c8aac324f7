import { Reader, asBuffer } from './bytes';
import { utf8 } from './context-codec';
import { badInput } from './failures';
import type { EncryptedDataKey } from './keyring';

/** Bytes that the length field of each part of an encrypted data key can count. */
const MAX_FIELD_BYTES = 0xffff;

/** The count and the entries, as the header holds them. aws-encryption-sdk-specification, data-format/message-header.md. */
export function serializeEncryptedDataKeys(keys: readonly EncryptedDataKey[]): Buffer {
  if (keys.length === 0) throw badInput('the keyring returned no encrypted data key: nobody could open the message');
  if (keys.length > 0xffff) throw badInput(`the keyring returned ${keys.length} encrypted data keys: the message format counts up to 65535`);
  const fields = keys.flatMap(({ providerId, providerInfo, ciphertext }) => [Buffer.from(providerId), asBuffer(providerInfo), asBuffer(ciphertext)]);
  const bytes = Buffer.allocUnsafe(fields.reduce((sum, field) => sum + 2 + field.length, 2));
  let offset = bytes.writeUInt16BE(keys.length, 0);
  for (const field of fields) {
    if (field.length > MAX_FIELD_BYTES) throw badInput(`a part of an encrypted data key has ${field.length} bytes: the message format holds ${MAX_FIELD_BYTES}`);
    offset = bytes.writeUInt16BE(field.length, offset);
    offset += field.copy(bytes, offset);
  }
  return bytes;
}

/** Steps over the entries, so that their end is known; nothing is decoded. */
export function skipEncryptedDataKeys(reader: Reader, count: number): void {
  for (let field = 0; field < 3 * count; field++) reader.skip(reader.uint16());
}

/** The entries behind a count. The bytes are views on the message. */
export function parseEncryptedDataKeys(bytes: Buffer): EncryptedDataKey[] {
  const reader = new Reader(bytes);
  return Array.from({ length: reader.uint16() }, () => ({
    providerId: utf8(reader.take(reader.uint16())),
    providerInfo: reader.take(reader.uint16()),
    ciphertext: reader.take(reader.uint16()),
  }));
}

import { Reader, asBuffer } from './bytes';
import { parseContext, utf8 } from './context-codec';
import { badInput, notAuthentic, overLimit } from './failures';
import type { EncryptedDataKey } from './keyring';
import type { MessageLimits } from './limits';
import type { EncryptionContext } from '../kms-port';

/**
 * The part of a header that decides about the data key: the encryption context behind its length, and the encrypted
 * data keys behind their count. It is the same in every message under one data key.
 * aws-encryption-sdk-specification, data-format/message-header.md, "AAD" and "Encrypted Data Keys".
 */

/** Bytes that the length field of each part of an encrypted data key can count. */
const MAX_FIELD_BYTES = 0xffff;

export function serializeHeaderMaterials(contextBytes: Buffer, keys: readonly EncryptedDataKey[]): Buffer {
  if (keys.length === 0) throw badInput('the keyring returned no encrypted data key: nobody could open the message');
  if (keys.length > 0xffff) throw badInput(`the keyring returned ${keys.length} encrypted data keys: the message format counts up to 65535`);
  const fields = keys.flatMap(({ providerId, providerInfo, ciphertext }) => [Buffer.from(providerId), asBuffer(providerInfo), asBuffer(ciphertext)]);
  const bytes = Buffer.allocUnsafe(fields.reduce((sum, field) => sum + 2 + field.length, 2 + contextBytes.length + 2));
  let offset = bytes.writeUInt16BE(contextBytes.length, 0);
  offset += contextBytes.copy(bytes, offset);
  offset = bytes.writeUInt16BE(keys.length, offset);
  for (const field of fields) {
    if (field.length > MAX_FIELD_BYTES) throw badInput(`a part of an encrypted data key has ${field.length} bytes: the message format holds ${MAX_FIELD_BYTES}`);
    offset = bytes.writeUInt16BE(field.length, offset);
    offset += field.copy(bytes, offset);
  }
  return bytes;
}

/** Steps over the part and holds its claims against the limits; nothing is decoded. */
export function skipHeaderMaterials(reader: Reader, limits: MessageLimits): Buffer {
  const start = reader.offset;
  const contextLength = reader.uint16();
  if (contextLength > limits.contextBytes) throw overLimit('the length of the encryption context', contextLength, limits.contextBytes, 'limits.contextBytes');
  reader.skip(contextLength);
  const count = reader.uint16();
  if (count === 0) throw notAuthentic('the header counts no encrypted data keys');
  if (count > limits.encryptedDataKeys) throw overLimit('the number of encrypted data keys', count, limits.encryptedDataKeys, 'limits.encryptedDataKeys');
  for (let field = 0; field < 3 * count; field++) reader.skip(reader.uint16());
  return reader.bytes.subarray(start, reader.offset);
}

/** What the part says. The bytes of the encrypted data keys are views on the message. */
export function parseHeaderMaterials(bytes: Buffer): { context: EncryptionContext; encryptedDataKeys: EncryptedDataKey[] } {
  const reader = new Reader(bytes);
  const context = parseContext(reader.take(reader.uint16()));
  const encryptedDataKeys = Array.from({ length: reader.uint16() }, () => ({
    providerId: utf8(reader.take(reader.uint16())),
    providerInfo: reader.take(reader.uint16()),
    ciphertext: reader.take(reader.uint16()),
  }));
  return { context, encryptedDataKeys };
}

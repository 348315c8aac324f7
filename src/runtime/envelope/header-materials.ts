import { asBuffer, fields, readField, readUint, readerOf, skip } from './bytes';
import type { Reader } from './bytes';
import { parseContext, utf8 } from './context-codec';
import { notAuthentic } from './failures';
import type { EncryptedDataKey } from './keyring';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import { invalid } from '../errors';
import type { EncryptionContext } from '../kms-port';

/**
 * The part of a header that decides about the data key: the encryption context behind its length, and the encrypted
 * data keys behind their count. It is the same in every message under one data key.
 * aws-encryption-sdk-specification, data-format/message-header.md, "AAD" and "Encrypted Data Keys".
 */
export function serializeHeaderMaterials(contextBytes: Buffer, keys: readonly EncryptedDataKey[]): Buffer {
  if (!keys.length) throw invalid('the keyring returned no encrypted data key');
  const parts = keys.flatMap(({ providerId, providerInfo, ciphertext }) => [Buffer.from(providerId), asBuffer(providerInfo), asBuffer(ciphertext)]);
  return fields(contextBytes, keys.length, ...parts);
}

/** Steps over the part and holds its claims against the limits; nothing is decoded. */
export function skipHeaderMaterials(reader: Reader, limits: MessageLimits): Buffer {
  const start = reader.offset;
  const contextLength = readUint(reader, 2);
  keepLimit(limits, 'contextBytes', contextLength);
  skip(reader, contextLength);
  const count = readUint(reader, 2);
  if (!count) throw notAuthentic('no encrypted data keys');
  keepLimit(limits, 'encryptedDataKeys', count);
  for (let field = 0; field < 3 * count; field++) skip(reader, readUint(reader, 2));
  return reader.bytes.subarray(start, reader.offset);
}

/** What the part says. The bytes of the encrypted data keys are views on the message. */
export function parseHeaderMaterials(bytes: Buffer): { context: EncryptionContext; encryptedDataKeys: EncryptedDataKey[] } {
  const reader = readerOf(bytes);
  const context = parseContext(readField(reader));
  const encryptedDataKeys = Array.from({ length: readUint(reader, 2) }, () => ({
    providerId: utf8(readField(reader)), providerInfo: readField(reader), ciphertext: readField(reader),
  }));
  return { context, encryptedDataKeys };
}

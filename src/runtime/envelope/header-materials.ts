import { asBuffer, fields, readField, readUint, readerOf, skip, textBytes, view } from './bytes';
import type { Reader } from './bytes';
import { parseContext, utf8 } from './context-codec';
import { refuse } from './failures';
import type { EncryptedDataKey } from './keyring';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import { refuseInput } from '../errors';
import type { EncryptionContext } from '../kms-port';

/**
 * The part of a header that decides about the data key: the encryption context behind its length, and the encrypted
 * data keys behind their count. It is the same in every message under one data key.
 * aws-encryption-sdk-specification, data-format/message-header.md, "AAD" and "Encrypted Data Keys".
 */
export const serializeHeaderMaterials = (contextBytes: Buffer, keys: readonly EncryptedDataKey[]): Buffer => {
  if (!keys.length) refuseInput('the keyring returned no encrypted data key');
  const parts = keys.flatMap(({ providerId, providerInfo, ciphertext }) => [textBytes(providerId), asBuffer(providerInfo), asBuffer(ciphertext)]);
  return fields(contextBytes, keys.length, ...parts);
};

/** Steps over the part and holds its claims against the limits; nothing is decoded. */
export const skipHeaderMaterials = (reader: Reader, limits: MessageLimits): Buffer => {
  const start = reader.at;
  const contextLength = readUint(reader, 2);
  keepLimit(limits, 'contextBytes', contextLength);
  skip(reader, contextLength);
  const count = readUint(reader, 2);
  if (!count) refuse('no encrypted data keys');
  keepLimit(limits, 'encryptedDataKeys', count);
  for (let field = 0; field < 3 * count; field++) skip(reader, readUint(reader, 2));
  return view(reader.bytes, start, reader.at);
};

/** What the part says. The bytes of the encrypted data keys are views on the message. */
export const parseHeaderMaterials = (bytes: Buffer): { context: EncryptionContext; encryptedDataKeys: EncryptedDataKey[] } => {
  const reader = readerOf(bytes);
  const context = parseContext(readField(reader));
  const encryptedDataKeys = Array.from({ length: readUint(reader, 2) }, () => ({
    providerId: utf8(readField(reader)), providerInfo: readField(reader), ciphertext: readField(reader),
  }));
  return { context, encryptedDataKeys };
};

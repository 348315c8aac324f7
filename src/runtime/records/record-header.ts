import { timingSafeEqual } from 'node:crypto';
import { failure } from '../errors';
import { FORMAT_VERSION } from './field-token';
import type { RecordLimits } from './limits';
import { AUTHENTICATOR_BYTES, deriveRecordKeys } from './record-keys';
import { readerOf, requireEnd, uint16, wipe } from '../envelope/bytes';
import { overLimit, refuse } from '../envelope/failures';
import { parseHeaderMaterials, skipHeaderMaterials } from '../envelope/header-materials';
import { shownKeys } from '../envelope/inspect';
import type { UnverifiedHeader } from '../envelope/inspect';
import { messageLimits } from '../envelope/limits';
import type { EncryptionMaterials } from '../envelope/materials';

/**
 * The header that the fields of a record share: which data key, wrapped under which keys, and proof that it is the one.
 * docs/record-format.md, "Header".
 */

/** Version and salt in front of the encrypted data keys. */
const PREFIX_BYTES = 1 + 16;
/** Prefix, a count, the lengths of the three parts of one encrypted data key, authenticator. */
const LEAST_BYTES = 17 + 2 + 6 + 32;

/** A header as it was stored, not authenticated yet. */
export interface StoredHeader {
  readonly bytes: Buffer;
  /** Context and encrypted data keys as message headers hold them, by which data keys are found. */
  readonly materialBytes: Buffer;
}

/** A header and the key of the fields under it, which belongs to whoever asked. */
export interface SealedHeader {
  readonly header: Buffer;
  readonly fieldKey: Buffer;
}

/** The header of a new record. */
export function sealHeader(materials: EncryptionMaterials, salt: Buffer, binding: Buffer, limits: RecordLimits): SealedHeader {
  const { dataKey, materialBytes } = materials;
  // The context does not stand in the header: whoever reads has to know it.
  const encryptedDataKeys = materialBytes.subarray(2 + materialBytes.readUInt16BE());
  const encryptedDataKeyCount = encryptedDataKeys.readUInt16BE();
  if (encryptedDataKeyCount > limits.encryptedDataKeys) {
    throw overLimit('limits.encryptedDataKeys', encryptedDataKeyCount, limits.encryptedDataKeys);
  }
  const length = PREFIX_BYTES + encryptedDataKeys.length + AUTHENTICATOR_BYTES;
  if (length > limits.headerBytes) throw overLimit('limits.headerBytes', length, limits.headerBytes);
  const header = Buffer.allocUnsafe(length);
  header[0] = FORMAT_VERSION;
  salt.copy(header, 1);
  const authenticated = PREFIX_BYTES + encryptedDataKeys.copy(header, PREFIX_BYTES);
  const { fieldKey, authenticator } = deriveRecordKeys(dataKey, salt, header.subarray(0, authenticated), binding);
  authenticator.copy(header, authenticated);
  return { header, fieldKey };
}

/**
 * Reads a header and holds what it claims against the limits.
 *
 * @throws `ERR_KEYSMITH_LIMIT`, `ERR_KEYSMITH_FORMAT` or `ERR_KEYSMITH_NOT_AUTHENTIC`
 */
export function readHeader(bytes: Buffer, contextBytes: Buffer, limits: RecordLimits): StoredHeader {
  if (bytes.length > limits.headerBytes) throw overLimit('limits.headerBytes', bytes.length, limits.headerBytes);
  if (bytes[0] !== FORMAT_VERSION) throw failure('FORMAT', 'the header is none, or of a version that is not read here');
  if (bytes.length < LEAST_BYTES) refuse('the header is too short');
  const encryptedDataKeys = bytes.subarray(PREFIX_BYTES, -AUTHENTICATOR_BYTES);
  const reader = readerOf(Buffer.concat([uint16(contextBytes.length), contextBytes, encryptedDataKeys]));
  // The context is the caller's own, whatever its length.
  const readable = { ...messageLimits(), contextBytes: contextBytes.length, encryptedDataKeys: limits.encryptedDataKeys };
  const materialBytes = skipHeaderMaterials(reader, readable);
  requireEnd(reader);
  return { bytes, materialBytes };
}

/** What a header says before it is known to be authentic. @throws as `readHeader` */
export function inspectHeader(bytes: Buffer, limits: RecordLimits): { formatVersion: number; encryptedDataKeys: UnverifiedHeader['encryptedDataKeys'] } {
  const { materialBytes } = readHeader(bytes, Buffer.alloc(0), limits);
  return { formatVersion: bytes[0], encryptedDataKeys: shownKeys(parseHeaderMaterials(materialBytes).encryptedDataKeys) };
}

/**
 * The key of the fields under a header, which belongs to whoever asked.
 *
 * @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless the header was made under this data key, for the record that `binding` tells
 */
export function openHeader({ bytes }: StoredHeader, dataKey: Uint8Array, binding: Buffer): Buffer {
  const authenticated = bytes.subarray(0, -AUTHENTICATOR_BYTES);
  const { fieldKey, authenticator } = deriveRecordKeys(dataKey, bytes.subarray(1, PREFIX_BYTES), authenticated, binding);
  if (timingSafeEqual(authenticator, bytes.subarray(-AUTHENTICATOR_BYTES))) return fieldKey;
  wipe(fieldKey);
  refuse('the header was changed, or made for another record or under another data key');
}

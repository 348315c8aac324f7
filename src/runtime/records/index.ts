export { BlindIndexes, createIndexSecret, INDEX_SECRET_CONTEXT } from './blind-indexes';
export type { BlindIndexesOptions, BlindIndexOptions } from './blind-indexes';
export type { NumberLike } from './decimal';
export type { FieldPath } from './field-path';
export type { RecordLimits } from './limits';
export { createRecordCipher } from './record-cipher';
export type {
  DecryptRecordOptions, InspectedRecord, RecordCipher, RecordCipherOptions, RecordOptions, ReEncryptRecordOptions, StoredRecord,
} from './record-types';
export type { KeyType, Scalar } from './scalar';
export type { StoredEncoding } from './stored-form';

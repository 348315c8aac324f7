export { BlindIndexes, createIndexSecret, INDEX_SECRET_CONTEXT } from './blind-indexes';
export type { BlindIndexesOptions, BlindIndexOptions } from './blind-indexes';
export type { NumberLike } from './decimal';
export { dynamoDbUpdate } from './dynamodb-update';
export type { DynamoDbUpdate } from './dynamodb-update';
export type { FieldPath } from './field-path';
export type { RecordLimits } from './limits';
export { moveRecords } from './move-records';
export type { MoveFailure, MoveProgress, MoveRecordsOptions, RecordChange, RecordPage } from './move-types';
export { createRecordCipher } from './record-cipher';
export type {
  DecryptRecordOptions, InspectedRecord, RecordCipher, RecordCipherOptions, RecordOptions, ReEncryptRecordOptions, StoredRecord,
} from './record-types';
export type { KeyType, Scalar } from './scalar';
export type { StoredEncoding } from './stored-form';

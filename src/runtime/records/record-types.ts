import type { BlindIndexes } from './blind-indexes';
import type { FieldPath } from './field-path';
import type { RecordLimits } from './limits';
import type { KeyType, Scalar } from './scalar';
import type { StoredEncoding } from './stored-form';
import type { ContextContract } from '../context';
import type { DataKeyCache } from '../envelope/data-key-cache';
import type { UnverifiedHeader } from '../envelope/inspect';
import type { Keyring } from '../envelope/keyring';
import type { CallOptions, EncryptionContext } from '../kms-port';
import type { OwnedBuffer } from '../owned-bytes';

/** How a record cipher is set up. The contract of the encryption context may come from the key's declaration. */
export interface RecordCipherOptions extends ContextContract {
  /** Makes and opens the data keys. */
  readonly keyring: Keyring;
  /** Name of the table. Fields are bound to it, so that they open in no other. */
  readonly table: string;
  /**
   * The columns or attributes that tell one record from all others, in a fixed order: strings, numbers or bytes, not
   * encrypted. Fields are bound to their values.
   */
  readonly recordKey: string | readonly string[];
  /**
   * What the columns of the record key, and `indexPartition`, hold, for drivers that return text: SQL's `bigint` and
   * `numeric` come back as digits, which are another key than the number that was written. Text of a `'number'` is read as
   * the number, `\\x…` of `'bytes'` as the bytes, and a value of another type is refused.
   *
   * @default - of each column, what the value is
   */
  readonly keyTypes?: Readonly<Record<string, KeyType>>;
  /** What is encrypted: `'email'`, `'address.street'`, or `['a.b', 'c']` where a name has a dot. Fields that a record lacks are passed over. */
  readonly fields: readonly FieldPath[];
  /** The attribute or column that holds the header. @default 'keysmith_header' */
  readonly headerName?: string;
  /** How tokens, header and index values are stored. Both forms are read. @default 'bytes' */
  readonly encoding?: StoredEncoding;
  /** Which fields can be searched: the name of each index in `blindIndexes`, with the field it is made of. @default - none */
  readonly indexedFields?: Readonly<Record<string, FieldPath>>;
  /**
   * The attribute or column, not encrypted, that partitions the indexes: the same value has other index values for each of
   * its values, such as tenants, so that nobody sees who shares it with another tenant. Searches name theirs.
   *
   * @default - none: index values are the same in all of the table
   */
  readonly indexPartition?: string;
  /**
   * Makes a wrapped number of decimal text, where one was encrypted: `NumberValue.from` of DynamoDB's document client.
   *
   * @default - it comes back as the number or bigint that says the same, and is refused where none does
   */
  readonly wrapNumber?: (text: string) => unknown;
  /** Makes the values of `indexedFields`. */
  readonly blindIndexes?: BlindIndexes;
  /** Keeps data keys for a while: one serves many records. @default - each record has a data key of its own, and costs a call to KMS */
  readonly cache?: DataKeyCache;
  /** Keeps the data keys of this cipher apart from others with the same keyring and table in the same cache. @default - they are shared */
  readonly cachePartition?: string;
  /** What is written and read. */
  readonly limits?: Partial<RecordLimits>;
}

/** What goes with one call. */
export interface RecordOptions extends CallOptions {
  /** Pairs bound to the data key, the same for encryption and decryption. Not secret: CloudTrail shows them. @default - the pairs the contract fixes */
  readonly encryptionContext?: EncryptionContext;
}

export interface DecryptRecordOptions extends RecordOptions {
  /** The encrypted fields to decrypt; the others are left out of the result. None of them: no call to KMS. @default - all */
  readonly fields?: readonly FieldPath[];
}

/** What a re-encryption expects and changes, in the words of KMS ReEncrypt. */
export interface ReEncryptRecordOptions extends CallOptions {
  /** Keyring of the new header. @default - the cipher's, and its cache */
  readonly keyring?: Keyring;
  /** Pairs that the record was encrypted with. @default - the pairs the contract fixes */
  readonly sourceEncryptionContext?: EncryptionContext;
  /** Pairs bound to the new data key. @default - `sourceEncryptionContext` */
  readonly destinationEncryptionContext?: EncryptionContext;
}

/** What a stored record tells without any key. Nothing of it is authentic: whoever writes the table can have written it. */
export interface InspectedRecord {
  /** Version of the format; undefined for a record without header, in which nothing is encrypted yet. */
  readonly formatVersion?: number;
  /** The data key of the record, as each key wrapped it. */
  readonly encryptedDataKeys: UnverifiedHeader['encryptedDataKeys'];
  /** Those of them that are KMS keys, by ARN. */
  readonly keyArns: readonly string[];
  /** The fields that the record has, as they are shown in messages. */
  readonly fields: readonly string[];
  /**
   * Blind indexes that an encrypted field should have and that are not there, or are of another length than is written
   * now. A field whose value takes one byte tells nothing: it may be null, which is in no index. Nor does an index value tell its secret.
   */
  readonly staleIndexes: readonly string[];
}

/** A record as it is stored: its fields encrypted, with a header, and with its blind indexes. */
export type StoredRecord = Record<string, unknown>;

/**
 * Encrypts chosen fields of records. Records go in and out as plain objects, the shapes of DynamoDB's document client
 * and of SQL drivers; what goes in is not changed.
 */
export interface RecordCipher {
  /** The attributes or columns that the cipher writes: the header, the blind indexes, and those that hold encrypted fields. */
  attributes(): readonly string[];

  /**
   * The record with its fields encrypted. Fields hold strings, numbers, bigints, booleans, null, Uint8Arrays, NumberValues, and
   * arrays, sets and plain objects of them; a field that is `undefined` is passed over.
   *
   * @throws `ERR_KEYSMITH_INPUT` for a record or value that cannot be encrypted, `ERR_KEYSMITH_CONTEXT` for a context
   *   that does not keep the contract, `ERR_KEYSMITH_LIMIT`, all before any call; else what the keyring throws
   */
  encrypt(record: object, options?: RecordOptions): Promise<StoredRecord>;

  /**
   * The record as it was before `encrypt`. Header and blind indexes are left out. All or nothing: no field is returned
   * unless all that were asked for are authentic.
   *
   * That a field was removed, or is an older one that `update` replaced, cannot be seen.
   *
   * @throws `ERR_KEYSMITH_NOT_AUTHENTIC` for whatever was changed, or was made for another field, record, table, key or
   *   context; `ERR_KEYSMITH_FORMAT` for what never was encrypted; `ERR_KEYSMITH_INPUT` when the record key is missing,
   *   `ERR_KEYSMITH_CONTEXT`, `ERR_KEYSMITH_LIMIT`; else what the keyring throws
   */
  decrypt<Plain extends object = Record<string, unknown>>(stored: object, options?: DecryptRecordOptions): Promise<Plain>;

  /**
   * `changes` with their fields encrypted under the header of a stored record, to be written over it field by field
   * (UpdateItem, UPDATE); with the blind indexes of those fields, null where a field becomes null or undefined. Of `stored`,
   * the record key and the header are needed, and objects that a changed field is in: what stands beside it there goes along.
   *
   * @returns `changes` without record key and header
   * @throws as `encrypt` and `decrypt`
   */
  update(stored: object, changes: object, options?: RecordOptions): Promise<StoredRecord>;

  /**
   * The stored record under a new data key of the cipher's keyring, and its blind indexes made anew; to be written over it.
   * Values are not decoded, but for the indexes, and what is not encrypted stays as it is. A record without encrypted
   * fields or header comes back as it was.
   *
   * @throws as `decrypt` and `encrypt`
   */
  reEncrypt(stored: object, options?: ReEncryptRecordOptions): Promise<StoredRecord>;

  /**
   * Which keys a stored record is under, and what it lacks: finds those to rotate, without a call to anybody.
   *
   * @throws `ERR_KEYSMITH_FORMAT`, `ERR_KEYSMITH_NOT_AUTHENTIC` or `ERR_KEYSMITH_LIMIT` for a header that `decrypt` would not read either; the
   *   message names the record by its key
   */
  inspect(stored: object): InspectedRecord;

  /** The columns of the record key with their values, to find the record by. @throws `ERR_KEYSMITH_INPUT` when one is missing */
  keyOf(record: object): Record<string, unknown>;

  /**
   * What to search for in the attribute or column of a blind index, in the form it is stored.
   *
   * @param partition - what the record has under `indexPartition`, where there is one
   * @throws as `BlindIndexes.valueOf`, and `ERR_KEYSMITH_INPUT` for a partition that is missing, or that nothing has
   */
  blindIndex(name: string, value: Scalar, partition?: Scalar, options?: CallOptions): Promise<OwnedBuffer | string>;
}

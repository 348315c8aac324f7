import type { BlindIndexes } from './blind-indexes';
import type { FieldPath } from './field-path';
import type { RecordLimits } from './limits';
import type { Scalar } from './scalar';
import type { StoredEncoding } from './stored-form';
import type { ContextContract } from '../context';
import type { DataKeyCache } from '../envelope/data-key-cache';
import type { Keyring } from '../envelope/keyring';
import type { EncryptionContext } from '../kms-port';

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
export interface RecordOptions {
  /** Pairs bound to the data key, the same for encryption and decryption. Not secret: CloudTrail shows them. @default - the pairs the contract fixes */
  readonly encryptionContext?: EncryptionContext;
}

export interface DecryptRecordOptions extends RecordOptions {
  /** The encrypted fields to decrypt; the others are left out of the result. None of them: no call to KMS. @default - all */
  readonly fields?: readonly FieldPath[];
}

/** A record as it is stored: its fields encrypted, with a header, and with its blind indexes. */
export type StoredRecord = Record<string, unknown>;

/**
 * Encrypts chosen fields of records. Records go in and out as plain objects, the shapes of DynamoDB's document client
 * and of SQL drivers; what goes in is not changed.
 */
export interface RecordCipher {
  /**
   * The record with its fields encrypted. Fields hold strings, numbers, bigints, booleans, null, Uint8Arrays, and
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
   * What to search for in the attribute or column of a blind index, in the form it is stored.
   *
   * @param partition - what the record has under `indexPartition`, where there is one
   * @throws as `BlindIndexes.valueOf`, and `ERR_KEYSMITH_INPUT` for a partition that is missing, or that nothing has
   */
  blindIndex(name: string, value: Scalar, partition?: Scalar): Promise<Buffer | string>;
}

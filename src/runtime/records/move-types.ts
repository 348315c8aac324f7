import type { InspectedRecord, RecordCipher } from './record-types';
import type { EncryptionContext } from '../kms-port';

/** What is to be written over one record, if it is still what was read. */
export interface RecordChange {
  /** The columns of the record key with their values. */
  readonly key: Readonly<Record<string, unknown>>;
  /** New values by attribute or column: header, tokens, and objects that hold tokens whole; null for a blind index that goes. */
  readonly changes: Readonly<Record<string, unknown>>;
  /**
   * What has to stand there still, or the change must not be written: all that the cipher writes, also the fields that the
   * record did not have (undefined), since a field that comes meanwhile would not open under the new header.
   */
  readonly ifUnchanged: Readonly<Record<string, unknown>>;
}

/** Rows of a table, and where to go on. */
export interface RecordPage<Cursor> {
  readonly rows: readonly object[];
  /** Given to the next `scan`; undefined or null after the last page. Text, numbers, bytes, lists and plain objects of them. */
  readonly next?: Cursor | null;
}

/** Which records are moved, how they are read and written, and who is told. */
export interface MoveRecordsOptions<Cursor> {
  /** Opens records under the keys that they are under, and writes under the one they go to: a `MultiKeyring` with `decryptOnly`. */
  readonly cipher: Pick<RecordCipher, 'attributes' | 'inspect' | 'keyOf' | 'reEncrypt'>;
  /** The KMS keys that a moved record is under, all of them and no others. Records that are there, with all their blind indexes, are passed over. */
  readonly keyArns?: readonly string[];
  /** Says the same of keys that have no ARN, or of other wishes; instead of `keyArns`. */
  readonly isMoved?: (inspected: InspectedRecord) => boolean;
  /** Pairs that a record was encrypted with, and is again. @default - the pairs the contract fixes */
  readonly encryptionContext?: (row: object) => EncryptionContext;
  /** A page of the table, from its start without a cursor. */
  readonly scan: (cursor: Cursor | undefined, abortSignal?: AbortSignal) => Promise<RecordPage<Cursor>>;
  /**
   * Writes a change, unless something else stands there now: true when it was written, false when not. An error called
   * `ConditionalCheckFailedException` is a false, any other ends the move.
   */
  readonly write: (change: RecordChange, abortSignal?: AbortSignal) => Promise<boolean>;
  /** The row as it is now, read after all writes (`ConsistentRead`); undefined or null when it is gone. */
  readonly read: (key: Readonly<Record<string, unknown>>, abortSignal?: AbortSignal) => Promise<object | undefined | null>;
  /** Where to go on: the `cursor` of the last progress of a move that ended early. @default - from the start */
  readonly cursor?: string;
  /** Makes a wrapped number in `cursor`, as of `RecordCipherOptions`. */
  readonly wrapNumber?: (text: string) => unknown;
  /** Records under way at once, 1 to 1000. @default 8 */
  readonly concurrency?: number;
  /** How often one record is tried that others keep changing. @default 5 */
  readonly attempts?: number;
  /** Records that may fail before the move ends; 0 ends it at the first. @default 100 */
  readonly maxFailures?: number;
  /** Called after each page, and awaited: keep the cursor. */
  readonly onProgress?: (progress: MoveProgress) => unknown;
  /** Called for each record that was left as it is, and awaited. */
  readonly onFailure?: (failure: MoveFailure) => unknown;
  /** Ends the move; what is being written is finished first. */
  readonly abortSignal?: AbortSignal | undefined;
}

/** What a move has done since it was called. */
export interface MoveProgress {
  /** Rows that were looked at. */
  readonly seen: number;
  readonly moved: number;
  /** Rows under the right keys already, and rows without encrypted fields. */
  readonly passed: number;
  /** Rows that were deleted meanwhile. */
  readonly gone: number;
  /** Rows that could not be moved. */
  readonly failed: number;
  /** Writes that came too late: each row was read again. */
  readonly conflicts: number;
  /** Where to go on, as JSON; undefined when all was seen. */
  readonly cursor?: string;
}

/** A record that was not moved, because it does not open or was changed again and again. */
export interface MoveFailure {
  /** Its record key; undefined where part of that is missing. */
  readonly key?: Readonly<Record<string, unknown>>;
  readonly error: Error;
}


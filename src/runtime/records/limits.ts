import { wholeNumbers } from '../whole-numbers';

/** What this process is willing to write and read. All are checked before a key is asked for. */
export interface RecordLimits {
  /** Bytes of one field as it is encoded before encryption. @default 1 MiB */
  readonly fieldBytes: number;
  /** Bytes of the header of one record. @default 16384 */
  readonly headerBytes: number;
  /** Encrypted data keys in one header. @default 20 */
  readonly encryptedDataKeys: number;
}

const DEFAULTS: RecordLimits = { fieldBytes: 0x10_0000, headerBytes: 16_384, encryptedDataKeys: 20 };

/** Levels of arrays and objects in one field. DynamoDB has 32; a value that contains itself has no end. */
export const MAX_DEPTH = 64;

/** The defaults with what the caller set instead, each checked. */
export function recordLimits(given?: Partial<RecordLimits>): RecordLimits {
  return wholeNumbers(DEFAULTS, given, 'limits.');
}

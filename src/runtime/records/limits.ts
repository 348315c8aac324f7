import { badInput } from '../envelope/failures';

/** What this process is willing to write and read. All are checked before a key is asked for. */
export interface RecordLimits {
  /** Bytes of one field as it is encoded before encryption. @default 1 MiB */
  readonly fieldBytes: number;
  /** Bytes of the header of one record. @default 16384 */
  readonly headerBytes: number;
  /** Encrypted data keys in one header. @default 20 */
  readonly encryptedDataKeys: number;
}

const DEFAULTS: RecordLimits = { fieldBytes: 2 ** 20, headerBytes: 16_384, encryptedDataKeys: 20 };

/** Levels of arrays and objects in one field. DynamoDB has 32; a value that contains itself has no end. */
export const MAX_DEPTH = 64;

/** The defaults with what the caller set instead, each checked. */
export function recordLimits(given: Partial<RecordLimits> = {}): RecordLimits {
  const limits: { -readonly [Name in keyof RecordLimits]: number } = { ...DEFAULTS };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULTS, name)) throw badInput(`'limits' has no '${name}': it has ${Object.keys(DEFAULTS).join(', ')}`);
    if (value === undefined) continue;
    if (!(Number.isSafeInteger(value) && value > 0)) throw badInput(`'limits.${name}' takes a whole number above 0, got ${String(value)}`);
    limits[name as keyof RecordLimits] = value;
  }
  return limits;
}

import { badInput, overLimit } from './failures';

/** What this process is willing to read. All are checked before a key is asked for, and nothing is allocated for a mere claim. */
export interface MessageLimits {
  /** Encrypted data keys of one message. Also holds for what is written. @default 20 */
  readonly encryptedDataKeys: number;
  /** Bytes of the serialized encryption context. Also holds for what is written. @default 16384 */
  readonly contextBytes: number;
  /** Plaintext bytes of one frame, or of a body in one piece: what a stream holds until it is authentic. @default 64 MiB */
  readonly frameBytes: number;
  /** Plaintext bytes of one message. @default 1 GiB for buffers, 64 GiB for streams */
  readonly bodyBytes: number;
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** Limits of messages that are buffers, and of those that are streams. */
export const BUFFER_LIMITS: MessageLimits = { encryptedDataKeys: 20, contextBytes: 16_384, frameBytes: 64 * MiB, bodyBytes: GiB };
export const STREAM_LIMITS: MessageLimits = { ...BUFFER_LIMITS, bodyBytes: 64 * GiB };

/** Frame length of new messages. */
export const BUFFER_FRAME_LENGTH = 64 * 1024;
export const STREAM_FRAME_LENGTH = MiB;

/** What the limits count, for messages. */
const COUNTED: Readonly<Record<keyof MessageLimits, string>> = {
  encryptedDataKeys: 'the number of encrypted data keys',
  contextBytes: 'the length of the encryption context',
  frameBytes: 'the frame length',
  bodyBytes: 'the length of the body',
};

/** @throws `ERR_KEYSMITH_LIMIT` when what was seen is over the limit */
export function keepLimit(limits: MessageLimits, name: keyof MessageLimits, seen: number): void {
  if (seen > limits[name]) throw overLimit(COUNTED[name], seen, limits[name], `limits.${name}`);
}

/** The defaults with what the caller set instead, each checked. */
export function limitsWith(defaults: MessageLimits, given: Partial<MessageLimits> = {}): MessageLimits {
  const limits: Record<keyof MessageLimits, number> = { ...defaults };
  for (const [name, value] of Object.entries(given) as Array<[keyof MessageLimits, number | undefined]>) {
    if (!(name in defaults)) throw badInput(`'limits' has no '${name}': it has ${Object.keys(defaults).join(', ')}`);
    if (value !== undefined) limits[name] = wholeNumber(`limits.${name}`, value, Number.MAX_SAFE_INTEGER);
  }
  return limits;
}

/** @throws `ERR_KEYSMITH_INPUT` unless `value` is a whole number from `least` to `most` */
export function wholeNumber(option: string, value: unknown, most: number, least = 1): number {
  if (Number.isInteger(value) && value as number >= least && value as number <= most) return value as number;
  throw badInput(`'${option}' takes a whole number from ${least} to ${most}, got ${String(value)}`);
}

/** A frame length that a header can hold. */
export function checkFrameLength(length: number): number {
  return wholeNumber('frameLength', length, 2 ** 32 - 1);
}

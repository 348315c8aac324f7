import { badInput } from './failures';

/** What this process is willing to read. All are checked before a key is asked for, and nothing is allocated for a mere claim. */
export interface MessageLimits {
  /** Encrypted data keys of one message. Also holds for what is written. @default 20 */
  readonly encryptedDataKeys: number;
  /** Bytes of the serialized encryption context. Also holds for what is written. @default 16384 */
  readonly contextBytes: number;
  /** Plaintext bytes of one frame: what a stream holds in memory before it can be authenticated. @default 64 MiB */
  readonly frameBytes: number;
  /** Plaintext bytes of one message. @default 1 GiB for buffers, 64 GiB for streams */
  readonly bodyBytes: number;
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** Limits of messages that are buffers. */
export const BUFFER_LIMITS: MessageLimits = { encryptedDataKeys: 20, contextBytes: 16_384, frameBytes: 64 * MiB, bodyBytes: GiB };

/** Limits of messages that are streams. */
export const STREAM_LIMITS: MessageLimits = { ...BUFFER_LIMITS, bodyBytes: 64 * GiB };

/** Frame length of new messages. */
export const BUFFER_FRAME_LENGTH = 64 * 1024;
export const STREAM_FRAME_LENGTH = MiB;

/** The most a frame length field can say, and the most frames a message can have. */
export const MAX_FRAME_LENGTH = 2 ** 32 - 1;
export const MAX_FRAMES = 2 ** 32 - 1;

/** The defaults with what the caller set instead, each checked. */
export function limitsWith(defaults: MessageLimits, given: Partial<MessageLimits> = {}): MessageLimits {
  for (const [name, value] of Object.entries(given)) {
    if (!(name in defaults)) throw badInput(`'limits' has no '${name}': it has ${Object.keys(defaults).join(', ')}`);
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) throw badInput(`'limits.${name}' takes a whole number above 0, got ${String(value)}`);
  }
  return { ...defaults, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

/** A frame length that a header can hold. */
export function checkFrameLength(length: number): number {
  if (!(Number.isInteger(length) && length > 0 && length <= MAX_FRAME_LENGTH)) {
    throw badInput(`'frameLength' takes 1 to ${MAX_FRAME_LENGTH} bytes, got ${String(length)}`);
  }
  return length;
}

import { overLimit } from './failures';
import { wholeNumber, wholeNumbers } from '../whole-numbers';

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

/** Frame length of new messages, and the most plaintext of one that is read: for buffers, and for streams. */
export const BUFFER_DEFAULTS = { frameLength: 64 * 1024, bodyBytes: GiB };
export const STREAM_DEFAULTS = { frameLength: MiB, bodyBytes: 64 * GiB };

/** @throws `ERR_KEYSMITH_LIMIT` when what was seen is over the limit */
export function keepLimit(limits: MessageLimits, name: keyof MessageLimits, seen: number): void {
  if (seen > limits[name]) throw overLimit(`limits.${name}`, seen, limits[name]);
}

/** The defaults with what the caller set instead, each checked. */
export function messageLimits(given?: Partial<MessageLimits>, { bodyBytes } = BUFFER_DEFAULTS): MessageLimits {
  return wholeNumbers({ encryptedDataKeys: 20, contextBytes: 16_384, frameBytes: 64 * MiB, bodyBytes }, given, 'limits.');
}

/** A frame length that a header can hold. */
export function checkFrameLength(length: number): number {
  return wholeNumber('frameLength', length, 1, 2 ** 32 - 1);
}

import { overLimit } from './failures';
import { wholeNumbers } from '../whole-numbers';

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

/** Frame length of new messages, and the most plaintext of one that is read: 64 KiB and 1 GiB for buffers, 1 MiB and 64 GiB for streams. */
type Defaults = readonly [frameLength: number, bodyBytes: number];
export const BUFFER_DEFAULTS: Defaults = [2 ** 16, 2 ** 30];
export const STREAM_DEFAULTS: Defaults = [2 ** 20, 2 ** 36];

/** @throws `ERR_KEYSMITH_LIMIT` when what was seen is over the limit */
export const keepLimit = (limits: MessageLimits, name: keyof MessageLimits, seen: number): void => {
  if (seen > limits[name]) throw overLimit(`limits.${name}`, seen, limits[name]);
};

/** The defaults with what the caller set instead, each checked. */
export const messageLimits = (given?: Partial<MessageLimits>, [, bodyBytes] = BUFFER_DEFAULTS): MessageLimits => (
  wholeNumbers({ encryptedDataKeys: 20, contextBytes: 2 ** 14, frameBytes: 2 ** 26, bodyBytes }, given, 'limits.')
);

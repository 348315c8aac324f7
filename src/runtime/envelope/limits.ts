import { overLimit } from './failures';
import { wholeNumbers } from '../whole-numbers';

/**
 * What this process is willing to read, and hence to write. All are checked before a key is asked for, and nothing is allocated for a mere
 * claim.
 */
export interface MessageLimits {
  /** Encrypted data keys of one message. @default 20 */
  readonly encryptedDataKeys: number;
  /** Bytes of the serialized encryption context. @default 16384 */
  readonly contextBytes: number;
  /** Plaintext bytes of one frame, or of a body in one piece: what a stream holds until it is authentic. @default 64 MiB */
  readonly frameBytes: number;
  /** Plaintext bytes of one message. @default 1 GiB for buffers that are read, 64 GiB for streams and what is written */
  readonly bodyBytes: number;
}

/** Plaintext bytes of a frame of new messages: most of them have one only, which costs least. */
export const FRAME_LENGTH = 2 ** 20;

/** The most plaintext of one message that is read from a stream; from a buffer it is a 64th of that. */
export const STREAM_BYTES = 2 ** 36;

/** @throws `ERR_KEYSMITH_LIMIT` when what was seen is over the limit */
export const keepLimit = (limits: MessageLimits, name: keyof MessageLimits, seen: number): void => {
  if (seen > limits[name]) throw overLimit(`limits.${name}`, seen, limits[name]);
};

/** The defaults with what the caller set instead, each checked. */
export const messageLimits = (given?: Partial<MessageLimits>, bodyBytes = 2 ** 30): MessageLimits => (
  wholeNumbers({ encryptedDataKeys: 20, contextBytes: 2 ** 14, frameBytes: 2 ** 26, bodyBytes }, given, 'limits.')
);

import { KeysmithError } from './errors';

/** Refuses a reply that another key, or no key, answers for. */
export function requireSameKey(operation: string, reply: { readonly KeyId?: string }, keyArn: string): void {
  if (reply.KeyId !== keyArn) {
    throw unexpected(operation, `the reply names ${reply.KeyId === undefined ? 'no key' : reply.KeyId} where ${keyArn} was asked`);
  }
}

interface Length {
  readonly min: number;
  readonly max: number;
}

const ANY_LENGTH: Length = { min: 0, max: Infinity };

/** The bytes of a reply: present, and of a length that the operation can have. */
export function requireBytes(operation: string, member: string, bytes: unknown, length = ANY_LENGTH): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw unexpected(operation, `the reply has no ${member}`);
  if (bytes.length < length.min || bytes.length > length.max) {
    const wanted = length.min === length.max ? `${length.min}` : `${length.min} to ${length.max}`;
    throw unexpected(operation, `${member} of the reply has ${bytes.length} bytes, expected ${wanted}`);
  }
  return bytes;
}

export function unexpected(operation: string, what: string, options?: { cause?: unknown }): KeysmithError {
  return new KeysmithError('ERR_KEYSMITH_KMS_RESPONSE', `${operation}: ${what}`, options);
}

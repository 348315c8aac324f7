import { failure } from './errors';
import type { KeysmithError } from './errors';

/** Refuses a reply that another key, or no key, answers for. */
export function requireSameKey(operation: string, { KeyId: keyId }: { readonly KeyId?: string }, keyArn: string): void {
  if (keyId !== keyArn) throw unexpected(operation, `the reply names ${keyId ?? 'no key'} where ${keyArn} was asked`);
}

/**
 * The bytes of a reply, when it is of the key that was asked and they are as many as the operation can give.
 *
 * @throws `ERR_KEYSMITH_KMS_RESPONSE` when not: what came is overwritten, since it may be a plaintext
 */
export function replyBytes<Member extends string>(
  operation: string, reply: { readonly KeyId?: string } & { readonly [Name in Member]?: Uint8Array }, keyArn: string, member: Member,
  least = 1, most = Infinity,
): Uint8Array {
  const bytes: unknown = reply[member];
  const length = bytes instanceof Uint8Array ? bytes.length : -1;
  try {
    requireSameKey(operation, reply, keyArn);
    if (length < least || length > most) throw unexpected(operation, `the reply has ${Math.max(0, length)} bytes of ${member}, expected ${least} to ${most}`);
    return bytes as Uint8Array;
  } catch (error) {
    if (length > 0) (bytes as Uint8Array).fill(0);
    throw error;
  }
}

export function unexpected(operation: string, what: string, cause?: unknown): KeysmithError {
  return failure('KMS_RESPONSE', `${operation}: ${what}`, cause);
}

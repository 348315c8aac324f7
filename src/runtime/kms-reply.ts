import { failure } from './errors';
import type { KeysmithError } from './errors';

export const unexpected = (operation: string, what: string, cause?: unknown): KeysmithError => failure('KMS_RESPONSE', `${operation}: ${what}`, cause);

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
  const bytes = reply[member] instanceof Uint8Array ? reply[member] as Uint8Array : undefined;
  try {
    requireSameKey(operation, reply, keyArn);
    if (bytes && bytes.length >= least && bytes.length <= most) return bytes;
    throw unexpected(operation, `the reply has ${bytes?.length ?? 'no'} bytes of ${member}, expected ${least} to ${most}`);
  } catch (error) {
    bytes?.fill(0);
    throw error;
  }
}

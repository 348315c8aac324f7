import { failure } from './errors';
import type { KeysmithError } from './errors';
import type { OwnedBytes } from './owned-bytes';

export const unexpected = (operation: string, what: string, cause?: unknown): KeysmithError => failure('KMS_RESPONSE', `${operation}: ${what}`, cause);

/** Refuses a reply that another key, or no key, answers for. */
export const requireSameKey = (operation: string, { KeyId: keyId }: { readonly KeyId?: string | undefined }, keyArn: string): void => {
  if (keyId !== keyArn) throw unexpected(operation, `the reply names ${keyId ?? 'no key'} where ${keyArn} was asked`);
};

/** Overwrites the plaintext of a reply that nobody will use. */
export const overwritePlaintext = (reply: unknown): void => {
  const { Plaintext: plaintext } = Object(reply) as { readonly Plaintext?: unknown };
  if (plaintext instanceof Uint8Array) plaintext.fill(0);
};

/**
 * The bytes of a reply, when it is of the key that was asked and they are as many as the operation can give.
 *
 * No client of KMS puts its replies into shared memory.
 *
 * @throws `ERR_KEYSMITH_KMS_RESPONSE` when not: what came is overwritten, since it may be a plaintext
 */
export const replyBytes = <Member extends string>(
  operation: string, reply: { readonly KeyId?: string | undefined } & { readonly [Name in Member]?: Uint8Array | undefined },
  keyArn: string, member: Member, least = 1, most = Infinity,
): OwnedBytes => {
  const { KeyId: keyId, [member]: bytes } = reply;
  const isBytes = bytes instanceof Uint8Array;
  if (isBytes && keyId === keyArn && bytes.length >= least && bytes.length <= most) return bytes as OwnedBytes;
  if (isBytes) bytes.fill(0);
  throw failure(
    'KMS_RESPONSE',
    `${operation}: KeyId ${keyId} and ${isBytes ? bytes.length : 'no'} bytes of ${member}, expected ${keyArn} and ${least} to ${most}`,
  );
};

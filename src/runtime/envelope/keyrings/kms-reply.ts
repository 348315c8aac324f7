import type { KeysmithError } from '../../errors';
import { isKeysmithError } from '../../kms-errors';
import { wipe } from '../bytes';
import { failure, notAuthentic } from '../failures';

interface Reply {
  readonly KeyId?: string;
  readonly Plaintext?: Uint8Array;
}

/**
 * The plaintext of a reply, if it is of the key that was asked and of the length that is due.
 *
 * @throws `ERR_KEYSMITH_KMS_RESPONSE` when it is not: what came is overwritten
 */
export function plaintextOf(operation: string, { KeyId: keyId, Plaintext: plaintext }: Reply, keyArn: string, length: number): Uint8Array {
  if (keyId === keyArn && plaintext?.length === length) return plaintext;
  wipe(plaintext);
  throw badReply(operation, `${plaintext?.length ?? 0} bytes under ${keyId} for ${length} under ${keyArn}`);
}

/** KMS answered, but not with what was asked: what it sent is not used. */
export function badReply(operation: string, seen: string): KeysmithError {
  return failure('KMS_RESPONSE', `${operation}: KMS answered with ${seen}`);
}

/** What decides, when several keys failed for several reasons: first what may be over soon, then what somebody can mend. */
const BY_WEIGHT = ['KMS_UNAVAILABLE', 'ACCESS_DENIED', 'KEY_UNAVAILABLE', 'KMS_RESPONSE', 'INPUT'] as const;

/**
 * What the first attempt that succeeds gives: one after another, since each is a call.
 *
 * @throws one error for all that failed, with each reason in its cause
 */
export async function firstSuccess<Attempt, Result>(attempts: readonly Attempt[], make: (attempt: Attempt) => Promise<Result>): Promise<Result> {
  const failures: unknown[] = [];
  for (const attempt of attempts) {
    try {
      return await make(attempt);
    } catch (error) {
      failures.push(error);
    }
  }
  throw noneOpened(failures);
}

/** One error for all the keys that could not open a message, with each reason in its cause. */
export function noneOpened(failures: readonly unknown[]): KeysmithError {
  const cause = failures.length === 1 ? failures[0] : new AggregateError(failures, `${failures.length} encrypted data keys did not open`);
  for (const kind of BY_WEIGHT) {
    const first = failures.find((error) => isKeysmithError(error) && error.code === `ERR_KEYSMITH_${kind}`) as KeysmithError | undefined;
    if (first) return failures.length === 1 ? first : failure(kind, `no encrypted data key opened: ${first.message}`, cause);
  }
  return notAuthentic(cause);
}

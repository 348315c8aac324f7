import { KeysmithError } from '../../errors';
import type { KeysmithErrorCode } from '../../errors';
import { isKeysmithError } from '../../kms-errors';
import { wipe } from '../bytes';
import { notAuthentic } from '../failures';

/** KMS answered, but not with what was asked: what it sent is not used. */
export function badResponse(operation: string, seen: string): KeysmithError {
  return new KeysmithError('ERR_KEYSMITH_KMS_RESPONSE', `${operation}: KMS answered with ${seen}`);
}

/** What decides, when several keys failed for several reasons: first what may be over soon, then what somebody can mend. */
const BY_WEIGHT: readonly KeysmithErrorCode[] = [
  'ERR_KEYSMITH_KMS_UNAVAILABLE', 'ERR_KEYSMITH_ACCESS_DENIED', 'ERR_KEYSMITH_KEY_UNAVAILABLE', 'ERR_KEYSMITH_KMS_RESPONSE', 'ERR_KEYSMITH_INPUT',
];

/** One error for all the keys that could not open a message, with each reason in its cause. */
export function noneOpened(failures: readonly unknown[]): KeysmithError {
  const known = failures.filter(isKeysmithError);
  const code = BY_WEIGHT.find((candidate) => known.some((failure) => failure.code === candidate));
  if (!code) return notAuthentic(causeOf(failures));
  const first = known.find((failure) => failure.code === code)!;
  if (failures.length === 1) return first;
  return new KeysmithError(code, `none of ${failures.length} encrypted data keys opened: ${first.message}`, { cause: causeOf(failures) });
}

function causeOf(failures: readonly unknown[]): unknown {
  return failures.length === 1 ? failures[0] : new AggregateError(failures, `${failures.length} encrypted data keys did not open`);
}

/** The plaintext of a Decrypt reply, if it is of the key that was asked, and of the length that is due. */
export function dataKeyFrom(reply: { Plaintext?: Uint8Array; KeyId?: string }, keyArn: string, length: number): Uint8Array {
  const { Plaintext: plaintext, KeyId: keyId } = reply;
  if (keyId === keyArn && plaintext?.length === length) return plaintext;
  wipe(plaintext);
  if (keyId !== keyArn) throw badResponse('Decrypt', `key ${JSON.stringify(keyId)} where ${keyArn} was asked`);
  throw badResponse('Decrypt', `a data key of ${plaintext?.length ?? 0} bytes for one of ${length}`);
}

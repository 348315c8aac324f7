import { KeysmithError } from '../errors';
import type { KeysmithErrorCode } from '../errors';

/** The part of a code that tells it from the others. */
type Kind = KeysmithErrorCode extends infer Code ? Code extends `ERR_KEYSMITH_${infer Ending}` ? Ending : never : never;

export function failure(kind: Kind, message: string, cause?: unknown): KeysmithError {
  return new KeysmithError(`ERR_KEYSMITH_${kind}`, message, { cause });
}

/** The one answer to a message that is not what was sealed. What was seen stays in `cause`, for the log. */
export function notAuthentic(cause: unknown): KeysmithError {
  return failure(
    'NOT_AUTHENTIC',
    'the message is not authentic: it was changed, cut short, or made under another key or encryption context',
    typeof cause === 'string' ? new Error(cause) : cause,
  );
}

/** A well-formed message, or a request, over a limit that this process has set. */
export function overLimit(what: string, seen: number, limit: number, option: string): KeysmithError {
  return failure('LIMIT', `${what} is ${seen}, over the limit of ${limit}: raise ${option} if that is intended`);
}

/** An argument or option that cannot work. */
export function badInput(message: string, cause?: unknown): KeysmithError {
  return failure('INPUT', message, cause);
}

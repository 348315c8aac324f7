import { KeysmithError } from '../errors';

/** The one answer to a message that is not what was sealed. What was seen stays in `cause`, for the log. */
export function notAuthentic(cause: unknown): KeysmithError {
  return new KeysmithError(
    'ERR_KEYSMITH_NOT_AUTHENTIC',
    'the message is not authentic: it was changed, cut short, or made under another key or encryption context',
    { cause: typeof cause === 'string' ? new Error(cause) : cause },
  );
}

/** A well-formed message, or a request, over a limit that this process has set. */
export function overLimit(what: string, seen: number, limit: number, option: string): KeysmithError {
  return new KeysmithError('ERR_KEYSMITH_LIMIT', `${what} is ${seen}, over the limit of ${limit}: raise ${option} if that is intended`);
}

/** An argument or option that cannot work. */
export function badInput(message: string, cause?: unknown): KeysmithError {
  return new KeysmithError('ERR_KEYSMITH_INPUT', message, { cause });
}

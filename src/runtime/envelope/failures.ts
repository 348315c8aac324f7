import { failure } from '../errors';
import type { KeysmithError } from '../errors';

/** The one answer to a message that is not what was sealed. What was seen stays in `cause`, for the log. */
export function notAuthentic(cause: unknown): KeysmithError {
  return failure(
    'NOT_AUTHENTIC',
    'the message is not authentic: it was changed, cut short, or made under another key or encryption context',
    typeof cause === 'string' ? new Error(cause) : cause,
  );
}

/** A well-formed message, or a request, over a limit that this process has set. */
export function overLimit(option: string, seen: number, limit: number, where = ''): KeysmithError {
  return failure('LIMIT', `${where}'${option}' is ${limit}, got ${seen}: raise it if that is intended`);
}

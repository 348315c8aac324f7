import { failure } from '../errors';
import type { KeysmithError } from '../errors';
import { NOT_AUTHENTIC } from '../text';

/** The one answer to a message that is not what was sealed. What was seen stays in `cause`, for the log. */
export const notAuthentic = (cause: unknown): KeysmithError => (
  failure('NOT_AUTHENTIC', NOT_AUTHENTIC, typeof cause === 'string' ? new Error(cause) : cause)
);

/** Throws that answer. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` */
export const refuse: (cause: unknown) => never = (cause) => {
  throw notAuthentic(cause);
};

/** A well-formed message, or a request, over a limit that this process has set. */
export const overLimit = (option: string, seen: number, limit: number): KeysmithError => (
  failure('LIMIT', `'${option}' is ${limit}, got ${seen}: raise it`)
);

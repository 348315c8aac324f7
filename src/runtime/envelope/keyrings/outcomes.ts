import { failure, isKeysmithError } from '../../errors';
import type { KeysmithError } from '../../errors';
import { notAuthentic } from '../failures';

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
  const [first, second] = failures;
  const cause = second ? new AggregateError(failures) : first;
  for (const kind of BY_WEIGHT) {
    const decisive = failures.filter(isKeysmithError).find(({ code }) => code.endsWith(kind));
    if (decisive) return second ? failure(kind, `no key opened the message: ${decisive.message}`, cause) : decisive;
  }
  return notAuthentic(cause);
}

/**
 * Runs `action` on all items at once and waits until every one is done, also when one fails: what they share may be
 * overwritten afterwards.
 *
 * @throws the first failure in the order of the items
 */
export async function eachOf<Item, Result>(items: readonly Item[], action: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results = items.map(async (item) => action(item));
  await Promise.allSettled(results);
  return Promise.all(results);
}

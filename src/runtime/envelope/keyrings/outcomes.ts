import { KMS_UNAVAILABLE, KeysmithError, isKeysmithError } from '../../errors';
import { isServiceFault } from '../../kms-errors';
import { giveAway } from '../bytes';
import { notAuthentic } from '../failures';

/** What decides, when several keys failed for several reasons: first what may be over soon, then what somebody can mend. */
const BY_WEIGHT = [KMS_UNAVAILABLE, 'ACCESS_DENIED', 'KEY_UNAVAILABLE', 'KMS_RESPONSE', 'INPUT'] as const;

/** How many encrypted data keys under one key are tried. A message has one for each key; a forged one may have as many as the limit lets. */
const MAX_PER_KEY = 3;

/** Those of the attempts that are made: few for each key, since each is a call. */
export const fewPerKey = <Attempt>(attempts: readonly Attempt[], keyOf: (attempt: Attempt) => unknown): Attempt[] => {
  const asked: unknown[] = [];
  return attempts.filter((attempt) => asked.push(keyOf(attempt)) && asked.filter((key) => key === asked.at(-1)).length <= MAX_PER_KEY);
};

/**
 * The data key that the first attempt to succeed gives: one after another, since each is a call.
 *
 * @param standIns - attempts in place of one that found KMS out of order, made after all others. Is shown those there are. @default - none
 * @param isSame - whether two attempts are at the same key material: what KMS says of it in one Region outweighs that it says nothing in
 *   another. @default - never
 * @throws the reason of the signal; else one error for all that failed, with each reason in its cause
 */
export const firstSuccess = async <Attempt>(
  attempts: readonly Attempt[], abortSignal: AbortSignal | undefined, make: (attempt: Attempt) => Promise<Uint8Array>,
  standIns?: (attempt: Attempt, queue: readonly Attempt[]) => Attempt[], isSame?: (one: Attempt, other: Attempt) => boolean,
): Promise<Uint8Array> => {
  const queue = [...attempts];
  const failures: unknown[] = [];
  for (const attempt of queue) {
    try {
      return giveAway(await make(attempt));
    } catch (error) {
      abortSignal?.throwIfAborted();
      failures.push(error);
      if (standIns && isOutage(error)) queue.push(...standIns(attempt, queue));
    }
  }
  // As many failures as attempts, in their order.
  throw noneOpened(failures, failures.filter((error, index) => !(
    isA(error, [KMS_UNAVAILABLE]) && failures.some((refusal, other) => isA(refusal, REFUSALS) && isSame?.(queue[index], queue[other]))
  )));
};

/** Says that a key may not be used any more, at least not so. */
const REFUSALS = /* @__PURE__ */ BY_WEIGHT.slice(1, 3);

const isA = (error: unknown, kinds: readonly string[]): error is KeysmithError => (
  isKeysmithError(error) && kinds.some((kind) => error.code.endsWith(kind))
);

/** Whether KMS, or the way to it, is out of order in a Region: the one failure that a related key of another Region has no part in. */
export const isOutage = (error: unknown): boolean => (
  isA(error, [KMS_UNAVAILABLE]) && isServiceFault(error.cause)
);

/** One error for all the keys that could not open a message: the one of the `weighty` that decides, with each reason in its cause when they are several. */
export const noneOpened = (failures: readonly unknown[], weighty = failures): KeysmithError => {
  const [first, second] = failures;
  const [decisive = notAuthentic(first)] = BY_WEIGHT.flatMap((kind) => (
    weighty.filter((error): error is KeysmithError => isA(error, [kind]))
  ));
  return second ? new KeysmithError(decisive.code, decisive.message, { cause: new AggregateError(failures) }) : decisive;
};

/**
 * Runs `action`, an async function, on all items at once and waits until every one is done, also when one fails: what they
 * share may be overwritten afterwards.
 *
 * @throws the first failure in the order of the items
 */
export const eachOf = async <Item, Result>(items: readonly Item[], action: (item: Item) => Promise<Result>): Promise<Result[]> => {
  const results = items.map(action);
  await Promise.allSettled(results);
  return Promise.all(results);
};

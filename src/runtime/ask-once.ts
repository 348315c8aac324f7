import { unlessAborted } from './abort';
import type { CallOptions } from './kms-port';
import { knownOptions } from './whole-numbers';

/** Fetches once, however many wait for it; they go on when one of them aborts. A failure is not kept. */
export function once<Value>(fetch: () => Promise<Value>): (options?: CallOptions) => Promise<Value> {
  let pending: Promise<Value> | undefined;
  return async (options = {}) => unlessAborted(knownOptions(options, ['abortSignal']).abortSignal, () => pending ??= fetch().catch((error) => {
    pending = undefined;
    throw error;
  }));
}

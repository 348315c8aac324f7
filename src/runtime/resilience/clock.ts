import { setTimeout as delay } from 'node:timers/promises';

/** Time as retries need it. A test's stand-in makes hours pass in no time. */
export interface Clock {
  /** Milliseconds that only ever go forward, from any start. */
  now(): number;
  /** Resolves after `ms`; rejects when the signal aborts before. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
};

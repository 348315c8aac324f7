import { fetchKms } from '../runtime';
import type { FetchKms, FetchKmsOptions } from '../runtime';

/** Milliseconds that a try gets, and how many there are: a call that KMS does not answer ends after some four and a half seconds. */
export const HANDLER_LIMITS = { attemptTimeoutMs: 2000, maxAttempts: 2 };

/**
 * KMS for functions that somebody waits for. The first token of a function takes two calls, one after the other, and the function is ended by Lambda, and its caller gone,
 * after 15 and 10 seconds; a key set that was good is to stand in for one that cannot be had before that. What ends by itself is told, and told apart (503).
 */
export const handlerKms = (options: FetchKmsOptions = {}): FetchKms => fetchKms({ ...HANDLER_LIMITS, ...options });

import { onAbort, unlessAborted } from '../abort';
import type { Clock } from './clock';
import type { CallOptions } from '../kms-port';
import { overwritePlaintext } from '../kms-reply';

/** The limits of one attempt. */
export interface AttemptLimits extends CallOptions {
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** What replies of KMS have in common. */
export interface KeyReply {
  readonly KeyId?: string | undefined;
  readonly Plaintext?: unknown;
}

/**
 * One call, which is aborted and given up when its time is over or its caller aborts, whether or not it heeds its signal.
 * A data key that arrives after that is overwritten.
 *
 * @throws what the call throws, the reason of the caller's signal, or an error named `TimeoutError`
 */
export async function attempt<Reply extends KeyReply>(call: (signal: AbortSignal) => Promise<Reply>, limits: AttemptLimits): Promise<Reply> {
  const { timeoutMs, clock, abortSignal } = limits;
  const ended = new AbortController();
  const over = new AbortController();
  const forget = abortSignal && onAbort(abortSignal, () => ended.abort(abortSignal.reason));
  clock.sleep(timeoutMs, over.signal).then(() => ended.abort(noAnswer(timeoutMs)), () => undefined);
  try {
    return await unlessAborted(ended.signal, async (signal) => call(signal!), overwritePlaintext);
  } finally {
    over.abort();
    forget?.();
  }
}

function noAnswer(timeoutMs: number): Error {
  return Object.assign(new Error(`no answer within ${Math.round(timeoutMs)} ms`), { name: 'TimeoutError' });
}

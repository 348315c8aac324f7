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
  abortSignal?.throwIfAborted();
  const controller = new AbortController();
  const over = new AbortController();
  const passOn = () => controller.abort(abortSignal?.reason);
  const givenUp = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true });
  });
  let abandoned = false;
  try {
    abortSignal?.addEventListener('abort', passOn, { once: true });
    clock.sleep(timeoutMs, over.signal).then(() => controller.abort(noAnswer(timeoutMs)), () => undefined);
    const reply = call(controller.signal);
    reply.then((late) => abandoned && overwritePlaintext(late), () => undefined);
    return await Promise.race([reply, givenUp]);
  } catch (error) {
    abandoned = true;
    // The call may be the first to say that it was aborted; the reason says why.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    over.abort();
    abortSignal?.removeEventListener('abort', passOn);
  }
}

function noAnswer(timeoutMs: number): Error {
  return Object.assign(new Error(`no answer within ${Math.round(timeoutMs)} ms`), { name: 'TimeoutError' });
}

import type { Dispatcher, LocalCaller } from './dispatcher';
import { OPERATION_NAMES } from './engine';
import { ConnectionFault } from './faults';
import { onAbort } from '../runtime/abort';
import type { KmsPort } from '../runtime/kms-port';

/** Members of an input or output, in the shapes of the SDK: `Uint8Array` for blobs, `Date` for timestamps. */
export type Members = Record<string, any>;

/** What the SDK takes beside a request, as far as it means something without a network. */
export interface LocalCallOptions {
  readonly abortSignal?: AbortSignal;
}

/** KMS as one principal reaches it, without a network. */
export interface LocalKmsPort extends KmsPort {
  /**
   * Any operation by its name in the API: `call('CreateGrant', { … })`.
   *
   * @throws KmsException: `name` is the error's code, `statusCode` its HTTP status
   */
  call(operation: string, input?: Members, options?: LocalCallOptions): Promise<Members>;
}

/** A port whose every call is made by `caller`. */
export function localPort(dispatcher: Dispatcher, caller: LocalCaller): LocalKmsPort {
  const call = (operation: string, input: Members = {}, options: LocalCallOptions = {}) => (
    abortable(options.abortSignal, () => withoutConnection(dispatcher.call(operation, input, caller, 'in process')))
  );
  const methods = Object.fromEntries(OPERATION_NAMES.map((operation) => [
    operation[0].toLowerCase() + operation.slice(1),
    (input?: Members, options?: LocalCallOptions) => call(operation, input, options),
  ]));
  return { ...methods, call } as unknown as LocalKmsPort;
}

/** What a broken connection looks like to a caller that has none: the error of the socket. */
async function withoutConnection<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (error) {
    if (!(error instanceof ConnectionFault)) throw error;
    await error.broken;
    throw Object.assign(new Error('read ECONNRESET', { cause: error }), { code: 'ECONNRESET' });
  }
}

function abortable<T>(signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
  if (!signal) return run();
  return new Promise((resolve, reject) => {
    const abort = () => reject(Object.assign(new Error('Request aborted'), { name: 'AbortError' }));
    if (signal.aborted) {
      abort();
      return;
    }
    run().then(resolve, reject).finally(onAbort(signal, abort));
  });
}

/**
 * What `begin`, an async function, comes to, unless the signal aborts first: then its reason, at once, whether or not what was
 * begun heeds the signal. Nothing is begun for a signal that has aborted. The listener goes when this ends, since one signal
 * may serve a process for as long as it runs.
 *
 * @param discard - is given what comes after all, when nobody wants it any more
 */
export const unlessAborted = <T>(signal: AbortSignal | undefined, begin: () => Promise<T>, discard?: (late: T) => unknown): Promise<T> => (
  signal
    ? new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const leave = () => reject(signal.reason as Error);
      signal.addEventListener('abort', leave, { once: true });
      begin().then((value) => (signal.aborted ? discard?.(value) : resolve(value)), reject).finally(() => signal.removeEventListener('abort', leave));
    })
    : begin()
);

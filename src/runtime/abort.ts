import { refuseInput } from './errors';

/** What is to be done when a signal aborts, as the one listener that it has of this module. */
class Acts extends Set<() => void> {
  public handleEvent(): void {
    this.forEach((act) => act());
  }
}

const ACTS = /* @__PURE__ */ new WeakMap<AbortSignal, Acts>();

/** The signal, unchanged; none for null. @throws `ERR_KEYSMITH_INPUT` for anything else, such as the controller of a signal */
export const signalOf = (given: AbortSignal | undefined): AbortSignal | undefined => (
  ((given ?? AbortSignal.prototype) as Partial<AbortSignal>).throwIfAborted ? given : refuseInput("'abortSignal' takes an AbortSignal")
);

/**
 * Does something when the signal aborts, within the abort itself, until what this returns is called. However many calls one signal serves, it
 * has one listener: Node 20 warns of a leak where there are more than ten. It goes with the last of them, since a signal may serve a process
 * for as long as it runs.
 *
 * @throws the reason of a signal that has aborted
 */
export const onAbort = (signal: AbortSignal, act: () => void): (() => void) => {
  signal.throwIfAborted();
  const acts = ACTS.get(signal) ?? new Acts();
  ACTS.set(signal, acts.add(act));
  // Added twice, it listens once.
  signal.addEventListener('abort', acts, { once: true });
  return () => {
    acts.delete(act);
    if (!acts.size) signal.removeEventListener('abort', acts);
  };
};

/**
 * What `begin`, an async function, comes to, unless the signal aborts first: then its reason, at once, whether or not what was
 * begun heeds the signal. Nothing is begun for a signal that has aborted.
 *
 * @param begin - is given a signal of its own that aborts with the caller's: whatever listens to it, listens to that of one call
 * @param discard - is given what comes after all, when nobody wants it any more
 */
export const unlessAborted = <T>(
  signal: AbortSignal | undefined, begin: (own?: AbortSignal) => Promise<T>, discard?: (late: T) => unknown,
): Promise<T> => (
  signal
    ? new Promise((resolve, reject) => {
      const own = new AbortController();
      const forget = onAbort(signal, () => {
        reject(signal.reason as Error);
        own.abort(signal.reason);
      });
      begin(own.signal).then((value) => (signal.aborted ? discard?.(value) : resolve(value)), reject).finally(forget);
    })
    : begin()
);

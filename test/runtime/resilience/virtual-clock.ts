import type { Clock } from '../../../src/runtime';

/** Time that passes only when everybody waits for it. */
export class VirtualClock implements Clock {
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  #now = 0;

  public now(): number {
    return this.#now;
  }

  /** How many sleep now. */
  public get asleep(): number {
    return this.#sleepers.size;
  }

  public advance(ms: number): void {
    this.#now += ms;
  }

  public sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason as Error);
      };
      const wake = () => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper = { at: this.#now + ms, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Waits for the promise: whenever nothing else goes on, time jumps to the next who wakes. */
  public async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    promise.then(() => { settled = true; }, () => { settled = true; });
    for (let jumps = 0; !settled; jumps++) {
      if (jumps > 1000) throw new Error(`still waiting after ${jumps} jumps, at ${this.#now} ms`);
      // What goes on may take a turn of the thread pool or of a socket: on a busy machine a few turns of the event loop are over before that.
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (!settled) await new Promise((resolve) => setTimeout(resolve, 10));
      if (!settled) this.#wakeNext();
    }
    return promise;
  }

  #wakeNext(): void {
    const next = [...this.#sleepers].sort((one, other) => one.at - other.at)[0];
    if (!next) return;
    this.#sleepers.delete(next);
    this.#now = next.at;
    next.wake();
  }
}

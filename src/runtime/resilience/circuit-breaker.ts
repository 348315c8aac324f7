import type { BreakerState } from './events';

/** When a breaker opens, and for how long. */
export interface CircuitBreakerOptions {
  readonly failures: number;
  readonly windowMs: number;
  readonly openMs: number;
  readonly now: () => number;
  readonly onState: (state: BreakerState) => void;
}

/** The right to one call. Exactly one of its methods is to be called when the call is over. */
export interface Permit {
  /** There was an answer, whatever it says. */
  answered(): void;
  /** There was none, or a fault. */
  failed(): void;
  /** Nobody knows: the call was given up too early to tell. */
  unknown(): void;
}

/**
 * Keeps calls from what does not answer. It opens after a number of failures in a row within a window; after a while it
 * lets one call try, whose outcome decides. Only failures in a row count, so that a rare fault among many answers does
 * not open it however many calls there are.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #state: BreakerState = 'closed';
  #failures: number[] = [];
  #openedAt = 0;
  #probing = false;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  /** Whether `enter` would give a permit now. */
  public get admits(): boolean {
    return this.#state === 'closed' || (!this.#probing && this.#hasRested());
  }

  /** The right to a call; none while the breaker is open, and while another call tries. */
  public enter(): Permit | undefined {
    if (!this.admits) return undefined;
    return this.#state === 'closed' ? this.#ordinary() : this.#probe();
  }

  /** Answers that come when the breaker has opened in the meantime change nothing: they are of before. */
  #ordinary(): Permit {
    return {
      answered: () => {
        if (this.#state === 'closed') this.#failures = [];
      },
      failed: () => {
        if (this.#state === 'closed') this.#countFailure();
      },
      unknown: () => undefined,
    };
  }

  #probe(): Permit {
    this.#probing = true;
    this.#turn('half-open');
    const decide = (outcome: () => void) => () => {
      this.#probing = false;
      outcome();
    };
    return {
      answered: decide(() => {
        this.#failures = [];
        this.#turn('closed');
      }),
      failed: decide(() => this.#open()),
      unknown: decide(() => undefined),
    };
  }

  #hasRested(): boolean {
    return this.#options.now() - this.#openedAt >= this.#options.openMs;
  }

  #countFailure(): void {
    const { now, windowMs, failures } = this.#options;
    const at = now();
    this.#failures = [...this.#failures.filter((earlier) => at - earlier < windowMs), at];
    if (this.#failures.length >= failures) this.#open();
  }

  #open(): void {
    this.#openedAt = this.#options.now();
    this.#turn('open');
  }

  #turn(state: BreakerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState(state);
  }
}

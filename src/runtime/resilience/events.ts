import type { KmsFault } from '../kms-errors';

/** States of the circuit breaker of a Region: asked, not asked, or tried by one call. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** What a resilient KMS tells while it works: one event for each thing that a metric would count. */
export type ResilienceEvent =
  /**
   * An attempt is over, with an answer, a fault, or `abandoned`: the caller aborted, or the client beneath gave up of
   * its own accord, for want of credentials for instance.
   */
  | {
    readonly kind: 'attempt';
    /** As in the API: `Decrypt`. */
    readonly operation: string;
    readonly region: string;
    readonly outcome: 'ok' | 'abandoned' | KmsFault;
    readonly durationMs: number;
  }
  /** The next attempt waits. */
  | { readonly kind: 'wait'; readonly operation: string; readonly region: string; readonly delayMs: number }
  /** The next attempt goes to another Region than the last, or than the key's own. */
  | { readonly kind: 'failover'; readonly operation: string; readonly from: string; readonly to: string }
  /** The call failed: its budget is spent, or no Region is left that may be asked. */
  | { readonly kind: 'exhausted'; readonly operation: string; readonly attempts: number }
  | { readonly kind: 'breaker'; readonly region: string; readonly state: BreakerState };

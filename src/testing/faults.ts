import { KmsException } from './engine';

/** Which requests a fault is for: all that is given must agree. */
export interface FaultMatch {
  /** `Decrypt`, or several. */
  readonly operation?: string | readonly string[];
  /** A role or user, named as for `credentials`. */
  readonly principal?: string;
  /** A key, by ARN, key id, alias, logical id or construct path. */
  readonly key?: string;
}

/** A match whose names have been looked up. */
export interface ResolvedMatch {
  readonly operations?: readonly string[];
  readonly identityArn?: string;
  readonly keyArn?: string;
}

/** A request as faults see it. `keyArn` is there from authorization on. */
export interface FaultTarget {
  readonly operation: string;
  readonly identityArn?: string;
  readonly keyArn?: string;
}

type Output = Record<string, unknown>;

/** What a fault does. */
export type Effect =
  | { readonly kind: 'error'; readonly name: string; readonly message: string }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  | { readonly kind: 'reply'; readonly change: (output: Output) => Output };

/** One fault, as it happens to a request. */
export interface Fault {
  readonly name: string;
  readonly effect: Effect;
}

interface Rule extends Fault {
  readonly match: ResolvedMatch;
  left: number;
}

/** The connection breaks, at once or when a request that hangs is let go: nothing that KMS would put in words. */
export class ConnectionFault extends Error {
  /** @param broken settles when the connection is to break */
  constructor(fault: string, public readonly broken: Promise<void>) {
    super(`scripted fault: ${fault}`);
    this.name = 'ConnectionFault';
  }
}

/** Where in its course a request is when it meets a fault. */
export type Stage = 'arrival' | 'authorization' | 'reply';

/**
 * Faults on request: each method lets the next `times` requests that match go wrong, over HTTP and in process alike.
 * Faults asked for later come later; a delay adds to whatever else happens to the request.
 */
export class Faults {
  private rules: Rule[] = [];
  private readonly waiting = new Set<() => void>();

  constructor(private readonly resolve: (match: FaultMatch) => ResolvedMatch) {}

  /** ThrottlingException: too many requests. The SDK tries again. */
  public throttle(times: number = 1, match: FaultMatch = {}): this {
    return this.error('ThrottlingException', 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.', times, match);
  }

  /** KMSInternalException, status 500. The SDK tries again. */
  public internalError(times: number = 1, match: FaultMatch = {}): this {
    return this.error('KMSInternalException', 'An internal error occurred.', times, match);
  }

  /** DependencyTimeoutException, status 503. */
  public dependencyTimeout(times: number = 1, match: FaultMatch = {}): this {
    return this.error('DependencyTimeoutException', 'The system timed out while trying to fulfill the request.', times, match);
  }

  /** KeyUnavailableException, status 500. */
  public keyUnavailable(times: number = 1, match: FaultMatch = {}): this {
    return this.error('KeyUnavailableException', 'The request was rejected because the specified KMS key was not available.', times, match);
  }

  /** Any error of the KMS API by its name, with the status that KMS gives it. */
  public error(name: string, message: string, times: number = 1, match: FaultMatch = {}): this {
    return this.add(name, { kind: 'error', name, message }, times, match);
  }

  /** No answer, ever: until the caller gives up, the faults are cleared or the local KMS stops. */
  public hang(times: number = 1, match: FaultMatch = {}): this {
    return this.add('hang', { kind: 'hang' }, times, match);
  }

  /** The connection is reset instead of an answer: ECONNRESET. */
  public reset(times: number = 1, match: FaultMatch = {}): this {
    return this.add('reset', { kind: 'reset' }, times, match);
  }

  /** The answer takes this much longer. */
  public delay(milliseconds: number, times: number = 1, match: FaultMatch = {}): this {
    return this.add('delay', { kind: 'delay', milliseconds }, times, match);
  }

  /** The answer names a key that was not asked for: what a caller that compares would notice. */
  public wrongKeyId(times: number = 1, match: FaultMatch = {}): this {
    return this.reply('wrongKeyId', (output) => ({ ...output, KeyId: anotherKey(output.KeyId) }), times, match);
  }

  /** The answer names no key. */
  public missingKeyId(times: number = 1, match: FaultMatch = {}): this {
    return this.reply('missingKeyId', ({ KeyId: _left, ...output }) => output, times, match);
  }

  /** The plaintext in the answer is a byte short. */
  public wrongPlaintextLength(times: number = 1, match: FaultMatch = {}): this {
    return this.reply('wrongPlaintextLength', (output) => (
      output.Plaintext instanceof Uint8Array ? { ...output, Plaintext: output.Plaintext.slice(0, -1) } : output
    ), times, match);
  }

  /** Any other answer than the true one. */
  public reply(name: string, change: (output: Output) => Output, times: number = 1, match: FaultMatch = {}): this {
    return this.add(name, { kind: 'reply', change }, times, match);
  }

  /** Takes back every fault that has not happened yet, and lets go of the requests that hang. */
  public clear(): void {
    this.rules = [];
    for (const release of [...this.waiting]) release();
    this.waiting.clear();
  }

  /** Faults that are still to come, by name. */
  public get pending(): readonly string[] {
    return this.rules.flatMap(({ name, left }) => Array.from({ length: left }, () => name));
  }

  /**
   * The faults that a request meets at this stage; each is then spent once.
   *
   * @internal
   */
  public take(stage: Stage, target: FaultTarget): readonly Fault[] {
    const taken: Rule[] = [];
    for (const rule of this.rules) {
      if (stageOf(rule) !== stage || !matches(rule.match, target)) continue;
      taken.push(rule);
      if (rule.effect.kind !== 'delay') break;
    }
    for (const rule of taken) rule.left -= 1;
    this.rules = this.rules.filter(({ left }) => left > 0);
    return taken;
  }

  /**
   * The error that a fault raises; undefined for one that raises none.
   *
   * @internal
   */
  public errorOf({ name, effect }: Fault): Error | undefined {
    switch (effect.kind) {
      case 'error': return new KmsException(effect.name, effect.message);
      case 'hang': return new ConnectionFault(name, this.wait());
      case 'reset': return new ConnectionFault(name, Promise.resolve());
      default: return undefined;
    }
  }

  /**
   * Waits as long as a delay says, or until the faults are cleared.
   *
   * @internal
   */
  public pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.waiting.add(end);
    });
  }

  /** Until the faults are cleared. */
  private wait(): Promise<void> {
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  private add(name: string, effect: Effect, times: number, match: FaultMatch): this {
    if (!Number.isInteger(times) || times < 1) throw new Error(`a fault happens a whole number of times, 1 or more, got ${times}`);
    this.rules.push({ name, effect, match: this.resolve(match), left: times });
    return this;
  }
}

// Only authorization knows which key a request is about: an alias may have moved, and a ciphertext names its key itself.
// It cannot wait, so that a delay for a key comes with the reply.
function stageOf({ effect, match }: Rule): Stage {
  if (match.keyArn === undefined && effect.kind !== 'reply') return 'arrival';
  return effect.kind === 'reply' || effect.kind === 'delay' ? 'reply' : 'authorization';
}

function matches({ operations, identityArn, keyArn }: ResolvedMatch, target: FaultTarget): boolean {
  return (operations === undefined || operations.includes(target.operation))
    && (identityArn === undefined || identityArn === target.identityArn)
    && (keyArn === undefined || keyArn === target.keyArn);
}

/** The same place, another key. */
function anotherKey(keyId: unknown): string {
  const id = '00000000-0000-4000-8000-000000000000';
  return typeof keyId === 'string' && keyId.includes('key/') ? keyId.replace(/key\/.*$/, `key/${id}`) : id;
}

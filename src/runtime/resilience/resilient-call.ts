import { onAbort, signalOf, unlessAborted } from '../abort';
import { failure, isKeysmithError } from '../errors';
import type { KeysmithError } from '../errors';
import { attempt } from './attempt';
import type { KeyReply } from './attempt';
import { CircuitBreaker } from './circuit-breaker';
import type { Permit } from './circuit-breaker';
import type { Clock } from './clock';
import type { ResilienceEvent } from './events';
import { Itinerary } from './itinerary';
import { routesTo } from './routes';
import type { Route } from './routes';
import type { Settings } from './settings';
import { kmsFaultOf, lacksCredentials } from '../kms-errors';
import type { KmsFault } from '../kms-errors';
import type { CallOptions } from '../kms-port';
import { overwritePlaintext, requireSameKey } from '../kms-reply';

/** A call to KMS that can be made in any Region. */
export interface RegionalCall<Reply> extends CallOptions {
  /** As in the API: `Decrypt`. */
  readonly operation: string;
  readonly keyId: string;
  /** Whether the call is about this very key: what is true of a replica is not of the key then. */
  readonly ofThisKeyOnly?: boolean;
  readonly make: (route: Route, signal: AbortSignal) => Promise<Reply>;
}

/** What a replica says of itself or of the caller's permissions there says nothing about the key that was asked for. */
const OF_THE_REPLICA: readonly KmsFault[] = ['caller', 'key', 'quota'];

/** Makes calls within a budget, and remembers which Regions do not answer. */
export class ResilientCalls {
  readonly #settings: Settings;
  readonly #breakers = new Map<string, CircuitBreaker>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * @throws `ERR_KEYSMITH_INPUT` for a signal that is none; the reason of the signal; what KMS says, as it says it, when another attempt cannot help; `ERR_KEYSMITH_KMS_UNAVAILABLE` when the
   *   budget is spent or no Region may be asked, with the last failure of each Region as its cause
   */
  public async run<Reply extends KeyReply>(call: RegionalCall<Reply>): Promise<Reply> {
    const journey = async (own?: AbortSignal) => (
      new Journey({ ...call, abortSignal: own }, this.#settings, (region) => this.#breakerOf(region)).run()
    );
    return unlessAborted(signalOf(call.abortSignal), journey, overwritePlaintext);
  }

  #breakerOf(region: string): CircuitBreaker {
    const { breakerFailures: failures, breakerWindowMs: windowMs, breakerOpenMs: openMs, clock, onEvent } = this.#settings;
    const breaker = this.#breakers.get(region) ?? new CircuitBreaker({
      failures, windowMs, openMs, now: () => clock.now(), onState: (state) => onEvent({ kind: 'breaker', region, state }),
    });
    this.#breakers.set(region, breaker);
    return breaker;
  }
}

/** One call through all its attempts. */
class Journey<Reply extends KeyReply> {
  readonly #call: RegionalCall<Reply>;
  readonly #settings: Settings;
  readonly #breakerOf: (region: string) => CircuitBreaker;
  readonly #clock: Clock;
  readonly #deadline: number;
  readonly #itinerary: Itinerary;
  /** Failures so far by Region. */
  readonly #failures = new Map<string, { readonly times: number; readonly last: unknown }>();
  #region: string;
  #attempts = 0;

  constructor(call: RegionalCall<Reply>, settings: Settings, breakerOf: (region: string) => CircuitBreaker) {
    this.#call = call;
    this.#settings = settings;
    this.#breakerOf = breakerOf;
    this.#clock = settings.clock;
    this.#deadline = this.#clock.now() + settings.budgetMs();
    const routes = routesTo(call.keyId, call.ofThisKeyOnly ? [] : settings.replicaRegions);
    this.#itinerary = new Itinerary(routes, settings.attemptsPerRegion);
    this.#region = routes[0].region;
  }

  public async run(): Promise<Reply> {
    for (;;) {
      const route = this.#itinerary.next(({ region }) => this.#breakerOf(region).admits);
      if (!route) throw this.#unavailable('no Region that may be asked is in order');
      await this.#waitFor(route);
      const reply = await this.#ask(route);
      if (reply) return reply;
    }
  }

  /** The reply; undefined when another attempt may help. */
  async #ask(route: Route): Promise<Reply | undefined> {
    const { operation, abortSignal } = this.#call;
    abortSignal?.throwIfAborted();
    const permit = this.#breakerOf(route.region).enter();
    // Another call has opened the breaker, or has begun to try the Region, while this one waited.
    if (!permit) return undefined;
    this.#goTo(route);
    const { attemptTimeoutMs } = this.#settings;
    const timeoutMs = Math.min(attemptTimeoutMs, this.#left());
    const begun = this.#clock.now();
    let isOver = false;
    const end = (outcome: 'ok' | 'abandoned' | KmsFault, how: keyof Permit) => {
      if (isOver) return;
      isOver = true;
      permit[how]();
      this.#tell({ kind: 'attempt', operation, region: route.region, outcome, durationMs: this.#clock.now() - begun });
    };
    const abandon = () => end('abandoned', 'unknown');
    let forget: (() => void) | undefined;
    let reply: Reply;
    try {
      // Within the abort: whoever calls again when the call has rejected is not kept out by it.
      forget = abortSignal && onAbort(abortSignal, abandon);
      reply = await attempt((signal) => this.#call.make(route, signal), { timeoutMs, clock: this.#clock, abortSignal });
    } catch (error) {
      // Of a Region that was not asked nothing is known.
      if (abortSignal?.aborted || isKeysmithError(error) || lacksCredentials(error)) {
        abandon();
        throw error;
      }
      const fault = kmsFaultOf(error);
      // What was cut short by the budget might have been answered in the time that others get.
      const isCutShort = isTimeout(error) && timeoutMs < attemptTimeoutMs;
      end(fault, fault !== 'service' ? 'answered' : isCutShort ? 'unknown' : 'failed');
      return this.#decide(route, fault, error);
    } finally {
      forget?.();
    }
    end('ok', 'answered');
    return this.#accept(route, reply);
  }

  /** Whether there is another attempt after this fault, and where. */
  #decide(route: Route, fault: KmsFault, error: unknown): undefined {
    this.#failures.set(route.region, { times: this.#failed(route) + 1, last: error });
    if (fault === 'throttle') return;
    if (fault === 'service') this.#itinerary.failed();
    else if (route.isReplica && OF_THE_REPLICA.includes(fault)) this.#itinerary.leaveOut(route);
    else throw error;
  }

  /** A related key stands in for the one that was asked for: whoever asked compares with the name it knows. */
  #accept(route: Route, reply: Reply): Reply {
    if (!route.isReplica) return reply;
    try {
      requireSameKey(this.#call.operation, reply, route.keyId);
    } catch (error) {
      overwritePlaintext(reply);
      throw error;
    }
    return { ...reply, KeyId: this.#call.keyId };
  }

  /** Full jitter: anything from nothing to the longest wait, so that many callers do not come back together. */
  async #waitFor(route: Route): Promise<void> {
    this.#requireTime();
    const failed = this.#failed(route);
    if (failed === 0) return;
    const { operation, abortSignal } = this.#call;
    const { backoffMs, maxBackoffMs, minAttemptMs, random } = this.#settings;
    const longest = Math.min(maxBackoffMs, backoffMs * 2 ** (failed - 1));
    // Timers are late: what is cut short to leave time for a last attempt leaves it twice.
    const room = this.#left() - 2 * minAttemptMs;
    if (room <= 0) throw this.#outOfTime();
    const delayMs = Math.min(random() * longest, room);
    this.#tell({ kind: 'wait', operation, region: route.region, delayMs });
    await this.#clock.sleep(delayMs, abortSignal ?? new AbortController().signal);
    this.#requireTime();
  }

  #goTo({ region }: Route): void {
    const { operation } = this.#call;
    if (region !== this.#region) this.#tell({ kind: 'failover', operation, from: this.#region, to: region });
    this.#region = region;
    this.#attempts += 1;
  }

  #failed({ region }: Route): number {
    return this.#failures.get(region)?.times ?? 0;
  }

  #left(): number {
    return this.#deadline - this.#clock.now();
  }

  #requireTime(): void {
    if (this.#left() < this.#settings.minAttemptMs) throw this.#outOfTime();
  }

  #outOfTime(): KeysmithError {
    return this.#unavailable('the time budget is spent');
  }

  #unavailable(why: string): KeysmithError {
    const { operation } = this.#call;
    this.#tell({ kind: 'exhausted', operation, attempts: this.#attempts });
    const seen = [...this.#failures].map(([region, { last }]) => `, ${region} last with ${nameOf(last)}`).join('');
    const causes = [...this.#failures.values()].map(({ last }) => last);
    return failure('KMS_UNAVAILABLE', `${operation}: KMS did not answer: ${why} after ${this.#attempts} attempts${seen}`,
      causes.length > 1 ? new AggregateError(causes, 'the last failure of each Region') : causes[0]);
  }

  #tell(event: ResilienceEvent): void {
    this.#settings.onEvent(event);
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

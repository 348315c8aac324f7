import { invalid } from '../errors';
import type { Clock } from './clock';
import { SYSTEM_CLOCK } from './clock';
import type { ResilienceEvent } from './events';
import type { KmsClients } from '../envelope/keyrings/kms-clients';
import { requireTypes } from '../option-types';
import { knownOptions } from '../whole-numbers';

/** How calls to KMS get over its faults. */
export interface ResilientKmsOptions {
  /**
   * The KMS client, or a function that makes one for a Region (asked once for each). Give the SDK's clients
   * `maxAttempts: 1`: otherwise its retries multiply these, and it retries quotas as if they were throttling.
   */
  readonly kms: KmsClients;
  /**
   * Milliseconds for a call with everything it takes: attempts, waiting, other Regions. A function is asked when a call
   * begins, and gives what is left then: `() => context.getRemainingTimeInMillis() - 500` of the Lambda invocation that
   * is running leaves it half a second to answer.
   *
   * @default 3000
   */
  readonly budgetMs?: number | (() => number);
  /** Milliseconds after which an attempt is given up and aborted. @default 1000 */
  readonly attemptTimeoutMs?: number;
  /** With less of the budget left, in milliseconds, no attempt is begun. @default 50 */
  readonly minAttemptMs?: number;
  /**
   * Regions that multi-Region keys (`mrk-…`) have replicas in, in the order of preference; `kms` must be a function then.
   * They are asked when KMS is out of order in the key's own Region, and never for what KMS refuses there. The role
   * needs the permission on the replica, too.
   *
   * @default - none
   */
  readonly replicaRegions?: readonly string[];
  /** Attempts that a Region gets in a row before the next is asked. @default 2 */
  readonly attemptsPerRegion?: number;
  /** The longest wait before a second attempt, in milliseconds; twice as long before each further one. @default 50 */
  readonly backoffMs?: number;
  /** Where the longest wait stops growing, in milliseconds. @default 2000 */
  readonly maxBackoffMs?: number;
  /** Faults of KMS in a row, within `breakerWindowMs`, after which a Region is not asked for a while. @default 5 */
  readonly breakerFailures?: number;
  /** Milliseconds within which these faults count together. @default 10000 */
  readonly breakerWindowMs?: number;
  /** Milliseconds that a Region is not asked; then one call tries it. @default 5000 */
  readonly breakerOpenMs?: number;
  /** Told of attempts, waits, failovers and breakers; what it throws is ignored. @default - nobody */
  readonly onEvent?: (event: ResilienceEvent) => void;
  /** @default - the system's */
  readonly clock?: Clock;
  /** A number from 0 to below 1: how much of a longest wait is waited. @default Math.random */
  readonly random?: () => number;
}

const COUNTS = { attemptsPerRegion: 2, breakerFailures: 5 };
const MILLISECONDS = {
  attemptTimeoutMs: 1000, minAttemptMs: 50, backoffMs: 50, maxBackoffMs: 2000, breakerWindowMs: 10_000, breakerOpenMs: 5000,
};
const OTHERS = ['kms', 'budgetMs', 'replicaRegions', 'onEvent', 'clock', 'random'];
const BUDGET_MS = 3000;

/** The options with every default in place. */
export type Settings = Required<Omit<ResilientKmsOptions, 'kms' | 'budgetMs'>> & { readonly budgetMs: () => number };

/** @throws `ERR_KEYSMITH_INPUT` for an option that cannot work */
export function settingsFrom(given: ResilientKmsOptions): Settings {
  const { kms, budgetMs = BUDGET_MS, ...options } = requireTypes(
    knownOptions(given, [...OTHERS, ...Object.keys(COUNTS), ...Object.keys(MILLISECONDS)]), { onEvent: 'function', random: 'function' },
  );
  const replicaRegions = [...options.replicaRegions ?? []];
  if (replicaRegions.length && typeof kms !== 'function') {
    throw invalid("'replicaRegions' needs a client for each Region: give 'kms' as a function, (region) => new KMS({ region, maxAttempts: 1 })");
  }
  return {
    ...numbers(COUNTS, options, 'a whole number above 0', (value) => Number.isInteger(value) && value > 0),
    ...numbers(MILLISECONDS, options, 'milliseconds above 0', isDuration),
    budgetMs: typeof budgetMs === 'function' ? () => timeLeft(budgetMs()) : fixed(budgetMs),
    replicaRegions,
    onEvent: quietly(options),
    clock: options.clock ?? SYSTEM_CLOCK,
    random: options.random ?? Math.random,
  };
}

function numbers<Defaults extends Readonly<Record<string, number>>>(
  defaults: Defaults, given: { readonly [Name in keyof Defaults]?: number }, takes: string, fits: (value: number) => boolean,
): Defaults {
  const settings = Object.keys(defaults).map((name) => {
    const value = given[name] ?? defaults[name];
    if (!fits(value)) throw invalid(`'${name}' takes ${takes}, got ${String(value)}`);
    return [name, value];
  });
  return Object.fromEntries(settings) as Defaults;
}

/** What listens does not decide about what it hears of. */
function quietly({ onEvent }: Pick<ResilientKmsOptions, 'onEvent'>): (event: ResilienceEvent) => void {
  return (event) => {
    try {
      onEvent?.(event);
    } catch {
      return;
    }
  };
}

function fixed(budgetMs: number): () => number {
  if (!isDuration(budgetMs)) throw invalid(`'budgetMs' takes milliseconds above 0, or a function that gives them, got ${String(budgetMs)}`);
  return () => budgetMs;
}

/** Time that has run out is an answer; what is no number is none. */
function timeLeft(ms: number): number {
  if (!Number.isFinite(ms)) throw invalid(`the function 'budgetMs' takes to give the milliseconds that are left, got ${String(ms)}`);
  return ms;
}

function isDuration(ms: number): boolean {
  return Number.isFinite(ms) && ms > 0;
}

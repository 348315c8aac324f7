import { NO_DEMAND } from './model';
import type { Demand, Model } from './model';
import { covers } from './principals';
import type { Found } from './search';
import type { Counterexample, PrincipalPattern, Verdict } from './types';
import { describeDoubt } from './words';

/** That nobody can make a request of some kind: what all negative claims come down to. */

/** The requests that nobody is to be able to make. */
export interface Forbidden {
  readonly actions: readonly string[];
  /** Who may. */
  readonly except?: readonly PrincipalPattern[];
  /** Of whom alone it is asked. Default: everybody. */
  readonly only?: string;
  readonly demand?: Demand;
}

/** What became of it. */
export interface Absence {
  readonly verdict: Verdict;
  readonly counterexample?: Counterexample;
  readonly because?: string;
}

/** Asks for each principal that stands for others whether it can, at best; if so, whether that is certain. */
export function nobody(model: Model, forbidden: Forbidden): Absence {
  const refused = refusal(model);
  if (refused) return refused;
  const principals = forbidden.only === undefined ? adversaries(model, forbidden.except) : [forbidden.only];
  const perhaps = first(model, principals, forbidden, 'perhaps');
  if (!perhaps.counterexample) {
    const because = perhaps.because ?? model.principals.incomplete;
    return because === undefined ? { verdict: 'holds' } : { verdict: 'undecidable', because };
  }
  const { counterexample } = perhaps;
  const certain = model.decide(counterexample.request, 'surely');
  if (certain.allowed) return { verdict: 'fails', counterexample: { ...counterexample, decision: certain, bound: 'surely' } };
  const surely = first(model, principals, forbidden, 'surely');
  if (surely.counterexample) return { verdict: 'fails', counterexample: surely.counterexample };
  return { verdict: 'undecidable', counterexample, because: describeDoubt(counterexample, certain) };
}

/** A policy that AWS does not store proves nothing. */
export function refusal({ policy: { refused } }: Model): Absence | undefined {
  return refused === undefined ? undefined : { verdict: 'undecidable', because: `AWS would refuse the key policy: ${refused}` };
}

/** Everybody of whom a claim speaks: not who is excepted, nor the root user of the key's account, nor who owns the policy. */
export function adversaries(model: Model, except: readonly PrincipalPattern[] = []): readonly string[] {
  const { key: { arn }, principals, at: { owners = [] } } = model;
  const [, partition, , , account] = arn.split(':');
  const trusted = [...except, ...owners];
  const root = `arn:${partition}:iam::${account}:root`;
  return principals.all.filter((principal) => principal !== root && !trusted.some((pattern) => covers(pattern, model.caller(principal))));
}

function first(model: Model, principals: readonly string[], { actions, demand = NO_DEMAND }: Forbidden, bound: 'perhaps' | 'surely'): Absence {
  let because: string | undefined;
  for (const principal of principals) {
    for (const action of actions) {
      const found = model.find({ principal, action, bound, demand });
      if (found.kind === 'found') return { verdict: 'fails', counterexample: found.result };
      if (found.kind !== 'none') because ??= `whether ${principal} may ${action} was not settled: ${unsettled(found)}`;
    }
  }
  return { verdict: 'holds', because };
}

function unsettled(found: Found<Counterexample>): string {
  return found.kind === 'gave up' ? found.because : 'a condition key that is not known here takes part';
}

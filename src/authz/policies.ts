import type { Condition } from './condition';
import { readPolicy } from './policy';
import type { Closeness } from './principal';
import type { RequestContext } from './request-context';
import type { TriState } from './tri-state';
import type { Bound, NamedPolicy, StatementReference } from './types';

/** A statement or grant that allows, and how closely it names the caller. */
export interface Allow {
  readonly by: StatementReference;
  readonly closeness?: Closeness;
}

/** A statement that denies. */
export interface Deny {
  readonly by: StatementReference;
  /** The condition of which it is not known whether it holds, where the Deny acts only because nothing rules it out. */
  readonly unclear?: Condition;
}

/** What policies of one kind say of a request. */
export interface PolicyResult {
  readonly allows: readonly Allow[];
  readonly deny?: Deny;
}

/** The kinds of policies, as decisions name them. */
export type PolicyKind = Exclude<StatementReference['kind'], 'grant'>;

/** Evaluates policies of one kind: the first Deny ends it. */
export function evaluatePolicies(policies: readonly NamedPolicy[], kind: PolicyKind, context: RequestContext): PolicyResult {
  const allows: Allow[] = [];
  for (const { name, document } of policies) {
    const policy = readPolicy(document, kind === 'key policy' ? 'key policy' : 'iam policy');
    for (const statement of policy.statements) {
      if (statement.effect === 'Allow' && policy.refused !== undefined) continue;
      const { state, closeness, failed } = statement.match(context);
      if (!acts(statement.effect, state, context.bound)) continue;
      const by: StatementReference = { kind, policy: name, statement: statement.name, effect: statement.effect };
      if (statement.effect === 'Deny') return { allows: [], deny: { by, unclear: failed } };
      allows.push({ by, closeness });
    }
  }
  return { allows };
}

/** Whether a statement acts on a request that it matches, or may match: the one place where the two bounds part. */
export function acts(effect: 'Allow' | 'Deny', state: TriState, bound: Bound): boolean {
  const needsCertainty = (effect === 'Allow') === (bound === 'surely');
  return needsCertainty ? state === 'yes' : state !== 'no';
}

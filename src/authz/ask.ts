import type { Condition } from './condition';
import { readPolicy } from './policy';
import type { Closeness } from './principal';
import type { Trial } from './statement';
import type { NamedPolicy, StatementReference } from './types';

/** A statement or grant that allows, and how closely it names the caller. */
export interface Allow {
  readonly by: StatementReference;
  readonly closeness?: Closeness;
}

/** A statement that denies. */
export interface Deny {
  readonly by: StatementReference;
  /** The condition that AWS documents no answer for, where the Deny acts only because nothing rules it out. */
  readonly unclear?: Condition;
}

/** What policies of one kind say of a request. */
export interface Answer {
  readonly allows: readonly Allow[];
  readonly deny?: Deny;
}

/** The kinds of policies, as decisions name them. */
export type PolicyKind = Exclude<StatementReference['kind'], 'grant'>;

/** Asks policies of one kind: the first Deny ends it. */
export function ask(policies: readonly NamedPolicy[], kind: PolicyKind, trial: Trial): Answer {
  const allows: Allow[] = [];
  for (const { name, document } of policies) {
    const policy = readPolicy(document, kind === 'key policy' ? 'key policy' : 'iam policy');
    for (const statement of policy.statements) {
      if (statement.effect === 'Allow' && policy.refused !== undefined) continue;
      const { state, closeness, failed } = statement.meets(trial);
      if (state === 'no' || (state === 'unclear' && statement.effect === 'Allow')) continue;
      const by: StatementReference = { kind, policy: name, statement: statement.name, effect: statement.effect };
      if (statement.effect === 'Deny') return { allows: [], deny: { by, unclear: failed } };
      allows.push({ by, closeness });
    }
  }
  return { allows };
}

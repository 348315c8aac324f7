import type { KeyFacts, PolicyStatement } from '../authz';
import { statementsOf } from '../spec/policy-grammar';

/** Proofs about some requests only: a key whose policy denies the others. */

/** The key with statements besides, which stand after its own, so that these keep the names that they have. */
export function restricted<K extends KeyFacts>(key: K, denials: readonly PolicyStatement[]): K {
  if (denials.length === 0) return key;
  return { ...key, policy: { ...key.policy, Statement: [...statementsOf(key.policy) as readonly PolicyStatement[], ...denials] } };
}

/** A statement that denies what a condition meets. It has no Sid: the policy may have any. */
export function denied(condition: NonNullable<PolicyStatement['Condition']>): PolicyStatement {
  return { Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*', Condition: condition };
}

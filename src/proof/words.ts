import type { Counterexample } from './types';
import type { Decision, StatementReference } from '../authz';

/** Proofs in words. */

/** What no proof here covers, whatever its verdict. */
export const NOT_MODELLED: readonly string[] = [
  'grants that exist', 'service control policies', 'resource control policies', 'session policies that are given when a role is taken on',
  'tags of sessions', 'tags and aliases that the key is given later', 'VPC endpoint policies', 'what KMS itself does between its services',
];

/** Why a request is allowed perhaps, and not for certain. */
export function describeDoubt({ decision }: Counterexample, certain: Decision): string {
  const miss = certain.nearMisses.find(({ statement }) => decision.decidedBy.some((one) => same(one, statement)));
  if (miss) return `whether ${nameOf(miss.statement)} allows it is not known: ${miss.because}`;
  return `it may be allowed, and may not: ${certain.reason}`;
}

function same(one: StatementReference, other: StatementReference): boolean {
  return one.kind === other.kind && one.policy === other.policy && one.statement === other.statement;
}

/** A statement, by its name and its policy's. */
export function nameOf({ kind, policy, statement }: StatementReference): string {
  return kind === 'key policy' ? `statement '${statement}'` : `statement '${statement}' of the ${kind} '${policy}'`;
}

/** A list in a sentence. */
export function listed(items: readonly string[], joint = 'and'): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} ${joint} ${items[items.length - 1]}`;
}

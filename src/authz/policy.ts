import { readStatement } from './statement';
import type { Statement } from './statement';
import { statementsOf, whyRefused } from '../spec/policy-grammar';
import type { PolicyPlacement } from '../spec/policy-grammar';

/** A policy document, read once. */
export interface Policy {
  readonly statements: readonly Statement[];
  /** Why AWS would refuse the document. None of its statements allows anything then; its denies still deny. */
  readonly refused?: string;
}

const cache: Readonly<Record<PolicyPlacement, WeakMap<object, Policy>>> = { 'key policy': new WeakMap(), 'iam policy': new WeakMap() };

/** Reads a policy document. A document is read once: it must not change afterwards. */
export function readPolicy(document: unknown, placement: PolicyPlacement): Policy {
  if (typeof document !== 'object' || document === null) return compile(document, placement);
  let policy = cache[placement].get(document);
  if (!policy) {
    policy = compile(document, placement);
    cache[placement].set(document, policy);
  }
  return policy;
}

function compile(document: unknown, placement: PolicyPlacement): Policy {
  // Variables exist in the version of 2012 only (IAM User Guide, "IAM JSON policy elements: Version").
  const variables = Object(document).Version === '2012-10-17';
  const statements = statementsOf(document).map((statement, index) => readStatement(statement, index + 1, placement, variables));
  return { statements, refused: whyRefused(document, placement, { resolved: true }) };
}

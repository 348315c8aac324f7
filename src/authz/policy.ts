import { documentError } from './grammar';
import type { Placement } from './grammar';
import { readStatement } from './statement';
import type { Statement } from './statement';
import type { PolicyDocument } from './types';
import { KEY_POLICY_BYTES } from '../spec/limits';

/** A policy document, read once. */
export interface Policy {
  readonly statements: readonly Statement[];
  /** Why AWS would refuse the document. None of its statements allows anything then; its denies still deny. */
  readonly refused?: string;
}

const cache: Readonly<Record<Placement, WeakMap<PolicyDocument, Policy>>> = { 'key policy': new WeakMap(), 'iam policy': new WeakMap() };

/** Reads a policy document. A document is read once: it must not change afterwards. */
export function readPolicy(document: PolicyDocument, placement: Placement): Policy {
  let policy = cache[placement].get(document);
  if (!policy) {
    policy = compile(document, placement);
    cache[placement].set(document, policy);
  }
  return policy;
}

function compile(document: PolicyDocument, placement: Placement): Policy {
  // Variables exist in the version of 2012 only (IAM User Guide, "IAM JSON policy elements: Version").
  const variables = document.Version === '2012-10-17';
  const written = Array.isArray(document.Statement) ? document.Statement : [document.Statement];
  const statements = written.map((statement, index) => readStatement(statement, index + 1, placement, variables));
  return { statements, refused: documentError(document, placement, KEY_POLICY_BYTES) ?? statementError(statements) };
}

function statementError(statements: readonly Statement[]): string | undefined {
  const statement = statements.find(({ refused }) => refused !== undefined);
  return statement && `of its statement '${statement.name}': ${statement.refused}`;
}

/** One grammar of policy documents: what KMS and IAM refuse to store, for those who write policies and for those who judge them. */
export { policyFindings, statementName, statementsOf, whyRefused } from './document';
export type { FindingKind, GrammarOptions, PolicyFinding, PolicyPlacement } from './finding';
export { principalProblem } from './principals';
export { parsePolicyText } from './text';

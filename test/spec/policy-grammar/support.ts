import { policyFindings } from '../../../src/spec/policy-grammar';
import type { GrammarOptions, PolicyPlacement } from '../../../src/spec/policy-grammar';

export const APP = 'arn:aws:iam::111122223333:role/App';

/** A statement that KMS takes, with changes; an element that is undefined is left out. */
export function statement(change: object = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ Sid: 'Use', Effect: 'Allow', Principal: { AWS: APP }, Action: 'kms:Decrypt', Resource: '*', ...change })
    .filter(([, value]) => value !== undefined));
}

/** A statement that IAM takes, with changes. */
export const iamStatement = (change: object = {}) => statement({ Principal: undefined, ...change });

export const policy = (...statements: unknown[]) => ({ Version: '2012-10-17', Statement: statements });

/** Every message about a document, as KMS or IAM gets it unless told otherwise. */
export function said(document: unknown, placement: PolicyPlacement = 'key policy', options: GrammarOptions = { resolved: true }): string[] {
  return policyFindings(document, placement, options).map(({ message }) => message);
}

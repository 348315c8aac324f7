import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { KmsException, validation } from './exceptions';
import type { Grant, Key } from './key';
import { isAsymmetric, isSymmetricEncryptionKey } from './key';
import { USE } from '../../spec/actions';
import { GRANT_CONSTRAINT } from '../../spec/limits';
import { principalProblem } from '../../spec/policy-grammar';

/** What CreateGrant is told, as far as it makes the grant. */
export interface GrantTerms {
  readonly GranteePrincipal?: string;
  readonly GranteeServicePrincipal?: string;
  readonly RetiringPrincipal?: string;
  readonly RetiringServicePrincipal?: string;
  readonly Operations: readonly string[];
  readonly Constraints?: Grant['constraints'];
  readonly Name?: string;
}

/**
 * The grant these terms describe, not yet on any key.
 *
 * @throws ValidationException, InvalidArnException
 */
export function newGrant(terms: GrantTerms, { account, principal, now }: { account: string; principal: string; now: Date }): Grant {
  const granteePrincipal = oneOfBoth('Grantee', terms.GranteePrincipal, terms.GranteeServicePrincipal);
  if (granteePrincipal === undefined) throw validation('You must specify either GranteePrincipal or GranteeServicePrincipal.');
  if (terms.Operations.length === 0) throw validation('You must specify at least one operation.');
  const retiringPrincipal = oneOfBoth('Retiring', terms.RetiringPrincipal, terms.RetiringServicePrincipal);
  const { EncryptionContextSubset, EncryptionContextEquals, SourceArn } = terms.Constraints ?? {};
  const constraints = {
    ...(EncryptionContextSubset && { EncryptionContextSubset }),
    ...(EncryptionContextEquals && { EncryptionContextEquals }),
    ...(SourceArn !== undefined && { SourceArn }),
  };
  requireConstraints(constraints);
  return {
    grantId: randomBytes(32).toString('hex'),
    tokens: new Set(),
    name: terms.Name,
    createdAt: now,
    granteePrincipal,
    retiringPrincipal,
    issuingAccount: accountRoot(principal, account),
    operations: [...new Set(terms.Operations)],
    ...(Object.keys(constraints).length > 0 && { constraints }),
  };
}

/** Whether a named grant is the one that a retry asks for: all but id, tokens and date the same. */
export function sameGrant(a: Grant, b: Grant): boolean {
  const terms = ({ grantId, tokens, createdAt, operations, ...rest }: Grant) => ({ ...rest, operations: [...operations].sort() });
  return isDeepStrictEqual(terms(a), terms(b));
}

/** @throws ValidationException if a key of this kind cannot have such a grant */
export function requireGrantable(key: Key, { operations, constraints }: Grant): void {
  if ((constraints?.EncryptionContextEquals || constraints?.EncryptionContextSubset) && !isSymmetricEncryptionKey(key)) {
    throw validation('EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key.');
  }
  const wrong = operations.find((operation) => !suits(operation, key));
  // KMS's own words are not known; that it refuses is: KMS Developer Guide, "Grant operations".
  if (wrong !== undefined) throw validation(`Grant operation ${wrong} is not valid for a KMS key with key usage ${key.usage} and key spec ${key.spec}.`);
}

function suits(operation: string, key: Key): boolean {
  if (operation === 'GetPublicKey') return isAsymmetric(key);
  const usages = USE[`kms:${operation}`];
  if (!usages) return true;
  return usages.includes(key.usage) && (!operation.startsWith('GenerateDataKey') || isSymmetricEncryptionKey(key));
}

function oneOfBoth(role: string, principal: string | undefined, service: string | undefined): string | undefined {
  if (principal !== undefined && service !== undefined) throw validation(`You cannot specify both ${role}Principal and ${role}ServicePrincipal.`);
  if (principal !== undefined && !isPrincipal(principal)) {
    throw new KmsException('InvalidArnException', `ARN is not valid: ${principal}`);
  }
  return principal ?? service;
}

/** An ARN of one who can call, in whatever account, or a service principal, which GranteePrincipal takes too. */
function isPrincipal(principal: string): boolean {
  if (principal.startsWith('arn:')) return principalProblem('AWS', principal) === undefined;
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$/.test(principal);
}

function requireConstraints({ EncryptionContextSubset: subset, EncryptionContextEquals: equals }: NonNullable<Grant['constraints']>): void {
  if (subset && equals) throw validation('You cannot specify both EncryptionContextSubset and EncryptionContextEquals.');
  const pairs = Object.entries(equals ?? subset ?? {});
  if (pairs.length > GRANT_CONSTRAINT.pairs) throw validation(`A grant constraint can have up to ${GRANT_CONSTRAINT.pairs} encryption context pairs.`);
  if (pairs.some(([, value]) => value.length > GRANT_CONSTRAINT.characters)) {
    throw validation(`A value in a grant constraint can have up to ${GRANT_CONSTRAINT.characters} characters.`);
  }
}

function accountRoot(principal: string, account: string): string {
  return `arn:${principal.startsWith('arn:') ? principal.split(':')[1] : 'aws'}:iam::${account}:root`;
}

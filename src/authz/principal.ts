import { parseArn } from './arn';
import type { Caller } from './caller';
import { list, textOf } from './grammar';
import type { PrincipalElement } from './types';
import { isUnresolved } from '../spec/unresolved';

/**
 * The Principal and NotPrincipal elements (IAM User Guide, "AWS JSON policy elements: Principal", "NotPrincipal").
 */

/**
 * How closely an Allow names the caller; it decides which other policies can still limit it (IAM User Guide, "Determining whether a
 * request is allowed or denied within an account"):
 * - `itself`: user, session or federated session ARN, service, or `*`: nothing implicit limits it;
 * - `issuer`: the role of the session, the user of the federated session: boundary and session policies limit it;
 * - `account`: the account: its IAM policies decide.
 */
export type Closeness = 'itself' | 'issuer' | 'account';

type Named =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'account'; readonly account: string }
  | { readonly kind: 'arn'; readonly arn: string }
  | { readonly kind: 'service'; readonly service: string }
  /** A unique id of a deleted principal, or a kind of principal that does not call KMS as such: matches nobody. */
  | { readonly kind: 'nobody' }
  /** Nothing AWS documents, or a value that is not known yet. */
  | { readonly kind: 'unknown' };

/** A Principal or NotPrincipal element, read once. */
export interface Principals {
  readonly named: readonly Named[];
  /** Whether it is a NotPrincipal. */
  readonly excluding?: boolean;
  /** Why AWS refuses the element. */
  readonly refused?: string;
}

const UNIQUE_ID = /^A[A-Z]{3}[A-Z0-9]{12,}$/;
const KINDS = ['AWS', 'Service', 'Federated', 'CanonicalUser'];

/** Reads a Principal or NotPrincipal element. */
export function readPrincipals(element: PrincipalElement): Principals {
  if (element === '*') return { named: [{ kind: 'anyone' }] };
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return { named: [{ kind: 'unknown' }], refused: 'its principal is neither "*" nor an object' };
  const named: Named[] = [];
  let refused: string | undefined;
  for (const [kind, values] of Object.entries(element)) {
    if (!KINDS.includes(kind)) refused = `it has principals of the unknown kind '${kind}'`;
    for (const value of list(values)) {
      const text = textOf(value);
      named.push(readPrincipal(kind, text));
      if (isUnresolved(text)) named.push({ kind: 'unknown' });
      else if (typeof value !== 'string' || neverPrincipal(kind, text)) refused = `its principal '${text}' cannot be one`;
    }
  }
  return { named, refused };
}

function readPrincipal(kind: string, value: string): Named {
  if (kind === 'Service') return value.includes('*') ? { kind: 'unknown' } : { kind: 'service', service: value };
  if (kind !== 'AWS') return { kind: 'nobody' };
  if (value === '*') return { kind: 'anyone' };
  if (/^\d{12}$/.test(value)) return { kind: 'account', account: value };
  if (UNIQUE_ID.test(value)) return { kind: 'nobody' };
  const arn = parseArn(value);
  if (!arn || neverPrincipal(kind, value)) return { kind: 'unknown' };
  if (arn.service === 'iam' && arn.resource === 'root') return { kind: 'account', account: arn.account };
  return { kind: 'arn', arn: value };
}

/** Groups, and wildcards for part of a name: what KMS answers with MalformedPolicyDocumentException. */
function neverPrincipal(kind: string, value: string): boolean {
  if (kind === 'Service') return value.includes('*');
  return kind === 'AWS' && value !== '*' && (/[*?]/.test(value) || parseArn(value)?.resource.startsWith('group/') === true);
}

/** The closest way in which a Principal element names the caller; undefined if it does not. */
export function closenessTo(caller: Caller, principals: Principals): Closeness | undefined {
  let closest: Closeness | undefined;
  for (const named of principals.named) {
    const closeness = closenessOf(caller, named);
    if (closeness && (!closest || CLOSEST_FIRST.indexOf(closeness) < CLOSEST_FIRST.indexOf(closest))) closest = closeness;
  }
  return closest;
}

/** From the least limited to the most. */
export const CLOSEST_FIRST: readonly Closeness[] = ['itself', 'issuer', 'account'];

function closenessOf(caller: Caller, named: Named): Closeness | undefined {
  switch (named.kind) {
    case 'anyone': return 'itself';
    case 'account': return named.account === caller.account ? 'account' : undefined;
    case 'arn':
      if (named.arn === caller.ownArn) return 'itself';
      return named.arn === caller.issuerArn ? 'issuer' : undefined;
    case 'service': return caller.kind === 'service' && named.service === caller.principal ? 'itself' : undefined;
    default: return undefined;
  }
}

/** Whether the element holds something whose meaning is not known, so that it may name the caller after all. */
export function mayNameMore(principals: Principals): boolean {
  return principals.named.some((named) => named.kind === 'unknown');
}

/**
 * Whether a NotPrincipal element leaves the caller out of its Deny. It does only if it lists every name of the caller: a session needs
 * its own ARN, its role's and its account's there; and never if the caller has a permissions boundary ("NotPrincipal", "Key points").
 */
export function exempts(caller: Caller, principals: Principals): boolean {
  if (caller.identity?.boundary) return false;
  const listed = (matches: (named: Named) => boolean) => principals.named.some(matches);
  if (listed((named) => named.kind === 'anyone')) return true;
  if (caller.kind === 'service') return listed((named) => named.kind === 'service' && named.service === caller.principal);
  if (!listed((named) => named.kind === 'account' && named.account === caller.account)) return false;
  if (caller.kind === 'account root') return true;
  const arns = caller.kind === 'session' || caller.kind === 'federated user' ? [caller.ownArn, caller.issuerArn] : [caller.ownArn];
  return arns.every((arn) => arn !== undefined && listed((named) => named.kind === 'arn' && named.arn === arn));
}

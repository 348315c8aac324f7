import { parseArn } from './arn';
import type { Caller } from './caller';
import { anyOf, certain } from './tri-state';
import type { TriState } from './tri-state';
import type { Bound } from './types';
import { principalProblem } from '../spec/policy-grammar';
import { isUnresolved, UNRESOLVED } from '../spec/unresolved';

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

/** One principal that an element names. */
export type NamedPrincipal =
  | { readonly kind: 'anyone' }
  /** Without a partition where it is written as its id. */
  | { readonly kind: 'account'; readonly account: string; readonly partition?: string }
  | { readonly kind: 'arn'; readonly arn: string }
  | { readonly kind: 'service'; readonly service: string }
  /** A unique id of a deleted principal, or a kind of principal that does not call KMS as such: matches nobody. */
  | { readonly kind: 'nobody' }
  /** Nothing AWS documents, or a value that is not known yet. */
  | { readonly kind: 'unknown'; readonly text?: string };

/** A Principal or NotPrincipal element, read once. */
export interface Principals {
  readonly named: readonly NamedPrincipal[];
  /** Whether it is a NotPrincipal. */
  readonly excluding: boolean;
}

/** How a Principal element matches a caller. */
export interface PrincipalMatch {
  readonly state: TriState;
  /** How closely it names the caller; absent if it does not. */
  readonly closeness?: Closeness;
}

const UNIQUE_ID = /^A[A-Z]{3}[A-Z0-9]{12,}$/;

/** Reads a Principal or NotPrincipal element. */
export function readPrincipals(element: unknown, excluding: boolean): Principals {
  if (element === '*') return { named: [{ kind: 'anyone' }], excluding };
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return { named: [{ kind: 'unknown' }], excluding };
  const named = Object.entries(element).flatMap(([kind, values]: [string, unknown]) =>
    (Array.isArray(values) ? values : [values]).map((value: unknown) => (typeof value === 'string' ? readPrincipal(kind, value) : UNKNOWN)));
  return { named, excluding };
}

const UNKNOWN: NamedPrincipal = { kind: 'unknown' };

function readPrincipal(kind: string, value: string): NamedPrincipal {
  if (principalProblem(kind, value) !== undefined) return UNKNOWN;
  if (isUnresolved(value)) return { kind: 'unknown', text: value };
  if (kind === 'Service') return { kind: 'service', service: value };
  if (kind !== 'AWS') return kind === 'Federated' || kind === 'CanonicalUser' ? { kind: 'nobody' } : UNKNOWN;
  if (value === '*') return { kind: 'anyone' };
  if (/^\d{12}$/.test(value)) return { kind: 'account', account: value };
  if (UNIQUE_ID.test(value)) return { kind: 'nobody' };
  const { service, resource, account, partition } = parseArn(value)!;
  return service === 'iam' && resource === 'root' ? { kind: 'account', account, partition } : { kind: 'arn', arn: value };
}

/** Whether a Principal element names the caller, and how closely: at best, where what may be allowed is asked. */
export function matchPrincipals(caller: Caller, { named }: Principals, bound: Bound): PrincipalMatch {
  let closest: Closeness | undefined;
  let open = false;
  for (const one of named) {
    const closeness = closenessOf(caller, one);
    if (closeness && (!closest || CLOSEST_FIRST.indexOf(closeness) < CLOSEST_FIRST.indexOf(closest))) closest = closeness;
    open ||= mayName(caller, one);
  }
  const best = open && (!closest || bound === 'perhaps') ? 'itself' : closest;
  return { state: closest ? 'yes' : open ? 'unclear' : 'no', closeness: best };
}

/** From the least limited to the most. */
export const CLOSEST_FIRST: readonly Closeness[] = ['itself', 'issuer', 'account'];

function closenessOf(caller: Caller, named: NamedPrincipal): Closeness | undefined {
  switch (named.kind) {
    case 'anyone': return 'itself';
    case 'account': return isOfAccount(caller, named) ? 'account' : undefined;
    case 'arn':
      if (named.arn === caller.ownArn) return 'itself';
      return named.arn === caller.issuerArn ? 'issuer' : undefined;
    case 'service': return caller.kind === 'service' && named.service === caller.principal ? 'itself' : undefined;
    default: return undefined;
  }
}

/** "Partitions" share no accounts: the same digits in another one are another account (AWS General Reference, "ARNs"). */
function isOfAccount({ account, partition }: Caller, named: { readonly account: string; readonly partition?: string }): boolean {
  return named.account === account && (named.partition === undefined || named.partition === partition);
}

/** Whether a principal whose meaning is not known, or not fully, may be the caller after all. */
function mayName(caller: Caller, named: NamedPrincipal): boolean {
  if (named.kind === 'arn') return isSessionOf(caller, named.arn);
  if (named.kind !== 'unknown') return false;
  if (named.text === undefined) return true;
  return namesOf(caller).some((name) => mayBe(named.text!, name));
}

/** Whether an ARN is of a session of the caller's role, of which the request does not tell the session. */
function isSessionOf({ kind, ownArn, issuerArn }: Caller, arn: string): boolean {
  if (kind !== 'session' || ownArn !== undefined || issuerArn === undefined || !arn.includes(':assumed-role/')) return false;
  const [role, session] = [parseArn(issuerArn), parseArn(arn)];
  return session?.service === 'sts' && session.account === role?.account && session.partition === role.partition
    && session.resource.startsWith(`assumed-role/${role.resource.split('/').pop()}/`);
}

function namesOf({ kind, principal, ownArn, issuerArn, account, partition }: Caller): string[] {
  if (kind === 'service') return [principal];
  return [...(ownArn === undefined ? [] : [ownArn]), ...(issuerArn === undefined ? [] : [issuerArn]), account!, `arn:${partition}:iam::${account}:root`, '*'];
}

/** Whether two texts can be the same, whatever the symbols in either stand for. */
function mayBe(text: string, other: string): boolean {
  if (isUnresolved(other)) return true;
  const pieces = text.split(new RegExp(UNRESOLVED, 'g')).map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('.*')}$`, 's').test(other);
}

/**
 * Whether a NotPrincipal element leaves the caller out of its Deny. It surely does if it lists every name of the caller: a session needs its
 * own ARN, its role's and its account's there. With some of them it may: "otherwise, the policy might deny access". It never does if the
 * caller has a permissions boundary ("NotPrincipal", "Key points").
 */
export function exempts(caller: Caller, { named }: Principals): TriState {
  if (caller.identity?.boundary) return 'no';
  const listed = (matches: (one: NamedPrincipal) => boolean) => certain(named.some(matches));
  if (listed((one) => one.kind === 'anyone') === 'yes') return 'yes';
  const open = named.some((one) => mayName(caller, one));
  if (caller.kind === 'service') {
    const service = listed((one) => one.kind === 'service' && one.service === caller.principal);
    return service === 'no' && open ? 'unclear' : service;
  }
  const states = [
    listed((one) => one.kind === 'account' && isOfAccount(caller, one)),
    ...arnsToList(caller).map((arn) => listed((one) => one.kind === 'arn' && one.arn === arn)),
  ];
  if (states.every((state) => state === 'yes')) return 'yes';
  return open || anyOf(states) === 'yes' ? 'unclear' : 'no';
}

function arnsToList({ kind, ownArn, issuerArn }: Caller): readonly (string | undefined)[] {
  if (kind === 'account root') return [];
  return kind === 'session' || kind === 'federated user' ? [ownArn, issuerArn] : [ownArn];
}

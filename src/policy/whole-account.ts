import { Token } from 'aws-cdk-lib';
import { bindsAccount, bindsElsewhere, bindsOrganization, bindsPrincipal, bindsToService } from './bindings';
import { LATER, OWN_ACCOUNT } from './conditions';
import type { Conditions } from './permission';

/** Whom an Allow statement lets in. */
export interface Audience {
  /** Values of `Principal.AWS` (or `*`), as `plainText` has them. */
  readonly names: readonly string[];
  readonly conditions: Conditions;
}

/** What a statement may say and still not count as letting in the whole account, because its author says that much. */
export interface Tolerance {
  /** Everybody of an organization, this account with all others. */
  readonly organizations: boolean;
  /** Everybody of this account, in what one service does for them: what AWS writes for its services. */
  readonly services: boolean;
}

/**
 * The account whose every principal a name stands for: the root's ARN, or its number, lets in whomever that account's IAM policies let in. Undefined
 * for a name of somebody. KMS Developer Guide, "Key policies in AWS KMS", "AWS account principals".
 */
export function accountNamed(name: string): string | undefined {
  if (isAccountNumber(name)) return name;
  return /^(?:[^:]+:[^:]+:iam::)?([^:]+):root$/.exec(name)?.[1];
}

function isAccountNumber(text: string): boolean {
  return /^\d{12}$/.test(text) || text === OWN_ACCOUNT;
}

/** Whether an account is, or may turn out to be, that of a stack, whose own may be a token. */
export function mayBeAccountOf(account: string, own: string): boolean {
  if (account === OWN_ACCOUNT || account.includes(LATER) || Token.isUnresolved(account)) return true;
  return Token.isUnresolved(own) || account === own;
}

/**
 * Whether the whole account of the key is let in: then its IAM policies decide who uses the key, or, where a statement is for everybody, nobody
 * decides. An account that only deployment knows may be the own one.
 */
export function letsInWholeAccount({ names, conditions }: Audience, own: string, { organizations, services }: Tolerance): boolean {
  if (!names.some((name) => name === '*' || isWhole(name, own))) return false;
  if (bindsPrincipal(conditions) || bindsElsewhere(conditions, own) || (services && bindsToService(conditions))) return false;
  if (names.includes('*') && !(organizations && bindsOrganization(conditions) && !bindsAccount(conditions))) return true;
  return names.some((name) => isWhole(name, own));
}

/** Whether a name is that of the whole account of the key, or may be. */
export function isWhole(name: string, own: string): boolean {
  const account = accountNamed(name);
  return account !== undefined && mayBeAccountOf(account, own);
}

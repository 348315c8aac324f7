import type { ConditionView, StatementView } from './statement-view';
import { isUnresolved } from '../spec/unresolved';

/**
 * What the conditions of one statement bind requests to: what rules ask in passing, where a whole proof would say no more. A condition binds if requests without
 * its key do not pass it: not with `IfExists`, not negated, not under `ForAllValues`.
 */

/** Whether a condition asks for its key to be there, and for a value of its own. */
export function binds({ test, ifExists, negated, set, values }: ConditionView): boolean {
  return test !== undefined && test !== 'Null' && !ifExists && !negated && set !== 'ForAllValues' && values.length > 0;
}

/** Whether a condition asks for its key to be there, whatever its value. */
export function isRequired(condition: ConditionView): boolean {
  return binds(condition) || (condition.test === 'Null' && condition.values.length > 0 && condition.values.every((value) => value.toLowerCase() === 'false'));
}

/** The conditions of a statement that bind one of these keys, named in lower case. */
export function bindingsOf({ conditions }: StatementView, ...lowerKeys: readonly string[]): readonly ConditionView[] {
  return conditions.filter((condition) => lowerKeys.includes(condition.lowerKey) && binds(condition));
}

export const CONTEXT = 'kms:encryptioncontext:';
export const CONTEXT_KEYS = 'kms:encryptioncontextkeys';

/** Whether requests without an encryption context are left out. */
export function requiresContext({ conditions }: StatementView): boolean {
  return conditions.some((condition) => isRequired(condition) && (condition.lowerKey.startsWith(CONTEXT) || condition.lowerKey === CONTEXT_KEYS));
}

/** Whether an account may be let in. */
export type Trusts = (account: string) => boolean;

const ACCOUNTS = ['kms:calleraccount', 'aws:principalaccount', 'aws:sourceaccount'];
const ORGANIZATIONS = ['aws:principalorgid', 'aws:principalorgpaths', 'aws:sourceorgid', 'aws:sourceorgpaths'];
const SOURCES = ['kms:calleraccount', 'aws:sourceaccount', 'aws:sourcearn', 'aws:sourceorgid', 'aws:sourceorgpaths'];

/** Whether callers of trusted accounts, or of one organization, are all that pass. */
export function bindsAccount(statement: StatementView, trusts: Trusts): boolean {
  return bindingsOf(statement, ...ACCOUNTS, ...ORGANIZATIONS, 'aws:principalarn', 'aws:sourcearn')
    .some((condition) => strangersIn(condition, trusts).length === 0);
}

/** Whether principals of one organization are all that pass. */
export function bindsOrganization(statement: StatementView, trusts: Trusts): boolean {
  return bindingsOf(statement, 'aws:principalorgid', 'aws:principalorgpaths').some((condition) => strangersIn(condition, trusts).length === 0);
}

/** Whether a service names the resource, account or organization that it calls for, and it is one that is trusted. */
export function bindsSource(statement: StatementView, trusts: Trusts): boolean {
  return sourcesOf(statement).some((condition) => strangersIn(condition, trusts).length === 0);
}

/** What a statement asks of the source of a service's call, and that others than those trusted can meet. */
export function strangeSourcesOf(statement: StatementView, trusts: Trusts): readonly string[] {
  return sourcesOf(statement).flatMap((condition) => strangersIn(condition, trusts).map((value) => `${condition.key} ${value}`));
}

function sourcesOf(statement: StatementView): readonly ConditionView[] {
  return statement.conditions.filter((condition) => binds(condition)
    && (SOURCES.includes(condition.lowerKey) || condition.lowerKey.startsWith(CONTEXT)));
}

/** The values of a condition that others than trusted accounts, one resource or one organization meet. */
function strangersIn({ test = '', lowerKey, values }: ConditionView, trusts: Trusts): readonly string[] {
  // Elsewhere `*` and `?` are characters like others, that no account, ARN or organization has: nobody passes.
  const reachable = test === 'StringLike' || test.startsWith('Arn') ? values : values.filter((value) => !isPattern(value));
  const known = (value: string) => {
    if (ORGANIZATIONS.includes(lowerKey)) return isOneOrganization(value.split('/')[0]);
    if (ACCOUNTS.includes(lowerKey)) return isTrusted(value, trusts);
    if (value.includes(':')) return isOfTrusted(value, trusts);
    // A pair of the encryption context that is no ARN, such as the account itself or the id of a table; or an ARN that is not known.
    return /^\d{12}$/.test(value) ? trusts(value) : !isPattern(value) || isUnresolved(value.split(/[*?]/)[0]);
  };
  return reachable.filter((value) => !known(value));
}

/** Whether an ARN, or a pattern of ARNs, is of a trusted account; of those that have none (a bucket's), whether it names one resource. */
function isOfTrusted(arn: string, trusts: Trusts): boolean {
  const parts = arn.split(':');
  // `arn:*:111122223333:*`, or the ARN of a resource that is not known.
  if (parts.length < 6) return parts.some((part) => /^\d{12}$/.test(part) && trusts(part)) || isUnresolved(parts[0]);
  const [, , service, , account, ...rest] = parts;
  if (account !== '') return isTrusted(account, trusts);
  const resource = rest.join(':');
  return !isPattern(service) && !isPattern(service === 's3' ? resource.split('/')[0] : resource);
}

/** A variable is whatever the request says of itself (`${aws:PrincipalOrgID}`), but for the organization of the key. */
function isOneOrganization(id: string): boolean {
  return !isPattern(id) && (!id.includes('${') || id.toLowerCase() === '${aws:resourceorgid}');
}

function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}

function isTrusted(account: string, trusts: Trusts): boolean {
  return trusts(account) || (isUnresolved(account) && !isPattern(account)) || account.toLowerCase() === '${aws:resourceaccount}';
}

/** The services through which alone requests pass, as they are written; none if others pass too. */
export function viaServices(statement: StatementView): readonly string[] {
  return bindingsOf(statement, 'kms:viaservice').flatMap(({ values }) => values);
}

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

/** Whether one condition asks for a pair of the encryption context with a value of its own. */
export function bindsContext(condition: ConditionView): boolean {
  return condition.lowerKey.startsWith(CONTEXT) && binds(condition) && !condition.values.includes('*');
}

/** Whether callers of any one account, or of one organization, are all that pass. */
export function bindsAccount(statement: StatementView): boolean {
  const pinned = bindingsOf(statement, 'kms:calleraccount', 'aws:principalaccount', 'aws:principalorgid', 'aws:principalorgpaths', 'aws:sourceaccount', 'aws:sourceorgid')
    .some(({ values }) => values.every((value) => !/^[*?]*$/.test(value)));
  return pinned || bindingsOf(statement, 'aws:principalarn', 'aws:sourcearn').some(({ values }) => values.every(hasAccount));
}

/** Whether a service names the resource, account or organization that it calls for. */
export function bindsSource(statement: StatementView): boolean {
  return bindingsOf(statement, 'aws:sourceaccount', 'aws:sourcearn', 'aws:sourceorgid', 'aws:sourceorgpaths', 'kms:calleraccount')
    .some(({ values }) => values.every((value) => !/^[*?]*$/.test(value)))
    || statement.conditions.some(bindsContext);
}

/** The services through which alone requests pass, as they are written; none if others pass too. */
export function viaServices(statement: StatementView): readonly string[] {
  return bindingsOf(statement, 'kms:viaservice').flatMap(({ values }) => values);
}

function hasAccount(arn: string): boolean {
  const account = arn.split(':')[4] ?? '';
  return /^\d{12}$/.test(account) || isUnresolved(account) || account.startsWith('${');
}

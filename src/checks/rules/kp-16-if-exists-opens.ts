import { CONTEXT, CONTEXT_KEYS, isRequired } from '../bounds';
import { keyRule } from '../rule';
import type { ConditionView } from '../statement-view';

/** Condition keys that bound whom or what a statement is for, and that requests may be without. */
const BOUNDING = [
  CONTEXT_KEYS, 'aws:sourceaccount', 'aws:sourcearn', 'aws:sourceorgid', 'aws:sourceorgpaths', 'aws:principalorgid', 'aws:principalorgpaths',
  'aws:multifactorauthpresent', 'aws:multifactorauthage', 'kms:viaservice', 'kms:grantisforawsresource', 'kms:grantoperations', 'kms:granteeprincipal',
  'aws:sourcevpc', 'aws:sourcevpce', 'aws:sourceip',
];

export const IF_EXISTS_OPENS = keyRule({
  id: 'KP-16',
  name: 'IfExistsOpens',
  level: 'error',
  title: 'A condition that bounds an Allow also holds for requests without its key.',
  why: 'IfExists, Null with true, and negated operators are true of requests that do not carry the key: who leaves it out passes (IAM User Guide, "…IfExists condition '
    + 'operators", "Condition operator to check existence of condition keys").',
  fix: 'Drop IfExists, or add Null with false for the key.',
  controls: { nist: ['AC-3'] },
}, (key) => key.allows.flatMap(({ conditions, name }) => conditions.flatMap((condition) => {
  const { lowerKey, operator } = condition;
  if (!isOpen(condition) || !(lowerKey.startsWith(CONTEXT) || BOUNDING.includes(lowerKey))) return [];
  if (conditions.some((other) => isRequired(other) && other.lowerKey === lowerKey)) return [];
  return [key.problem(`bounds requests by ${operator} on ${condition.key}, which those without it pass`, { statement: name })];
})));

/** Whether requests without the key pass. `Null` of `kms:ViaService` asks for direct calls, and `ForAllValues` has a rule of its own. */
function isOpen({ ifExists, test, values, negated, set, lowerKey }: ConditionView): boolean {
  if (set !== undefined) return ifExists;
  if (test === 'Null') return lowerKey !== 'kms:viaservice' && values.some((value) => value.toLowerCase() === 'true');
  // Who is not to come through one service, or from one network, may come without.
  return ifExists || (negated && !['kms:viaservice', 'aws:sourceip', 'aws:sourcevpc', 'aws:sourcevpce'].includes(lowerKey));
}

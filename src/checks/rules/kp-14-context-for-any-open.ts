import { binds, CONTEXT, CONTEXT_KEYS } from '../bounds';
import { keyRule } from '../rule';

export const CONTEXT_FOR_ANY_OPEN = keyRule({
  id: 'KP-14',
  name: 'ContextForAnyOpen',
  level: 'warning',
  title: 'A condition with ForAnyValue on the keys of the encryption context stands beside one on values, or on all the keys.',
  why: 'ForAnyValue on kms:EncryptionContextKeys asks for one of the keys to be there: its value may be any, and further pairs may be there as well (KMS Developer Guide, '
    + '"kms:EncryptionContextKeys").',
  fix: 'Add StringEquals kms:EncryptionContext:<key> with the value, or ForAllValues:StringEquals kms:EncryptionContextKeys with the keys.',
  controls: { nist: ['AC-6'] },
}, (key) => key.allows.flatMap(({ conditions, name }) => {
  const any = conditions.find(({ lowerKey, set, negated }) => lowerKey === CONTEXT_KEYS && set === 'ForAnyValue' && !negated);
  const bounded = conditions.some((condition) => (condition.lowerKey.startsWith(CONTEXT) && binds(condition)) || (condition.lowerKey === CONTEXT_KEYS && condition.set === 'ForAllValues'));
  if (!any || bounded) return [];
  return [key.problem(`asks by ${any.operator} for one of ${any.values.join(', ')} in the encryption context, with any value and whatever else`, { statement: name })];
}));

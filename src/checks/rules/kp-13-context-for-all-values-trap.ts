import { CONTEXT, CONTEXT_KEYS, requiresContext } from '../bounds';
import { keyRule } from '../rule';

export const CONTEXT_FOR_ALL_VALUES_TRAP = keyRule({
  id: 'KP-13',
  name: 'ContextForAllValuesTrap',
  level: 'error',
  title: 'A condition with ForAllValues on the encryption context stands beside one that asks for the context.',
  why: 'ForAllValues on kms:EncryptionContextKeys is true of requests without any context. On kms:EncryptionContext:<key>, which has one value, KMS refuses it (KMS Developer '
    + 'Guide, "kms:EncryptionContextKeys", "OverlyPermissiveCondition").',
  fix: 'Ask for the pair by StringEquals kms:EncryptionContext:<key>, and beside it for nothing else by ForAllValues:StringEquals kms:EncryptionContextKeys [<key>].',
  controls: { nist: ['AC-3'], pci: ['2.2'] },
}, (key) => key.statements.flatMap((statement) => {
  const { conditions, effect, name } = statement;
  const forAll = conditions.filter(({ set }) => set === 'ForAllValues');
  const refused = forAll.find(({ lowerKey }) => lowerKey.startsWith(CONTEXT));
  if (refused) return [key.problem(`has ${refused.operator} on ${refused.key}, which KMS refuses`, { statement: name, fix: `Write ${refused.operator.replace('ForAllValues:', '')} without ForAllValues.` })];
  if (effect === 'Deny' || !forAll.some(({ lowerKey, negated }) => lowerKey === CONTEXT_KEYS && !negated)) return [];
  if (requiresContext(statement)) return [];
  return [key.problem('bounds the keys of the encryption context by ForAllValues alone, so that requests without a context pass', { statement: name })];
}));

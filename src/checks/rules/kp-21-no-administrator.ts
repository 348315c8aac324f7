import { decide } from '../../authz';
import { nobodyExcept } from '../../proof';
import { isUnknownDocument } from '../../template';
import type { KeySubject } from '../key-subject';
import { keyRule } from '../rule';

export const NO_ADMINISTRATOR = keyRule({
  id: 'KP-21',
  name: 'NoAdministrator',
  level: 'error',
  title: 'Somebody can change the policy of a key.',
  why: 'KMS refuses to make a key whose policy its maker could not change, and a policy that nobody can change is for ever: "contact AWS Support" (KMS Developer Guide, "Default key '
    + 'policy"; KMS API Reference, PutKeyPolicy).',
  fix: 'Let in the account (root) with kms:*, or name at least two roles with kms:PutKeyPolicy.',
  controls: { securityHub: ['KMS.3'], nist: ['CP-9', 'SC-12(1)'], pci: ['3.7.4'] },
}, (key) => {
  // Of what is not known, or refused, other rules speak.
  if (isUnknownDocument(key.key.policy) || key.refused !== undefined || key.allows.some(({ who }) => who.some(({ kind }) => kind === 'unknown'))) return [];
  const changing = key.allows.filter(({ actions }) => actions.has('kms:PutKeyPolicy'));
  if (changing.some(({ notPrincipal }) => notPrincipal)) return [];
  if (!rootMayChange(key) && nobodyExcept({ key: key.key, world: { identities: [] } }, [], ['kms:PutKeyPolicy']).verdict === 'holds') {
    return [key.problem('has a policy that nobody can change')];
  }
  const holders = changing.flatMap(({ who }) => who);
  const named = new Set(holders.flatMap((one) => (one.kind === 'identity' && key.isOwn(one) ? [one.text] : [])));
  const delegated = holders.some((one) => key.isRoot(one) || one.kind === 'anyone');
  return named.size === 1 && !delegated ? [key.problem(`has a policy that only ${[...named][0]} can change`, { level: 'warning' })] : [];
});

/** Of the root user, whom proofs leave out as somebody to be trusted. */
function rootMayChange({ key }: KeySubject): boolean {
  const principal = `arn:${key.arn.split(':')[1]}:iam::${key.account}:root`;
  return decide({ identities: [] }, { principal, action: 'kms:PutKeyPolicy', key }, { bound: 'perhaps' }).allowed;
}

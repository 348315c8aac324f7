import { decide } from '../../authz';
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
  const holders = changing.flatMap(({ who }) => who);
  if (changing.some(({ notPrincipal }) => notPrincipal)) return [];
  const candidates = [rootOf(key), ...holders.flatMap((one) => (one.kind === 'identity' && key.isOwn(one) ? [one.text] : []))];
  const who = [...new Set(candidates)].filter((principal) => mayChange(key, principal));
  if (who.length === 0) return [key.problem('has a policy that nobody can change')];
  const delegated = holders.some((one) => key.isRoot(one) || one.kind === 'anyone');
  return who.length === 1 && !delegated ? [key.problem(`has a policy that only ${who[0]} can change`, { level: 'warning' })] : [];
});

function mayChange({ key }: KeySubject, principal: string): boolean {
  return decide({ identities: [] }, { principal, action: 'kms:PutKeyPolicy', key }, { bound: 'perhaps' }).allowed;
}

function rootOf({ key: { arn, account } }: KeySubject): string {
  return `arn:${arn.split(':')[1]}:iam::${account}:root`;
}

import { decide } from '../../authz';
import { nobodyExcept } from '../../proof';
import { isUnknownDocument } from '../../template';
import type { KeySubject } from '../key-subject';
import { keyRule } from '../rule';
import type { StatementView } from '../statement-view';
import { someOf } from '../words';

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
  const holders = changing.flatMap(({ who }) => who);
  // A service does what it is for: it puts no policy of anybody's choice.
  const services = [...new Set(holders.flatMap((one) => (one.kind === 'service' ? [one.text] : [])))];
  if (!canChange(key, changing) && nobodyExcept({ key: key.key, world: { identities: [] } }, services, ['kms:PutKeyPolicy']).verdict === 'holds') {
    return [key.problem(`has a policy that nobody can change${services.length === 0 ? '' : `: ${someOf(services)} may, and does not do so for anybody`}`)];
  }
  const named = new Set(holders.flatMap((one) => (one.kind === 'identity' && key.isOwn(one) ? [one.text] : [])));
  const delegated = holders.some((one) => key.isRoot(one) || one.kind === 'anyone');
  return named.size === 1 && !delegated ? [key.problem(`has a policy that only ${[...named][0]} can change`, { level: 'warning' })] : [];
});

/** Whether the root user may change it, whom proofs leave out as somebody to be trusted, or somebody who is named surely can: no proof is needed then. */
function canChange(subject: KeySubject, changing: readonly StatementView[]): boolean {
  const { key } = subject;
  const root = `arn:${key.arn.split(':')[1]}:iam::${key.account}:root`;
  const asked = (principal: string, bound: 'perhaps' | 'surely') => decide({ identities: [] }, { principal, action: 'kms:PutKeyPolicy', key }, { bound }).allowed;
  return asked(root, 'perhaps') || changing.some(({ who }) => who.some((one) => one.kind === 'identity' && subject.isOwn(one) && asked(one.text, 'surely')));
}

import { bindingsOf, viaServices } from '../bounds';
import { keyRule } from '../rule';
import { someOf } from '../words';

export const FOREIGN_ROOT_DELEGATION = keyRule({
  id: 'KP-06',
  name: 'ForeignRootDelegation',
  level: 'warning',
  title: 'Of another account, a key policy lets in roles, not the account as a whole.',
  why: 'With the account as principal its administrators give access to the key to whomever they like, today and later (KMS Developer Guide, "Allowing users in other '
    + 'accounts to use a KMS key").',
  fix: 'Name the role, or add a condition on aws:PrincipalArn or kms:ViaService.',
  controls: { securityHub: ['KMS.5'], nist: ['AC-6'], pci: ['7.2.2'] },
}, (key) => key.allows.flatMap((statement) => {
  if (statement.notPrincipal || viaServices(statement).length > 0 || bindingsOf(statement, 'aws:principalarn').length > 0) return [];
  const roots = statement.who.flatMap((who) => (who.kind === 'account' && !key.isOwn(who) && key.trusts(who.account) ? [who.account] : []));
  if (roots.length === 0) return [];
  return [key.problem(`lets in the whole of ${roots.length === 1 ? 'account' : 'the accounts'} ${someOf(roots)}`, { statement: statement.name })];
}));

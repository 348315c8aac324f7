import { bindsAccount } from '../bounds';
import { keyRule } from '../rule';
import { someOf } from '../words';

export const FOREIGN_PRINCIPAL = keyRule({
  id: 'KP-05',
  name: 'ForeignPrincipal',
  level: 'error',
  title: 'A key policy lets in other accounts only if they are trusted.',
  why: 'Whoever administers the other account decides who of it uses the key (KMS Developer Guide, "Allowing users in other accounts to use a KMS key"). Nothing in a '
    + 'template tells a partner’s account from a mistyped one.',
  fix: 'Add the account to the trusted accounts if it is meant, else take it out.',
  controls: { securityHub: ['KMS.5'], nist: ['AC-3', 'AC-6(3)'], pci: ['7.2.1'] },
}, (key) => key.allows.flatMap((statement) => {
  if (statement.notPrincipal || bindsAccount(statement, key.trusts)) return [];
  const foreign = statement.who.flatMap((who) => ((who.kind === 'account' || who.kind === 'identity') && !key.trusts(who.account) ? [who] : []));
  if (foreign.length === 0) return [];
  const names = foreign.map(({ kind, text }) => (kind === 'account' ? `account ${text}` : text));
  const whole = foreign.every(({ kind }) => kind === 'account');
  const several = new Set(foreign.map(({ account }) => account)).size > 1;
  return [key.problem(`lets in ${someOf(names)}, ${whole ? 'which' : `of ${several ? 'accounts' : 'an account'} that`} no option trusts`, { statement: statement.name })];
}));

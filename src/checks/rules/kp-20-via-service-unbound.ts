import { bindsAccount, CONTEXT, isRequired, viaServices } from '../bounds';
import { keyRule } from '../rule';
import { throughServiceContexts } from '../service-facts';
import { someOf } from '../words';

export const VIA_SERVICE_UNBOUND = keyRule({
  id: 'KP-20',
  name: 'ViaServiceUnbound',
  level: 'error',
  title: 'Whoever may use a key through a service is of a known account, and comes through the service.',
  why: 'kms:ViaService tells which service asks, not for whom: with "*" as principal it is whoever uses that service, in any account (KMS Developer Guide, "kms:ViaService", '
    + '"kms:CallerAccount"). And the encryption context of a service is no proof of it: a direct caller may send the same.',
  fix: 'Add StringEquals kms:CallerAccount with the account.',
  controls: { securityHub: ['KMS.5'], nist: ['AC-6'], pci: ['7.2.1'] },
}, (key) => key.allows.flatMap((statement) => {
  const { name, who, conditions } = statement;
  const via = viaServices(statement);
  if (via.length > 0) {
    if (!who.some(({ kind }) => kind === 'anyone') || bindsAccount(statement, key.trusts)) return [];
    return [key.problem(`lets in everybody who comes through ${someOf(via)}, also of accounts that are not trusted`, {
      statement: name, cause: `everybody ${name}`, fix: `Add { "StringEquals": { "kms:CallerAccount": "${key.key.account}" } }.`,
    })];
  }
  const context = conditions.find((condition) => isRequired(condition) && condition.lowerKey.startsWith(CONTEXT)
    && throughServiceContexts().has(condition.lowerKey.slice(CONTEXT.length)));
  if (!context || !who.some(({ kind }) => kind === 'identity' || kind === 'anyone' || kind === 'account')) return [];
  return [key.problem(`takes ${context.key} for the service that sends it, and not kms:ViaService`, {
    statement: name, level: 'warning', fix: 'Add a condition on kms:ViaService, the service that sends this context.',
  })];
}));

import { nobodyExcept } from '../../proof';
import { KEY_ACTIONS } from '../../spec/action-resources';
import { bindingsOf, bindsOrganization, bindsSource } from '../bounds';
import type { KeySubject } from '../key-subject';
import { denied, restricted } from '../restricted';
import type { Problem } from '../rule';
import { keyRule } from '../rule';
import type { Scope } from '../scope';
import type { StatementView } from '../statement-view';

export const PUBLIC_PRINCIPAL = keyRule({
  id: 'KP-01',
  name: 'PublicPrincipal',
  level: 'error',
  title: 'Nobody of an account that is not trusted can do anything with a key.',
  why: 'With "*" as principal the conditions alone keep strangers out, and one that is left out, or negated, lets them in: any account can then allow its roles the key (KMS '
    + 'Developer Guide, "Key policies"; IAM User Guide, "Principal"). It is proved for all requests, and a request that gets through is shown.',
  fix: 'Name the principals, or add StringEquals kms:CallerAccount or aws:PrincipalOrgID.',
  controls: { securityHub: ['KMS.5'], nist: ['AC-3', 'AC-6'], pci: ['7.2.1'] },
}, (key, scope) => {
  const open = key.allows.filter((statement) => isForAnyone(statement) && !isOfOrganization(statement, key));
  return key.refused === undefined && open.length > 0 ? strangers(key, open, scope) : [];
});

function isForAnyone({ who, notPrincipal }: StatementView): boolean {
  return !notPrincipal && who.some(({ kind }) => kind === 'anyone');
}

/** Bound to an organization, or to resources that services name: which accounts these have is known elsewhere. */
function isOfOrganization(statement: StatementView, { trusts }: KeySubject): boolean {
  return bindsOrganization(statement, trusts) || (bindsSource(statement, trusts) && bindingsOf(statement, 'kms:calleraccount').length === 0
    && !statement.conditions.some(({ lowerKey }) => lowerKey.startsWith('kms:encryptioncontext:')));
}

/** Whom the open statements let in, with all that denies: the others name whom they let in. */
function strangers(key: KeySubject, open: readonly StatementView[], { trusted }: Scope): Problem[] {
  const policy = key.policyWith((statement) => statement.effect === 'Deny' || open.includes(statement));
  // Services that call in their own names are another rule's.
  const known = [key.key.account, ...trusted, '*.amazonaws.com', ...key.statements.flatMap(({ who }) => who.flatMap((one) => (one.kind === 'service' ? [one.text] : [])))];
  const actions = KEY_ACTIONS.filter((action) => open.some((statement) => statement.actions.has(action)));
  if (actions.length === 0) return [];
  const organizations = organizationsSpared(key);
  const at = restricted({ ...key.key, policy }, organizations.length > 0 ? [denied({ StringEquals: { 'aws:PrincipalOrgID': organizations } })] : []);
  const proof = nobodyExcept({ key: at, world: { identities: [] } }, known, mostTellingFirst(actions));
  if (proof.verdict === 'holds') return [];
  const by = proof.counterexample?.decision.decidedBy.find(({ kind }) => kind === 'key policy')?.statement ?? open[0].name;
  const { key: _, ...request } = proof.counterexample?.request ?? { principal: '*', action: actions[0] };
  const seen = proof.verdict === 'fails'
    ? `lets everybody ${request.action}${request.viaService === undefined ? '' : ` through ${request.viaService}`}, also of accounts that are not trusted`
    : `may let everybody ${request.action}: ${proof.because ?? 'that cannot be ruled out'}`;
  return [key.problem(seen, { statement: by, cause: `everybody ${by}`, ...proof.counterexample ? { request } : {} })];
}

/** The organizations that a Deny leaves out: the same as if the Allow were bound to them. */
function organizationsSpared({ denies }: KeySubject): readonly string[] {
  return denies.flatMap(({ conditions }) => conditions.filter(({ lowerKey, negated, set }) => lowerKey === 'aws:principalorgid' && negated && set === undefined))
    .flatMap(({ values }) => values.filter((value) => /^o-[a-z0-9]+$/.test(value)));
}

/** The action that a reader is to see first is the worst. */
function mostTellingFirst(actions: readonly string[]): string[] {
  const worst = ['kms:Decrypt', 'kms:Sign', 'kms:GenerateDataKey', 'kms:CreateGrant'];
  return [...worst.filter((action) => actions.includes(action)), ...actions.filter((action) => !worst.includes(action))];
}

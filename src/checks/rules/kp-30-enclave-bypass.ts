import { bindingsOf } from '../bounds';
import { keyRule } from '../rule';
import type { StatementView } from '../statement-view';
import { someOf } from '../words';

const ATTESTED = ['kms:Decrypt', 'kms:DeriveSharedSecret', 'kms:GenerateDataKey', 'kms:GenerateDataKeyPair'];
const ATTESTATION = 'kms:recipientattestation:';

export const ENCLAVE_BYPASS = keyRule({
  id: 'KP-30',
  name: 'EnclaveBypass',
  level: 'error',
  title: 'A key for enclaves gives its plaintexts to attested enclaves only.',
  why: 'An Allow without a condition on kms:RecipientAttestation lets its principal decrypt outside the enclave (KMS Developer Guide, "AWS KMS condition keys for attested '
    + 'platforms"). Only for keys that are for enclaves: this rule has to be asked for.',
  fix: 'Add a condition on kms:RecipientAttestation:ImageSha384 or a PCR to each Allow of these actions.',
  controls: { nist: ['AC-3', 'SC-28'] },
  optional: true,
}, (key) => key.allows.flatMap((statement) => {
  const actions = ATTESTED.filter((action) => statement.actions.has(action));
  if (actions.length === 0 || isAttested(statement) || statement.who.every(({ kind }) => kind === 'service' || kind === 'nobody')) return [];
  const left = actions.filter((action) => !key.denies.some((deny) => deny.actions.has(action) && deniesUnattested(deny)));
  return left.length === 0 ? [] : [key.problem(`gives ${someOf(left)} without asking for an attestation`, { statement: statement.name })];
}));

function isAttested(statement: StatementView): boolean {
  return bindingsOf(statement, ...statement.conditions.map(({ lowerKey }) => lowerKey).filter((name) => name.startsWith(ATTESTATION))).length > 0;
}

/** A Deny of everybody who does not show the measurement. */
function deniesUnattested({ who, conditions, notPrincipal }: StatementView): boolean {
  return !notPrincipal && who.some(({ kind }) => kind === 'anyone') && conditions.length === 1 && conditions[0].lowerKey.startsWith(ATTESTATION)
    && (conditions[0].negated || conditions[0].test === 'Null');
}

import { viaServices } from '../bounds';
import { boundsGrants, causeOf, isServiceLinked } from '../duties';
import { keyRule } from '../rule';
import { someOf } from '../words';

export const GRANT_NOT_FOR_AWS_RESOURCE = keyRule({
  id: 'KP-10',
  name: 'GrantNotForAwsResource',
  level: 'error',
  title: 'Who may create grants may create them for AWS services only, or for a named grantee, operations and constraint.',
  why: 'A grant lets in whom no policy names, for any operation, and no policy shows it (KMS Developer Guide, "Grants in AWS KMS", "kms:GrantIsForAWSResource"). '
    + 'A warning through a service, and for service-linked roles, by which nobody acts but their service.',
  fix: 'Put kms:CreateGrant into a statement of its own with { "Bool": { "kms:GrantIsForAWSResource": "true" } }.',
  controls: { securityHub: ['CT.KMS.PR.3'], nist: ['AC-3', 'AC-6'], pci: ['7.2.1'] },
}, (key) => key.allows.flatMap((statement) => {
  if (!statement.actions.has('kms:CreateGrant') || boundsGrants(statement)) return [];
  // Who may change the policy may let in whom they like without a grant, and of the account IAM policies decide.
  if (statement.actions.has('kms:PutKeyPolicy') && statement.conditions.length === 0) return [];
  const names = statement.who.flatMap((who) => {
    if (who.kind === 'anyone') return ['everybody'];
    return (who.kind === 'identity' && !key.denied(who, 'kms:CreateGrant')) || (who.kind === 'account' && !key.isRoot(who)) ? [who.text] : [];
  });
  if (names.length === 0) return [];
  const via = viaServices(statement);
  return [key.problem(`lets ${someOf(names)} create grants for anybody${via.length > 0 ? ` through ${someOf(via)}` : ''}`, {
    statement: statement.name, level: via.length > 0 || names.every(isServiceLinked) ? 'warning' : 'error', cause: causeOf(names, statement.name),
  })];
}));

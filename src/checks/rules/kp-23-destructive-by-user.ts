import { bindingsOf } from '../bounds';
import { causeOf, DESTRUCTIVE, direct, holds, holdersOf, POWERS } from '../duties';
import { keyRule } from '../rule';
import { someOf } from '../words';

export const DESTRUCTIVE_BY_USER = keyRule({
  id: 'KP-23',
  name: 'DestructiveByUser',
  level: 'error',
  title: 'Whoever uses a key cannot disable or delete it.',
  why: 'One stolen session of a workload then takes the data of all of them: what a deleted key encrypted is lost (KMS Developer Guide, "Deleting AWS KMS keys"; the pattern of '
    + 'ransom notes).',
  fix: 'Give these actions to another role, by a statement with a condition on aws:MultiFactorAuthPresent.',
  controls: { securityHub: ['KMS.3'], cis: ['5.0.0/4.7', '6.0.0/5.7'], nist: ['SC-12(1)', 'AC-6'], pci: ['3.7.5'] },
}, (key) => holdersOf(key).flatMap((holders) => {
  // Whoever deploys administers the key, and uses it through the services whose resources they make.
  const use = holds(key, holders, POWERS, direct) ?? (holds(key, holders, ['kms:PutKeyPolicy']) ? undefined : holds(key, holders, POWERS));
  const end = use && holds(key, holders, DESTRUCTIVE, (statement) => bindingsOf(statement, 'aws:multifactorauthpresent').length === 0);
  if (!end) return [];
  return [key.problem(`lets ${someOf(holders.names)}, who may ${use.action}, also ${end.action}`, {
    statement: end.statement.name, cause: causeOf(holders.names), request: { principal: holders.names[0], action: end.action },
  })];
}));

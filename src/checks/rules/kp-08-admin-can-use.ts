import { causeOf, direct, holds, holdersOf, POWERS, unconditioned } from '../duties';
import { keyRule } from '../rule';
import { someOf } from '../words';

export const ADMIN_CAN_USE = keyRule({
  id: 'KP-08',
  name: 'AdminCanUse',
  level: 'error',
  title: 'Nobody who is named in a key policy can both change it and use the key.',
  why: 'Who can use the key and let others in has data and its keeping in one hand: one stolen session is enough for both (KMS Developer Guide, "Key policies", on separate '
    + 'key administrators and key users). Neither whom IAM policies let in, through the account, is counted here, nor calls that a service makes for them.',
  fix: 'Give kms:PutKeyPolicy to another role than those that use the key, or add a Deny of the uses for this one.',
  controls: { securityHub: ['KMS.1'], nist: ['AC-5', 'AC-6'], pci: ['3.6.1', '3.7.6'] },
}, (key) => holdersOf(key).flatMap((holders) => {
  const admin = holds(key, holders, ['kms:PutKeyPolicy'], unconditioned);
  const use = admin && holds(key, holders, POWERS, direct);
  if (!use) return [];
  const other = use.statement === admin.statement ? 'with it' : `by statement '${use.statement.name}'`;
  return [key.problem(`lets ${someOf(holders.names)} change the key policy, and ${other} ${use.action}`, {
    statement: admin.statement.name, cause: causeOf(holders.names), request: { principal: holders.names[0], action: use.action },
  })];
}));

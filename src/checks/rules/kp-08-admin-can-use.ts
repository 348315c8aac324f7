import { causeOf, direct, holds, holdersOf, isEverybody, POWERS, unconditioned } from '../duties';
import { keyRule } from '../rule';
import { someOf } from '../words';

export const ADMIN_CAN_USE = keyRule({
  id: 'KP-08',
  name: 'AdminCanUse',
  level: 'error',
  title: 'Nobody who is named in a key policy can both change it and use the key.',
  why: 'Who can use the key and let others in has data and its keeping in one hand: one stolen session is enough for both (KMS Developer Guide, "Key policies", on separate '
    + 'key administrators and key users). Neither whom IAM policies let in, through the account, is counted here, nor calls that a service makes for them. '
    + 'A statement for everybody needs no IAM policy of those of the account: whom it lets change the policy can do anything.',
  fix: 'Give kms:PutKeyPolicy to another role than those that use the key, or add a Deny of the uses for this one.',
  controls: { securityHub: ['KMS.1'], nist: ['AC-5', 'AC-6'], pci: ['3.6.1', '3.7.6'] },
}, (key) => holdersOf(key).flatMap((holders) => {
  const admin = holds(key, holders, ['kms:PutKeyPolicy'], unconditioned);
  const use = admin && holds(key, holders, POWERS, direct);
  // Where everybody can let themselves in, nobody has to use the key yet.
  if (!admin || (!use && !isEverybody(holders))) return [];
  const other = use === undefined ? '' : `, and ${use.statement === admin.statement ? 'with it' : `by statement '${use.statement.name}'`} ${use.action}`;
  return [key.problem(`lets ${someOf(holders.names)} change the key policy${other}`, {
    statement: admin.statement.name,
    cause: causeOf(holders.names, admin.statement.name),
    request: { principal: holders.principal, action: use?.action ?? admin.action },
    ...isEverybody(holders) ? { fix: 'Name the role that changes the key policy.' } : {},
  })];
}));

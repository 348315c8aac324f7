import { DELETION_WINDOW_DAYS } from '../../spec/limits';
import { keyRule } from '../rule';

const SHORTEST = 14;

export const SHORT_DELETION_WINDOW = keyRule({
  id: 'KP-26',
  name: 'ShortDeletionWindow',
  level: 'warning',
  title: 'A key outlives its stack, and its deletion can be called off for at least two weeks.',
  why: 'Without DeletionPolicy CloudFormation deletes a key that leaves the template, and with it all that it encrypted, after the waiting period (CloudFormation User Guide, '
    + '"DeletionPolicy attribute"; KMS Developer Guide, "Deleting AWS KMS keys").',
  fix: 'Set DeletionPolicy to Retain; in CDK, removalPolicy: RemovalPolicy.RETAIN.',
  controls: { securityHub: ['KMS.3'], nist: ['CP-9', 'SC-12(1)'], pci: ['3.7.5'] },
}, (key) => {
  const { pendingWindowInDays: days } = key.key;
  const policy = key.resource?.deletionPolicy;
  if (days < DELETION_WINDOW_DAYS.min || days > DELETION_WINDOW_DAYS.max) {
    return [key.problem(`waits ${days} days to be deleted, which KMS refuses`, { level: 'error', fix: `Set PendingWindowInDays from ${DELETION_WINDOW_DAYS.min} to ${DELETION_WINDOW_DAYS.max}.` })];
  }
  const deleted = policy === undefined ? 'is deleted with its stack, as it has no DeletionPolicy' : policy === 'Delete' ? 'is deleted with its stack' : undefined;
  if (deleted !== undefined) return [key.problem(`${deleted}, after ${days} days`)];
  return days < SHORTEST ? [key.problem(`can be saved for ${days} days only once its deletion is scheduled`, { fix: 'Set PendingWindowInDays to 30.' })] : [];
});

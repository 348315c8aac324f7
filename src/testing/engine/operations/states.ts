import { DELETION_WINDOW_DAYS } from '../../../spec/limits';
import { invalidState } from '../exceptions';
import { stateOf } from '../key';
import { rotateIfOverdue } from '../rotation';
import { integer, required } from '../shapes';
import { keyId } from './members';
import { operation } from './operation';
import { requireMaterial, requireNotPendingDeletion } from './usable';

const DAY = 24 * 60 * 60 * 1000;

const key = { KeyId: required(keyId) } as const;

export const EnableKey = operation(key, (input, call) => {
  const found = call.authorizedKey(input.KeyId);
  requireNotPendingDeletion(found);
  requireMaterial(found);
  if (!found.enabled) {
    found.enabled = true;
    rotateIfOverdue(found, call.now);
  }
  return {};
});

export const DisableKey = operation(key, (input, call) => {
  const found = call.authorizedKey(input.KeyId);
  requireNotPendingDeletion(found);
  requireMaterial(found);
  found.enabled = false;
  return {};
});

export const ScheduleKeyDeletion = operation({ ...key, PendingWindowInDays: integer(DELETION_WINDOW_DAYS) }, (input, call) => {
  const windowInDays = input.PendingWindowInDays ?? DELETION_WINDOW_DAYS.default;
  const found = call.authorizedKey(input.KeyId, { 'kms:ScheduleKeyDeletionPendingWindowInDays': String(windowInDays) });
  requireNotPendingDeletion(found);
  const date = new Date(call.now.getTime() + windowInDays * DAY);
  found.deletion = { date, windowInDays };
  return { KeyId: found.arn, DeletionDate: date, KeyState: stateOf(found), PendingWindowInDays: windowInDays };
});

/** The key comes back disabled, whatever it was before (KMS API Reference, CancelKeyDeletion). */
export const CancelKeyDeletion = operation(key, (input, call) => {
  const found = call.authorizedKey(input.KeyId);
  if (stateOf(found) !== 'PendingDeletion') throw invalidState(`${found.arn} is not pending deletion.`);
  delete found.deletion;
  found.enabled = false;
  return { KeyId: found.arn };
});
